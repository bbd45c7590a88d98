"""What the client of the transcription server says of audio that is not recognised, or not yet. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from transcription.tap import ClientChannel, ClientStatistics
from transcription.utterances import TranscriptionGap
from voice.events import Event, new_identifier


class Gaps:
    """At most one a channel: opened, then closed, ``recovered`` where its words still come. ``emit`` hears of both."""

    def __init__(self, emit: Callable[[Event], None], statistics: ClientStatistics) -> None:
        self._emit = emit
        self._statistics = statistics

    def open(self, channel: ClientChannel, reason: str, start_s: float | None = None) -> None:
        """From ``start_s`` of the contact (None: what comes now) on; nothing where one is open already."""
        if channel.gap is None:
            start = channel.seconds(channel.buffer.live) if start_s is None else start_s
            channel.gap = TranscriptionGap(
                new_identifier(), channel.spec.party, start, start, open=True, recovered=False, reason=reason
            )
            self._emit(channel.gap)

    def resumed(self, channel: ClientChannel) -> None:
        """The channel is open again. What fell out of the buffer since the decided edge is lost for good."""
        loss = channel.buffer.take_loss()
        if loss:
            self.lost(channel, loss)
        elif channel.gap:
            self._close(channel, channel.gap.start_s, channel.seconds(channel.buffer.live), recovered=True)

    def lost(self, channel: ClientChannel, loss: tuple[int, int]) -> None:
        """The samples from the first number to before the second are lost for good."""
        start_s, end_s = channel.seconds(loss[0]), channel.seconds(loss[1])
        self.open(channel, "the recogniser is too far behind", start_s)
        self._statistics.samples_lost += loss[1] - loss[0]
        self._close(channel, start_s, end_s, recovered=False)

    def closed(self, channel: ClientChannel) -> None:
        """The server is done with the channel: one that has a gap still was refused."""
        self._close(channel, channel.spec.base_s, channel.seconds(channel.buffer.live), recovered=False)

    def given_up(self, channel: ClientChannel) -> None:
        """Nobody waits any longer for the words of what is undecided."""
        self.open(channel, "finished before the last words were recognised")
        decided, live = channel.seconds(channel.buffer.decided), channel.seconds(channel.buffer.live)
        self._close(channel, decided, live, recovered=False)

    def _close(self, channel: ClientChannel, start_s: float, end_s: float, *, recovered: bool) -> None:
        if gap := channel.gap:
            channel.gap = None
            self._emit(replace(gap, start_s=start_s, end_s=end_s, open=False, recovered=recovered))
