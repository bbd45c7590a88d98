"""Listening to recordings: decrypt, put down who does, then a WAV file or the sound device."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path

from assist.shell_audit import put_down_if_kept
from transcription.recording import read_key, read_recording
from transcription.recording_format import Recording
from voice.errors import CallfloorError, DocumentError
from voice.rundir import RunDirectory, write_private
from voice.settings import RunSettings, SettingsFile

PLAYERS = ("pw-play", "paplay", "aplay")
"""PipeWire's, PulseAudio's and ALSA's own players."""


def export(file: Path, out: Path, settings: SettingsFile, state_dir: Path | None) -> float:
    """Decrypt ``file`` into the stereo WAV ``out``, this user's alone to read; returns its seconds. Raises
    DocumentError, RecordingError.
    """
    found = decrypted(file, settings, state_dir)
    try:
        write_private(out, found.wav())
    except OSError as error:
        raise DocumentError(out, None, f"cannot be written ({error.strerror})", "name another file") from None
    return found.seconds


def play(file: Path, settings: SettingsFile, state_dir: Path | None) -> None:
    """Play ``file`` on this machine's speakers. Raises DocumentError, RecordingError, and CallfloorError where there is
    nothing to play it on.
    """
    found = decrypted(file, settings, state_dir)
    with tempfile.TemporaryDirectory() as directory:  # decrypted audio stays no longer than it plays
        wav = Path(directory) / "call.wav"
        wav.write_bytes(found.wav())
        for program in PLAYERS:
            if shutil.which(program) and subprocess.run([program, str(wav)], check=False).returncode == 0:  # noqa: S603
                return
    raise CallfloorError(
        f"no sound here: none of {', '.join(PLAYERS)} could play it. "
        f"Fix: install one, or: callfloor recording export {file} --out call.wav"
    )


def decrypted(file: Path, settings: SettingsFile, state_dir: Path | None) -> Recording:
    """The recording in ``file``, by the key of the installation. Raises DocumentError, RecordingError."""
    where = RunDirectory.of(settings.section("run", RunSettings)) if state_dir is None else RunDirectory(state_dir)
    if not where.recording_key.exists():
        raise DocumentError(where.recording_key, None, "there is no recording key", "name the right --state-dir")
    found = read_recording(file, read_key(where.recording_key))
    asyncio.run(put_down_if_kept(settings, state_dir, "listen", found.header.contact_id))
    return found
