"""Where a client's audio enters, and what it keeps of each channel while connections come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from transcription import wire
from transcription.resend import ResendBuffer
from transcription.utterances import TranscriptionGap
from voice.audio import AudioFrame

INBOX_FRAMES = 1500


@dataclass
class ClientStatistics:
    """Counters of one client. ``frames_dropped``: the loop did not run for 30 s; ``frames_rejected``: another rate."""

    connections: int = 0
    frames_dropped: int = 0
    frames_rejected: int = 0
    samples_lost: int = 0
    unknown_messages: int = 0


class Tap:
    """An AudioSink written from a media thread: append to a bounded deque, wake the loop once, return."""

    def __init__(self, rate: int, wake: Callable[[], None], statistics: ClientStatistics) -> None:
        self._rate = rate
        self._wake = wake
        self._statistics = statistics
        self._inbox: deque[AudioFrame] = deque()

    def write(self, frame: AudioFrame) -> None:
        """Take one frame; the oldest waiting one is dropped when 1500 wait."""
        if frame.rate != self._rate:
            self._statistics.frames_rejected += 1
            return
        if len(self._inbox) >= INBOX_FRAMES:
            self._inbox.popleft()
            self._statistics.frames_dropped += 1
        self._inbox.append(frame)
        self._wake()

    def drain(self) -> list[AudioFrame]:
        """What has arrived; on the loop."""
        frames = []
        while self._inbox:
            frames.append(self._inbox.popleft())
        return frames


class ClientChannel:
    """One channel's state over all connections of its client."""

    def __init__(self, spec: wire.ChannelSpec, tap: Tap) -> None:
        self.spec = spec
        self.tap = tap
        self.buffer = ResendBuffer(spec.rate)
        self.opened = False
        self.close_sent = False
        self.closing = False
        self.speaking_from: int | None = None
        self.gap: TranscriptionGap | None = None

    def seconds(self, sample: int) -> float:
        """Contact seconds of a sample."""
        return self.spec.base_s + sample / self.spec.rate

    def sample(self, seconds: float) -> int:
        """The sample at these contact seconds."""
        return round((seconds - self.spec.base_s) * self.spec.rate)

    def collect(self) -> None:
        """Take over what the tap holds; on the loop."""
        for frame in self.tap.drain():
            self.buffer.add(frame.offset, frame.pcm)

    def opening(self) -> wire.Open:
        """The message that opens (or re-opens) the channel on a new connection."""
        position = self.buffer.rewind()
        changes = {"position": position, "speaking_from": self.speaking_from}
        return wire.Open(**{**self.spec.model_dump(), **changes})
