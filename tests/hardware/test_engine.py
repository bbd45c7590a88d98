from __future__ import annotations

import asyncio
import sys
import threading
import types
from concurrent.futures import CancelledError
from typing import Any

import pytest

from hardware.audio.engine import PortAudioDevice, SimulatedSoundCard
from hardware.errors import SoundError, SoundFailure

HELLO = bytes(range(1, 201)) * 4  # 400 samples: two blocks and a half


def ignore(_: object) -> None:
    pass


def silence(samples: int) -> bytes:
    return bytes(2 * samples)


def test_what_is_spoken_is_captured_in_blocks_of_20_ms() -> None:
    async def main() -> None:
        card, blocks = SimulatedSoundCard(), list[bytes]()
        await card.start(blocks.append, silence, ignore)
        async with asyncio.timeout(10):
            first, second = card.speak(HELLO), card.speak(b"\x07\x07")
            at = await asyncio.wrap_future(first)
            assert await asyncio.wrap_future(second) >= at
        await card.stop()
        captured = b"".join(blocks)
        assert {len(block) for block in blocks} == {320}
        assert HELLO + b"\x07\x07" in captured
        assert "sound card" not in {thread.name for thread in threading.enumerate()}

    asyncio.run(main())


def test_the_listener_hears_what_the_ear_is_given() -> None:
    async def main() -> None:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()

        def listen(block: bytes) -> None:
            if block == b"\x05" * 640:
                loop.call_soon_threadsafe(heard.set)

        card = SimulatedSoundCard(16000, listen)
        await card.start(ignore, lambda samples: b"\x05" * 2 * samples, ignore)
        async with asyncio.timeout(10):
            await heard.wait()
        await card.stop()

    asyncio.run(main())


def test_hush_and_stop_cancel_what_was_not_said() -> None:
    async def main() -> None:
        card = SimulatedSoundCard()
        spoken = card.speak(HELLO)
        card.hush()
        with pytest.raises(CancelledError):
            spoken.result(0)
        await card.start(ignore, silence, ignore)
        with pytest.raises(SoundError, match="in use"):
            await card.start(ignore, silence, ignore)
        late = card.speak(HELLO * 1000)
        await card.stop()
        await card.stop()
        assert late.cancelled()

    asyncio.run(main())


class FakeStream:
    """What PortAudioDevice uses of a sounddevice stream."""

    opened: list[FakeStream]
    refuse: str = ""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.calls: list[str] = []
        if type(self).__name__ == self.refuse:
            raise ValueError("no such device")
        self.device = 0 if type(self).__name__ == "RawOutputStream" else 1
        self.opened.append(self)

    def start(self) -> None:
        self.calls.append("start")

    def abort(self) -> None:
        self.calls.append("abort")
        self.options["finished_callback"]()

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> type[FakeStream]:
    """A stand-in for the sounddevice module; records the streams opened."""

    class Base(FakeStream):
        opened: list[FakeStream] = []  # noqa: RUF012 - fresh for each test

    class RawInputStream(Base):
        pass

    class RawOutputStream(Base):
        pass

    module: Any = types.ModuleType("sounddevice")
    module.RawInputStream, module.RawOutputStream, module.PortAudioError = RawInputStream, RawOutputStream, OSError
    module.query_devices = lambda index: {"name": ("Ear (hw:1,0)", "Mouth (hw:1,0)")[index], "hostapi": 0}
    module.query_hostapis = lambda index: {"name": "ALSA"}
    module.lists_read = 1
    module._terminate, module._initialize = lambda: None, lambda: setattr(module, "lists_read", module.lists_read + 1)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return Base


def test_a_sound_card_is_two_streams_of_20_ms(sounddevice: type[FakeStream]) -> None:
    async def main() -> None:
        captured: list[bytes] = []
        stopped: list[SoundError] = []
        device = PortAudioDevice(8000, microphone="mic", ear="ear")
        await device.start(captured.append, lambda samples: b"\x01\x02" * samples, stopped.append)
        ear, microphone = sounddevice.opened
        assert (ear.options["device"], microphone.options["device"]) == ("ear", "mic")
        assert (ear.options["blocksize"], ear.options["channels"], ear.options["dtype"]) == (160, 1, "int16")
        block = bytearray(320)
        ear.options["callback"](block, 160, None, None)
        microphone.options["callback"](memoryview(b"\x03\x04" * 160), 160, None, None)
        assert (bytes(block), captured) == (b"\x01\x02" * 160, [b"\x03\x04" * 160])
        await device.stop()
        assert [stream.calls for stream in (ear, microphone)] == [["start", "abort", "close"]] * 2
        assert stopped == []

    asyncio.run(main())


def test_a_card_that_stops_by_itself_is_told_once(sounddevice: type[FakeStream]) -> None:
    async def main() -> None:
        stopped: list[SoundError] = []
        device = PortAudioDevice(8000)
        await device.start(ignore, silence, stopped.append)
        sounddevice.opened[0].options["finished_callback"]()
        sounddevice.opened[1].options["finished_callback"]()
        assert [error.failure for error in stopped] == [SoundFailure.GONE]
        await device.stop()

    asyncio.run(main())


def test_what_was_the_default_is_opened_again_and_nothing_else(sounddevice: type[FakeStream]) -> None:
    async def main() -> None:
        device = PortAudioDevice(8000)
        await device.start(ignore, silence, ignore)
        await device.stop()
        assert sys.modules["sounddevice"].lists_read == 1
        await device.start(ignore, silence, ignore)
        await device.stop()
        assert [stream.options["device"] for stream in sounddevice.opened] == [
            None,
            None,
            "Ear (hw:1,0), ALSA",
            "Mouth (hw:1,0), ALSA",
        ]
        assert sys.modules["sounddevice"].lists_read == 2, "a card that was plugged in again is in a new list only"

    asyncio.run(main())


def test_a_card_that_is_not_there_leaves_nothing_open(sounddevice: type[FakeStream]) -> None:
    async def main() -> None:
        sounddevice.refuse = "RawInputStream"
        with pytest.raises(SoundError, match="no such device") as caught:
            await PortAudioDevice(8000).start(ignore, silence, ignore)
        assert caught.value.failure is SoundFailure.NOT_FOUND
        assert [stream.calls for stream in sounddevice.opened] == [["start", "abort", "close"]]

    asyncio.run(main())


def test_without_sounddevice_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(SoundError, match=r"pip install 'callfloor\[station\]'"):
        asyncio.run(PortAudioDevice(8000).start(ignore, silence, ignore))
