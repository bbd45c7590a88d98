"""Listening to recordings: decrypt, then a WAV file or the sound device."""

from __future__ import annotations

from pathlib import Path

from transcription.recording import load_or_create_key, read_recording
from transcription.recording_format import Recording
from voice.audio import write_wav
from voice.errors import CallfloorError, DocumentError
from voice.rundir import RunDirectory
from voice.settings import RunSettings, SettingsFile


def export(file: Path, out: Path, settings: SettingsFile, state_dir: Path | None) -> float:
    """Decrypt ``file`` into the stereo WAV ``out``; returns its seconds. Raises DocumentError, RecordingError."""
    found = _read(file, settings, state_dir)
    write_wav(out, found.pcm, found.header.rate, channels=2)
    return len(found.pcm) / 4 / found.header.rate


def play(file: Path, settings: SettingsFile, state_dir: Path | None) -> None:
    """Play ``file``. Raises DocumentError, RecordingError, and CallfloorError where there is nothing to play on."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise CallfloorError(
            f"no sound here ({error}). Fix: pip install 'callfloor[station]' and libportaudio2, "
            f"or: callfloor recording export {file} --out call.wav"
        ) from None
    found = _read(file, settings, state_dir)
    try:
        with sounddevice.RawOutputStream(found.header.rate, channels=2, dtype="int16") as stream:
            stream.write(found.pcm)
    except sounddevice.PortAudioError as error:
        raise CallfloorError(f"the sound device refused: {error}. Fix: check that one is plugged in") from None


def _read(file: Path, settings: SettingsFile, state_dir: Path | None) -> Recording:
    where = RunDirectory.of(settings.section("run", RunSettings)) if state_dir is None else RunDirectory(state_dir)
    if not where.recording_key.exists():
        raise DocumentError(where.recording_key, None, "there is no recording key", "name the right --state-dir")
    return read_recording(file, load_or_create_key(where.recording_key))
