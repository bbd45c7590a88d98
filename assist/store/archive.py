"""Contacts that are over, as they are looked up later: who had them, what was said, where the recording lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import select

from assist.store.store import MAX_TIME, Store
from assist.store.tables import ContactRow
from assist.store.whole import whole
from assist.summary import ContactSummary
from ivr.contacts import ContactClosed
from transcription.transcribe import Transcript
from transcription.utterances import UtteranceFinal
from voice.events import EventCodec, MalformedError, UnknownTypeError

_CODEC = EventCodec((UtteranceFinal, ContactClosed))
PARTIES = ("agent", "caller")


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact. ``agent``: who had it last; times in Unix seconds; ``reason``: see ``ivr.contacts.ContactEnded``."""

    contact_id: str
    customer_id: int | None
    number: str
    queue: str
    agent: str
    reason: str
    started_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is left of a contact. ``recording``: the path its worker wrote, empty where there is none."""

    line: ContactLine
    summary: ContactSummary | None
    transcript: Transcript
    recording: str


class Archive:
    """The contacts in a store. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @whole
    async def contacts(
        self, *, since: float = 0.0, until: float = MAX_TIME, agents: Sequence[str] | None = None, limit: int = 100
    ) -> tuple[ContactLine, ...]:
        """The newest ``limit`` contacts that began from ``since`` to ``until`` (Unix seconds); ``agents``: of these."""
        first, last = (datetime.fromtimestamp(max(0.0, min(moment, MAX_TIME)), UTC) for moment in (since, until))
        query = select(ContactRow).where(ContactRow.started_at.between(first, last))
        if agents is not None:
            query = query.where(ContactRow.agent.in_(agents))
        query = query.order_by(ContactRow.started_at.desc(), ContactRow.contact_id).limit(limit)
        async with self._store.reading() as session:
            return tuple(_line(row) for row in await session.scalars(query))

    @whole
    async def line(self, contact_id: str) -> ContactLine | None:
        """One contact."""
        async with self._store.reading() as session:
            row = await session.get(ContactRow, contact_id)
            return _line(row) if row is not None else None

    async def conversation(self, line: ContactLine) -> Conversation:
        """What is left of a contact; retention may have taken its words or its sound already."""
        said: dict[str, UtteranceFinal] = {}
        recording = ""
        for wire in await self._store.events_of(line.contact_id):
            try:
                event = _CODEC.decode(wire).event
            except (UnknownTypeError, MalformedError):
                continue  # of no interest here, or of another version of this program
            if isinstance(event, ContactClosed):
                recording = event.recording
            elif isinstance(event, UtteranceFinal) and event.text:
                said[event.utterance_id] = replace(event, written=event.written or event.text)
        words = tuple(sorted(said.values(), key=lambda one: one.start_s))
        parties = (*PARTIES, *sorted({one.party for one in words} - set(PARTIES)))
        engine, model = (words[0].engine, words[0].model) if words else ("", "")
        transcript = Transcript(line.contact_id, line.ended_at - line.started_at, parties, engine, model, words)
        return Conversation(line, await self._store.summary_of(line.contact_id), transcript, recording)


def _line(row: ContactRow) -> ContactLine:
    return ContactLine(
        row.contact_id, row.customer_id, row.number, row.queue, row.agent, row.reason, row.started_at.timestamp(),
        row.ended_at.timestamp(),
    )  # fmt: skip
