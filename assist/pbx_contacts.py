"""Contacts that live at a station alone, of a foreign PBX: their events, made of what the station reports. Pure.

No worker publishes them, so the floor does: screen-pop, cards and transcript follow as for any contact. The queue knows
nothing of them; who works at a PBX takes no calls of ours meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from assist.api.ports import (
    CallCommand,
    CancelConsult,
    CompleteTransfer,
    Conference,
    ConsultWith,
    Hold,
    PressKeys,
    StationLine,
    StationVerb,
    SwapParties,
    Transfer,
)
from ivr.contacts import AgentOffered, ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from voice.events import Event

PBX: Final = "pbx"
"""In place of a worker's id, of a reservation's, and of a flow's name."""


@dataclass(slots=True)
class PbxCall:
    """A call a station captures, since ``since`` (Unix seconds), and what of it has been told: whether it is on hold,
    who is consulted about it (``kind`` as the page has it), and how far that is.
    """

    contact_id: str
    since: float
    held: bool = False
    party: str = ""
    consult: str = ""


class PbxContacts:
    """What one agent's station has now."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._calls: dict[str, PbxCall] = {}

    def reported(self, lines: Iterable[StationLine], now: float) -> list[tuple[str, Event]]:
        """(contact id, event) in order, from the calls that are at the station at ``now``."""
        lines = tuple(lines)
        present = {line.contact_id: line for line in lines if line.slot >= 0}
        consult = next((line for line in lines if line.consult), None)
        found: list[tuple[str, Event]] = []
        for contact_id in [key for key in self._calls if key not in present]:
            found += self._over(self._calls.pop(contact_id), now)
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

    def _heard(self, call: PbxCall, line: StationLine) -> Iterable[Event]:
        if call.held != (line.phase == "held"):
            call.held = not call.held
            yield HoldChanged(self._agent, call.held)

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

    @staticmethod
    def _over(call: PbxCall, now: float) -> list[tuple[str, Event]]:
        lasted = max(0.0, now - call.since)
        return [
            (call.contact_id, ContactEnded("completed", "caller", lasted, lasted)),
            (call.contact_id, ContactClosed("", 0.0, 0.0, 0.0, 0.0)),
        ]


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
