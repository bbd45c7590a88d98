import itertools
import math
import struct

import pytest

from transcription.training import ngrams, phones
from transcription.training.errors import TrainingError
from transcription.training.graph import UNKNOWN, lookahead_graph, static_graph
from transcription.training.openfst import EPSILON, Fst, const_file, lookahead_file, reach_order, read_const

LEXICON = {"see": (("S", "IY"),), "sea": (("S", "IY"),), "say": (("S", "EY"),), "a": (("AH",), ("EY",))}
IDS = {word: number for number, word in enumerate(sorted(LEXICON), start=1)}
WORDS = {number: word for word, number in IDS.items()}


def transduced(graph: Fst, transitions: list[int]) -> set[tuple[int, ...]]:
    """Every output for an input that is read whole up to a final state."""
    found: set[tuple[int, ...]] = set()
    pending: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    seen = set(pending)
    while pending:
        state, read, written = pending.pop()
        if read == len(transitions) and state in graph.finals:
            found.add(written)
        for ilabel, olabel, _, target in graph.arcs[state]:
            if ilabel == EPSILON or (read < len(transitions) and ilabel == transitions[read]):
                out = (*written, olabel) if olabel else written
                after = (target, read + (ilabel != EPSILON), out)
                if after not in seen and len(out) <= 4:
                    seen.add(after)
                    pending.append(after)
    return found


def spoken(word: str, held: int = 1) -> list[int]:
    found = []
    for phone in phones.word_phones(LEXICON[word][0]):
        found += [phones.forward_transition(phone)] + [phones.loop_transition(phone)] * held
    return found


SILENCE = [phones.forward_transition(phones.SIL), phones.loop_transition(phones.SIL)]


def test_the_static_graph_writes_the_words_whose_phones_it_reads() -> None:
    language = ngrams.acceptor(ngrams.estimate(["see a", "say a"], LEXICON), IDS)
    graph = static_graph(language, WORDS, LEXICON)
    assert transduced(graph, spoken("say") + spoken("a", held=3)) == {(IDS["say"], IDS["a"])}
    assert transduced(graph, SILENCE + spoken("see") + SILENCE + spoken("a") + SILENCE) == {
        (IDS["see"], IDS["a"]),
        (IDS["sea"], IDS["a"]),
    }
    assert transduced(graph, spoken("say")[:-2]) == set()


def weight(graph: Fst, transitions: list[int], words: tuple[int, ...]) -> float:
    """The cost of the cheapest way to read all of it and write those words."""
    least = {(0, 0, 0): 0.0}
    pending = [(0, 0, 0)]
    while pending:
        state, read, written = pending.pop(0)
        for ilabel, olabel, cost, target in graph.arcs[state]:
            takes = ilabel != EPSILON and read < len(transitions) and ilabel == transitions[read]
            writes = olabel != EPSILON and words[written : written + 1] == (olabel,)
            if (ilabel == EPSILON or takes) and (olabel == EPSILON or writes):
                after = (target, read + takes, written + writes)
                total = least[state, read, written] + cost
                if total < least.get(after, math.inf) - 1e-9:
                    least[after] = total
                    pending.append(after)
    whole = [(state, cost) for state, cost in graph.finals.items() if (state, len(transitions), len(words)) in least]
    return min(least[state, len(transitions), len(words)] + cost for state, cost in whole)


@pytest.mark.parametrize("said", [("see",), ("sea",), ("say", "a"), ("a", "say"), ("sea", "sea")])
def test_paying_early_changes_no_sentence_s_cost(said: tuple[str, ...]) -> None:
    model = ngrams.estimate(["see a", "say a", "say a", "see", "sea sea"], LEXICON)
    graph = static_graph(ngrams.acceptor(model, IDS), WORDS, LEXICON)
    sentence = ("<s>", *said, "</s>")
    expected = -sum(model.log_probability(word, (before,)) for before, word in itertools.pairwise(sentence))
    silences = (len(said) + 1) * math.log(2)
    read = [label for word in said for label in spoken(word)]
    assert weight(graph, read, tuple(IDS[word] for word in said)) == pytest.approx(expected + silences)


def test_words_that_begin_alike_are_one_way_until_they_differ() -> None:
    graph = static_graph(ngrams.acceptor(ngrams.estimate(["see", "say"], LEXICON), IDS), WORDS, LEXICON)
    first = phones.forward_transition(phones.word_phones(("S", "IY"))[0])
    per_state = [sum(arc[0] == first for arc in arcs) for arcs in graph.arcs]
    assert max(per_state) == 1


def test_words_share_their_chain_into_a_state_of_the_language_model() -> None:
    few = static_graph(ngrams.acceptor(ngrams.estimate(["see a"], LEXICON), IDS), WORDS, LEXICON)
    many = static_graph(
        ngrams.acceptor(ngrams.estimate(["see a", "say a", "sea a", "a a"], LEXICON), IDS), WORDS, LEXICON
    )
    assert sum(map(len, many.arcs)) > sum(map(len, few.arcs))
    assert len(many.arcs) - len(few.arcs) < 20


def test_the_lookahead_graph_reads_any_words() -> None:
    graph, numbers = lookahead_graph(LEXICON)
    assert set(numbers) == {*LEXICON, UNKNOWN}
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    heard = transduced(graph, SILENCE + spoken("say") + spoken("see"))
    unknown = numbers[UNKNOWN]
    assert {(numbers["say"], numbers["see"]), (numbers["say"], numbers["sea"]), (unknown, unknown)} <= heard


def test_numbers_make_what_can_follow_few_intervals() -> None:
    graph, numbers = lookahead_graph({word: LEXICON[word] for word in ("see", "sea", "say")})
    beneath = {numbers["see"], numbers["sea"], numbers["say"]}
    assert max(beneath) - min(beneath) == 2
    assert len(reach_order(graph)) == len(numbers)


def test_a_const_file_reads_back() -> None:
    fst = Fst([[(2, 1, 0.5, 1), (0, 0, 1.0, 2)], [(1, 0, 0.0, 1)], []], {1: 0.25, 2: 0.0})
    back = read_const(const_file(fst))
    assert back.arcs == [sorted(arcs) for arcs in fst.arcs]
    assert back.finals == fst.finals


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b"x" + b[1:], lambda b: b"", lambda b: b[:30]])
def test_what_is_no_const_file_is_refused(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(ValueError, match="const"):
        read_const(spoil(const_file(Fst([[]], {0: 0.0}))))


def test_states_that_lead_nowhere_are_left_out() -> None:
    fst = Fst([[(1, 1, 0.0, 1), (2, 2, 0.0, 2)], [], [(1, 1, 0.0, 2)], [(1, 1, 0.0, 1)]], {1: 0.0})
    assert fst.connected() == Fst([[(1, 1, 0.0, 1)], []], {1: 0.0})
    with pytest.raises(TrainingError, match="without a path"):
        Fst([[]], {}).connected()


def test_a_lookahead_file_ends_with_the_intervals_of_each_state() -> None:
    fst = Fst([[(1, 1, 0.0, 1), (2, 2, 0.0, 1)], []], {1: 0.0})
    content = lookahead_file(fst, 2)
    data = struct.pack("<???", True, False, True) + struct.pack("<??iq", False, False, 3, 2)
    first = struct.pack("<qiii", 1, 1, 3, 2)
    last = struct.pack("<qiii", 1, 3, 4, 1)
    assert content.endswith(data + first + last)
