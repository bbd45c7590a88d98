from __future__ import annotations

import queue
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from hardware.busylight import COLOURS, BusyLight, Colour, Shown, Work, first_light, shown
from hardware.errors import HidError, HidFailure
from hardware.hid.intents import CallPhase, CallState

FREE = CallState()
RINGING = CallState(CallPhase.RINGING)
TALKING = CallState(CallPhase.IN_CALL)
MUTED = CallState(CallPhase.IN_CALL, muted=True)
HELD = CallState(CallPhase.IN_CALL, muted=True, held=True)


class Lamp:
    """A light whose colours the test reads; it can break, and it can be slow."""

    def __init__(self) -> None:
        self.seen: queue.Queue[Colour | str] = queue.Queue()
        self.broken = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def show(self, colour: Colour) -> None:
        if self.broken:
            self.seen.put("broken")
            raise HidError(HidFailure.GONE)
        self.seen.put(colour)
        assert self.may_go_on.wait(10)

    def close(self) -> None:
        self.seen.put("closed")

    def next(self) -> Colour | str:
        return self.seen.get(timeout=10)


def test_every_state_has_its_colour() -> None:
    calls = [shown(state, Work.READY) for state in (FREE, RINGING, TALKING, MUTED, HELD)]
    assert calls == [Shown.FREE, Shown.RINGING, Shown.TALKING, Shown.MUTED, Shown.HOLDING]
    without = [shown(FREE, work) for work in Work]
    assert without == [Shown.FREE, Shown.NOT_READY, Shown.WRAP_UP]
    assert {*calls, *without} == set(Shown)
    assert [shown(TALKING, work) for work in Work] == [Shown.TALKING] * 3
    assert set(COLOURS) == set(Shown)
    assert len(set(COLOURS.values())) == len(Shown)


def test_without_a_call_it_shows_whether_she_takes_any() -> None:
    lamp = Lamp()
    light = BusyLight(lambda: lamp)
    light.at_work(Work.NOT_READY)  # before the headset is open there is nothing to show it on
    light.show(FREE)
    assert lamp.next() == COLOURS[Shown.NOT_READY]
    light.at_work(Work.WRAP_UP)
    assert lamp.next() == COLOURS[Shown.WRAP_UP]
    light.show(TALKING)
    assert lamp.next() == COLOURS[Shown.TALKING]
    light.at_work(Work.READY)  # changes nothing while she talks
    light.show(FREE)
    assert lamp.next() == COLOURS[Shown.FREE]
    light.close()
    assert lamp.next() == "closed"


def test_a_call_is_shown_and_the_light_is_off_at_the_end() -> None:
    lamp = Lamp()
    light = BusyLight(lambda: lamp)
    for state in (FREE, RINGING, TALKING):
        light.show(state)
        assert lamp.next() == COLOURS[shown(state)]
    light.show(TALKING)
    light.close()
    assert lamp.next() == "closed"
    assert lamp.seen.empty()


def test_a_slow_light_shows_the_newest_state() -> None:
    lamp = Lamp()
    light = BusyLight(lambda: lamp)
    lamp.may_go_on.clear()
    light.show(FREE)
    assert lamp.next() == COLOURS[Shown.FREE]
    for state in (RINGING, TALKING, MUTED):
        light.show(state)
    lamp.may_go_on.set()
    assert lamp.next() == COLOURS[Shown.MUTED]
    light.close()


def test_a_light_that_goes_is_looked_for_again() -> None:
    first, second = Lamp(), Lamp()
    lamps = [first, second]
    light = BusyLight(lambda: lamps.pop(0))
    light.show(FREE)
    assert first.next() == COLOURS[Shown.FREE]
    first.broken = True
    light.show(RINGING)
    assert first.next() == "broken"
    light.show(TALKING)
    assert second.next() == COLOURS[Shown.TALKING]
    light.close()


def test_a_desk_without_a_light_is_no_trouble() -> None:
    looked = queue.Queue[bool]()

    def none() -> Lamp:
        looked.put(True)
        raise HidError(HidFailure.NONE_PLUGGED, "busy light")

    light = BusyLight(none)
    light.show(TALKING)
    assert looked.get(timeout=10)
    light.close()


def test_the_real_package_finds_no_light_here() -> None:
    with pytest.raises(HidError) as caught:
        first_light()
    assert caught.value.failure is HidFailure.NONE_PLUGGED


def test_the_real_package_drives_a_light(monkeypatch: pytest.MonkeyPatch) -> None:
    import busylight_core

    calls: list[Any] = []
    light = SimpleNamespace(
        on=calls.append,
        off=lambda: calls.append("off"),
        cancel_tasks=lambda: calls.append("still"),
        hardware=SimpleNamespace(release=lambda: calls.append("released")),
    )
    assert set(vars(light)) - {"hardware"} <= set(dir(busylight_core.Light)), "the names are the package's own"
    assert hasattr(busylight_core.Hardware, "release")
    monkeypatch.setattr(busylight_core.Light, "first_light", lambda: light)
    opened = first_light()
    opened.show((1, 2, 3))
    opened.close()
    assert calls == [(1, 2, 3), "off", "still", "released"]

    def gone(_colour: Colour) -> None:
        raise busylight_core.LightUnavailableError(light)

    light.on = gone
    with pytest.raises(HidError, match="gone"):
        opened.show((1, 2, 3))


def test_without_the_package_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "busylight_core", None)
    with pytest.raises(HidError, match=r"callfloor\[lights\]"):
        first_light()
