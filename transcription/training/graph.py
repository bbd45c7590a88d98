"""Decoding graphs: phones, words and language model in one transducer, expanded directly.

Input labels are transition ids (``phones``), output labels word numbers. A word's way is a chain of its phones: the
forward transition leads to a state that its self-loop holds. Words that lead to the same state of the language model
share their chain there, so the graph grows with states, not with n-grams. After a word comes silence or nothing, at
even odds.
"""

from __future__ import annotations

import math

from transcription.training import phones
from transcription.training.lexicon import Lexicon
from transcription.training.openfst import EPSILON, Fst, reach_order

UNKNOWN = "[unk]"
_HALF = -math.log(0.5)
_UNKNOWN_COST = 4.0
_UNKNOWN_PHONE_COST = 1.5


def static_graph(language: Fst, words: dict[int, str], lexicon: Lexicon) -> Fst:
    """HCLG. ``language``: an acceptor of word numbers with epsilon back-off; ``words``: number → word."""
    graph = Fst()
    entries = [graph.add_state() for _ in language.arcs]
    silences: dict[int, int] = {}
    chains: dict[tuple[int, int, int], int] = {}
    _enter(graph, 0, entries[0], _silence_to(graph, entries[0]))
    for state, arcs in enumerate(language.arcs):
        if state in language.finals:
            graph.finals[entries[state]] = language.finals[state]
        for word, _, cost, target in arcs:
            if word == EPSILON:
                graph.add(entries[state], EPSILON, EPSILON, cost, entries[target])
                continue
            if target not in silences:
                silences[target] = _silence_to(graph, entries[target])
            for which, pronunciation in enumerate(lexicon[words[word]]):
                key = (target, word, which)
                first, *rest = phones.word_phones(pronunciation)
                if key not in chains:
                    chains[key] = _held(graph, first)
                    _enter(graph, _chain(graph, chains[key], rest), entries[target], silences[target])
                graph.add(entries[state], phones.forward_transition(first), word, cost, chains[key])
    return graph.connected()


def lookahead_graph(lexicon: Lexicon) -> tuple[Fst, dict[str, int]]:
    """HCLr: any words in any order, ``UNKNOWN`` among them, and the words' numbers, for composition with a grammar at
    run time.
    """
    spelled = {**lexicon, UNKNOWN: ()}
    provisional = {word: number for number, word in enumerate(sorted(spelled), start=1)}
    graph = Fst()
    root = graph.add_state()
    after = graph.add_state()
    silence = _silence_to(graph, root)
    _enter(graph, 0, root, silence)
    _enter(graph, after, root, silence)
    graph.finals[root] = 0.0
    tree: dict[tuple[int, int, int], int] = {}
    for word, spoken, told in _told_apart(lexicon):
        state = root
        for position, phone in enumerate(spoken):
            label = provisional[word] if position == told else EPSILON
            branch = (state, phone, provisional[word] if position >= told else EPSILON)
            if branch not in tree:
                tree[branch] = _held(graph, phone)
                graph.add(state, phones.forward_transition(phone), label, 0.0, tree[branch])
            state = tree[branch]
        graph.add(state, EPSILON, EPSILON, 0.0, after)
    _any_phones(graph, root, after, provisional[UNKNOWN])
    graph = graph.connected()
    number = {label: index for index, label in enumerate(reach_order(graph), start=1)}
    relabelled = [[(i, number.get(o, EPSILON), w, n) for i, o, w, n in arcs] for arcs in graph.arcs]
    return Fst(relabelled, graph.finals), {word: number[label] for word, label in provisional.items()}


def _told_apart(lexicon: Lexicon) -> list[tuple[str, tuple[int, ...], int]]:
    """Each word, its numbered phones, and the first of them with which no other word begins (the last one, for
    homophones).

    There its label goes: early labels keep lattices small, since determinisation need not carry many alignments of one
    word along.
    """
    spellings = [(word, phones.word_phones(spoken)) for word, all_spoken in lexicon.items() for spoken in all_spoken]
    sharing: dict[tuple[int, ...], set[str]] = {}
    for word, spoken in spellings:
        for end in range(1, len(spoken) + 1):
            sharing.setdefault(spoken[:end], set()).add(word)
    return [
        (word, spoken, next((n for n in range(len(spoken)) if len(sharing[spoken[: n + 1]]) == 1), len(spoken) - 1))
        for word, spoken in spellings
    ]


def _any_phones(graph: Fst, root: int, after: int, label: int) -> None:
    """One word made of any phones: a single one, or a beginning, any inside, an end."""
    hub, end = graph.add_state(), graph.add_state()
    graph.add(end, EPSILON, label, 0.0, after)
    for index in range(len(phones.PHONES)):
        for position, (source, cost, target) in enumerate(
            [
                (root, _UNKNOWN_COST, hub),
                (hub, _UNKNOWN_PHONE_COST, end),
                (hub, _UNKNOWN_PHONE_COST, hub),
                (root, _UNKNOWN_COST, end),
            ]
        ):
            phone = 2 + 4 * index + position
            held = _held(graph, phone)
            graph.add(source, phones.forward_transition(phone), EPSILON, cost, held)
            graph.add(held, EPSILON, EPSILON, 0.0, target)


def _held(graph: Fst, phone: int) -> int:
    state = graph.add_state()
    graph.add(state, phones.loop_transition(phone), EPSILON, 0.0, state)
    return state


def _chain(graph: Fst, state: int, rest: list[int]) -> int:
    for phone in rest:
        held = _held(graph, phone)
        graph.add(state, phones.forward_transition(phone), EPSILON, 0.0, held)
        state = held
    return state


def _silence_to(graph: Fst, entry: int) -> int:
    """The held state of a silence that leads to ``entry``."""
    held = _held(graph, phones.SIL)
    graph.add(held, EPSILON, EPSILON, 0.0, entry)
    return held


def _enter(graph: Fst, state: int, entry: int, silence: int) -> None:
    graph.add(state, EPSILON, EPSILON, _HALF, entry)
    graph.add(state, phones.forward_transition(phones.SIL), EPSILON, _HALF, silence)
