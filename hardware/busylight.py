"""The busy light on an agent's desk: others see whether she is in a call, or takes calls. By ``busylight-core`` (extra
``lights``).

The light's calls block, so a thread of its own makes them; of states that come faster than it shows them, only the
newest counts. A desk without a light, or without the package, works the same: nothing is shown.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol

from hardware.errors import HidError, HidFailure
from hardware.hid.intents import CallPhase, CallState

log = logging.getLogger(__name__)

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""


class Work(StrEnum):
    """Whether the agent takes calls, as far as the floor knows; what she does in one says more."""

    READY = "ready"
    NOT_READY = "not_ready"
    WRAP_UP = "wrap_up"


class Shown(Enum):
    """What others may know of a station."""

    FREE = "free"
    NOT_READY = "not ready"
    WRAP_UP = "wrap-up"
    RINGING = "ringing"
    TALKING = "talking"
    MUTED = "muted"
    HOLDING = "holding"


COLOURS: Final[Mapping[Shown, Colour]] = MappingProxyType(
    {
        Shown.FREE: (0, 128, 0),
        Shown.NOT_READY: (255, 255, 0),
        Shown.WRAP_UP: (0, 160, 160),
        Shown.RINGING: (0, 64, 255),
        Shown.TALKING: (255, 0, 0),
        Shown.MUTED: (160, 0, 160),
        Shown.HOLDING: (255, 128, 0),
    }
)


_WITHOUT_A_CALL: Final = {Work.READY: Shown.FREE, Work.NOT_READY: Shown.NOT_READY, Work.WRAP_UP: Shown.WRAP_UP}


def shown(state: CallState, work: Work = Work.READY) -> Shown:
    """What a call's state, and without a call the agent's, is to others."""
    match state.phase:
        case CallPhase.IDLE:
            return _WITHOUT_A_CALL[work]
        case CallPhase.RINGING:
            return Shown.RINGING
    return Shown.HOLDING if state.held else Shown.MUTED if state.muted else Shown.TALKING


class Light(Protocol):
    """A light that was opened. Both may block, and raise HidError where it is gone."""

    def show(self, colour: Colour) -> None:
        """Show it."""

    def close(self) -> None:
        """Show nothing, and let others open it."""


OpenLight = Callable[[], Light]
"""The light there is. Raises HidError where there is none that can be used."""


class BusyLight:
    """From its making to ``close``. A light that goes is looked for again at the next change."""

    def __init__(self, open_light: OpenLight | None = None, colours: Mapping[Shown, Colour] = COLOURS) -> None:
        self._open_light = open_light or first_light
        self._colours = colours
        self._light: Light | None = None
        self._changed = threading.Condition()
        self._wanted: Colour | None = None
        self._state: CallState | None = None
        self._work = Work.READY
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="busy light", daemon=True)
        self._thread.start()

    def show(self, state: CallState) -> None:
        """Show a call's state. Never blocks."""
        with self._changed:
            self._state = state
            self._want()

    def at_work(self, work: Work) -> None:
        """Show this where there is no call. Never blocks."""
        with self._changed:
            self._work = work
            self._want()

    def _want(self) -> None:
        if self._state is not None:
            self._wanted = self._colours[shown(self._state, self._work)]
            self._changed.notify()

    def close(self) -> None:
        """Off. Blocks for as long as the light takes."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        now: Colour | None = None
        while True:
            with self._changed:
                while self._wanted == now and not self._closing:
                    self._changed.wait()
                now = self._wanted
                closing = self._closing
            if closing:
                break
            if now is not None:
                self._use(lambda light, colour=now: light.show(colour))  # type: ignore[misc]
        if self._light is not None:
            self._use(lambda light: light.close())

    def _use(self, act: Callable[[Light], None]) -> None:
        try:
            if self._light is None:
                self._light = self._open_light()
            act(self._light)
        except HidError as error:
            log.debug("no busy light: %s", error)
            self._light = None


class _CoreLight:
    """A Light of busylight-core."""

    def __init__(self, light: Any, gone: tuple[type[Exception], ...]) -> None:
        self._light = light
        self._gone = gone

    def show(self, colour: Colour) -> None:
        try:
            self._light.on(colour)
        except self._gone as error:
            raise HidError(HidFailure.GONE, str(error)) from None

    def close(self) -> None:
        try:
            self._light.off()
            self._light.cancel_tasks()  # some models must be told again and again
            self._light.hardware.release()
        except self._gone as error:
            raise HidError(HidFailure.GONE, str(error)) from None


def first_light() -> Light:
    """The first light busylight-core knows. Raises HidError."""
    try:
        import busylight_core as core
        from loguru import logger
    except ImportError:
        raise HidError(HidFailure.NOT_INSTALLED, "busylight-core: pip install 'callfloor[lights]'") from None
    logger.disable("busylight_core")  # it logs each device it looks at
    try:
        light = core.Light.first_light()
    except core.NoLightsFoundError:
        raise HidError(HidFailure.NONE_PLUGGED, "busy light") from None
    except OSError as error:
        raise HidError(HidFailure.NO_PERMISSION, str(error)) from None
    return _CoreLight(light, (OSError, core.LightUnavailableError, core.exceptions.HardwareNotOpenError))
