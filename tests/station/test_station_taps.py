"""Which contact's sinks a tap writes to, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tests.station.fakes import RecordingPhone
from voice.audio import AudioFrame, AudioSink
from voice.station_contacts import Kept
from voice.station_state import CallLine, Phase, StationState, tap
from voice.station_taps import PARTIES, SLOTS, OnKept, Taps


class Heard:
    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def write(self, frame: AudioFrame) -> None:
        self.frames.append(frame.pcm)


class Capture:
    def __init__(self) -> None:
        self.sinks: dict[str, dict[str, Heard]] = {}
        self.over: list[str] = []

    def begun(self, line: CallLine) -> Mapping[str, AudioSink]:
        self.sinks[line.contact_id] = {party: Heard() for party in PARTIES}
        return self.sinks[line.contact_id]

    def ended(self, line: CallLine, kept: OnKept) -> None:
        self.over.append(line.contact_id)
        kept(Kept(f"{line.contact_id}.cfr", 2.0))


def state(*contacts: tuple[str, int]) -> StationState:
    return StationState(
        lines=tuple(CallLine(f"leg-{name}", Phase.IN_CALL, "x", contact_id=name, slot=slot) for name, slot in contacts)
    )


def test_each_contact_hears_its_own_slot_and_nothing_before_or_after() -> None:
    async def main() -> None:
        phone, capture = RecordingPhone(lambda _: None), Capture()
        taps = Taps(capture)
        await taps.plug(phone)
        assert len(phone.sinks) == SLOTS * len(PARTIES)

        def say(slot: int, party: str, pcm: bytes) -> None:
            phone.sinks[tap(slot, party)].write(AudioFrame(pcm, 0, 8000, 0.0))

        say(0, "caller", b"early.")
        taps.follow(state(("p1", 0), ("workers", -1)))
        say(0, "caller", b"first.")
        taps.follow(state(("p1", 0), ("p2", 1)))
        say(1, "agent", b"second")
        taps.follow(state(("p2", 1)))
        say(0, "caller", b"late")
        assert capture.over == ["p1"]
        assert capture.sinks["p1"]["caller"].frames == [b"first."]
        assert capture.sinks["p2"]["agent"].frames == [b"second"]
        taps.follow(state(("p2", 1), ("p3", 0)))
        say(0, "caller", b"third.")
        assert capture.sinks["p3"]["caller"].frames == [b"third."]
        taps.shut()
        assert sorted(capture.over) == ["p1", "p2", "p3"]
        assert "workers" not in capture.sinks

    asyncio.run(main())


def test_without_a_capture_there_are_no_taps() -> None:
    async def main() -> None:
        phone = RecordingPhone(lambda _: None)
        taps = Taps(None)
        await taps.plug(phone)
        taps.follow(state(("p1", 0)))
        assert phone.sinks == {}

    asyncio.run(main())
