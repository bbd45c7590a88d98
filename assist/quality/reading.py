"""Scorecards from a store: the log of one contact, or of all contacts of a time, through the pure scorecard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from assist.cards import CARD_EVENTS
from assist.content import Content
from assist.quality.calibration import latest
from assist.quality.forms import QUALITY_EVENTS, QaReviewed
from assist.quality.measures import Call, Owed
from assist.quality.principles import Scorecard
from assist.quality.scorecard import score_contact
from assist.quality.spec import ScorecardSpec
from assist.store import Store
from assist.store.tasks import Tasks
from ivr.contacts import CONTACT_EVENTS, ContactAnswered, ContactClosed, ContactOffered
from ivr.supervision import SUPERVISION_EVENTS
from transcription.utterances import UTTERANCE_EVENTS
from voice.events import Envelope, Event, EventCodec, MalformedError, UnknownTypeError, new_identifier

READ: tuple[type[Event], ...] = tuple(
    event for event in (*CONTACT_EVENTS, *SUPERVISION_EVENTS, *UTTERANCE_EVENTS, *CARD_EVENTS) if event.durable
)
"""What of the log a scorecard is made from."""
BEFORE_S = 86_400.0
"""How far before a time its contacts may have been offered."""
_CODEC = EventCodec(READ)
_REVIEWS = EventCodec(QUALITY_EVENTS)


class Quality:
    """Scores contacts of ``store`` by ``content``. Every method raises StoreError."""

    def __init__(self, store: Store, content: Content, spec: ScorecardSpec) -> None:
        self._store = store
        self._tasks = Tasks(store)
        self._content = content
        self.spec = spec

    async def of_contact(self, contact_id: str, now: float) -> tuple[Scorecard, ...]:
        """The scorecards of a contact, one an agent; none where it is not in the log or nobody answered it. ``now``:
        Unix seconds, up to which calls back are looked for.
        """
        return await self._score(contact_id, decoded(await self._store.events_of(contact_id)), now)

    async def cards(self, since: float, until: float, now: float, agent: str) -> tuple[Scorecard, ...]:
        """All that ``between`` gives."""
        return tuple([card async for card in self.between(since, until, now, agent)])

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

    async def reviews(self, since: float, until: float) -> dict[str, list[QaReviewed]]:
        """What reviewers said from ``since`` to ``until`` (Unix seconds), by contact, in the order they said it."""
        found: dict[str, list[QaReviewed]] = {}
        async for wire in self._store.log([QaReviewed.type], since, until):
            for contact_id, event in reviewed([wire]):
                found.setdefault(contact_id, []).append(event)
        return found

    async def reviews_of(self, contact_id: str) -> tuple[QaReviewed, ...]:
        """What reviewers said of a contact, of each reviewer and form the last."""
        return latest([event for _, event in reviewed(await self._store.events_of(contact_id))])

    async def keep(self, contact_id: str, event: QaReviewed, now: float) -> None:
        """Put a review into the log."""
        envelope = Envelope(new_identifier(), now, f"review-{event.reviewer}", 0, event, contact_id)
        await self._store.append(_REVIEWS.encode(envelope))

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
        tasks = await self._tasks.of_contact(contact_id)
        owed = tuple(Owed(task.text, task.due_on, done) for task, done in tasks)
        return score_contact(contact_id, kept, self._content, self.spec, customer, calls, now, owed)

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


def reviewed(wires: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, QaReviewed]]:
    """The reviews among ``wires``, with the contact each is about."""
    for wire in wires:
        try:
            envelope = _REVIEWS.decode(wire)
        except (MalformedError, UnknownTypeError):
            continue
        if isinstance(envelope.event, QaReviewed) and envelope.contact_id is not None:
            yield envelope.contact_id, envelope.event


def decoded(wires: Iterable[Mapping[str, Any]]) -> list[Envelope]:
    """The events a scorecard reads; others, and what another version of this program wrote, are left out."""
    found = []
    for wire in wires:
        try:
            found.append(_CODEC.decode(wire))
        except (MalformedError, UnknownTypeError):
            continue
    return found
