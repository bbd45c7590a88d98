"""One contact's row: a fold over its events. Pure."""

from __future__ import annotations

from dataclasses import replace

from assist.board.rows import ContactRow
from assist.cards import CardKind, CardRetracted, CardShown, CardUpdated
from assist.coaching import HandLowered, HandRaised
from ivr.contacts import AgentOffered, AgentUnreachable, ContactAnswered, ContactOffered, ContactQueued, ContactSnapshot
from ivr.controls import AgentLost, ConsultEnded, ConsultStarted, ContactTransferred, HoldChanged, TransferFailed
from ivr.supervision import SupervisionEnded, SupervisionModeChanged, SupervisionStarted
from transcription.utterances import UtteranceFinal
from voice.calls import Role
from voice.events import Event, QualityMeasured
from voice.hearing import Mode

POINTS = 24
SAID = 120
"""Characters of the last words a row shows."""
_MOS_STEP = 0.1
"""Smaller changes of the quality are not worth a row."""


class BoardContact:
    """Begins with the first event; ``row`` is what the board shows. What changes nothing leaves the same row."""

    def __init__(self, contact_id: str, event: ContactOffered | ContactSnapshot, at: float) -> None:
        offered = event.offered_at if isinstance(event, ContactSnapshot) else at
        self.row = ContactRow(contact_id, event.caller, offered, since=offered)
        self._cards: set[str] = set()
        self._mos: dict[str, float] = {}
        self.handle(event, at)

    def handle(self, event: Event, at: float) -> None:
        """One event of the contact."""
        row = self.row
        match event:
            case ContactSnapshot():
                self.row = _as_told(row, event)
            case HoldChanged(held=held):
                self.row = replace(row, held_since=at if held else 0.0)
            case ConsultStarted(party=party):
                self.row = replace(row, consult=party)
            case ConsultEnded() | TransferFailed():
                self.row = replace(row, consult="")
            case UtteranceFinal(text=text, party=party) if text:
                self.row = replace(row, said=text[-SAID:], said_by=party)
            case CardShown() | CardUpdated() | CardRetracted():
                self._card(event)
            case QualityMeasured(role=role) if role in (Role.CALLER, Role.AGENT):
                self._quality(role, min(event.mos, event.far_mos))
            case HandRaised(text=text):
                self.row = replace(row, hand=True, hand_text=text)
            case HandLowered():
                self.row = replace(row, hand=False, hand_text="")
            case SupervisionStarted(supervisor=supervisor):
                self.row = replace(row, supervisor=supervisor, mode=Mode.LISTEN)
            case SupervisionModeChanged(supervisor=supervisor, mode=mode):
                self.row = replace(row, mode=mode, agent=supervisor if mode is Mode.TAKEOVER else row.agent)
            case SupervisionEnded():
                self.row = replace(row, supervisor="", mode="")
            case _:
                self._course(event, at)

    def _course(self, event: Event, at: float) -> None:
        """Where it waits, and who has it."""
        row = self.row
        match event:
            case ContactQueued(queue=queue, since=since):
                self.row = _waiting(row, queue, since)
            case AgentOffered(agent=agent) if row.phase != "talking":
                self.row = replace(row, phase="ringing", agent=agent)
            case AgentUnreachable(agent=agent) if row.agent == agent and row.phase == "ringing":
                self.row = replace(row, phase="queued", agent="")
            case ContactAnswered(agent=agent):
                self.row = replace(row, phase="talking", agent=agent, since=at, held_since=0.0)
            case AgentLost():
                self.row = _waiting(row, row.queue, row.since)
            case ContactTransferred(kind="number"):
                self.row = replace(row, phase="outside", agent="", since=at, held_since=0.0, consult="")
            case ContactTransferred(kind="agent", to=to, done=done):
                phase = "talking" if done else "ringing"
                self.row = replace(row, phase=phase, agent=to, since=at, held_since=0.0, consult="")

    def _card(self, event: CardShown | CardUpdated | CardRetracted) -> None:
        if isinstance(event, CardRetracted):
            self._cards.discard(event.card_id)
            self.row = replace(self.row, cards=len(self._cards))
            return
        if event.card.kind is CardKind.CHECKLIST:
            return  # it is there in every contact: its row says how much was advised
        self._cards.add(event.card.id)
        points = event.card.points[-POINTS:] or self.row.points
        self.row = replace(self.row, cards=len(self._cards), points=points)

    def _quality(self, role: str, mos: float) -> None:
        self._mos[role] = mos
        worse = min(self._mos.values())
        if abs(worse - self.row.mos) >= _MOS_STEP:
            self.row = replace(self.row, mos=round(worse, 1))


def _waiting(row: ContactRow, queue: str, since: float) -> ContactRow:
    return replace(row, phase="queued", queue=queue, since=since, agent="", held_since=0.0, consult="")


def _as_told(row: ContactRow, told: ContactSnapshot) -> ContactRow:
    """Where the log has a hole, the worker knows better."""
    since = {"queued": told.queued_at, "ringing": told.queued_at, "talking": told.answered_at}.get(told.phase, 0.0)
    return replace(
        row, caller=told.caller, offered_at=told.offered_at, phase=told.phase, since=since or row.since,
        queue=told.queue, agent=told.owner, consult=told.consulted, supervisor=told.supervisor,
        mode=told.supervision_mode,
    )  # fmt: skip
