"""A floor as a supervisor sees it: callers who wait, calls that go well and badly, and a floor that obeys her."""

from __future__ import annotations

from assist.alerts import AlertAcknowledged, AlertRaised
from assist.api.commands import (
    AcknowledgeAlert,
    AgentCommand,
    Coach,
    ForceState,
    GiveContact,
    LeaveContact,
    LowerHand,
    SetBanner,
    SuperviseAs,
    SuperviseContact,
)
from assist.board.table import Board
from assist.cards import Card, CardKind, CardShown
from assist.coaching import CoachingSent, HandLowered, HandRaised
from assist.feed import Feed
from ivr.contacts import AgentOffered, AgentStateChanged, ContactAnswered, ContactEnded, ContactOffered, ContactQueued
from ivr.controls import HoldChanged
from ivr.supervision import SupervisionEnded, SupervisionModeChanged, SupervisionStarted
from tests.fakes import contact_script as script
from transcription.utterances import UtteranceFinal
from voice.events import Event, QualityMeasured
from voice.hearing import Mode
from voice.settings import AgentSettings

NAMES = (
    "Cora Diaz", "Dev Patel", "Elin Berg", "Femi Ade", "Gina Rossi", "Hugo Blanc", "Ines Costa", "Jon Moe",
    "Kira Novak", "Liam Byrne",
)  # fmt: skip
STAFF = tuple(
    AgentSettings(
        user=name.split()[0].lower(), name=name, secret=script.SECRET, team="north" if index % 2 else "south",
        queues=("billing",) if index % 3 else ("support", "sales"),
    )
    for index, name in enumerate(NAMES)
)  # fmt: skip
STATES = (
    "AVAILABLE", "TALKING", "TALKING", "WRAPUP", "NOT_READY", "TALKING", "AVAILABLE", "NOT_RESPONDING", "OFFLINE",
    "TALKING",
)  # fmt: skip
WAITING = ("c-31", "c-32", "c-33")
POINTS = ((10.0, 0.2), (25.0, 0.1), (40.0, -0.2), (55.0, -0.5), (70.0, -0.62))


def feeling(contact: str, points: tuple[tuple[float, float], ...]) -> Card:
    """A card that only carries a trajectory."""
    return Card(f"{contact}/sentiment", CardKind.SENTIMENT, "Listen", "", (), "sentiment", "1", "final", points=points)


def opening(now: float) -> list[tuple[str, float, Event]]:
    """The floor at ``now``, as events of contacts in order."""
    found: list[tuple[str, float, Event]] = []
    for index, contact in enumerate(WAITING):
        since = now - 175 + 60 * index
        queue = ("billing", "billing", "sales")[index]
        found += [(contact, since - 20, ContactOffered("w", f"+1202555010{index}", "100", "main", "1")),
                  (contact, since, ContactQueued(queue, 5, since))]  # fmt: skip
    talking = ("anna", *(agent.user for agent, state in zip(STAFF, STATES, strict=True) if state == "TALKING"))
    for index, agent in enumerate(talking):
        contact = script.CONTACT if agent == "anna" else f"c-{40 + index}"
        since, queue = now - 75 - 31 * index, "billing" if index % 2 == 0 else "support"
        points = POINTS if index == 0 else tuple((second, -score * (1 - index / 5)) for second, score in POINTS)
        found += [
            (contact, since - 40, ContactOffered("w", f"+1202555014{index + 2}", "100", "main", "1")),
            (contact, since - 30, ContactQueued(queue, 5, since - 30)), (contact, since - 5, AgentOffered(agent, "l")),
            (contact, since, ContactAnswered(agent, "l", 30.0 - 6 * index)),
            (contact, since + 40, CardShown(agent, feeling(contact, points), 0.5)),
            (contact, since + 50, said("caller", "i would like to know what happens with my bill now")),
            (contact, since + 60, QualityMeasured("x", "caller", 4.3 - 0.5 * (index == 2), 4.2, 250, 0.0, 3.0, 20.0)),
        ]  # fmt: skip
    angry = AlertRaised(
        f"{script.CONTACT}:1", "wants_supervisor", "keyword", "critical", script.CONTACT, "anna", "billing",
        "asks for a supervisor", 45.0, "u5", "this is unacceptable i want to speak to a supervisor",
    )  # fmt: skip
    falling = AlertRaised(
        "c-42:1", "talking_over", "talk_over", "warning", "c-42", "elin", "billing", "talking over each other for 6 s"
    )
    late = AlertRaised("c-31:1", "queue_breach", "queue_wait", "warning", "c-31", "", "billing", "waits for 120 s")
    found += [
        (script.CONTACT, now - 30, angry), ("c-42", now - 20, falling), ("c-31", now - 50, late),
        ("c-43", now - 12, HoldChanged("hugo", True)), ("c-41", now - 15, HandRaised("dev", "may I refund 200?")),
        ("gone", now - 900, ContactOffered("w", "1", "100", "main", "1")),
        ("gone", now - 880, ContactQueued("sales", 5, now - 880)),
        ("gone", now - 820, ContactEnded("abandoned", "caller", 80.0, 0.0)),
    ]  # fmt: skip
    return found


def said(party: str, text: str) -> UtteranceFinal:
    """Settled words."""
    return UtteranceFinal("u", party, text, (), 0.0, 1.0, 0.9, "vosk", "demo")


def populate(board: Board, now: float) -> None:
    """Everything that is so at ``now``."""
    for index, (agent, state) in enumerate(zip(STAFF, STATES, strict=True)):
        reason = "meal" if state == "NOT_READY" else ""
        board.agent_state(AgentStateChanged(agent.user, state, reason, now - 47 * (index + 1)))
        board.station(agent.user, state != "OFFLINE")
    board.agent_state(AgentStateChanged("anna", "TALKING", "", now - 75))
    board.agent_state(AgentStateChanged("ben", "AVAILABLE", "", now - 200))
    for contact, at, event in sorted(opening(now), key=lambda each: each[1]):
        board.heard(contact, event, at)


class Obedient:
    """What a floor does when a supervisor asks, as her pages would see it."""

    def __init__(self, board: Board, feed: Feed) -> None:
        self._board = board
        self._feed = feed
        self.banner = ""
        self._at = ""

    def do(self, user: str, command: AgentCommand, now: float) -> None:
        """Carry it out."""
        match command:
            case SuperviseContact(contact_id):
                if self._at:
                    self._hear(self._at, SupervisionEnded(user, "", Mode.LISTEN, 1.0), now)
                self._at = contact_id
                self._hear(contact_id, SupervisionStarted(user, ""), now)
            case SuperviseAs(contact_id, mode):
                self._hear(contact_id, SupervisionModeChanged(user, "", mode, "command"), now)
            case LeaveContact(contact_id):
                self._at = ""
                self._hear(contact_id, SupervisionEnded(user, "", Mode.LISTEN, 1.0), now)
            case Coach(contact_id, text, tip):
                self._feed.publish(user, CoachingSent(user, "anna", "m1", text or f"tip {tip}", tip), contact_id)
            case LowerHand(contact_id):
                self._hear(contact_id, HandLowered("", user), now)
            case AcknowledgeAlert(alert_id):
                self._hear(alert_id.rpartition(":")[0], AlertAcknowledged(alert_id, user), now)
            case ForceState(agent, state, reason):
                name = "AVAILABLE" if state == "ready" else "NOT_READY"
                self._board.agent_state(AgentStateChanged(agent, name, reason, now))
            case GiveContact(contact_id, agent):
                self._hear(contact_id, AgentOffered(agent, "given"), now)
            case SetBanner(name):
                self.banner = name
                self._board.banner_changed()

    def _hear(self, contact_id: str, event: Event, now: float) -> None:
        self._board.heard(contact_id, event, now)
