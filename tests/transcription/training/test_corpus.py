import random
from pathlib import Path

import numpy as np
import pytest

from transcription.training import voices
from transcription.training.corpus import Texts, Utterance, cast, choose_texts, general_english
from transcription.training.errors import TrainingError
from transcription.training.lexicon import dictionary_file, read_dictionary
from transcription.training.profiles import FULL, SMALL
from transcription.training.ragged import Ragged
from transcription.training.sentences import TEXTS, read_grammar
from transcription.training.stages import Workshop

ENGINES = {"espeak": True, "flite": False, "festival": False}


def texts() -> Texts:
    grammar = read_grammar(TEXTS / SMALL.texts)
    made = choose_texts(SMALL, grammar, read_dictionary(dictionary_file()), [])
    held = {text for split in ("tune", "test") for text, _ in made.splits[split]}
    assert not held & {text for text, _ in made.splits["train"]}
    assert not held & set(made.language)
    assert not {text for text, _ in made.splits["tune"]} & {text for text, _ in made.splits["test"]}
    return made


def test_splits_share_no_text_and_are_drawn_alike_each_time() -> None:
    assert texts() == texts()


def test_voices_of_the_splits_are_different() -> None:
    made = choose_texts(SMALL, read_grammar(TEXTS / SMALL.texts), read_dictionary(dictionary_file()), [])
    people: dict[str, set[str]] = {}
    for utterance in cast(made, ENGINES, 1):
        people.setdefault(utterance.split, set()).add(utterance.manner.voice.split("+")[1])
    assert not people["train"] & people["tune"]
    assert not people["test"] & (people["train"] | people["tune"])


def test_general_english_is_plain_words() -> None:
    chunks = general_english(limit=200)
    assert len(chunks) >= 200
    assert all(4 <= len(chunk.split()) <= 12 and chunk == chunk.lower() for chunk in chunks)


def test_a_machine_without_voices_is_told_what_to_install() -> None:
    with pytest.raises(TrainingError, match="no speech synthesiser"):
        voices.draw_manner("train", random.Random(1), dict.fromkeys(ENGINES, False))


def test_espeak_speaks_at_the_telephones_rate() -> None:
    slow, fast = (voices.speak("hello", voices.Manner("espeak", "en-us+f2", pace)) for pace in (0.7, 1.2))
    assert 0.25 < len(fast) / voices.RATE < len(slow) / voices.RATE < 1.5
    assert np.max(np.abs(slow)) == 29200
    with pytest.raises(TrainingError, match="no voice nobody"):
        voices.speak("hello", voices.Manner("espeak", "nobody"))


def test_an_utterance_survives_json() -> None:
    utterance = Utterance("hello", "domain", "test", voices.Manner("flite", "rms", 1.1))
    assert Utterance.from_dict(utterance.as_dict()) == utterance


def test_rows_keep_their_lengths(tmp_path: Path) -> None:
    rows = [np.arange(3), np.arange(0), np.arange(5)]
    Ragged.of(rows).save(tmp_path / "r.npz")
    back = Ragged.load(tmp_path / "r.npz")
    assert [row.tolist() for row in back] == [row.tolist() for row in rows]
    with pytest.raises(IndexError):
        back[3]


def test_a_workshop_is_not_shared_between_profiles(tmp_path: Path) -> None:
    Workshop(tmp_path, SMALL).open()
    Workshop(tmp_path, SMALL).open()
    with pytest.raises(TrainingError, match="another profile"):
        Workshop(tmp_path, FULL).open()
