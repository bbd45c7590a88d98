"""Prompts: found by what they say, complete before any call; the builder renders only what is missing."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ivr import prompt_builder
from ivr.music import hold_music
from ivr.prompts import DIRECTORY, MANIFEST, PromptSource, PromptStore, file_name, read_manifest
from ivr.synthesis import Speech, SynthesisError
from voice.audio import read_wav, write_wav
from voice.errors import DocumentError

HELLO = PromptSource("Hello.", "slt")
FLOW = "flow: f\nstart: a\nnodes:\n  a: {verb: say, text: [Hello., Good day.], next: b}\n  b: {verb: hangup}\n"


def write(directory: Path, *entries: dict[str, object]) -> None:
    (directory / MANIFEST).write_text(json.dumps(entries))


def entry(**changes: object) -> dict[str, object]:
    return {"key": HELLO.key, "file": "hello.wav", "text": "Hello.", "voice": "slt", "engine": "flite"} | changes


def refused(directory: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        PromptStore.open(directory)
    return str(caught.value)


def test_the_key_follows_text_voice_pace_and_engine() -> None:
    others = [
        PromptSource("Hello!", "slt"),
        PromptSource("Hello.", "rms"),
        PromptSource("Hello.", "slt", 1.2),
        PromptSource("Hello.", "slt", engine="espeak-ng"),
    ]
    assert len({source.key for source in (HELLO, *others)}) == 5
    assert PromptSource("Hello.", "slt").key == HELLO.key == "63a1bf157a18b811", "committed recordings depend on it"


def test_a_store_gives_samples_by_key(tmp_path: Path) -> None:
    write(tmp_path, entry(), {"key": "jingle", "file": "jingle.wav"})
    for name, samples in (("hello.wav", 800), ("jingle.wav", 8000)):
        write_wav(tmp_path / name, b"\1\0" * samples, 8000)
    store = PromptStore.open(tmp_path)
    assert HELLO.key in store
    assert store.pcm("jingle") == b"\1\0" * 8000
    assert store.seconds(HELLO.key) == 0.1
    assert store.names() == ("jingle",)


def test_a_directory_without_a_manifest_is_an_empty_store(tmp_path: Path) -> None:
    assert PromptStore.open(tmp_path).names() == ()


def test_a_text_changed_behind_its_recording_is_refused(tmp_path: Path) -> None:
    write(tmp_path, entry(text="Goodbye."))
    assert "hello.wav: the key does not belong to this text and voice" in refused(tmp_path)


def test_a_missing_or_wrong_wav_is_refused(tmp_path: Path) -> None:
    write(tmp_path, entry())
    assert "no such WAV file" in refused(tmp_path)
    write_wav(tmp_path / "hello.wav", b"\0\0" * 10, 16000)
    assert "16000 Hz" in refused(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        ("{", "Invalid JSON"),
        ("{}", "Input should be a valid array"),
        ('[{"key": "x"}]', "0.file: Field required"),
        ('[{"key": "x", "file": "../x.wav"}]', "0.file: String should match pattern"),
        ('[{"key": "x", "file": "x.wav"}, {"key": "x", "file": "y.wav"}]', "key x stands here twice"),
    ],
)
def test_a_bad_manifest_is_refused(tmp_path: Path, manifest: str, what: str) -> None:
    (tmp_path / MANIFEST).write_text(manifest)
    assert what in refused(tmp_path)


def test_file_names_are_readable_and_unique() -> None:
    assert file_name("For a question, press 1.", ()) == "for-a-question-press-1.wav"
    assert file_name("Don't hang up!", ["dont-hang-up.wav"]) == "dont-hang-up-2.wav"
    assert file_name("…", ()) == "prompt.wav"


def test_the_committed_recordings_are_speech_at_a_good_level() -> None:
    store = PromptStore.open()
    assert {file.name for file in DIRECTORY.glob("*.wav")} == {prompt.file for prompt in store.entries}
    for prompt in store.entries:
        samples = np.frombuffer(store.pcm(prompt.key), "<i2").astype(float)
        assert 0.5 < store.seconds(prompt.key) < 15, prompt.file
        assert -15 < 20 * np.log10(np.max(np.abs(samples)) / 32768) < -2.9, prompt.file


def test_the_hold_music_is_small_and_loops_without_a_click() -> None:
    music = np.frombuffer(hold_music(), "<i2").astype(float)
    committed = np.frombuffer(read_wav(DIRECTORY / "hold.wav", 8000), "<i2").astype(float)
    assert np.max(np.abs(music - committed)) <= 2, "the file is what the code makes"
    assert (DIRECTORY / "hold.wav").stat().st_size <= 130_000
    seam = abs(music[0] - music[-1])
    assert seam <= np.percentile(np.abs(np.diff(music)), 99)


class Synthesiser:
    """Stands in for flite: half a second of tone, and a list of what it was asked to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, text: str, voice: str = "slt", stretch: float = 1.0) -> Speech:
        if text == "Good day." and voice == "broken":
            raise SynthesisError("flite failed with status 1: no such voice")
        self.said.append(text)
        return Speech(b"\1\0" * 4000, ())


@pytest.fixture
def synthesiser(monkeypatch: pytest.MonkeyPatch) -> Synthesiser:
    fake = Synthesiser()
    monkeypatch.setattr(prompt_builder, "speak", fake)
    return fake


def test_the_builder_renders_what_is_missing_and_nothing_else(tmp_path: Path, synthesiser: Synthesiser) -> None:
    console = Console(file=io.StringIO())
    assert prompt_builder.render_missing([HELLO], tmp_path, console) == 2, "with the hold music"
    assert prompt_builder.render_missing([HELLO, PromptSource("Good day.", "slt")], tmp_path, console) == 1
    assert synthesiser.said == ["Hello.", "Good day."]
    assert [prompt.file for prompt in read_manifest(tmp_path)] == ["good-day.wav", "hello.wav", "hold.wav"]
    assert PromptStore.open(tmp_path).names() == ("hold",)


def test_the_command_line_builds_and_says_what_is_wrong_in_one_line(tmp_path: Path, synthesiser: Synthesiser) -> None:
    flow, bad = tmp_path / "flow.yaml", tmp_path / "bad.yaml"
    flow.write_text(FLOW)
    bad.write_text(FLOW.replace("next: b", "next: c"))
    build = ["build", "--directory", str(tmp_path / "audio")]
    done = CliRunner().invoke(prompt_builder.application, [*build, str(flow)])
    assert (done.exit_code, "3 rendered, 3 in" in done.output) == (0, True)
    failed = CliRunner().invoke(prompt_builder.application, [*build, str(bad)])
    assert failed.exit_code == 2
    assert f"{bad}:4: node 'a': next names 'c', which is no node. Fix: " in failed.output
    assert "Traceback" not in failed.output
    flow.write_text(FLOW.replace("start:", "voice: broken\nstart:"))
    failed = CliRunner().invoke(prompt_builder.application, [*build, str(flow)])
    assert failed.exit_code == 2
    assert "no such voice" in failed.output
