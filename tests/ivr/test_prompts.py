"""Prompts: found by what they say, complete before any call; the builder renders only what is missing."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from assist.cli import app, main
from ivr.engines import engines
from ivr.music import hold_music
from ivr.prompt_builder import add_recording, build, render_missing
from ivr.prompts import DIRECTORY, MANIFEST, PromptSource, PromptStore, file_name, read_manifest
from ivr.schema import load_with_prompts
from ivr.synthesis import SynthesisError
from voice.audio import read_wav, wav_bytes, write_wav
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

    def speak(self, source: PromptSource, rate: int) -> bytes:
        if source.text == "Good day." and source.voice == "broken":
            raise SynthesisError("flite failed with status 1: no such voice")
        self.said.append(source.text if rate == 8000 else f"{source.text} wide")
        return b"\1\0" * (rate // 2)


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_the_builder_renders_what_is_missing_and_nothing_else(tmp_path: Path) -> None:
    fake = Synthesiser()
    speakers = {"flite": fake}
    good_day = PromptSource("Good day.", "slt")
    assert render_missing([HELLO], tmp_path, speakers, quiet()) == 2, "with the hold music"
    assert render_missing([HELLO, good_day], tmp_path, speakers, quiet()) == 1
    assert fake.said == ["Hello.", "Good day."]
    assert [prompt.file for prompt in read_manifest(tmp_path)] == ["good-day.wav", "hello.wav", "hold.wav"]
    assert PromptStore.open(tmp_path).names() == ("hold",)
    assert render_missing([HELLO, good_day], tmp_path, speakers, quiet(), wide=True) == 2
    assert fake.said[2:] == ["Hello. wide", "Good day. wide"], "what is there at 8 kHz is not rendered again"
    wide = PromptStore.open(tmp_path, 16000)
    assert len(wide.pcm(HELLO.key)) == 2 * len(PromptStore.open(tmp_path).pcm(HELLO.key))
    assert len(wide.pcm("hold")) == 2 * 16000 * 8
    assert wide.seconds(HELLO.key) == PromptStore.open(tmp_path).seconds(HELLO.key)


def test_every_language_has_its_directory(tmp_path: Path) -> None:
    fake = Synthesiser()
    for language in ("en", "es"):
        (tmp_path / f"{language}.yaml").write_text(FLOW.replace("start:", f"language: {language}\nstart:"))
    flows = [tmp_path / "en.yaml", tmp_path / "es.yaml"]
    assert build(flows, tmp_path / "audio", {"flite": fake}, quiet()) == 6
    for flow in flows:
        loaded, store = load_with_prompts(flow, tmp_path / "audio")
        assert loaded.prompt("Hello.").audio in store
        assert (tmp_path / "audio" / flow.stem / "hello.wav").is_file()
    (tmp_path / "en.yaml").write_text(FLOW.replace("Good day.", "Good night."))
    with pytest.raises(DocumentError, match="no recording of 'Good night"):
        load_with_prompts(flows[0], tmp_path / "audio")


def test_the_command_line_says_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = tmp_path / "flow.yaml"
    for text, complaint in (
        (FLOW.replace("next: b", "next: c"), f"{flow}:4: node 'a': next names 'c', which is no node. Fix: "),
        (FLOW.replace("start:", "engine: recorded\nstart:"), "spoken by a person: say where with --recordings DIR"),
    ):
        flow.write_text(text)
        monkeypatch.setattr(sys, "argv", ["callfloor", "prompts", "build", "--prompts", str(tmp_path / "a"), str(flow)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2
        assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("rate", [8000, 16000])
def test_espeak_ng_speaks_many_languages_at_both_rates_and_slowly(rate: int) -> None:
    speakers = engines()
    said = [
        speakers["espeak-ng"].speak(PromptSource("Un momento, por favor.", "es", stretch, "espeak-ng"), rate)
        for stretch in (1.0, 1.35)
    ]
    usual, slow = (np.frombuffer(pcm, "<i2").astype(float) for pcm in said)
    assert 0.8 < len(usual) / rate < 4
    assert 1.15 < len(slow) / len(usual) < 1.6
    assert 20 * np.log10(np.max(np.abs(usual)) / 32768) == pytest.approx(-3, abs=0.1)
    with pytest.raises(SynthesisError, match="no voice"):
        speakers["espeak-ng"].speak(PromptSource("Hello.", "klingonese", engine="espeak-ng"), rate)


def test_people_speak_prompts_too(tmp_path: Path) -> None:
    write_wav(tmp_path / "hello.wav", b"\1\0" * 800, 8000)
    recorded = engines(tmp_path)["recorded"]
    assert recorded.speak(PromptSource("Hello.", "maria", engine="recorded"), 8000) == b"\1\0" * 800
    for source, rate, complaint in (
        (PromptSource("Hello.", "maria", 1.35, "recorded"), 8000, "hello-slowly.wav"),
        (PromptSource("Hello.", "maria", engine="recorded"), 16000, "16000 Hz"),
    ):
        with pytest.raises(SynthesisError, match=complaint):
            recorded.speak(source, rate)


def own(name: str, file: Path, root: Path) -> str:
    done = CliRunner().invoke(app, ["prompts", "add", name, str(file), "--prompts", str(root)])
    assert done.exit_code == 0
    return done.output


def test_a_recording_of_ones_own_is_kept_at_both_rates_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "tune.wav").write_bytes(wav_bytes(b"\1\0\3\0" * 44100, 44100, channels=2))
    (tmp_path / "short.wav").write_bytes(wav_bytes(b"\5\0" * 800, 8000))
    root = tmp_path / "prompts"
    assert "hold: 1.0 s" in own("hold", tmp_path / "tune.wav", root)
    narrow, wide = PromptStore.open(root / "en"), PromptStore.open(root / "en", 16000)
    assert (narrow.seconds("hold"), wide.seconds("hold")) == (1.0, 1.0)
    assert narrow.names() == wide.names() == ("hold",)
    assert "hold: 0.1 s" in own("hold", tmp_path / "short.wav", root)
    assert PromptStore.open(root / "en").pcm("hold") == b"\5\0" * 800
    assert len(read_manifest(root / "en")) == 1


@pytest.mark.parametrize("name", ["Hold", "1st", "63a1bf157a18b811", "a/b"])
def test_a_recording_has_a_name_that_flows_can_write(tmp_path: Path, name: str) -> None:
    (tmp_path / "short.wav").write_bytes(wav_bytes(b"\5\0" * 800, 8000))
    with pytest.raises(DocumentError, match="cannot be the name"):
        add_recording(name, tmp_path / "short.wav", tmp_path)
    assert not (tmp_path / MANIFEST).exists()
