"""The committed demo model: what its card says of it, and that it still hears what it was made for."""

import itertools
import random
from pathlib import Path

import pytest

from transcription.engines.vosk import VoskEngine
from transcription.models import DEMO_MODEL, SHIPPED, InstalledModel, find_model
from transcription.training import assess, augment, voices
from transcription.training.corpus import DIGITS
from transcription.training.lexicon import read_lexicon
from transcription.training.profiles import FULL
from transcription.training.words import add_words, parse_word

PEOPLE = Path(__file__).parents[4] / "shared" / "speech" / "digits"
HELD_OUT = [voices.Manner("espeak", f"en-us+{voice}", 0.95) for voice in ("Annie", "max", "f4", "m2")]
SENTENCES = (
    "my internet is very slow since yesterday",
    "can i speak to your supervisor please",
    "i would like to cancel my subscription",
    "your parcel should arrive on tuesday",
)


@pytest.fixture(scope="module")
def model() -> InstalledModel:
    return find_model(DEMO_MODEL)


def heard(model: Path, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    engine = VoskEngine(find_model(model))
    found = []
    for text in texts:
        for manner in HELD_OUT:
            recogniser = engine.open(voices.RATE)
            sound = augment.coded(voices.speak(text, manner) / 32768, "mulaw")
            recogniser.accept(bytes(4800) + sound.tobytes() + bytes(4800))
            found.append((text, " ".join(word.text for word in recogniser.final())))
    return found


def test_the_card_says_what_is_there(model: InstalledModel) -> None:
    assert model.card.words == len(read_lexicon(model.path / "graph" / "lexicon.txt")) >= 1000
    assert model.takes_grammars
    assert model.card.name == FULL.model
    assert f"{model.size_mb} MB" in (model.path / "MODEL_CARD.md").read_text()


def test_all_that_is_shipped_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*") if file.is_file()) <= 3_000_000


def test_held_out_voices_are_understood(model: InstalledModel) -> None:
    assert assess.wer(heard(model.path, SENTENCES)) <= 0.1


def test_digits_one_by_one_are_understood(model: InstalledModel) -> None:
    """Forty strings of four, always the same ones, by voices the training had not, with the digits as grammar."""
    drawn = random.Random(11)
    strings = tuple(" ".join(drawn.choices(DIGITS, k=4)) for _ in range(40))
    engine = VoskEngine(model)
    found = []
    for text, manner in zip(strings, itertools.cycle(HELD_OUT), strict=False):
        recogniser = engine.open(voices.RATE, list(DIGITS))
        sound = augment.coded(voices.speak(text, manner) / 32768, "mulaw")
        recogniser.accept(bytes(4800) + sound.tobytes() + bytes(4800))
        found.append((text, " ".join(word.text for word in recogniser.final())))
    assert assess.wer(found) <= 0.1


def test_digits_of_people_are_as_the_card_says_where_their_recordings_are(model: InstalledModel) -> None:
    """Every committed model is held to what was reached; where there are no recordings there is nothing to hear."""
    heard = assess.people(model.path, PEOPLE, grammar=True)
    assert assess.wer(heard) <= 0.22


@pytest.mark.live
def test_it_can_be_given_words(model: InstalledModel, tmp_path: Path) -> None:
    target = add_words(model.path, [parse_word("zenbook = Z EH N B UH K", like="laptop")], tmp_path)
    texts = ("i ordered a zenbook yesterday", "where is my zenbook")
    assert assess.wer(heard(target, texts)) <= 0.2
