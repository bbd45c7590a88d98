"""The client's memory of one channel: audio the server has not decided yet, bounded, oldest dropped first. Pure."""

from __future__ import annotations

from collections import deque

KEEP_S = 30.0


class ResendBuffer:
    """Samples between the decided edge and the live edge, with a cursor for what the current connection was sent.

    ``dropped`` counts samples that fell out undecided because more than ``keep_s`` seconds were held. Offsets are
    samples of the channel's stream; what does not follow on is kept as a hole.
    """

    def __init__(self, rate: int, keep_s: float = KEEP_S) -> None:
        self._limit = int(rate * keep_s)
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._held = 0
        self._cursor = 0
        self._fell_until = 0
        self._loss: tuple[int, int] | None = None
        self.live = 0
        self.decided = 0
        self.dropped = 0

    @property
    def first(self) -> int:
        """The oldest sample held; the live edge where nothing is."""
        return self._chunks[0][0] if self._chunks else self.live

    def add(self, offset: int, pcm: bytes) -> None:
        """Take whole samples; what lies before the live edge is ignored."""
        if offset < self.live:
            pcm = pcm[2 * (self.live - offset) :]
            offset = self.live
        if not pcm:
            return
        self._chunks.append((offset, pcm))
        self._held += len(pcm) // 2
        self.live = offset + len(pcm) // 2
        while self._held > self._limit:
            self._overflow()

    def _overflow(self) -> None:
        start, self._fell_until = self._chunks[0][0], self._end(self._chunks[0])
        self.dropped += self._drop_first()
        if self._fell_until > self._cursor:
            begin = self._loss[0] if self._loss else max(start, self._cursor)
            self._loss = (begin, self._fell_until)

    def take_loss(self) -> tuple[int, int] | None:
        """Samples (from, until) that fell out before the server had them, once."""
        loss, self._loss = self._loss, None
        return loss

    def decide(self, sample: int) -> None:
        """Everything before ``sample`` needs no sending again."""
        self.decided = max(self.decided, sample)
        while self._chunks and self._end(self._chunks[0]) <= self.decided:
            self._drop_first()

    def rewind(self) -> int:
        """A new connection: send again from the decided edge (or from what is left). Returns that sample."""
        self._cursor = max(self.decided, self.first)
        if self._fell_until > self.decided:
            self._loss = (self.decided, self._fell_until)
        return self._cursor

    def take(self, max_bytes: int) -> tuple[int, bytes] | None:
        """The next unsent samples without a hole, at most ``max_bytes``; None when all is sent."""
        parts: list[bytes] = []
        size, start = 0, 0
        for offset, pcm in self._unsent():
            if parts and (offset != start + size // 2 or size >= max_bytes):
                break
            start = start if parts else offset
            parts.append(pcm[: max_bytes - size])
            size += len(parts[-1])
        if not parts:
            return None
        self._cursor = start + size // 2
        return start, b"".join(parts)

    def _unsent(self) -> list[tuple[int, bytes]]:
        # Usually only the newest chunks are unsent: look from the end.
        found: list[tuple[int, bytes]] = []
        for offset, pcm in reversed(self._chunks):
            if offset + len(pcm) // 2 <= self._cursor:
                break
            skip = max(0, self._cursor - offset)
            found.append((offset + skip, pcm[2 * skip :]))
        return found[::-1]

    def _drop_first(self) -> int:
        samples = len(self._chunks.popleft()[1]) // 2
        self._held -= samples
        return samples

    @staticmethod
    def _end(chunk: tuple[int, bytes]) -> int:
        return chunk[0] + len(chunk[1]) // 2
