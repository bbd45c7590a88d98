"""What became of the cards, per rule: for supervisors (of their teams) and auditors."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from assist.api.access import Asker, only
from assist.api.archive import OWN, Moment
from assist.cards import CARD_EVENTS
from assist.outcomes import OutcomeBook
from assist.store.store import MAX_TIME
from voice.events import EventCodec, MalformedError

outcomes = APIRouter(prefix="/api", tags=["archive"])
_CODEC = EventCodec(CARD_EVENTS)


class OutcomeLine(BaseModel):
    """Cards of one rule; see ``assist.outcomes.RuleOutcome``. ``ignored``: shown, and nothing became of it."""

    rule: str
    kind: str
    shown: int
    accepted: int
    dismissed: int
    expired: int
    retracted: int
    overridden: int
    not_acted: int
    ignored: int


@outcomes.get("/outcomes", responses=OWN)
async def by_rule(
    who: Annotated[Asker, Depends(only("supervisor", "auditor"))], since: Moment = 0.0, until: Moment = MAX_TIME
) -> list[OutcomeLine]:
    """The rules whose cards were shown from ``since`` to ``until`` (Unix seconds), the most shown first."""
    book, agents = OutcomeBook(), who.visible_agents()
    async for wire in who.kept.customers.store.log([kind.type for kind in CARD_EVENTS], since, until):
        try:
            event = _CODEC.decode(wire).event
        except MalformedError:
            continue  # of another version of this program, as the floor passes it over
        if agents is None or getattr(event, "agent", "") in agents:
            book.take(event)
    return [OutcomeLine(**asdict(each), ignored=each.ignored) for each in book.report()]
