"""Alerts at work in the floor: every contact's watch, the agents' states and the flow, timers, and where alerts go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from pydantic import model_validator

from assist.alert_rules import AgentStuck, BrokenFlow, MessageLeft
from assist.alert_watch import AlertRules, ContactAlerts
from assist.alerts import AlertAcknowledged, AlertBook, AlertCleared, AlertEvent, AlertRaised, Finding
from assist.messages_left import MessageKept
from ivr.contacts import AgentStateChanged, ContactEnded, ContactOffered
from voice.clock import Clock
from voice.commands import Reply
from voice.events import Event
from voice.settings import Section, WebAddress

AGENT = "agent:"
FLOW = "flow"
MESSAGE = "message:"
_SLACK_S = 0.005
"""A timer may fire a moment early by the wall clock."""

OnAlert = Callable[[AlertEvent, str, str], None]
"""Told each alert event, the user name of the agent it is about (or empty), and the contact (or empty)."""


class AlertSettings(Section):
    """``[alerts]``: a file of rules instead of the built-in one; where alerts are posted, and the secret they are
    signed with (``assist.webhook``).
    """

    rules: Path | None = None
    webhook: WebAddress = ""
    webhook_secret: str = ""

    @model_validator(mode="after")
    def _signed(self) -> AlertSettings:
        if self.webhook and len(self.webhook_secret) < 16:
            raise ValueError("webhook needs a webhook_secret of at least 16 characters")
        return self


class Alarms:
    """Belongs to one event loop; ``close`` stops its timers."""

    def __init__(self, rules: AlertRules, clock: Clock, on_alert: OnAlert) -> None:
        self._rules = rules
        self._stuck = tuple(rule for rule in rules.rules if isinstance(rule, AgentStuck))
        self._clock = clock
        self._on_alert = on_alert
        self._contacts: dict[str, ContactAlerts] = {}
        self._agents: dict[str, AlertBook] = {}
        self._flow = AlertBook(FLOW)
        self._messages: dict[str, AlertBook] = {}
        self._timers: dict[str, list[asyncio.TimerHandle]] = {}

    @property
    def open(self) -> tuple[AlertRaised, ...]:
        """Every open alert."""
        watched = (alert for watch in self._contacts.values() for alert in watch.open)
        return (*watched, *(alert for book in self._books for alert in book.open))

    @property
    def retold(self) -> tuple[AlertEvent, ...]:
        """What tells somebody new which alerts about no contact that runs are open, and who has seen them."""
        return tuple(event for book in self._books for event in book.retold)

    @property
    def _books(self) -> tuple[AlertBook, ...]:
        return (*self._agents.values(), *self._messages.values(), self._flow)

    def recall(self, contact_id: str, event: Event, at: float) -> None:
        """What the log says of a contact: its alerts are known again, and nothing is said."""
        watch = self._watch(contact_id)
        watch.handle(event, at)
        if isinstance(event, ContactEnded):
            del self._contacts[contact_id]

    def heard(self, contact_id: str, event: Event) -> None:
        """Something happened to a contact."""
        now = self._clock.wall()
        watch = self._watch(contact_id)
        self._say(watch.handle(event, now), watch.agent, contact_id)
        if isinstance(event, ContactOffered) and event.direction == "inbound" and event.flow_version:
            self._say(self._began(event), "", "")
        if isinstance(event, ContactEnded):
            del self._contacts[contact_id]
            self._stop(contact_id)
        else:
            self._wait(contact_id, watch)

    def _began(self, event: ContactOffered) -> tuple[AlertEvent, ...]:
        """A caller goes through the flow: as its file is now, or as it was before somebody broke it."""
        found: tuple[AlertEvent, ...] = ()
        for rule in self._rules.rules:
            if not isinstance(rule, BrokenFlow):
                continue
            if event.flow_problem:
                text = f"{event.flow_problem}. Callers go through version {event.flow_version} of before"
                found += self._flow.raised(Finding(rule.id, rule.kind, rule.severity, text), "", "")
            else:
                found += self._flow.cleared(rule.id)
        return found

    def message_left(self, contact_id: str, message: MessageKept) -> None:
        """A caller's message is complete: known until somebody has acknowledged it."""
        self._say(self._message(contact_id, message), "", "")

    def recall_apart(self, contact_id: str, event: Event) -> None:
        """What the log says of alerts about no contact that runs: they are known again, and nothing is said."""
        match event:
            case MessageKept():
                self._message(contact_id, event)
            case (
                AlertRaised(alert_id=alert_id) | AlertAcknowledged(alert_id=alert_id) | AlertCleared(alert_id=alert_id)
            ):
                subject = alert_id.rpartition(":")[0]
                if subject == FLOW:
                    self._flow.recall(event)
                elif subject.startswith(AGENT):
                    self._agent(subject.removeprefix(AGENT)).recall(event)
                elif isinstance(event, AlertAcknowledged):
                    self._messages.pop(subject, None)

    def _message(self, contact_id: str, message: MessageKept) -> tuple[AlertEvent, ...]:
        found: tuple[AlertEvent, ...] = ()
        for rule in self._rules.rules:
            if not isinstance(rule, MessageLeft) or message.kind not in rule.messages:
                continue
            if not rule.queues or message.queue in rule.queues:
                subject = MESSAGE + contact_id
                book = self._messages.setdefault(subject, AlertBook(subject))
                text = f"{message.kind} from {message.number or 'a withheld number'}"
                finding = Finding(rule.id, rule.kind, rule.severity, text, message.start_s, quote=message.text)
                found += book.raised(finding, "", message.queue)
        return found

    def agent_state(self, event: AgentStateChanged) -> None:
        """An agent's state: what she is stuck in no longer is over, and the clock for this one runs."""
        subject, now = AGENT + event.agent, self._clock.wall()
        self._stop(subject)
        due = {rule.id: event.since + rule.seconds for rule in self._stuck if rule.state == event.state}
        book = self._agent(event.agent)
        for alert in book.open:
            if due.get(alert.rule, now + 1.0) > now:
                self._say(book.cleared(alert.rule), event.agent, "")
        loop = asyncio.get_running_loop()
        self._timers[subject] = [
            loop.call_later(max(0.0, due[rule.id] - now), self._agent_stuck, rule, event.agent)
            for rule in self._stuck
            if rule.id in due
        ]

    def acknowledge(self, alert_id: str, by: str) -> Reply:
        """A supervisor has seen it."""
        subject = alert_id.rpartition(":")[0]
        if subject.startswith(AGENT):
            agent, contact_id = subject.removeprefix(AGENT), ""
            book = self._agents.get(agent)
            found = book.acknowledge(alert_id, by) if book is not None else ()
        elif (messages := self._messages.get(subject)) is not None:
            agent, contact_id, found = "", "", messages.acknowledge(alert_id, by)
            if found:
                found += self._messages.pop(subject).clear("over")
        elif subject == FLOW:
            agent, contact_id, found = "", "", self._flow.acknowledge(alert_id, by)
        else:
            watch = self._contacts.get(subject)
            found = watch.acknowledge(alert_id, by) if watch is not None else ()
            agent, contact_id = watch.agent if watch is not None else "", subject
        self._say(found, agent, contact_id)
        return Reply(True) if found else Reply(False, "there is no such alert, or somebody has acknowledged it")

    def close(self) -> None:
        """No timer fires any more."""
        for subject in list(self._timers):
            self._stop(subject)

    def _watch(self, contact_id: str) -> ContactAlerts:
        if contact_id not in self._contacts:
            self._contacts[contact_id] = ContactAlerts(contact_id, self._rules)
        return self._contacts[contact_id]

    def _wait(self, contact_id: str, watch: ContactAlerts) -> None:
        self._stop(contact_id)
        if (due := watch.next_due()) is not None:
            wait = max(0.0, due - self._clock.wall()) + _SLACK_S
            timer = asyncio.get_running_loop().call_later(wait, self._time_passed, contact_id)
            self._timers[contact_id] = [timer]

    def _time_passed(self, contact_id: str) -> None:
        watch = self._watch(contact_id)
        self._say(watch.time_passed(self._clock.wall()), watch.agent, contact_id)
        self._wait(contact_id, watch)

    def _agent(self, agent: str) -> AlertBook:
        return self._agents.setdefault(agent, AlertBook(AGENT + agent))

    def _agent_stuck(self, rule: AgentStuck, agent: str) -> None:
        text = f"{rule.state.lower().replace('_', ' ')} for {rule.seconds:.0f} s"
        found = self._agents[agent].raised(Finding(rule.id, rule.kind, rule.severity, text), agent, "")
        self._say(found, agent, "")

    def _say(self, found: tuple[AlertEvent, ...], agent: str, contact_id: str) -> None:
        for event in found:
            self._on_alert(event, agent, contact_id)

    def _stop(self, subject: str) -> None:
        for timer in self._timers.pop(subject, ()):
            timer.cancel()
