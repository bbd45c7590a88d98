"""The event log as the floor uses it: typed, and never in its way. What the database refuses waits for it or, if it is
refused for good, is reported and left out; what another version of this program wrote is passed over: neither may keep
the floor from coming up.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from assist.board.events import DeskWatched
from assist.store import Store, StoreError
from assist.store.owed import PASSING, Owed
from assist.store.users import Audit, AuditEntry
from ivr.agents import STATION_AWAY, AgentState
from ivr.contacts import AgentStateChanged, CallbackRequested, ContactClosed, ContactEnded, ContactOffered
from ivr.outbound import CallbackSettled, CallbackTried
from ivr.supervision import SupervisionModeChanged, SupervisionStarted
from voice.clock import SystemClock
from voice.events import Envelope, Event, EventCodec, MalformedError, UnknownTypeError

log = logging.getLogger(__name__)

STATES_READ = 20_000
"""State changes looked through for who was resting: more than an hour of 200 busy agents."""
OFFERS_READ = 1000
"""Contacts looked through for open ones, and for the one a lost worker had."""
PROMISE_S = 86_400.0
"""A call promised longer ago, and not made, surprises more than it helps; a person should make it."""

Wire = Mapping[str, Any]


class Journal:
    """The log in ``store``, of the events ``codec`` knows, and the audit of supervisors who listened. No method raises
    because the database refuses.
    """

    def __init__(self, store: Store, codec: EventCodec, owed: Owed | None = None) -> None:
        """``owed``: where what the store refuses waits for it."""
        self._store = store
        self._codec = codec
        self.owed = owed or Owed(SystemClock())

    async def append(self, envelopes: Sequence[Envelope]) -> None:
        """Add events, now or when the store is back."""
        if envelopes:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in Counter(e.event.type for e in envelopes).items())
            await self.owed.write(lambda: self._write(envelopes), f"events {kinds}", len(envelopes))

    async def _write(self, envelopes: Sequence[Envelope]) -> None:
        """All of them; where one is refused for good, the others. Harmless twice. Raises StoreError."""
        try:
            await self._store.append(*map(self._codec.encode, envelopes))
        except StoreError as error:
            if error.failure in PASSING or len(envelopes) == 1:
                raise
            for envelope in envelopes:
                await self._write_alone(envelope)
            return
        if listened := [entry for envelope in envelopes if (entry := _listened(envelope)) is not None]:
            await Audit(self._store).record(*listened)

    async def _write_alone(self, envelope: Envelope) -> None:
        try:
            await self._write((envelope,))
        except StoreError as error:
            if error.failure in PASSING:
                raise
            log.error("not in the log: %s (%s): %s", envelope.id, envelope.event.type, error)

    async def of_contact(self, contact_id: str) -> list[Envelope]:
        """A contact's events in the order they came in."""
        return list(self._decoded(await _read(self._store.events_of(contact_id))))

    async def states(self, now: float) -> list[AgentStateChanged]:
        """The last states of agents who were NOT_READY by their own choice, or whose wrap-up is not over ``now``."""
        wires = await _read(self._store.latest(AgentStateChanged.type, STATES_READ))
        latest = {wire["data"].get("agent"): wire for wire in wires}
        events = (envelope.event for envelope in self._decoded(latest.values()))
        return [event for event in events if isinstance(event, AgentStateChanged) and _still_holds(event, now)]

    async def open_contacts(self) -> set[str]:
        """Contacts, of the last OFFERS_READ, whose end is not in the log."""
        offered = await _read(self._store.latest(ContactOffered.type, OFFERS_READ))
        ended = await _read(self._store.latest(ContactEnded.type, OFFERS_READ))
        return {wire["contact_id"] for wire in offered} - {wire["contact_id"] for wire in ended}

    async def not_closed(self, worker_id: str) -> list[str]:
        """The contacts of ``worker_id``, of the last OFFERS_READ, whose last word is not in the log, oldest first."""
        offered = await _read(self._store.latest(ContactOffered.type, OFFERS_READ))
        closed = {wire["contact_id"] for wire in await _read(self._store.latest(ContactClosed.type, OFFERS_READ))}
        theirs = [wire["contact_id"] for wire in offered if wire["data"].get("worker_id") == worker_id]
        return [contact_id for contact_id in dict.fromkeys(theirs) if contact_id not in closed]

    async def between(self, kinds: Sequence[type[Event]], since: float, until: float) -> list[Envelope]:
        """The events of some kinds from ``since`` to ``until`` (Unix seconds), in the order they came in."""
        try:
            wires = [wire async for wire in self._store.log([kind.type for kind in kinds], since, until)]
        except StoreError as error:
            log.error("the event log cannot be read: %s", error)
            return []
        return list(self._decoded(wires))

    async def open_promises(self, now: float) -> list[tuple[str, CallbackRequested]]:
        """Promised calls not older than PROMISE_S that are neither kept nor given up: the contact, and the promise."""
        asked = await _read(self._store.latest(CallbackRequested.type, OFFERS_READ))
        settled = await _read(self._store.latest(CallbackSettled.type, OFFERS_READ))
        over = {wire["data"].get("callback_id") for wire in settled}
        recent = (wire for wire in asked if wire["at"] >= now - PROMISE_S)
        found = [wire for wire in recent if f"callback-{wire['contact_id']}" not in over]
        return [
            (envelope.contact_id, envelope.event)
            for envelope in self._decoded(found)
            if isinstance(envelope.event, CallbackRequested) and envelope.contact_id is not None
        ]

    async def tried(self, now: float) -> list[CallbackTried]:
        """How often promised calls were tried in vain, not longer ago than PROMISE_S, oldest first."""
        found = await self.between((CallbackTried,), now - PROMISE_S, now)
        return [envelope.event for envelope in found if isinstance(envelope.event, CallbackTried)]

    async def contact_of(self, worker_id: str) -> str | None:
        """The contact a worker took."""
        for wire in reversed(await _read(self._store.latest(ContactOffered.type, OFFERS_READ))):
            if wire["data"].get("worker_id") == worker_id:
                contact_id: str | None = wire["contact_id"]
                return contact_id
        return None

    def _decoded(self, wires: Iterable[Wire]) -> Iterator[Envelope]:
        for wire in wires:
            try:
                yield self._codec.decode(wire)
            except (UnknownTypeError, MalformedError) as error:
                log.warning("event %s of the log is passed over: %s", wire["id"], error)


def _listened(envelope: Envelope) -> AuditEntry | None:
    """A supervisor who listens or reads along, live, does what the audit is for."""
    event, subject = envelope.event, envelope.contact_id or ""
    match event:
        case SupervisionStarted(supervisor, agent):
            return AuditEntry(envelope.at, supervisor, "supervisor", "listen_live", subject, agent, "telephone")
        case SupervisionModeChanged(supervisor, agent, mode):
            return AuditEntry(envelope.at, supervisor, "supervisor", str(mode.value), subject, agent, "telephone")
        case DeskWatched(supervisor, agent):
            return AuditEntry(envelope.at, supervisor, "supervisor", "read_live", subject, agent, "board")
    return None


def _still_holds(last: AgentStateChanged, now: float) -> bool:
    if last.state == AgentState.WRAPUP:
        return last.until > now
    return last.state == AgentState.NOT_READY and last.reason != STATION_AWAY


async def _read(query: Awaitable[tuple[dict[str, Any], ...]]) -> tuple[dict[str, Any], ...]:
    try:
        return await query
    except StoreError as error:
        log.error("the event log cannot be read: %s", error)
        return ()
