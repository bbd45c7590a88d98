from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from tests.transcription.speech import RATE
from transcription.recording import ContactRecorder, Tee, load_or_create_key, read_recording
from transcription.recording_format import RecordingError, SilencedSpan
from transcription.utterances import Redaction, UtteranceFinal, UtterancePartial
from voice.audio import AudioFrame, AudioSink
from voice.errors import DocumentError

KEY = bytes(range(32))
LOUD = np.full(RATE, 1000, dtype="<i2").tobytes()


def second(sink: AudioSink, index: int, pcm: bytes = LOUD) -> None:
    """Write second ``index`` of a leg in 20 ms frames."""
    for start in range(0, RATE, 160):
        sink.write(AudioFrame(pcm[2 * start : 2 * start + 320], index * RATE + start, RATE, 0.0))


def redacting(start_s: float, end_s: float, party: str = "caller") -> UtteranceFinal:
    redaction = Redaction("card", start_s, end_s)
    return UtteranceFinal("u", party, "[card]", (), start_s, end_s, 0.9, "vosk", "m", (redaction,))


def seconds(pcm: bytes) -> list[list[int]]:
    """One stereo sample from the middle of each half second."""
    frames = np.frombuffer(pcm, dtype="<i2").reshape(-1, 2)
    found: list[list[int]] = frames[RATE // 4 :: RATE // 2].tolist()
    return found


def test_agent_left_caller_right_with_what_was_redacted_silent(tmp_path: Path) -> None:
    recorder = ContactRecorder(tmp_path, "c/../1", KEY)
    caller, agent = recorder.sink("caller"), recorder.sink("agent", base_s=1.0)
    for index in range(3):
        second(caller, index)
    second(agent, 0)
    recorder.heard(UtterancePartial("u", "caller", "[card]", 0.0, 1.0, 1))
    recorder.heard(redacting(1.0, 1.5))
    recorder.decided("caller", 3.0)
    recorder.decided("agent", 2.0)
    caller.close()
    agent.close()
    path = recorder.close()
    assert path is not None
    assert path.parent == tmp_path
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    found = read_recording(path, KEY)
    assert (found.complete, found.header.contact_id, found.seconds) == (True, "c/../1", 3.0)
    assert found.silenced == (SilencedSpan("caller", 1.0, 1.5, "card"),)
    assert seconds(found.pcm) == [[0, 1000], [0, 1000], [1000, 0], [1000, 1000], [0, 1000], [0, 1000]]


def test_a_killed_process_leaves_everything_decided_but_nothing_undecided(tmp_path: Path) -> None:
    recorder = ContactRecorder(tmp_path, "c1", KEY)
    caller = recorder.sink("caller")
    for index in range(5):
        second(caller, index)
        recorder.decided("caller", index - 1.0)
    (part,) = tmp_path.glob("*.part")
    found = read_recording(part, KEY)
    assert (found.complete, found.seconds) == (False, 3.0)
    recorder.close()


def test_without_a_recogniser_nothing_but_silence_is_kept(tmp_path: Path) -> None:
    recorder = ContactRecorder(tmp_path, "c1", KEY)
    caller = recorder.sink("caller")
    for index in range(32):
        second(caller, index)
        recorder.flush()
    path = recorder.close()
    assert path is not None
    found = read_recording(path, KEY)
    assert not any(found.pcm)
    assert {span.reason for span in found.silenced} == {"undecided"}
    assert sum(span.end_s - span.start_s for span in found.silenced) == pytest.approx(32)


def test_a_recording_may_begin_in_mid_contact(tmp_path: Path) -> None:
    recorder = ContactRecorder(tmp_path, "c1", KEY, zero_s=20.0)
    second(recorder.sink("caller", base_s=20.0), 0)
    recorder.heard(redacting(20.0, 20.5))
    recorder.decided("caller", 21.0)
    path = recorder.close()
    assert path is not None
    found = read_recording(path, KEY)
    assert (found.header.start_s, found.seconds) == (20.0, 1.0)
    assert seconds(found.pcm) == [[0, 0], [0, 1000]]


def test_a_full_disk_stops_the_recording_and_not_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[str] = []
    with monkeypatch.context() as patch:
        full = os.open("/dev/full", os.O_WRONLY)
        patch.setattr("transcription.recording.os.open", lambda *_: full)
        recorder = ContactRecorder(tmp_path, "c1", KEY, on_error=errors.append)
    caller = recorder.sink("caller")
    for index in range(3):
        second(caller, index)
        recorder.decided("caller", index + 1.0)
    assert recorder.close() is None
    assert errors == ["recording stopped: No space left on device"]
    assert recorder.failed == errors[0]


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    recorder = ContactRecorder(tmp_path / "new", "c1", KEY)
    path = recorder.close()
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DocumentError, match="cannot be created"):
        ContactRecorder(tmp_path / "file" / "x", "c1", KEY)


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        read_recording(tmp_path / "none", KEY)
    (tmp_path / "bad").write_bytes(b"not one")
    with pytest.raises(RecordingError, match=r"bad: not a callfloor recording"):
        read_recording(tmp_path / "bad", KEY)


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a key would be found by every later call, and none would be recorded again."""
    file = tmp_path / "keys" / "recording.key"

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", full)
        with pytest.raises(DocumentError, match="No space left"):
            load_or_create_key(file)
    assert list(file.parent.iterdir()) == []
    assert len(load_or_create_key(file)) == 32


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "recording"
    key = load_or_create_key(file)
    assert len(key) == 32
    assert load_or_create_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    with pytest.raises(DocumentError, match=r"chmod 600"):
        load_or_create_key(file)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(DocumentError, match="this file 5"):
        load_or_create_key(file)


def test_a_tee_gives_a_frame_to_everyone(tmp_path: Path) -> None:
    first, second_recorder = (ContactRecorder(tmp_path, name, KEY) for name in "ab")
    tee = Tee(first.sink("caller"), second_recorder.sink("caller"))
    second(tee, 0)
    for recorder in (first, second_recorder):
        recorder.decided("caller", 1.0)
        path = recorder.close()
        assert path is not None
        assert read_recording(path, KEY).seconds == 1.0
