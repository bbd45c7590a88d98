"""Supervisors at work in the floor: their commands to contacts and agents, and what their pages and agents' are told.

Where each of them is: ``assist.visits``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assist.alarm import Alarms
from assist.alert_rules import AlertRule
from assist.alert_watch import AlertRules
from assist.alerts import AlertEvent
from assist.api.commands import Coach, LeaveContact, LowerHand, SuperviseAs, SuperviseContact, SupervisorCommand
from assist.api.ports import SupervisorView
from assist.board.table import Board
from assist.cards import CardSettled
from assist.casework import Case
from assist.coaching import CoachingRead, CoachingSent, HandLowered, HandRaised
from assist.content import Content
from assist.metrics.targets import Targets
from assist.reports.settings import ReportSettings
from assist.supervised import Bridges
from assist.supervision import SupervisionSettings, may_supervise
from assist.visits import Visits
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
from voice.events import Event, new_identifier
from voice.settings import AgentSettings


@dataclass(frozen=True, slots=True)
class Oversight:
    """What supervisors of this house work with. ``webhooks``: who else is told; ``report``, ``targets``: how is
    measured.
    """

    settings: SupervisionSettings = field(default_factory=SupervisionSettings)
    rules: tuple[AlertRule, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    report: ReportSettings = field(default_factory=ReportSettings)
    targets: Targets = field(default_factory=Targets)


@dataclass(slots=True)
class Supervisors:
    """``agents``: everybody of the settings, supervisors included; ``bridges``: what puts their phones through;
    ``tell``: puts an event on a user's page; ``own``: an event of a contact that happened here; ``board``: is told
    everything they see.
    """

    bus: Bus
    agents: Mapping[str, AgentSettings]
    oversight: Oversight
    content: Content
    bridges: Bridges
    visits: Visits
    clock: Clock
    tell: Callable[[str, Event, str], None]
    own: Callable[[Event, Case], None]
    board: Board
    alarms: Alarms = field(init=False)
    _hands: dict[str, HandRaised] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = AlertRules(self.oversight.rules, self.content.scorer, self.content.sentiment)
        self.alarms = Alarms(rules, self.clock, self._alert)

    def view(self, user: str) -> SupervisorView:
        """What a supervisor's page begins with."""
        alerts = tuple(alert for alert in self.alarms.open if self._concerns(user, alert.agent))
        hands = tuple((key, hand) for key, hand in self._hands.items() if self._concerns(user, hand.agent))
        return SupervisorView(alerts, hands, dict(self.settings.tips), self.visits.at(user))

    @property
    def settings(self) -> SupervisionSettings:
        """``[supervision]``."""
        return self.oversight.settings

    async def command(self, user: str, command: SupervisorCommand, case: Case | None) -> Reply:
        """Carry out a supervisor's command, or refuse it. Raises BusError where the contact does not answer."""
        who = self.agents.get(user)
        if case is None or case.ended:
            return Reply(False, "there is no such contact")
        whose = self.visits.whose(user, case) if isinstance(command, SuperviseAs | LeaveContact) else case.agent
        if why_not := may_supervise(who, self.agents.get(whose)):
            return Reply(False, why_not)
        assert who is not None
        match command:
            case SuperviseContact():
                return await self.visits.begin(who, case)
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
        self.visits.recall(case, event, at)

    def heard(self, case: Case, event: Event) -> None:
        """Something happened to a contact."""
        self.board.heard(case.contact_id, event, self.clock.wall())
        if not case.ended or isinstance(event, ContactEnded):
            self.alarms.heard(case.contact_id, event)
        self._remember_hand(case, event)
        self.visits.follow(case)
        match event:
            case SupervisionStarted() | SupervisionModeChanged() | SupervisionEnded() | SupervisionFailed():
                agent = "" if isinstance(event, SupervisionFailed) else event.agent
                self._tell_all(agent or case.agent, event, case.contact_id)
                self.visits.changed(case, event)
            case CoachingSent() | CoachingRead() | HandRaised() | HandLowered():
                self._tell_supervisors(case, event)
            case CardSettled(agent, card_id, outcome) if card_id in case.coaching:
                supervisor, sent_at = case.coaching.pop(card_id)
                after = self.clock.wall() - sent_at
                self.own(CoachingRead(supervisor, agent, card_id, outcome, after), case)
            case ContactSnapshot(supervisor=supervisor, agent=agent) if supervisor:
                self.visits.found(case, supervisor, agent)
            case UtterancePartial() | UtteranceFinal() | TranscriptionGap() | ContactEnded():
                self.visits.share(case, event)
        if isinstance(event, ContactEnded) and event.reason == "worker_lost":
            self.visits.cut_off(case)

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

    def _coach(self, who: AgentSettings, command: Coach, case: Case) -> Reply:
        if not case.agent:
            return Reply(False, "no agent has this contact")
        text = self.settings.tips.get(command.tip, "") if command.tip else command.text.strip()
        if not text:
            return Reply(False, f"there is no tip {command.tip!r}" if command.tip else "there is nothing to say")
        sent = CoachingSent(who.user, case.agent, f"coach-{new_identifier()[:12]}", text, command.tip)
        self.own(sent, case)
        return Reply(True)

    def unreached(self, user: str, case: Case, code: int, reason: str) -> None:
        """Her telephone was not put through to a contact."""
        self.own(SupervisionFailed(user, code, reason), case)

    def _tell_supervisors(self, case: Case, event: Event) -> None:
        self._tell_all(case.agent, event, case.contact_id)

    def _tell_all(self, agent: str, event: Event, contact_id: str) -> None:
        for user in self.agents:
            if self._concerns(user, agent):
                self.tell(user, event, contact_id)
