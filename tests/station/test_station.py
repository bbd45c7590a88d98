from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from hardware.audio.engine import SimulatedSoundCard
from hardware.headset import Headset
from hardware.simulator import SimulatedHeadset
from tests.fakes.clock import VirtualClock
from tests.station.fakes import RecordingPhone, incoming
from voice.commands import Reply
from voice.phone import AudioPath, LegDisconnected, LegReferred, PhoneListener, SipAccount
from voice.station import PHONE_REQUESTS, Station
from voice.station_messages import FloorCommand
from voice.station_settings import StationSettings
from voice.station_state import Phase, StationState

ACCOUNT = StationSettings(agent="anna", secret="sesame-1234").account


class RecordingLink:
    def __init__(self) -> None:
        self.states: list[StationState] = []
        self.replies: list[tuple[str, Reply]] = []
        self.running = asyncio.Event()
        self.command: Callable[[FloorCommand], None] | None = None

    async def run(self, on_command: Callable[[FloorCommand], None]) -> None:
        self.command = on_command
        self.running.set()
        await asyncio.get_running_loop().create_future()

    def report(self, state: StationState) -> None:
        self.states.append(state)

    def reply(self, command_id: str, reply: Reply) -> None:
        self.replies.append((command_id, reply))


class Desk:
    """A station with a simulated headset, a recording phone and a recording link."""

    def __init__(self) -> None:
        self.buttons = SimulatedHeadset()
        self.card = SimulatedSoundCard()
        self.link = RecordingLink()
        self.station = Station(
            self._phone,
            lambda intent, trouble: Headset(self.card, self.buttons, VirtualClock(), intent, trouble),
            self.link,
        )

    def _phone(self, listener: PhoneListener) -> RecordingPhone:
        self.phone = RecordingPhone(listener)
        return self.phone


@contextlib.asynccontextmanager
async def desk(account: SipAccount | None = None) -> AsyncIterator[Desk]:
    it = Desk()
    task = asyncio.create_task(it.station.run(account))
    try:
        async with asyncio.timeout(10):
            await it.station.until(lambda state: bool(state.headset))
            await it.link.running.wait()
            yield it
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def arrives_from_the_microphone(it: Desk) -> bool:
    """Whether speech comes out of the ring. The card's clock is real: on a busy machine a word or two may be late."""
    for _ in range(30):
        assert await asyncio.wrap_future(it.card.speak(b"\x01\x02" * 800)) > 0
        if b"\x01\x02" * 100 in (it.phone.sources["mic"].read(400) or b""):
            return True
    return False


def in_call(state: StationState) -> bool:
    return state.phase is Phase.IN_CALL


def idle(state: StationState) -> bool:
    return state.phase is Phase.IDLE


def test_the_hook_key_answers_and_ends_a_call() -> None:
    async def main() -> None:
        async with desk(ACCOUNT) as it:
            assert it.phone.accounts == [ACCOUNT]
            it.phone.listener(incoming())
            await it.buttons.ring_led()
            it.buttons.press_hook()
            await it.station.until(in_call)
            assert it.buttons.lights == {"off_hook"}
            it.buttons.press_hook()
            await it.station.until(idle)
            assert it.buttons.lights == frozenset()
            assert it.phone.asked == [("answer", "leg-1", 180), ("answer", "leg-1", 200), ("hang_up", "leg-1", 0)]

    asyncio.run(main())


def test_mute_on_the_headset_closes_the_path_and_the_page_opens_it() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.listener(incoming())
            it.buttons.press_hook()
            await it.station.until(in_call)
            it.buttons.press_mute()
            await it.station.until(lambda state: state.muted)
            assert it.buttons.lights == {"off_hook", "mute"}
            assert it.link.command is not None
            it.link.command(FloorCommand("c", "unmute", "leg-1"))
            await it.station.until(lambda state: not state.muted)
            assert it.link.replies == [("c", Reply(True))]
            assert it.buttons.lights == {"off_hook"}

    asyncio.run(main())


def test_sound_crosses_the_rings_both_ways() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.listener(incoming())
            it.buttons.press_hook()
            await it.station.until(in_call)
            while it.phone.paths != {AudioPath("mic", "leg:leg-1"), AudioPath("leg:leg-1", "ear")}:
                await it.phone.moved.wait()
                it.phone.moved.clear()
            assert await arrives_from_the_microphone(it)
            heard = asyncio.Event()
            loop = asyncio.get_running_loop()

            def listen(block: bytes) -> None:
                if b"\x03\x04" * 100 in block:
                    loop.call_soon_threadsafe(heard.set)

            it.card.listen(listen)
            it.phone.hear(b"\x03\x04" * 640)
            await heard.wait()
            it.card.listen(None)

    asyncio.run(main())


def test_a_caller_who_gives_up_puts_the_light_out() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.listener(incoming())
            await it.buttons.ring_led()
            it.phone.listener(LegDisconnected("leg-1", 487, "Request Terminated"))
            await it.buttons.ring_led(on=False)
            assert [state.phase for state in it.link.states[-2:]] == [Phase.RINGING, Phase.IDLE]

    asyncio.run(main())


def test_an_unplugged_headset_leaves_the_call_up() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.listener(incoming())
            it.buttons.press_hook()
            await it.station.until(in_call)
            it.buttons.unplug()
            state = await it.station.until(lambda state: state.headset == "")
            assert state.phase is Phase.IN_CALL
            assert "gone" in state.trouble

    asyncio.run(main())


def test_lost_sound_holds_the_call_and_its_return_resumes_it() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.listener(incoming())
            it.buttons.press_hook()
            await it.station.until(in_call)
            await it.card.unplug()
            state = await it.station.until(lambda state: state.phase is Phase.HELD)
            assert state.trouble == "no sound: the sound device stopped"
            assert it.buttons.lights == {"off_hook", "hold"}
            it.card.plug()
            state = await it.station.until(in_call)
            assert state.trouble == ""
            assert await arrives_from_the_microphone(it)

    asyncio.run(main())


def test_a_station_may_end_while_its_sound_is_lost() -> None:
    async def main() -> None:
        async with desk() as it:
            await it.card.unplug()
            await it.station.until(lambda state: "no sound" in state.trouble)

    asyncio.run(main())


def test_a_refusing_phone_ends_up_idle_with_the_trouble_named() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.refuse = {"answer", "hang_up"}
            it.phone.listener(incoming())
            state = await it.station.until(lambda state: bool(state.trouble) and idle(state))
            assert "the SIP stack refused" in state.trouble
            assert it.buttons.lights == frozenset()

    asyncio.run(main())


def test_requests_to_a_phone_that_stands_still_are_counted_when_dropped() -> None:
    async def main() -> None:
        it = Desk()
        for number in range(PHONE_REQUESTS + 3):
            it.phone.listener(incoming(f"leg-{number}"))
        assert it.station.dropped_requests == 3

    asyncio.run(main())


def test_everything_is_closed_and_the_lights_are_out_afterwards() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.listener(incoming())
            await it.buttons.ring_led()
        assert it.phone.closed
        assert it.buttons.lights == frozenset()

    asyncio.run(main())


def test_a_headset_at_another_rate_is_refused() -> None:
    card = SimulatedSoundCard(rate=16000)
    with pytest.raises(ValueError, match="16000 Hz"):
        Station(
            RecordingPhone,
            lambda intent, trouble: Headset(card, None, VirtualClock(), intent, trouble),
            RecordingLink(),
        )


def test_a_headset_that_is_plugged_in_later_takes_its_trouble_away() -> None:
    async def main() -> None:
        it = Desk()
        it.buttons.unplug()
        task = asyncio.create_task(it.station.run(None))
        try:
            async with asyncio.timeout(10):
                await it.link.running.wait()
                assert "not plugged in" in it.station.state.trouble
                it.phone.listener(incoming())
                it.buttons.plug()
                state = await it.station.until(lambda state: bool(state.headset))
                assert state.trouble == ""
                await it.buttons.ring_led()
                it.buttons.press_hook()
                await it.station.until(in_call)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(main())


def test_a_referral_is_answered_though_the_phone_stands_still_until_it_is() -> None:
    async def main() -> None:
        async with desk() as it:
            it.phone.lock()
            it.phone.listener(incoming())
            await it.buttons.ring_led()
            it.buttons.press_hook()
            it.phone.listener(LegReferred("leg-1", "sip:300@pbx.test"))
            await it.station.until(in_call)
            assert [name for name, _, _ in it.phone.asked] == ["answer_referral", "answer", "answer"]

    asyncio.run(main())
