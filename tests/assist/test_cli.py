"""The command line: what a person sees when it works, and one line with status 2 when it does not."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from assist import cli, running
from assist.child import ChildFailedError
from assist.content import BUILT_IN
from assist.running import serve_until_stopped
from ivr.settings import IvrSettings
from transcription.recording import ContactRecorder, load_or_create_key
from voice.audio import AudioFrame
from voice.errors import DocumentError
from voice.rundir import RunDirectory

AGENT, CALLER = b"\x01\x00", b"\x02\x00"


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Run ``callfloor ARGUMENTS``; the exit status."""
    monkeypatch.setattr(sys, "argv", ["callfloor", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What is said when a person did something wrong: one line."""
    assert call(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("callfloor: ")
    assert err.count("\n") == 1
    return err


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """One second of a call in ``tmp_path/state``: the agent's samples are 1, the caller's 2."""
    where = RunDirectory(tmp_path / "state")
    where.create()
    recorder = ContactRecorder(where.recordings, "c1", load_or_create_key(where.recording_key))
    sinks = {"agent": recorder.sink("agent"), "caller": recorder.sink("caller")}
    for party, sample in (("agent", AGENT), ("caller", CALLER)):
        sinks[party].write(AudioFrame(sample * 8000, 0, 8000, 0.0))
        recorder.decided(party, 1.0)
    path = recorder.close()
    assert path is not None
    return path


def test_a_recording_becomes_a_wav_with_the_agent_on_the_left(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "call.wav"
    assert call(monkeypatch, "recording", "export", recording, "--out", out, "--state-dir", tmp_path / "state") == 0
    assert capsys.readouterr().out == f"{out}: 1.0 s, agent left, customer right\n"
    with wave.open(str(out)) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getnframes()) == (2, 8000, 8000)
        assert wav.readframes(1) == AGENT + CALLER
    assert out.stat().st_mode & 0o777 == 0o600, "what was encrypted is not for everybody now"


def test_the_settings_file_says_where_the_key_is_as_well(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, out = tmp_path / "callfloor.toml", tmp_path / "call.wav"
    settings.write_text(f"[run]\nstate_dir = {json.dumps(str(tmp_path / 'state'))}\n")
    assert call(monkeypatch, "recording", "export", recording, "--out", out, "--settings", settings) == 0
    assert out.exists()


def test_a_recording_that_cannot_be_exported_says_why(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(file: Path, out: Path = tmp_path / "x.wav", state: Path = tmp_path / "state") -> str:
        return refusal(monkeypatch, capsys, "recording", "export", file, "--out", out, "--state-dir", state)

    assert "no such" in said(tmp_path / "nothing.cfrec").lower()
    assert "there is no recording key. Fix: name the right --state-dir" in said(recording, state=tmp_path)
    assert f"{tmp_path / 'no' / 'x.wav'}: cannot be written" in said(recording, out=tmp_path / "no" / "x.wav")
    (tmp_path / "text").write_text("not a recording")
    assert "not a callfloor recording" in said(tmp_path / "text")
    (tmp_path / "state" / "keys" / "recording.key").write_bytes(bytes(32))
    assert "another key" in said(recording)


def test_a_recording_is_played_by_the_first_player_that_can(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in (("pw-play", "exit 1"), ("aplay", f'/bin/cp "$1" "{tmp_path}/heard.wav"')):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    play = ("recording", "play", recording, "--state-dir", tmp_path / "state")
    assert call(monkeypatch, *play) == 0
    with wave.open(str(tmp_path / "heard.wav")) as wav:
        assert wav.getnframes() == 8000
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "none of pw-play, paplay, aplay could play it" in refusal(monkeypatch, capsys, *play)


def test_flows_and_content_that_are_good(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "flow", "check", IvrSettings().flow) == 0
    assert call(monkeypatch, "content", "check", BUILT_IN) == 0
    flow, content = capsys.readouterr().out.splitlines()
    assert "flow 'demo'" in flow
    assert flow.endswith(": good")
    assert content.endswith(": good")


def test_flows_and_content_that_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flow, content = tmp_path / "flow.yaml", tmp_path / "content"
    flow.write_text(IvrSettings().flow.read_text().replace("start: greeting", "start: goodbye"))
    assert f"{flow}:5: " in refusal(monkeypatch, capsys, "flow", "check", flow)
    shutil.copytree(BUILT_IN, content)
    (content / "lexicon.yaml").write_text("a: [")
    assert f"{content / 'lexicon.yaml'}:" in refusal(monkeypatch, capsys, "content", "check", content)


def test_options_of_a_station_that_cannot_be_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLFLOOR_SECRET", "no good")
    said = refusal(
        monkeypatch, capsys, "station", "--server", "http://127.0.0.1:1", "--agent", "anna", "--sip", "127.0.0.1:1"
    )
    assert "secret" in said
    assert "no good" not in said


def test_nothing_asked_is_answered_with_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch) == 2
    said = "".join(capsys.readouterr())
    for command in ("serve", "demo", "station", "recording", "flow", "content"):
        assert command in said


def test_a_station_needs_neither_web_nor_store() -> None:
    check = "import sys, assist.cli, voice.station; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert "voice.station" in loaded
    assert {"fastapi", "uvicorn", "sqlalchemy", "vosk"} & loaded == set()


def test_serve_refuses_an_address_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "callfloor.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings.write_text(
            f"[run]\nstate_dir = {json.dumps(str(tmp_path / 'state'))}\n[front]\nport = 0\n"
            f"[transcription]\nport = 0\n[web]\nport = {port}\n"
        )
        monkeypatch.chdir(tmp_path)
        with pytest.raises(DocumentError, match=f"port {port}"):
            asyncio.run(serve_until_stopped(Path(settings.name), os.environ))


def test_a_process_that_fails_by_itself_is_status_1_not_a_mistake_of_the_callers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: object) -> None:
        raise ChildFailedError("floor ended 5 times before it served")

    monkeypatch.setattr(running, "serve_until_stopped", fail)
    assert call(monkeypatch, "serve") == 1
    assert capsys.readouterr().err == "callfloor: floor ended 5 times before it served\n"
