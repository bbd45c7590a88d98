import numpy as np
import pytest

from transcription.training import align, network, phones
from transcription.training.aligning import align_labels
from transcription.training.lexicon import Lexicon

LEXICON: Lexicon = {"see": (("S", "IY"),), "say": (("S", "EY"), ("S", "AY"))}


def scores(units: list[int]) -> np.ndarray:
    table = np.full((len(units), phones.UNITS), -10.0, np.float32)
    table[np.arange(len(units)), units] = 0.0
    return table


def spelled(*names: str) -> list[int]:
    return [0 if name == "SIL" else phones.unit_of(name) for name in names]


def test_viterbi_finds_phones_silence_and_the_variant_that_was_said() -> None:
    ways = align.chain(["see", "say"], LEXICON, 1)
    said = spelled("SIL", "S", "S", "IY", "SIL", "S", "AY", "AY")
    path = align.viterbi(scores(said), ways)
    assert path is not None
    assert ways.classes[path].tolist() == said


def test_silence_between_words_may_be_absent() -> None:
    ways = align.chain(["see", "see"], LEXICON, 1)
    said = spelled("S", "IY", "S", "IY")
    path = align.viterbi(scores(said), ways)
    assert path is not None
    assert ways.classes[path].tolist() == said
    assert len(set(ways.owners[path].tolist())) == 4


def test_a_text_longer_than_its_sound_fits_in_no_way() -> None:
    ways = align.chain(["see", "say"], LEXICON, 1)
    assert align.viterbi(scores(spelled("S", "IY", "S")), ways) is None
    assert align.viterbi(np.zeros((0, phones.UNITS), np.float32), ways) is None


def test_labels_begin_with_the_forward_pdf() -> None:
    ways = align.chain(["see", "see"], LEXICON, 1)
    path = align.viterbi(scores(spelled("S", "IY", "IY", "S", "IY")), ways)
    s, iy = phones.unit_of("S"), phones.unit_of("IY")
    labels = align_labels(path, ways, 15, 1, network.STRIDE)
    forward = labels.reshape(5, 3)[:, 1].tolist()
    assert forward == [2 * s, 2 * iy, 2 * iy + 1, 2 * s, 2 * iy]
    assert align_labels(None, ways, 15, 1, 3).tolist() == [network.IGNORED] * 15


def test_monophones_learn_what_they_are_shown() -> None:
    rng = np.random.default_rng(1)
    statistics = align.Statistics()
    centres = rng.normal(size=(3, 40)) * 5
    for number, centre in enumerate(centres):
        statistics.add((centre + rng.normal(size=(200, 40))).astype(np.float32), np.full(200, number, np.int32))
    found = statistics.estimate().scores(centres.astype(np.float32))
    assert np.argmax(found, axis=1).tolist() == [0, 1, 2]
    assert found[0, 0] == pytest.approx(-0.5 * 40 * np.log(2 * np.pi), abs=3)


def test_linear_alignment_leaves_the_quiet_edges_to_silence() -> None:
    cepstra = np.full((100, 32), -90.0, np.float32)
    cepstra[20:80, 0] = 100.0
    classes = align.linear(cepstra, ["see"], LEXICON)
    assert set(classes[:20].tolist()) <= {0, 1, 2}
    assert classes[20:80].tolist() == sorted(classes[20:80].tolist(), key=classes[20:80].tolist().index)
    assert {value // align.SUBSTATES for value in classes[20:80].tolist()} == {
        phones.unit_of("S"),
        phones.unit_of("IY"),
    }
