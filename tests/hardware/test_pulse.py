"""The device on a real PulseAudio server."""

from __future__ import annotations

import array
import asyncio
from pathlib import Path

import pytest

from hardware.audio.pulse import PulseDevice, pulse_ends
from hardware.errors import SoundError, SoundFailure
from tests.fakes.virtual_headset import EAR, MICROPHONE, MOUTH, SPEAKERS, virtual_headset
from tests.sip.ends import AUDIBLE, TONES, Tone, goertzel

pytestmark = [pytest.mark.live, pytest.mark.pulse]

RATE = 8000
OUT, IN = TONES[0], TONES[1]


class Head:
    """What is in the ear and before the microphone."""

    def __init__(self) -> None:
        self._tone = Tone(OUT, RATE)
        self.heard: array.array[int] = array.array("h")
        self.loop = asyncio.get_running_loop()
        self.stopped: asyncio.Future[SoundError] = self.loop.create_future()
        self.came = asyncio.Event()

    def capture(self, pcm: bytes) -> None:
        self.heard.frombytes(pcm)
        self.loop.call_soon_threadsafe(self.came.set)

    def playback(self, samples: int) -> bytes:
        return self._tone.read(samples) or b""

    def on_stopped(self, error: SoundError) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set_result, error)

    async def until_hears(self, hz: int) -> None:
        async with asyncio.timeout(10):
            while len(self.heard) < RATE // 4 or goertzel(self.heard[-RATE // 4 :], hz, RATE) < AUDIBLE:
                self.came.clear()
                await self.came.wait()


@pytest.fixture
def at_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'native'}")
    return tmp_path


def test_sound_both_ways_on_the_devices_that_were_the_default(at_server: Path) -> None:
    async def main() -> None:
        async with virtual_headset(at_server) as headset:
            head, device = Head(), PulseDevice(RATE)
            await device.start(head.capture, head.playback, head.on_stopped)
            assert (device.ear, device.microphone) == (EAR, MICROPHONE)
            try:
                async with headset.recording(EAR) as recorder:
                    async with asyncio.timeout(15):  # no server without real-time priority plays without a gap
                        while goertzel(await recorder.more(RATE // 2), OUT, RATE) <= 6000:
                            pass
                speaking = asyncio.create_task(headset.speak(Tone(IN, RATE).read(2 * RATE) or b""))
                await head.until_hears(IN)
                await speaking
            finally:
                await device.stop()
            assert not head.stopped.done()

    asyncio.run(main())


def test_an_unplugged_headset_is_heard_nowhere_else_and_found_again(at_server: Path) -> None:
    async def main() -> None:
        async with virtual_headset(at_server) as headset:
            head, device = Head(), PulseDevice(RATE)
            await device.start(head.capture, head.playback, head.on_stopped)
            try:
                async with headset.recording(SPEAKERS) as speakers:
                    await headset.unplug_ear()
                    async with asyncio.timeout(10):
                        error = await head.stopped
                    assert error.failure is SoundFailure.GONE
                    before = len(head.heard)
                    await speakers.more(RATE)
                    assert not any(speakers.samples), "the call was heard on the loudspeakers"
                    assert await headset.streams_on(SPEAKERS) == 0
                    assert len(head.heard) == before, "the microphone went on"
                    with pytest.raises(SoundError, match=EAR):
                        await device.start(head.capture, head.playback, head.on_stopped)
                    back = Head()
                    returned = asyncio.create_task(device.returned())
                    await headset.plug_ear()
                    async with asyncio.timeout(10):
                        await returned
                    await device.start(back.capture, back.playback, back.on_stopped)
                    assert await headset.streams_on(EAR) == 1
                    assert not any(speakers.samples)
            finally:
                await device.stop()

    asyncio.run(main())


def test_what_the_server_has_is_listed_by_name(at_server: Path) -> None:
    async def main() -> None:
        async with virtual_headset(at_server):
            ends = await asyncio.to_thread(pulse_ends)
            assert {(end.name, end.microphone, end.default) for end in ends} == {
                (EAR, False, True),
                (SPEAKERS, False, False),
                (MOUTH, False, False),
                (MICROPHONE, True, True),
            }
            assert all(end.description for end in ends)

    with pytest.raises(SoundError, match="no sound server"):
        pulse_ends()
    asyncio.run(main())


def test_a_server_that_ends_is_told_and_one_that_is_not_there_refused(at_server: Path) -> None:
    async def main() -> None:
        head, device = Head(), PulseDevice(RATE)
        with pytest.raises(SoundError, match="no sound server"):
            await device.start(head.capture, head.playback, head.on_stopped)
        async with virtual_headset(at_server):
            await device.start(head.capture, head.playback, head.on_stopped)
        async with asyncio.timeout(10):
            assert (await head.stopped).failure is SoundFailure.GONE
        await device.stop()
        await device.stop()

    asyncio.run(main())
