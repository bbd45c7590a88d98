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
    StationVerb,
    SwapParties,
    Transfer,
)
from ivr.contacts import AgentOffered, ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from voice.events import Event

PBX: Final = "pbx"
"""In place of a worker's id, of a reservation's, and of a flow's name."""


@dataclass(frozen=True, slots=True)
class PbxCall:
    """A call a station captures, since ``since`` (Unix seconds)."""

    contact_id: str
    since: float


class PbxContacts:
    """What one agent's station has now."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._calls: dict[str, PbxCall] = {}

    def reported(self, calls: Iterable[tuple[str, str]], now: float) -> list[tuple[str, Event]]:
        """(contact id, event) in order, from the (contact id, number) of the calls that are captured at ``now``."""
        present = dict(calls)
        found: list[tuple[str, Event]] = []
        for contact_id in [key for key in self._calls if key not in present]:
            found += self._over(self._calls.pop(contact_id), now)
        for contact_id, caller in present.items():
            if contact_id not in self._calls:
                self._calls[contact_id] = PbxCall(contact_id, now)
                found += [
                    (contact_id, ContactOffered(PBX, caller, "", PBX, "")),
                    (contact_id, AgentOffered(self._agent, PBX)),
                    (contact_id, ContactAnswered(self._agent, PBX, 0.0)),
                ]
        return found

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
