"""The demo's dialogue: in the demo model's words, in step with its speech; and what is said of a broken one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assist.demo.script import ALIGNMENT, DIRECTORY, RATE, SCRIPT, SPEECH, load_script
from transcription.evaluate import normalise
from voice.audio import write_wav
from voice.errors import DocumentError

WORDS = Path(__file__).parents[2] / "transcription" / "models" / "demo-en-8k" / "graph" / "words.txt"


def test_every_word_is_one_the_demo_model_knows() -> None:
    known = {line.split()[0] for line in WORDS.read_text().splitlines()}
    said = {word for turn in load_script().turns for word in normalise(turn.text).split()}
    assert said - known == set()


def test_the_story_has_what_the_cards_need() -> None:
    script = load_script()
    caller = " ".join(normalise(turn.text) for turn in script.turns if turn.speaker == "caller")
    agent = " ".join(normalise(turn.text) for turn in script.turns if turn.speaker == "agent")
    for phrase in ("charged twice", "called three times", "unacceptable", "supervisor", "perfect thank you"):
        assert phrase in caller
    for phrase in ("sorry", "check your account", "refund", "confirmation email", "anything else"):
        assert phrase in agent
    assert 10 <= len(script.turns) <= 14
    assert 40 <= script.seconds <= 58


def test_words_lie_where_the_sound_is() -> None:
    """Independent of the synthesiser's own say: sound inside the words, next to none outside them."""
    for turn in load_script().turns:
        assert [word.text for word in turn.words] == normalise(turn.text).split()
        samples = np.frombuffer(turn.pcm, "<i2").astype(float)
        inside = np.zeros(samples.size, dtype=bool)
        last = 0.0
        for word in turn.words:
            assert word.start_s >= last
            last = word.end_s
            inside[int(word.start_s * RATE) : int(word.end_s * RATE)] = True
        assert np.mean(samples[inside] ** 2) > 100 * np.mean(samples[~inside] ** 2), turn.text


def test_the_speech_is_small_and_level() -> None:
    assert sum(file.stat().st_size for file in (DIRECTORY / SPEECH).iterdir()) < 1_000_000
    for turn in load_script().turns:
        peak = np.max(np.abs(np.frombuffer(turn.pcm, "<i2").astype(float)))
        assert 20 * np.log10(peak / 32768) == pytest.approx(-3, abs=0.1)


def _edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        file = directory / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return change


def _cut_turn(directory: Path) -> None:
    file = directory / SPEECH / ALIGNMENT
    file.write_text(json.dumps(json.loads(file.read_text())[:-1]))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "text changed": (_edit(SCRIPT, "charged twice", "charged again"), "turn 2 was rendered from another text"),
    "voice changed": (_edit(SCRIPT, "caller: awb", "caller: rms"), "turn 2 was rendered from another text"),
    "unknown speaker": (_edit(SCRIPT, "speaker: caller", "speaker: customer"), "script.yaml:8: turns.1.speaker"),
    "unknown key": (_edit(SCRIPT, "pause: 0.6", "pauze: 0.6"), "script.yaml:5: turns.0.pause: field required"),
    "not a mapping": (
        lambda directory: (directory / SCRIPT).write_text("- a\n"),
        "script.yaml:1: a script is",
    ),
    "turn missing": (_cut_turn, "12 turns are rendered, the script has 13"),
    "no alignment": (lambda directory: (directory / SPEECH / ALIGNMENT).unlink(), "alignment.json: no such file"),
    "bad alignment": (
        lambda directory: (directory / SPEECH / ALIGNMENT).write_text("[{}]"),
        "alignment.json: 0.file: Field required",
    ),
    "no WAV": (lambda directory: (directory / SPEECH / "02_caller.wav").unlink(), "02_caller.wav: no such WAV file"),
    "short WAV": (
        lambda directory: write_wav(directory / SPEECH / "02_caller.wav", bytes(100), RATE),
        "turn 2 has words that end before they start or after the sound",
    ),
    "wrong rate": (
        lambda directory: write_wav(directory / SPEECH / "02_caller.wav", bytes(100), 16000),
        "02_caller.wav: WAV is 16000 Hz",
    ),
}


@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_broken_script_is_refused(how: str, tmp_path: Path) -> None:
    shutil.copytree(DIRECTORY / SPEECH, tmp_path / SPEECH)
    shutil.copy(DIRECTORY / SCRIPT, tmp_path / SCRIPT)
    load_script(tmp_path)
    breaks, what = BROKEN[how]
    breaks(tmp_path)
    with pytest.raises(DocumentError) as caught:
        load_script(tmp_path)
    assert what in str(caught.value)
