"""Alerts: what a supervisor should know of now. The events, and the book of what is open. Pure.

One rule about one contact (or agent) is one alert while it is open: it is raised once, may be acknowledged, and is
cleared when its reason is gone or the contact is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from voice.events import Event

Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class AlertRaised(Event):
    """``subject``: the contact's id, or ``agent:<user>``, ``message:<contact>`` or ``flow``, where it is about none
    that runs. ``text``: one line, ready to read. The moment in the transcript is ``at_s`` (media seconds) and
    ``utterance_id``, empty where no words set it off; ``quote`` is what was said, redacted.
    """

    type: ClassVar[str] = "alert.raised"
    alert_id: str
    rule: str
    kind: str
    severity: Severity
    subject: str
    agent: str
    queue: str
    text: str
    at_s: float = 0.0
    utterance_id: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class AlertAcknowledged(Event):
    """``by`` has seen it. A rule that fires again after this is a new alert."""

    type: ClassVar[str] = "alert.acknowledged"
    alert_id: str
    by: str


@dataclass(frozen=True, slots=True)
class AlertCleared(Event):
    """``reason``: ``over`` (it is so no longer), ``ended`` (the contact is)."""

    type: ClassVar[str] = "alert.cleared"
    alert_id: str
    reason: str


ALERT_EVENTS: tuple[type[Event], ...] = (AlertRaised, AlertAcknowledged, AlertCleared)
AlertEvent = AlertRaised | AlertAcknowledged | AlertCleared


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: the words of an alert without its number."""

    rule: str
    kind: str
    severity: Severity
    text: str
    at_s: float = 0.0
    utterance_id: str = ""
    quote: str = ""


class AlertBook:
    """The alerts of one subject, numbered in the order they were raised, so that a log folds to the same ids."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._count = 0
        self._open: dict[str, AlertRaised] = {}
        self._acknowledged: dict[str, str] = {}

    @property
    def open(self) -> tuple[AlertRaised, ...]:
        """What is open, acknowledged or not, in order."""
        return tuple(self._open.values())

    @property
    def retold(self) -> tuple[AlertEvent, ...]:
        """What tells somebody new what is open, and who has seen it."""
        seen = (AlertAcknowledged(key, by) for key, by in self._acknowledged.items())
        return (*self.open, *(event for event in seen if any(alert.alert_id == event.alert_id for alert in self.open)))

    def recall(self, event: AlertEvent) -> None:
        """What the log says of this subject, in its order: what was open is, and the next number is a new one."""
        match event:
            case AlertRaised(alert_id=alert_id, rule=rule):
                self._open[rule] = event
                self._count = max(self._count, int(alert_id.rpartition(":")[2]))
            case AlertAcknowledged(alert_id=alert_id, by=by):
                self._acknowledged[alert_id] = by
            case AlertCleared(alert_id=alert_id):
                self._open = {rule: alert for rule, alert in self._open.items() if alert.alert_id != alert_id}

    def raised(self, found: Finding, agent: str, queue: str, *, again: bool = False) -> tuple[AlertEvent, ...]:
        """``again``: the rule speaks of single moments (a keyword), so an acknowledged one makes room for the next."""
        known = self._open.get(found.rule)
        if known is not None and not (again and known.alert_id in self._acknowledged):
            return ()
        self._count += 1
        alert = AlertRaised(
            f"{self._subject}:{self._count}", found.rule, found.kind, found.severity, self._subject, agent, queue,
            found.text, found.at_s, found.utterance_id, found.quote,
        )  # fmt: skip
        replaced = (AlertCleared(known.alert_id, "over"),) if known is not None else ()
        self._open[found.rule] = alert
        return (*replaced, alert)

    def cleared(self, rule: str, reason: str = "over") -> tuple[AlertEvent, ...]:
        """The rule's reason is gone."""
        alert = self._open.pop(rule, None)
        return (AlertCleared(alert.alert_id, reason),) if alert is not None else ()

    def acknowledge(self, alert_id: str, by: str) -> tuple[AlertEvent, ...]:
        """Nothing where there is no such alert open, or it is acknowledged."""
        if alert_id in self._acknowledged or all(alert.alert_id != alert_id for alert in self._open.values()):
            return ()
        self._acknowledged[alert_id] = by
        return (AlertAcknowledged(alert_id, by),)

    def clear(self, reason: str) -> tuple[AlertEvent, ...]:
        """All of them, for one reason."""
        return tuple(event for rule in list(self._open) for event in self.cleared(rule, reason))
