from __future__ import annotations

import asyncio
import io

import pytest

from assist.headset_live import bar, try_buttons, watch_headset
from hardware.audio.engine import SimulatedSoundCard
from hardware.audio.meter import Level
from hardware.errors import HidError, HidFailure
from hardware.hid.transport import HidapiTransport
from hardware.simulator import SimulatedHeadset

Out = pytest.CaptureFixture[str]


class Ready(SimulatedHeadset):
    """Says when it was told that there is no call."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = asyncio.Event()

    def write(self, report: bytes) -> None:
        super().write(report)
        asyncio.get_running_loop().call_soon(self.ready.set)


def test_each_key_each_light_and_what_it_means_is_told(capsys: Out) -> None:
    async def main() -> None:
        headset, card = Ready(), SimulatedSoundCard(8000)
        card.speak(b"\x00\x10\x00\xf0" * 8000)
        watching = asyncio.create_task(watch_headset(headset, card, 1.0))
        await headset.ready.wait()
        headset.press_hook()
        headset.press_mute()
        await headset.light("mute")
        await watching
        assert headset.lights == frozenset(), "left idle"

    asyncio.run(main())
    said = capsys.readouterr().out.splitlines()
    expected = [
        "key     hook on",
        "light   off_hook on",
        "means   call; the call is now in call",
        "key     mute on",
        "light   mute on",
        "means   mute; the call is now in call and muted",
        "key     mute off",
    ]
    assert said[: len(expected)] == expected
    assert said[-1] == "microphone: loudest -18 dBFS, 0 samples distorted"


def test_keys_can_be_watched_without_a_microphone(capsys: Out) -> None:
    async def main() -> None:
        card = SimulatedSoundCard(8000)
        await card.unplug()
        await watch_headset(SimulatedHeadset(), card, 0.05)

    asyncio.run(main())
    assert "trouble no such sound device: the simulated card is unplugged" in capsys.readouterr().out


class User(io.StringIO):
    """Reads what is printed and presses a key each time one is asked for; an empty name presses none."""

    def __init__(self, headset: SimulatedHeadset, *keys: str) -> None:
        super().__init__()
        self._headset = headset
        self._keys = list(keys)

    def write(self, text: str) -> int:
        if "..." in text and self._keys:
            asyncio.get_running_loop().call_soon(self._press, self._keys.pop(0))
        return super().write(text)

    def _press(self, key: str) -> None:
        if key == "hook":
            self._headset.press_hook()
        elif key:
            self._headset.press(key)


def tried(*keys: str) -> tuple[bool, list[str]]:
    async def main() -> bool:
        return await try_buttons(headset, 0.4, 0.05, user)

    headset = SimulatedHeadset()
    user = User(headset, *keys)
    return asyncio.run(main()), user.getvalue().splitlines()


def test_a_headset_whose_keys_work() -> None:
    fit, said = tried("hook", "mute", "mute", "flash", "hook", "reject", "")
    assert fit
    assert sum(line.startswith("good") for line in said) == 7
    assert said[0].startswith("simulated headset (0b0e:0307)")
    assert said[-2:] == ["good  press redial: nothing came; fine if it has no such key", "Its keys work."]


def test_a_headset_whose_mute_does_nothing() -> None:
    fit, said = tried("hook", "", "", "flash", "hook", "reject", "redial")
    assert not fit
    assert "BAD   press mute: nothing came" in said
    assert said[-1] == "Its keys do NOT all work."


def test_without_a_headset_there_is_nothing_to_try() -> None:
    with pytest.raises(HidError) as caught:
        asyncio.run(try_buttons(HidapiTransport(None, list)))
    assert caught.value.failure is HidFailure.NONE_PLUGGED


@pytest.mark.parametrize(
    ("level", "cells", "colour"),
    [
        (Level(), "▏" + " " * 49, "green"),
        (Level(-30.0, -20.0, -12.0), "█" * 25 + " " * 15 + "▏" + " " * 9, "green"),
        (Level(-6.0, -3.0, -4.0), "█" * 45 + "  ▏  ", "yellow"),
        (Level(0.0, 0.0, 0.0), "█" * 50, "red"),
    ],
)
def test_the_meter(level: Level, cells: str, colour: str) -> None:
    text = bar(level)
    assert cells in text.plain
    assert colour in {str(span.style) for span in text.spans}
