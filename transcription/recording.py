"""Records a contact, encrypted while it is written: agent left, caller right.

Sound waits in memory until the recogniser has decided it (30 s at most, then it is silence and marked), so that a
spoken card number never reaches the disk. That memory is shared with a keeper (``transcription.keeper``), which has it
decided and finishes the file of a process that was killed: it loses a frame of its taps, 100 ms. Without a keeper it
loses what was not decided, and the ``.part`` file it leaves is readable up to there.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from transcription.keeping import Keeping
from transcription.recording_format import (
    KEY_BYTES,
    Recording,
    RecordingError,
    RecordingHeader,
    RecordingWriter,
    SilencedSpan,
    parse,
)
from transcription.tracks import Tracks
from transcription.utterances import UtteranceFinal
from voice.audio import AudioFrame, AudioSink
from voice.errors import DocumentError
from voice.events import Event, new_identifier
from voice.rundir import made_once

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 30.0
CHUNK_S = 1.0
SUFFIX = ".cfrec"
_ID_SHOWN = 8


class ContactRecorder:
    """One contact's recording, from contact second ``zero_s`` on. Open it only with consent.

    Give every tap's frames to ``sink``, every event of the transcription client to ``heard`` and then every decision to
    ``decided``. A disk error stops the recording, is reported once through ``on_error``, and never reaches the call.
    Raises DocumentError if the file cannot be created. ``sink(...).write`` may be called from any thread.
    """

    def __init__(
        self,
        directory: Path,
        contact_id: str,
        key: bytes,
        channels: tuple[str, ...] = ("agent", "caller"),
        rate: int = 8000,
        *,
        zero_s: float = 0.0,
        on_error: Callable[[str], None] = lambda reason: None,
        keeper: Path | None = None,
    ) -> None:
        """``keeper``: the socket of who finishes the recording if this process is killed."""
        self._rate = rate
        self._channels = {party: index for index, party in enumerate(channels)}
        self._on_error = on_error
        self._lock = threading.Lock()
        self._tracks = Tracks(len(channels), int(LONGEST_WAIT_S * rate), round(zero_s * rate))
        recording_id = new_identifier()
        self._writer = RecordingWriter(RecordingHeader(contact_id, rate, channels, recording_id, zero_s), key)
        self.path = directory / f"{_file_name(contact_id)}-{recording_id[:_ID_SHOWN]}{SUFFIX}"
        self._part = self.path.with_suffix(SUFFIX + ".part")
        self._file: BinaryIO | None = self._create()
        self.failed = ""
        self._put(self._writer.header)
        if self._file is not None:
            self._flush_file(self._file)  # from now on the file is what a keeper needs of it
        self._keeping: Keeping | None = None
        if keeper is not None and not self.failed:
            self._keeping = Keeping.begin(keeper, self._part, len(channels), rate, self._tracks.edge)

    def sink(self, party: str, base_s: float = 0.0) -> RecorderSink:
        """Where to write a leg of ``party``; ``base_s``: contact seconds of its sample 0. Close it at the leg's end."""
        channel = self._channels[party]
        with self._lock:
            self._tracks.open(channel)
        return RecorderSink(self, channel, round(base_s * self._rate))

    def heard(self, event: Event) -> None:
        """Note the redactions of a final; other events are ignored."""
        if not isinstance(event, UtteranceFinal) or event.party not in self._channels:
            return
        channel = self._channels[event.party]
        with self._lock:
            for redaction in event.redactions:
                start, end = round(redaction.start_s * self._rate), round(redaction.end_s * self._rate)
                self._tracks.redact(channel, start, end, redaction.kind)
            self._note()

    def decided(self, party: str, until_s: float) -> None:
        """Before contact second ``until_s`` no redaction of ``party`` can come any more: write what that frees."""
        if party not in self._channels:
            return
        with self._lock:
            self._tracks.decide(self._channels[party], int(until_s * self._rate))
            self._note()
        self.flush()

    def flush(self) -> None:
        """Write what may be written. Called by ``decided``; call it every second or so while nothing is decided."""
        self._write_out(all_of_it=False)

    def close(self) -> Path | None:
        """The contact is over: what is undecided becomes silence. The finished file, or None if recording failed."""
        try:
            return self._finish()
        finally:
            self._end_keeping()

    def _finish(self) -> Path | None:
        self._write_out(all_of_it=True)
        self._put(self._writer.end())
        file, self._file = self._file, None
        if file is None:
            return None
        try:
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._part.rename(self.path)
        except OSError as error:
            self._fail(file, error)
            return None
        return self.path

    def add(self, channel: int, start: int, frame: AudioFrame) -> None:
        """Used by RecorderSink, on the media thread: only copies into memory."""
        if frame.rate == self._rate:
            with self._lock:
                self._tracks.add(channel, start, frame.pcm)
                if self._keeping is not None:
                    self._keeping.add(channel, start, frame.pcm)

    def end(self, channel: int) -> None:
        """Used by RecorderSink: the leg ended."""
        with self._lock:
            self._tracks.close(channel)

    def _note(self) -> None:
        """Before anything of it is written: what is known must be known to the keeper, or it would be asked again."""
        if self._keeping is not None:
            self._keeping.note(*self._tracks.known())

    def _end_keeping(self) -> None:
        with self._lock:
            keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.end()

    def _write_out(self, *, all_of_it: bool) -> None:
        with self._lock:
            start = self._tracks.edge
            frames, silenced = self._tracks.take(all_of_it=all_of_it)
        parties = tuple(self._channels)
        for item in silenced:
            first, last = item.start / self._rate, item.end / self._rate
            self._put(self._writer.silenced(SilencedSpan(parties[item.channel], first, last, item.reason)))
        step = int(CHUNK_S * self._rate)
        for offset in range(0, len(frames), step):
            self._put(self._writer.audio(frames[offset : offset + step].astype("<i2").tobytes()))
        if self._file is not None and self._tracks.edge > start:
            self._flush_file(self._file)

    def _create(self) -> BinaryIO:
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise DocumentError(
                self._part, None, f"the recording cannot be created ({error.strerror})", "check the directory"
            ) from None
        return os.fdopen(handle, "wb")

    def _put(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(data)
        except OSError as error:
            self._fail(self._file, error)

    def _flush_file(self, file: BinaryIO) -> None:
        try:
            file.flush()
        except OSError as error:
            self._fail(file, error)

    def _fail(self, file: BinaryIO, error: OSError) -> None:
        self._file = None
        self.failed = f"recording stopped: {error.strerror or error}"
        log.error("%s (%s)", self.failed, self._part)
        try:
            file.close()
        except OSError:
            log.debug("closing the failed recording failed as well")
        self._on_error(self.failed)


class RecorderSink:
    """One leg's tap; see ContactRecorder."""

    def __init__(self, recorder: ContactRecorder, channel: int, base: int) -> None:
        self._recorder = recorder
        self._channel = channel
        self._base = base
        self._closed = False

    def write(self, frame: AudioFrame) -> None:
        """Take one frame (of the recorder's rate; others are ignored)."""
        self._recorder.add(self._channel, self._base + frame.offset, frame)

    def close(self) -> None:
        """The leg is over. Safe to repeat."""
        if not self._closed:
            self._closed = True
            self._recorder.end(self._channel)


class Tee:
    """An AudioSink that writes to several."""

    def __init__(self, *sinks: AudioSink) -> None:
        self._sinks = sinks

    def write(self, frame: AudioFrame) -> None:
        """Give the frame to each."""
        for sink in self._sinks:
            sink.write(frame)


def read_recording(path: Path, key: bytes) -> Recording:
    """A recording or a left-over ``.part``. Raises RecordingError or DocumentError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(path, None, f"the recording cannot be read ({error.strerror})", "check the path") from None
    try:
        return parse(data, key)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None


def files_of(directory: Path, contact_id: str) -> list[Path]:
    """A contact's recordings, and what a process that died has left of one."""
    return sorted(directory.glob(f"{_file_name(contact_id)}-{'[0-9a-f]' * _ID_SHOWN}{SUFFIX}*"))


def load_or_create_key(path: Path) -> bytes:
    """The recording key in ``path`` (32 raw bytes, mode 0600), made where there is none yet. Raises DocumentError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made_once(path, os.urandom(KEY_BYTES))
    except OSError as error:
        raise DocumentError(path, None, f"no key can be made ({error.strerror})", "check the directory") from None
    return read_key(path)


def read_key(path: Path) -> bytes:
    """The recording key in ``path``. Raises DocumentError, also where there is none: a new one would open nothing."""
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise DocumentError(path, None, f"the key cannot be read ({error.strerror})", "check its permissions") from None
    if mode & 0o077:
        raise DocumentError(path, None, "others can read the recording key", f"chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise DocumentError(path, None, f"a key is {KEY_BYTES} bytes, this file {len(key)}", "restore it from its copy")
    return key


def _file_name(contact_id: str) -> str:
    """Contact ids come from outside: nothing of them may leave the directory."""
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in contact_id)[:64]
