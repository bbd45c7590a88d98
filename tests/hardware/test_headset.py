from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hardware.audio.denoise import NoiseSuppressor
from hardware.audio.engine import CaptureCallback, PlaybackCallback, StoppedCallback
from hardware.busylight import BusyLight, Work
from hardware.errors import HardwareError, HidError, HidFailure, SoundError, SoundFailure
from hardware.headset import Headset
from hardware.hid.intents import AnswerPressed, CallPhase, CallState, Intent, MuteToggled
from hardware.hid.transport import ClosedCallback, ReportCallback
from hardware.simulator import SimulatedHeadset
from tests.fakes.clock import VirtualClock

IN_CALL = CallState(CallPhase.IN_CALL)
BLOCK = b"\x01\x02" * 160


class HandCard:
    """A sound device whose callbacks the test calls."""

    rate = 8000

    def __init__(self, refuse: bool = False) -> None:
        self.refuse = refuse
        self.running = False

    async def start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        if self.refuse:
            raise SoundError(SoundFailure.NOT_FOUND)
        self.capture, self.playback, self.on_stopped = capture, playback, on_stopped
        self.running = True

    async def returned(self) -> None:
        await asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        self.running = False


class Locked(SimulatedHeadset):
    """Buttons one may not open, however often one tries."""

    async def returned(self) -> None:
        await asyncio.get_running_loop().create_future()

    async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
        raise HidError(HidFailure.NO_PERMISSION)


class Bench:
    def __init__(self, card: HandCard | None = None, buttons: SimulatedHeadset | None = None) -> None:
        self.card = card or HandCard()
        self.buttons = buttons or SimulatedHeadset()
        self.clock = VirtualClock()
        self.intents: list[Intent] = []
        self.troubles: list[HardwareError] = []
        self.headset = Headset(self.card, self.buttons, self.clock, self.intents.append, self.troubles.append)


@contextlib.asynccontextmanager
async def bench(buttons: SimulatedHeadset | None = None) -> AsyncIterator[Bench]:
    it = Bench(buttons=buttons)
    await it.headset.open()
    await it.clock.advance(1.0)
    yield it
    await it.headset.close()
    assert not it.card.running


def test_the_microphone_is_open_in_a_call_and_at_no_other_time() -> None:
    async def main() -> None:
        async with bench() as it:
            for state in (
                CallState(),
                CallState(CallPhase.RINGING),
                CallState(CallPhase.IN_CALL, muted=True),
                CallState(CallPhase.IN_CALL, held=True),
            ):
                it.headset.set_call_state(state)
                it.card.capture(BLOCK)
                assert it.headset.mic.level == 0, state
            it.headset.set_call_state(IN_CALL)
            it.card.capture(BLOCK)
            assert it.headset.mic.level == 160

    asyncio.run(main())


def test_nothing_said_before_a_mute_is_sent_after_it() -> None:
    async def main() -> None:
        async with bench() as it:
            it.headset.set_call_state(IN_CALL)
            it.card.capture(BLOCK)
            it.headset.set_call_state(CallState(CallPhase.IN_CALL, muted=True))
            it.headset.set_call_state(IN_CALL)
            for _ in range(4):
                it.card.capture(b"\x05\x06" * 160)
            sent = it.headset.mic.read(320)
            assert sent.endswith(b"\x05\x06" * 300)
            assert b"\x01\x02" not in sent

    asyncio.run(main())


def test_the_ear_is_limited() -> None:
    async def main() -> None:
        async with bench() as it:
            it.headset.set_call_state(IN_CALL)
            it.headset.ear.write(b"\xff\x7f" * 480)
            heard = it.card.playback(160) + it.card.playback(160)
            assert max(memoryview(heard).cast("h")) == 11626

    asyncio.run(main())


def test_presses_become_intents_and_states_become_lights() -> None:
    async def main() -> None:
        async with bench() as it:
            assert it.headset.name == "simulated headset (0b0e:0307)"
            it.headset.set_call_state(CallState(CallPhase.RINGING))
            await it.buttons.ring_led()
            it.buttons.press_hook()
            assert it.intents == [AnswerPressed()]
            it.headset.set_call_state(IN_CALL)
            assert it.buttons.lights == {"off_hook"}

    asyncio.run(main())


def test_an_unplugged_headset_is_told_once_and_sound_goes_on() -> None:
    async def main() -> None:
        async with bench() as it:
            it.buttons.unplug()
            it.headset.set_call_state(IN_CALL)
            assert [str(error) for error in it.troubles] == ["the device is gone: simulated headset (0b0e:0307)"]
            assert it.headset.name == ""
            it.card.capture(BLOCK)
            assert it.headset.mic.level == 160

    asyncio.run(main())


def test_a_headset_that_is_plugged_in_again_shows_the_call_and_its_keys_work() -> None:
    async def main() -> None:
        async with bench() as it:
            back = asyncio.Event()
            it.headset.when_buttons_return(back.set)
            it.headset.set_call_state(IN_CALL)
            it.buttons.unplug()
            it.headset.set_call_state(CallState(CallPhase.IN_CALL, muted=True))
            it.buttons.plug()
            async with asyncio.timeout(10):
                await back.wait()
            assert it.headset.name == "simulated headset (0b0e:0307)"
            assert it.buttons.lights == {"off_hook", "mute"}
            await asyncio.sleep(0)  # the device says how it stands, which is no press
            it.buttons.press_mute()
            assert it.intents == [MuteToggled(False)]
            it.buttons.unplug()
            assert len(it.troubles) == 2

    asyncio.run(main())


def test_buttons_that_are_not_there_yet_are_waited_for_without_a_trouble() -> None:
    class Absent(SimulatedHeadset):
        async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
            if not self._plugged.is_set():
                raise HidError(HidFailure.NONE_PLUGGED)
            return await super().open(on_report, on_closed)

    async def main() -> None:
        buttons = Absent()
        buttons.unplug()
        async with bench(buttons) as it:
            back = asyncio.Event()
            it.headset.when_buttons_return(back.set)
            assert (it.troubles, it.headset.name) == ([], "")
            it.headset.set_call_state(CallState(CallPhase.RINGING))
            buttons.plug()
            async with asyncio.timeout(10):
                await back.wait()
            assert buttons.lights == {"ring", "ringer"}

    asyncio.run(main())


def test_buttons_one_may_not_open_are_a_trouble_not_the_end() -> None:
    async def main() -> None:
        async with bench(Locked()) as it:
            assert [str(error) for error in it.troubles] == ["no permission to open the device"]
            assert it.card.running

    asyncio.run(main())


def test_without_sound_nothing_stays_open() -> None:
    async def main() -> None:
        it = Bench(HandCard(refuse=True))
        with pytest.raises(SoundError):
            await it.headset.open()
        with pytest.raises(HidError):
            it.buttons.write(b"\x02\x00\x00")

    asyncio.run(main())


def test_a_card_that_stops_is_a_trouble_told_on_the_loop() -> None:
    async def main() -> None:
        async with bench() as it:
            await asyncio.to_thread(it.card.on_stopped, SoundError(SoundFailure.GONE))
            await asyncio.sleep(0)
            assert [str(error) for error in it.troubles] == ["the sound device stopped"]

    asyncio.run(main())


def test_ear_and_microphone_of_two_devices_are_a_remark() -> None:
    class Named(HandCard):
        ear: str | None = "alsa_output.usb-GN-00.stereo"
        microphone: str | None = "alsa_input.pci-0000_00.analog"

    headset = Headset(Named(), None, VirtualClock(), lambda _: None, lambda _: None)
    assert "different devices" in headset.remark
    assert Bench().headset.remark == ""


def test_closing_leaves_the_lights_out() -> None:
    async def main() -> None:
        it = Bench()
        await it.headset.open()
        it.headset.set_call_state(IN_CALL)
        await it.headset.close()
        assert it.buttons.lights == frozenset()

    asyncio.run(main())


def test_noise_suppression_stands_between_the_microphone_and_the_line() -> None:
    class Marker(NoiseSuppressor):
        def process(self, pcm: bytes) -> bytes:
            return b"\x07\x07" * (len(pcm) // 2)

    async def main() -> None:
        card = HandCard()
        headset = Headset(card, None, VirtualClock(), lambda _: None, lambda _: None, noise=Marker(8000))
        await headset.open()
        headset.set_call_state(IN_CALL)
        for _ in range(4):
            card.capture(BLOCK)
        assert headset.mic.read(320).endswith(b"\x07\x07" * 300)
        await headset.close()

    asyncio.run(main())


def test_the_busy_light_shows_what_the_headset_shows() -> None:
    class Light(BusyLight):
        def __init__(self) -> None:
            self.seen: list[CallState | Work | None] = []

        def show(self, state: CallState) -> None:
            self.seen.append(state)

        def at_work(self, work: Work) -> None:
            self.seen.append(work)

        def close(self) -> None:
            self.seen.append(None)

    async def main() -> None:
        light = Light()
        headset = Headset(HandCard(), None, VirtualClock(), lambda _: None, lambda _: None, light)
        await headset.open()
        headset.set_call_state(IN_CALL)
        headset.set_work(Work.WRAP_UP)
        await headset.close()
        assert light.seen == [CallState(), IN_CALL, Work.WRAP_UP, None]

    asyncio.run(main())
