"""Contacts that live at a station alone, of a foreign PBX: their events, made of what the station reports. Pure.

No worker publishes them, so the floor does: screen-pop, cards and transcript follow as for any contact. The queue knows
nothing of them; who works at a PBX takes no calls of ours meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from assist.api.commands import (
    CallCommand,
    CancelConsult,
    CompleteTransfer,
    Conference,
    ConsultWith,
    Hold,
    PressKeys,
    SwapParties,
    Transfer,
)
from assist.api.ports import StationLine, StationVerb
from ivr.contacts import AgentOffered, ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from ivr.supervision import SupervisionEnded, SupervisionFailed, SupervisionModeChanged, SupervisionStarted
from voice.calls import Role
from voice.events import Event, QualityMeasured
from voice.hearing import Mode
from voice.station_contacts import Kept, PastCall, SupervisorLine, VisitPhase

PBX: Final = "pbx"
"""In place of a worker's id, of a reservation's, and of a flow's name."""


@dataclass(slots=True)
class PbxCall:
    """A call a station captures, since ``since`` (Unix seconds), and what of it has been told: whether it is on hold,
    who is consulted about it (``kind`` as the page has it), how far that is, the last measurement (None: whichever is
    reported next), and that it is over.
    """

    contact_id: str
    since: float
    held: bool = False
    party: str = ""
    consult: str = ""
    measured: int | None = 0
    over: bool = False


@dataclass(slots=True)
class _Visit:
    """A supervisor who is connected since ``since`` (Unix seconds; 0.0: being dialled)."""

    supervisor: str
    contact_id: str
    since: float = 0.0
    mode: Mode = Mode.LISTEN


class PbxContacts:
    """What one agent's station has now, or had when the log ended."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._calls: dict[str, PbxCall] = {}
        self._visit: _Visit | None = None

    @property
    def open(self) -> bool:
        """Whether there are contacts whose end has not been told."""
        return bool(self._calls)

    def recalled(self, contact_id: str, event: Event, at: float) -> None:
        """What the log says of one of these contacts."""
        call = self._calls.get(contact_id)
        match event:
            case AgentOffered():
                self._calls[contact_id] = PbxCall(contact_id, at, measured=None)
            case HoldChanged(held=held) if call is not None:
                call.held = held
            case ConsultStarted(party=party) if call is not None:
                call.party, call.consult = party, "ringing"
            case ConsultAnswered() if call is not None:
                call.consult = "talking"
            case ConferenceStarted() if call is not None:
                call.consult = "conference"
            case ConsultEnded() if call is not None:
                call.party = call.consult = ""
            case SupervisionStarted(supervisor):
                self._visit = _Visit(supervisor, contact_id, at)
            case SupervisionModeChanged(mode=mode) if self._visit is not None:
                self._visit.mode = mode
            case SupervisionEnded():
                self._visit = None
            case ContactEnded() if call is not None:
                call.over = True
            case ContactClosed():
                self._calls.pop(contact_id, None)

    def reported(
        self,
        lines: Iterable[StationLine],
        now: float,
        past: Iterable[PastCall] = (),
        supervision: SupervisorLine | None = None,
    ) -> list[tuple[str, Event]]:
        """(contact id, event) in order, from what the station says of itself at ``now``."""
        lines = tuple(lines)
        present = {line.contact_id: line for line in lines if line.slot >= 0}
        consult = next((line for line in lines if line.consult), None)
        ended = {call.contact_id: call for call in past}
        found = list(self._supervised(supervision, now)) if supervision is not None else []
        for contact_id in [key for key in self._calls if key not in present]:
            found += self._over(self._calls[contact_id], ended.get(contact_id), now)
        for contact_id, line in present.items():
            if contact_id not in self._calls:
                self._calls[contact_id] = PbxCall(contact_id, now)
                found += [
                    (contact_id, ContactOffered(PBX, line.number, "", PBX, "")),
                    (contact_id, AgentOffered(self._agent, PBX)),
                    (contact_id, ContactAnswered(self._agent, PBX, 0.0)),
                ]
            call, alone = self._calls[contact_id], len(present) == 1
            changes = (*self._consulted(call, consult if alone else None), *self._heard(call, line))
            found += [(contact_id, event) for event in changes]
        return found

    def lapsed(self, now: float) -> list[tuple[str, Event]]:
        """The station has been away for too long: nobody will tell how its contacts ended."""
        found: list[tuple[str, Event]] = []
        if (visit := self._visit) is not None and visit.since:
            self._visit = None
            found.append((visit.contact_id, self._left(visit, now)))
        for call in list(self._calls.values()):
            found += self._over(call, None, now)
        return found

    def _heard(self, call: PbxCall, line: StationLine) -> Iterable[Event]:
        if call.held != (line.phase == "held"):
            call.held = not call.held
            yield HoldChanged(self._agent, call.held)
        seen = line.quality
        if seen is not None and seen.number != call.measured:
            known, call.measured = call.measured is not None, seen.number
            if known:
                yield QualityMeasured(
                    line.leg_id, Role.CALLER, seen.mos, seen.far_mos, seen.received, seen.loss, seen.jitter_ms,
                    seen.rtt_ms,
                )  # fmt: skip

    def _consulted(self, call: PbxCall, line: StationLine | None) -> Iterable[Event]:
        if line is None:
            if call.consult:
                yield ConsultEnded(self._agent, "number", call.party, "left")
            call.party = call.consult = ""
            return
        if not call.consult:
            call.party, call.consult = line.caller or line.number, "ringing"
            yield ConsultStarted(self._agent, "number", call.party, "")
        if call.consult == "ringing" and line.phase in ("in_call", "held"):
            call.consult = "talking"
            yield ConsultAnswered(self._agent, call.party)
        if call.consult == "talking" and line.joined:
            call.consult = "conference"
            yield ConferenceStarted(self._agent, call.party)

    def _supervised(self, line: SupervisorLine, now: float) -> Iterable[tuple[str, Event]]:
        visit, contact_id = self._visit, line.contact_id
        if visit is not None and (visit.supervisor, visit.contact_id) != (line.supervisor, contact_id):
            yield visit.contact_id, self._left(visit, now)
            visit = self._visit = None
        if visit is None:
            if line.phase is VisitPhase.OVER:
                return  # told before
            visit = self._visit = _Visit(line.supervisor, contact_id)
        if line.mode is not None and not visit.since:
            visit.since = now
            yield contact_id, SupervisionStarted(visit.supervisor, self._agent)
        if line.mode is not None and line.mode is not visit.mode:
            visit.mode = line.mode
            yield contact_id, SupervisionModeChanged(visit.supervisor, self._agent, line.mode, line.by)
        if line.phase is VisitPhase.OVER:
            self._visit = None
            failed = SupervisionFailed(visit.supervisor, line.code, line.reason)
            yield contact_id, self._left(visit, now) if visit.since else failed

    def _left(self, visit: _Visit, now: float) -> SupervisionEnded:
        return SupervisionEnded(visit.supervisor, self._agent, visit.mode, max(0.0, now - visit.since))

    def _over(self, call: PbxCall, past: PastCall | None, now: float) -> list[tuple[str, Event]]:
        """The end, as the station tells it (``past``), and once everything is written down the close; both at once
        where the station knows nothing of it any more.
        """
        found: list[tuple[str, Event]] = []
        if not call.over:
            call.over = True
            lasted, by = (past.lasted_s, past.ended_by) if past is not None else (max(0.0, now - call.since), "system")
            found.append((call.contact_id, ContactEnded("completed", by, lasted, lasted)))
        kept = past.kept if past is not None else Kept()
        if kept is not None:
            del self._calls[call.contact_id]
            closed = ContactClosed(kept.recording, kept.recorded_s, kept.silenced_s, 0.0, 0.0)
            found.append((call.contact_id, closed))
        return found


def at_station(command: CallCommand) -> tuple[StationVerb, str]:
    """What an agent's control is at a station that does it by itself: verb and argument. A queue is dialled there like
    an agent: the PBX knows what it means.
    """
    match command:
        case Hold(on):
            return "hold" if on else "resume", ""
        case SwapParties():
            return "swap", ""
        case CancelConsult():
            return "hang_up", ""
        case Conference():
            return "conference", ""
        case CompleteTransfer():
            return "complete", ""
        case PressKeys(digits):
            return "digits", digits
        case ConsultWith(_, to):
            return "consult", to
        case Transfer(_, to):
            return "transfer", to
