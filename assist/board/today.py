"""What today came to, queue by queue, as it happens. Pure.

The counts are those of ``assist.metrics`` (a stay in a queue belongs to the day it began), taken at the answer or the
hang-up instead of at the contact's end: a board that lags by a call's length helps nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from assist.metrics.targets import Targets
from assist.metrics.totals import Totals
from ivr.contacts import CallbackRequested, ContactAnswered, ContactEnded, ContactQueued, ContactSnapshot
from ivr.controls import AgentLost, ContactTransferred
from voice.events import Event

COUNTED: tuple[type[Event], ...] = (
    ContactQueued, ContactAnswered, CallbackRequested, ContactEnded, ContactSnapshot, AgentLost, ContactTransferred,
)  # fmt: skip
"""What counts; a floor that starts again reads these of today's log."""
_FAULTS = frozenset({"failed", "worker_lost"})


def midnight(at: float, zone: ZoneInfo) -> float:
    """When the day of ``at`` (Unix seconds) began, by the clocks of ``zone``."""
    return datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


@dataclass(slots=True)
class _Stay:
    queue: str
    since: float


class Today:
    """The days are those of ``zone``."""

    def __init__(self, targets: Targets, zone: ZoneInfo) -> None:
        self.targets = targets
        self._zone = zone
        self._began = 0.0
        self._totals: dict[str, Totals] = {}
        self._stays: dict[str, _Stay] = {}
        self._left: set[str] = set()

    def of(self, queue: str) -> Totals:
        """The sums of ``queue``, of what has been seen of today."""
        return self._totals.get(queue, Totals())

    def turned(self, now: float) -> bool:
        """Look at the calendar; True where a new day has begun, and everything is zero again."""
        began = midnight(now, self._zone)
        if began == self._began:
            return False
        self._began = began
        self._totals.clear()
        return True

    def saw(self, contact_id: str, event: Event, at: float) -> None:
        """Something happened to a contact."""
        if not isinstance(event, COUNTED):
            return
        self.turned(at)
        match event:
            case ContactQueued(queue=queue, since=since):
                self._queued(contact_id, queue, at if contact_id in self._left else since)
            case ContactAnswered(waited_s=waited):
                in_time = float(waited <= self._limit_s(contact_id))
                self._over(contact_id, Totals(answered=1, answered_in_time=in_time, wait_answered_s=waited))
            case CallbackRequested():
                self._over(contact_id, Totals(called_back=1))
            case ContactSnapshot(phase="flow", agent="") | AgentLost() | ContactTransferred():
                self._over(contact_id, Totals(overflowed=1))
            case ContactEnded(reason=reason):
                self._ended(contact_id, reason, at)

    def _queued(self, contact_id: str, queue: str, since: float) -> None:
        stay = self._stays.get(contact_id)
        if stay is not None and stay.queue == queue:
            return  # said again
        self._over(contact_id, Totals(overflowed=1))
        self._stays[contact_id] = _Stay(queue, since)
        if since >= self._began:
            self._totals[queue] = self.of(queue) + Totals(offered=1)

    def _ended(self, contact_id: str, reason: str, at: float) -> None:
        stay = self._stays.get(contact_id)
        if stay is not None and reason == "callback":
            self._over(contact_id, Totals(called_back=1))
        elif stay is not None and reason not in _FAULTS:
            waited = max(0.0, at - stay.since)
            gave_up = Totals(
                abandoned=1, abandoned_in_time=float(waited <= self._limit_s(contact_id)),
                abandoned_short=float(waited <= self.targets.short_s), wait_abandoned_s=waited,
            )  # fmt: skip
            self._over(contact_id, gave_up)
        self._stays.pop(contact_id, None)
        self._left.discard(contact_id)

    def _limit_s(self, contact_id: str) -> float:
        """Up to which wait the contact is answered in time."""
        stay = self._stays.get(contact_id)
        return self.targets.of(stay.queue if stay is not None else "").answer_s

    def _over(self, contact_id: str, sums: Totals) -> None:
        """The contact waits no longer; ``sums``: what that counts as, if it began today."""
        stay = self._stays.pop(contact_id, None)
        if stay is None:
            return
        self._left.add(contact_id)
        if stay.since >= self._began:
            self._totals[stay.queue] = self.of(stay.queue) + sums
