"""The taps of calls captured at a station: which of a fixed number of ports belongs to which contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

from voice.audio import AudioFrame, AudioSink
from voice.phone import Phone
from voice.station_contacts import Kept
from voice.station_state import CallLine, StationState, tap

PARTIES: Final = ("caller", "agent")
SLOTS: Final = 4
"""As many as a phone has legs."""

TAP_BATCH_MS: Final = 100

OnKept = Callable[[Kept], None]


class CallCapture(Protocol):
    """Takes what is said in calls that no worker of ours hears. Must not fail: the call goes on without it."""

    def begun(self, line: CallLine) -> Mapping[str, AudioSink]:
        """A contact of this station's begins; the sinks of PARTIES."""

    def ended(self, line: CallLine, kept: OnKept) -> None:
        """It is over; nothing is written any more. ``kept`` is told, on the loop, when everything is written down."""


class _Gate:
    """An AudioSink that drops everything while nobody has it; changed by one assignment, hence no lock."""

    def __init__(self) -> None:
        self.sink: AudioSink | None = None

    def write(self, frame: AudioFrame) -> None:
        sink = self.sink
        if sink is not None:
            sink.write(frame)


class Taps:
    """Follows the lines of the station's state."""

    def __init__(self, capture: CallCapture | None, kept: Callable[[str, Kept], None] = lambda *_: None) -> None:
        """``kept``: is told of a contact, by its id, that everything is written down."""
        self._capture = capture
        self._kept = kept
        self._gates = {tap(slot, party): _Gate() for slot in range(SLOTS) for party in PARTIES}
        self._open: dict[str, CallLine] = {}

    async def plug(self, phone: Phone) -> None:
        """Make the ports; none where nothing is captured. Raises PhoneError."""
        for name, gate in self._gates.items() if self._capture is not None else ():
            await phone.add_sink(name, gate, TAP_BATCH_MS)

    def follow(self, state: StationState) -> None:
        """Open and shut gates before the paths to them change."""
        if self._capture is None:
            return
        now = {line.contact_id: line for line in state.lines if line.slot >= 0}
        for contact_id in self._open.keys() - now.keys():
            self._shut(self._open.pop(contact_id))
        for contact_id, line in now.items():
            if contact_id not in self._open:
                self._open[contact_id] = line
                for party, sink in self._capture.begun(line).items():
                    self._gates[tap(line.slot, party)].sink = sink

    def shut(self) -> None:
        """The station ends: so does every capture."""
        for line in self._open.values():
            self._shut(line)
        self._open.clear()

    def _shut(self, line: CallLine) -> None:
        assert self._capture is not None
        for party in PARTIES:
            self._gates[tap(line.slot, party)].sink = None
        self._capture.ended(line, partial(self._kept, line.contact_id))
