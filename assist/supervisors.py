"""Supervisors at work in the floor: their commands to contacts and agents, and what their pages and agents' are told.

Who supervises what is a fold over the contacts' own events, so a floor that starts again knows it from the snapshots.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from assist.alarm import Alarms
from assist.alert_rules import AlertRule
from assist.alert_watch import AlertRules
from assist.alerts import AlertEvent
from assist.api.commands import (
    Coach,
    LeaveContact,
    LowerHand,
    SuperviseAs,
    SuperviseContact,
    SupervisorCommand,
)
from assist.api.ports import (
    SupervisorView,
)
from assist.board.table import Board
from assist.cards import CardSettled
from assist.casework import Case
from assist.coaching import (
    CoachingRead,
    CoachingSent,
    HandLowered,
    HandRaised,
    SupervisionNotice,
)
from assist.content import Content
from assist.desk_events import ContactAssigned, ContactReleased
from assist.metrics.targets import Targets
from assist.reports.settings import ReportSettings
from assist.supervised import Bridges
from assist.supervision import SupervisionSettings, may_supervise
from assist.webhook import Webhook
from ivr.contacts import ContactEnded, ContactSnapshot
from ivr.supervision import (
    SetSupervisionMode,
    SupervisionEnded,
    SupervisionFailed,
    SupervisionModeChanged,
    SupervisionStarted,
)
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.bus.base import Bus
from voice.clock import Clock
from voice.commands import Reply
from voice.errors import BusError
from voice.events import Event, new_identifier
from voice.hearing import Mode
from voice.settings import AgentSettings

Told = SupervisionStarted | SupervisionModeChanged | SupervisionEnded | SupervisionFailed
Heard = UtterancePartial | UtteranceFinal | TranscriptionGap | ContactEnded


@dataclass(frozen=True, slots=True)
class Oversight:
    """What supervisors of this house work with. ``webhook``: where alerts go besides; ``report``, ``targets``: how
    is measured.
    """

    settings: SupervisionSettings = field(default_factory=SupervisionSettings)
    rules: tuple[AlertRule, ...] = ()
    webhook: Webhook | None = None
    report: ReportSettings = field(default_factory=ReportSettings)
    targets: Targets = field(default_factory=Targets)


@dataclass(slots=True)
class _Visit:
    """What a supervisor's phone is at, and where it is wanted next."""

    contact_id: str = ""
    since: float = 0.0
    agent: str = ""
    mode: Mode = Mode.LISTEN
    banner: bool = False
    next: str = ""


@dataclass(slots=True)
class Supervisors:
    """``agents``: everybody of the settings, supervisors included; ``bridges``: what puts their phones through;
    ``tell``: puts an event on a user's page; ``own``: an event of a contact that happened here; ``find``: the case of
    a contact; ``spawn``: runs what nobody waits for; ``board``: is told everything they see.
    """

    bus: Bus
    agents: Mapping[str, AgentSettings]
    oversight: Oversight
    content: Content
    bridges: Bridges
    clock: Clock
    tell: Callable[[str, Event, str], None]
    own: Callable[[Event, Case], None]
    find: Callable[[str], Case | None]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    board: Board
    alarms: Alarms = field(init=False)
    _visits: dict[str, _Visit] = field(default_factory=dict)
    _hands: dict[str, HandRaised] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = AlertRules(self.oversight.rules, self.content.scorer, self.content.sentiment)
        self.alarms = Alarms(rules, self.clock, self._alert)

    def view(self, user: str) -> SupervisorView:
        """What a supervisor's page begins with."""
        alerts = tuple(alert for alert in self.alarms.open if self._concerns(user, alert.agent))
        hands = tuple((key, hand) for key, hand in self._hands.items() if self._concerns(user, hand.agent))
        visit, settings = self._visits.get(user), self.settings
        at = visit.contact_id if visit else ""
        return SupervisorView(alerts, hands, dict(settings.tips), at)

    @property
    def settings(self) -> SupervisionSettings:
        """``[supervision]``."""
        return self.oversight.settings

    async def command(self, user: str, command: SupervisorCommand, case: Case | None) -> Reply:
        """Carry out a supervisor's command, or refuse it. Raises BusError where the contact does not answer."""
        who = self.agents.get(user)
        if case is None or case.ended:
            return Reply(False, "there is no such contact")
        whose = self._supervised(user, case) if isinstance(command, SuperviseAs | LeaveContact) else case.agent
        if why_not := may_supervise(who, self.agents.get(whose)):
            return Reply(False, why_not)
        assert who is not None
        match command:
            case SuperviseContact():
                return await self._supervise(who, case)
            case SuperviseAs(_, mode):
                return await self.bridges.enter(case, whose, SetSupervisionMode(user, mode))
            case LeaveContact():
                return await self.bridges.end(case, whose, user)
            case Coach():
                return self._coach(who, command, case)
            case LowerHand():
                self.own(HandLowered(case.agent, user), case)
                return Reply(True)

    def acknowledge(self, user: str, alert_id: str) -> Reply:
        """A supervisor has seen an alert."""
        if why_not := may_supervise(self.agents.get(user), None):
            return Reply(False, why_not)
        return self.alarms.acknowledge(alert_id, user)

    def recall(self, case: Case, event: Event, at: float) -> None:
        """What the log says of a contact, to a floor that starts again."""
        self.alarms.recall(case.contact_id, event, at)
        self.board.recall(case.contact_id, event, at)
        self._remember_hand(case, event)
        match event:
            case SupervisionStarted(supervisor, agent):
                self._visits[supervisor] = _Visit(case.contact_id, at, agent)
            case SupervisionModeChanged(supervisor, agent, mode) if (visit := self._visits.get(supervisor)) is not None:
                visit.agent, visit.mode = agent, mode
            case SupervisionEnded(supervisor):
                self._visits.pop(supervisor, None)

    def heard(self, case: Case, event: Event) -> None:
        """Something happened to a contact."""
        self.board.heard(case.contact_id, event, self.clock.wall())
        if not case.ended or isinstance(event, ContactEnded):
            self.alarms.heard(case.contact_id, event)
        self._remember_hand(case, event)
        self._follow(case)
        match event:
            case SupervisionStarted() | SupervisionModeChanged() | SupervisionEnded() | SupervisionFailed():
                self._supervision(case, event)
            case CoachingSent() | CoachingRead() | HandRaised() | HandLowered():
                self._tell_supervisors(case, event)
            case CardSettled(agent, card_id, outcome) if card_id in case.coaching:
                supervisor, sent_at = case.coaching.pop(card_id)
                after = self.clock.wall() - sent_at
                self.own(CoachingRead(supervisor, agent, card_id, outcome, after), case)
            case ContactSnapshot(supervisor=supervisor, agent=agent) if supervisor:
                visit = self._visits.setdefault(supervisor, _Visit())
                visit.contact_id, visit.agent = case.contact_id, agent or visit.agent
                visit.since = visit.since or self.clock.wall()
            case UtterancePartial() | UtteranceFinal() | TranscriptionGap() | ContactEnded():
                self._share(case, event)
        if isinstance(event, ContactEnded) and event.reason == "worker_lost":
            self._cut_off(case)

    def _remember_hand(self, case: Case, event: Event) -> None:
        match event:
            case HandRaised():
                self._hands[case.contact_id] = event
            case HandLowered() | ContactEnded():
                self._hands.pop(case.contact_id, None)

    def _alert(self, event: AlertEvent, agent: str, contact_id: str) -> None:
        envelope = self.bus.publish(event, contact_id=contact_id or None)
        self.board.heard(contact_id, event, envelope.at)
        self._tell_all(agent, event, contact_id)

    def _concerns(self, user: str, agent: str) -> bool:
        return not may_supervise(self.agents.get(user), self.agents.get(agent))

    async def _supervise(self, who: AgentSettings, case: Case) -> Reply:
        """Dial her phone for this contact; a contact she is at is left first, for a phone takes one call."""
        visit = self._visits.setdefault(who.user, _Visit(case.contact_id))
        if visit.contact_id != case.contact_id and (present := self.find(visit.contact_id)) is not None:
            visit.next = case.contact_id
            return await self.bridges.end(present, self._supervised(who.user, present), who.user)
        policy = self.settings.policy(self.agents.get(case.agent))
        reply = Reply(False)
        try:
            reply = await self.bridges.supervise(case, case.agent, who, policy.tones())
        finally:
            if not reply.ok and not visit.since:
                self._visits.pop(who.user, None)  # her phone was never called
        return reply

    def _supervised(self, user: str, case: Case) -> str:
        """Whose call she is at: the agent's, though she may have taken it over."""
        visit = self._visits.get(user)
        here = visit is not None and visit.contact_id == case.contact_id
        return visit.agent if visit is not None and here and visit.agent else case.agent

    def _coach(self, who: AgentSettings, command: Coach, case: Case) -> Reply:
        if not case.agent:
            return Reply(False, "no agent has this contact")
        text = self.settings.tips.get(command.tip, "") if command.tip else command.text.strip()
        if not text:
            return Reply(False, f"there is no tip {command.tip!r}" if command.tip else "there is nothing to say")
        sent = CoachingSent(who.user, case.agent, f"coach-{new_identifier()[:12]}", text, command.tip)
        self.own(sent, case)
        return Reply(True)

    def _supervision(self, case: Case, event: Told) -> None:
        visit = self._visits.setdefault(event.supervisor, _Visit())
        agent = case.agent if isinstance(event, SupervisionFailed) else event.agent or case.agent
        self._tell_all(agent, event, case.contact_id)
        match event:
            case SupervisionStarted(supervisor, agent):
                visit.contact_id, visit.agent, visit.since = case.contact_id, agent or case.agent, self.clock.wall()
                self.tell(supervisor, _assigned(case), case.contact_id)
                self._notify(case, visit, supervisor, Mode.LISTEN)
            case SupervisionModeChanged(supervisor, agent, mode):
                visit.agent = agent or visit.agent
                self._notify(case, visit, supervisor, mode)
            case SupervisionEnded(supervisor) | SupervisionFailed(supervisor):
                self._notify(case, visit, supervisor, None)
                if case.agent != supervisor:  # who has taken it over wraps it up
                    self.tell(supervisor, ContactReleased(supervisor, "supervision ended"), case.contact_id)
                self._go_on(supervisor, visit)

    def _cut_off(self, case: Case) -> None:
        """The worker died, and cannot say any more that her leg ended with it (the front has hung it up)."""
        now = self.clock.wall()
        for supervisor, visit in list(self._visits.items()):
            if visit.contact_id == case.contact_id:
                lasted = now - visit.since if visit.since else 0.0
                self.own(SupervisionEnded(supervisor, visit.agent, visit.mode, lasted), case)

    def worker_lost(self, worker_id: str) -> None:
        """A worker died: perhaps the one that had a supervisor's telephone, and her contact does not know yet."""
        user = self.bridges.lost(worker_id)
        visit = self._visits.get(user)
        if visit is not None and (case := self.find(visit.contact_id)) is not None and not case.ended:
            self.spawn(self._hung_up(user, case))

    async def _hung_up(self, user: str, case: Case) -> None:
        with contextlib.suppress(BusError):  # the contact is over as well
            await self.bridges.end(case, case.agent, user)

    def unreached(self, user: str, case: Case, code: int, reason: str) -> None:
        """Her telephone was not put through to a contact."""
        self.own(SupervisionFailed(user, code, reason), case)

    def _go_on(self, supervisor: str, visit: _Visit) -> None:
        """To the contact she asked for meanwhile, if there is one."""
        del self._visits[supervisor]
        if visit.next and visit.next != visit.contact_id:
            self.spawn(self._move(supervisor, visit.next))
        else:
            self.bridges.release(supervisor)

    async def _move(self, supervisor: str, contact_id: str) -> None:
        who = self.agents[supervisor]
        case = self.find(contact_id)
        if case is None or case.ended:
            self.bridges.release(supervisor)
            return
        try:
            reply = await self._supervise(who, case)
        except BusError as error:
            reply = Reply(False, str(error))
        if not reply.ok:
            self.bridges.release(supervisor)
            self.tell(supervisor, SupervisionFailed(supervisor, 0, reply.reason), contact_id)

    def _notify(self, case: Case, visit: _Visit, supervisor: str, mode: Mode | None) -> None:
        """The agent's banner, where the policy wants one; it goes when the mode does."""
        if not visit.agent:
            return
        wanted = mode is not None and self.settings.policy(self.agents.get(visit.agent)).banner(mode)
        visit.mode = mode or Mode.LISTEN
        if wanted or visit.banner:
            shown = mode if wanted else None
            self.tell(visit.agent, SupervisionNotice(supervisor, shown), case.contact_id)
        visit.banner = wanted

    def _follow(self, case: Case) -> None:
        """The contact was passed on to another agent: so is the banner."""
        for supervisor, visit in self._visits.items():
            if (
                visit.contact_id == case.contact_id
                and case.agent not in ("", visit.agent, supervisor)
                and not case.ended
            ):
                mode = visit.mode
                self._notify(case, visit, supervisor, None)
                visit.agent = case.agent
                self._notify(case, visit, supervisor, mode)

    def _tell_supervisors(self, case: Case, event: Event) -> None:
        self._tell_all(case.agent, event, case.contact_id)

    def _tell_all(self, agent: str, event: Event, contact_id: str) -> None:
        for user in self.agents:
            if self._concerns(user, agent):
                self.tell(user, event, contact_id)

    def _share(self, case: Case, event: Heard) -> None:
        """Who listens reads along."""
        for supervisor, visit in self._visits.items():
            if visit.since and visit.contact_id == case.contact_id and case.agent != supervisor:
                self.tell(supervisor, event, case.contact_id)


def _assigned(case: Case) -> ContactAssigned:
    return ContactAssigned(case.agent, "talking", case.caller, case.queue, case.offered_at, case.answered_at)
