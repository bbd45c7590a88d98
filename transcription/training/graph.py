"""Decoding graphs: phones, words and language model in one transducer, expanded directly.

Input labels are transition ids (``phones``), output labels word numbers. A phone's forward transition leads to a state
that its self-loop holds. The words that a state of the language model knows begin as a tree, so that those with the
same first phones are one path to search, and the cost of the cheapest below is paid as early as that: a decoder need
not carry a thousand words along to find them improbable at their ends. Where a word is told apart it is written, and
what is left of it is shared by all that end alike in the same state. After a word comes silence or nothing, at even
odds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from transcription.training import phones
from transcription.training.lexicon import Lexicon
from transcription.training.openfst import EPSILON, Fst, reach_order

UNKNOWN = "[unk]"
_HALF = -math.log(0.5)
_UNKNOWN_COST = 4.0
_UNKNOWN_PHONE_COST = 1.5


def static_graph(language: Fst, words: Mapping[int, str], lexicon: Lexicon) -> Fst:
    """HCLG. ``language``: an acceptor of word numbers with epsilon back-off; ``words``: number → word."""
    expansion = _Expansion(language)
    for state, arcs in enumerate(language.arcs):
        ways: list[_Way] = []
        for word, _, cost, target in arcs:
            if word == EPSILON:
                expansion.back_off(state, cost, target)
            else:
                spellings = map(phones.word_phones, lexicon[words[word]])
                ways += [_Way(spoken, word, cost, target) for spoken in spellings]
        expansion.branch(expansion.entries[state], ways, 0, 0.0)
    return expansion.graph


class _Way(NamedTuple):
    """A spelling of a word that the language model takes to ``target`` at ``cost``."""

    spoken: tuple[int, ...]
    word: int
    cost: float
    target: int


class _Expansion:
    """HCLG in the making; ``entries``: its state for each of the language model's."""

    def __init__(self, language: Fst) -> None:
        self.graph = Fst()
        self.entries = [self.graph.add_state() for _ in language.arcs]
        self._silences: dict[int, int] = {}
        self._rests: dict[tuple[tuple[int, ...], int], int] = {}
        self.graph.finals = {self.entries[state]: cost for state, cost in language.finals.items()}
        self._enter(0, 0)

    def back_off(self, state: int, cost: float, target: int) -> None:
        """The language model's way from a state to the one that knows less of what was said."""
        self.graph.add(self.entries[state], EPSILON, EPSILON, cost, self.entries[target])

    def branch(self, state: int, ways: Sequence[_Way], position: int, paid: float) -> None:
        """``ways`` have their first ``position`` phones in common, which lead to ``state`` and cost ``paid``."""
        alike: dict[int, list[_Way]] = {}
        for way in ways:
            alike.setdefault(way.spoken[position], []).append(way)
        for phone, ones in alike.items():
            forward = phones.forward_transition(phone)
            # A word's last phone is another than the same one within a word: those that end here are homophones.
            if len(ones) == 1 or position == len(ones[0].spoken) - 1:
                for way in ones:
                    target = self._rest(way.spoken[position:], way.target)
                    self.graph.add(state, forward, way.word, way.cost - paid, target)
                continue
            least = min(way.cost for way in ones)
            held = _held(self.graph, phone)
            self.graph.add(state, forward, EPSILON, least - paid, held)
            self.branch(held, ones, position + 1, least)

    def _rest(self, spoken: tuple[int, ...], target: int) -> int:
        """The held state of the first of these phones, from which the others lead to ``target``."""
        if (spoken, target) not in self._rests:
            held = self._rests[spoken, target] = _held(self.graph, spoken[0])
            if len(spoken) == 1:
                self._enter(held, target)
            else:
                forward = phones.forward_transition(spoken[1])
                self.graph.add(held, forward, EPSILON, 0.0, self._rest(spoken[1:], target))
        return self._rests[spoken, target]

    def _enter(self, state: int, target: int) -> None:
        if target not in self._silences:
            self._silences[target] = _silence_to(self.graph, self.entries[target])
        _enter(self.graph, state, self.entries[target], self._silences[target])


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


def _silence_to(graph: Fst, entry: int) -> int:
    """The held state of a silence that leads to ``entry``."""
    held = _held(graph, phones.SIL)
    graph.add(held, EPSILON, EPSILON, 0.0, entry)
    return held


def _enter(graph: Fst, state: int, entry: int, silence: int) -> None:
    graph.add(state, EPSILON, EPSILON, _HALF, entry)
    graph.add(state, phones.forward_transition(phones.SIL), EPSILON, _HALF, silence)
