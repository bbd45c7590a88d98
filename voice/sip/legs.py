"""The engine's own table of legs, which every check reads instead of a native object that may just be ending."""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from voice.phone import PhoneError, PhoneFailure
from voice.quality import StreamCounters
from voice.sip.digits import DigitFilter
from voice.sip.holding import Holding
from voice.sip.referral import Referral

MAX_LEGS = 4  # the wheel is built with PJSUA_MAX_CALLS=4
HANDLES_BACK_S = 1.0  # PJSIP gives a call's two socket handles back 0.5 s late, and has 64; without one it aborts
MAX_RECENT_ENDS = 20  # leaves room for four legs up and some INVITEs from outside, which nobody asks us about


@dataclass(slots=True)
class Leg:
    """One native call and how far it has come. ``serial`` is never used again; ``leg_id`` may be, once it is over."""

    leg_id: str
    serial: int
    call: Any
    incoming: bool
    answered: bool = False  # by 200, from either side
    confirmed: bool = False
    ending: bool = False  # we hung up; DISCONNECTED is on its way
    hung_up: bool = False  # PJSIP has been told so
    audible: bool = False
    reported: bool = False
    codec: str = ""
    stream: int = 0
    code: int = 0  # of the last provisional response
    encrypted: bool = False
    presses: DigitFilter = field(default_factory=DigitFilter)
    counted: StreamCounters = field(default_factory=StreamCounters)  # when its quality was last reported
    listened: bool = False  # then
    referral: Referral | None = None  # a REFER that waits for its answer
    probes: list[Callable[[int], None]] = field(default_factory=list)  # who waits for the answer to an OPTIONS
    holding: Holding = field(init=False)

    def __post_init__(self) -> None:
        self.holding = Holding(self.incoming)

    @property
    def port(self) -> str:
        """Its name in audio paths."""
        return f"leg:{self.leg_id}"


class LegTable:
    """Legs that live, and the ids of the last 64 that ended."""

    def __init__(self) -> None:
        self._by_serial: dict[int, Leg] = {}
        self._ended: collections.deque[str] = collections.deque(maxlen=64)
        self._ended_at: collections.deque[float] = collections.deque(maxlen=64)

    def __len__(self) -> int:
        return len(self._by_serial)

    def all(self) -> list[Leg]:
        """Every leg that lives."""
        return list(self._by_serial.values())

    def get(self, serial: int) -> Leg | None:
        """The leg of a native call; None for a notice that comes late."""
        return self._by_serial.get(serial)

    def find(self, leg_id: str) -> Leg | None:
        """The living leg of that id. From any thread."""
        return next((leg for leg in self.all() if leg.leg_id == leg_id), None)

    def has_ended(self, leg_id: str) -> bool:
        """Whether a leg of that id ended lately."""
        return leg_id in self._ended

    def knows_port(self, port: str) -> bool:
        """Whether ``port`` is ``leg:`` and a leg that lives or ended lately."""
        prefix, _, leg_id = port.partition(":")
        return prefix == "leg" and (self.find(leg_id) is not None or self.has_ended(leg_id))

    def add(self, leg: Leg) -> None:
        """One more."""
        self._by_serial[leg.serial] = leg

    def drop(self, leg: Leg) -> None:
        """Take out a leg that never began."""
        del self._by_serial[leg.serial]
        leg.call = None

    def end(self, leg: Leg, at: float) -> None:
        """The leg is over since ``at`` (monotonic seconds). Its native call dies here if nobody else holds it."""
        self.drop(leg)
        self._ended.append(leg.leg_id)
        self._ended_at.append(at)

    def check_room(self, at: float) -> None:
        """Whether one more call may be made at ``at``. Raises PhoneError NO_SLOT."""
        if len(self) >= MAX_LEGS:
            raise PhoneError(PhoneFailure.NO_SLOT)
        while self._ended_at and self._ended_at[0] <= at - HANDLES_BACK_S:
            self._ended_at.popleft()
        if len(self._ended_at) >= MAX_RECENT_ENDS:
            raise PhoneError(PhoneFailure.NO_SLOT, f"{len(self._ended_at)} legs ended within {HANDLES_BACK_S:.0f} s")
