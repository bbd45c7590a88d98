"""The demo model learns a content pack."""

from pathlib import Path

import pytest

from transcription.engines.vosk import VoskEngine
from transcription.models import DEMO_MODEL, SHIPPED, find_model
from transcription.training import augment, voices
from transcription.training.errors import TrainingError
from transcription.training.language import learn
from transcription.training.lexicon import read_lexicon

PACK = "the parrot chewed through my router\nthe parrot is asleep\nmy parrot loves the internet\n"


def pack(directory: Path) -> Path:
    directory.mkdir()
    (directory / "said.txt").write_text(PACK, encoding="utf-8")
    return directory


def test_a_model_of_nobody_knows_what_cannot_learn(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for name in ("am", "conf", "graph"):
        (foreign / name).symlink_to(SHIPPED / DEMO_MODEL / name)
    with pytest.raises(TrainingError, match="no model of a profile of ours"):
        learn(foreign, pack(tmp_path / "pack"), tmp_path / "out")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out" / DEMO_MODEL).mkdir(parents=True)
    with pytest.raises(TrainingError, match="name another directory"):
        learn(DEMO_MODEL, pack(tmp_path / "pack"), tmp_path / "out")


@pytest.mark.live
def test_the_words_of_a_pack_are_heard(tmp_path: Path) -> None:
    """Four voices, each sentence in the pack's words but none of its own: most find the word nobody knew."""
    target = learn(DEMO_MODEL, pack(tmp_path / "pack"), tmp_path / "out")
    model = find_model(target)
    assert "parrot" not in find_model(DEMO_MODEL).vocabulary
    assert {"parrot", "refund"} <= model.vocabulary
    assert model.card.words == len(read_lexicon(target / "graph" / "lexicon.txt"))
    engine = VoskEngine(model)
    heard = []
    for voice in ("f3", "f2", "m1", "m3"):
        recogniser = engine.open(voices.RATE)
        sound = voices.speak("my parrot loves the router", voices.Manner("espeak", f"en-us+{voice}", 0.9))
        recogniser.accept(bytes(4800) + augment.coded(sound / 32768, "mulaw").tobytes() + bytes(4800))
        heard.append(" ".join(word.text for word in recogniser.final()))
    assert sum("parrot" in text for text in heard) >= 2, heard
