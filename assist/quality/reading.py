"""Scorecards from a store: the log of one contact, or of all contacts of a time, through the pure scorecard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from assist.cards import CARD_EVENTS
from assist.content import Content
from assist.quality.measures import Call
from assist.quality.principles import Scorecard
from assist.quality.scorecard import score_contact
from assist.quality.spec import ScorecardSpec
from assist.store import Store
from ivr.contacts import CONTACT_EVENTS, ContactAnswered, ContactClosed, ContactOffered
from transcription.utterances import UTTERANCE_EVENTS
from voice.events import Envelope, Event, EventCodec, MalformedError, UnknownTypeError

READ: tuple[type[Event], ...] = tuple(
    event for event in (*CONTACT_EVENTS, *UTTERANCE_EVENTS, *CARD_EVENTS) if event.durable
)
"""What of the log a scorecard is made from."""
BEFORE_S = 86_400.0
"""How far before a time its contacts may have been offered."""
_CODEC = EventCodec(READ)


class Quality:
    """Scores contacts of ``store`` by ``content``. Every method raises StoreError."""

    def __init__(self, store: Store, content: Content, spec: ScorecardSpec) -> None:
        self._store = store
        self._content = content
        self.spec = spec

    async def of_contact(self, contact_id: str, now: float) -> tuple[Scorecard, ...]:
        """The scorecards of a contact, one an agent; none where it is not in the log or nobody answered it. ``now``:
        Unix seconds, up to which calls back are looked for.
        """
        return await self._score(contact_id, decoded(await self._store.events_of(contact_id)), now)

    async def between(self, since: float, until: float, now: float, agent: str = "") -> AsyncIterator[Scorecard]:
        """The scorecards of contacts that were answered from ``since`` to ``until`` (Unix seconds), of ``agent`` where
        one is named, in the order in which the contacts ended. Memory holds the contacts that are open at one time.
        """
        calls = await self._calls(since, now)
        open_now: dict[str, list[Envelope]] = {}
        async for wire in self._store.log([event.type for event in READ], since - BEFORE_S, until + BEFORE_S):
            for envelope in decoded([wire]):
                if envelope.contact_id is None:
                    continue
                events = open_now.setdefault(envelope.contact_id, [])
                events.append(envelope)
                if isinstance(envelope.event, ContactClosed):
                    del open_now[envelope.contact_id]
                    for card in await self._wanted(envelope.contact_id, events, calls, (since, until), now, agent):
                        yield card
        for contact_id, events in open_now.items():
            for card in await self._wanted(contact_id, events, calls, (since, until), now, agent):
                yield card

    async def _wanted(
        self, contact_id: str, events: list[Envelope], calls: tuple[Call, ...], within: tuple[float, float],
        now: float, agent: str,
    ) -> tuple[Scorecard, ...]:  # fmt: skip
        answers = [each for each in events if isinstance(each.event, ContactAnswered)]
        if not any(within[0] <= each.at < within[1] for each in answers):
            return ()
        cards = await self._score(contact_id, events, now, calls)
        return tuple(card for card in cards if within[0] <= card.answered_at < within[1] and agent in ("", card.agent))

    async def _score(
        self, contact_id: str, events: Iterable[Envelope], now: float, calls: tuple[Call, ...] | None = None
    ) -> tuple[Scorecard, ...]:
        kept = list(events)
        offered = next((each for each in kept if isinstance(each.event, ContactOffered)), None)
        caller = offered.event.caller if offered is not None and isinstance(offered.event, ContactOffered) else ""
        customer = await self._store.find_customer(caller) if caller else None
        if calls is None:
            calls = await self._calls(offered.at, now) if offered is not None else ()
        return score_contact(contact_id, kept, self._content, self.spec, customer, calls, now)

    async def _calls(self, since: float, until: float) -> tuple[Call, ...]:
        """What we dialled and agents talked on."""
        dialled: dict[str, str] = {}
        made = []
        async for wire in self._store.log([ContactOffered.type, ContactAnswered.type], since, until):
            for envelope in decoded([wire]):
                match envelope.event:
                    case ContactOffered(direction="outbound", caller=number):
                        dialled[envelope.contact_id or ""] = number
                    case ContactAnswered() if number := dialled.pop(envelope.contact_id or "", ""):
                        made.append(Call(number, envelope.at))
        return tuple(made)


def decoded(wires: Iterable[Mapping[str, Any]]) -> list[Envelope]:
    """The events a scorecard reads; others, and what another version of this program wrote, are left out."""
    found = []
    for wire in wires:
        try:
            found.append(_CODEC.decode(wire))
        except (MalformedError, UnknownTypeError):
            continue
    return found
