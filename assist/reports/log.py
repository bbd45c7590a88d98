"""The event log as measures read it: nothing of what was said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from assist.cards import CARD_EVENTS
from assist.desk_events import WrapUpSaved
from assist.store import Store
from ivr.contacts import CONTACT_EVENTS
from ivr.controls import CONTROL_EVENTS
from voice.events import VOICE_EVENTS, Envelope, Event, EventCodec, MalformedError, UnknownTypeError

_EVENTS: tuple[type[Event], ...] = (*VOICE_EVENTS, *CONTACT_EVENTS, *CONTROL_EVENTS, *CARD_EVENTS, WrapUpSaved)
READ = tuple(dict.fromkeys(event for event in _EVENTS if event.durable))
BEFORE = timedelta(days=1)
"""How far before its beginning a time is read: contacts and states that were open then."""
_CODEC = EventCodec(READ)


async def envelopes(store: Store, since: float, until: float) -> AsyncIterator[Envelope]:
    """What happened from ``since`` to ``until`` (Unix seconds), in the order it came in; what another version of this
    program wrote is passed over. Raises StoreError.
    """
    async for wire in store.log([event.type for event in READ], since, until):
        try:
            yield _CODEC.decode(wire)
        except (MalformedError, UnknownTypeError):
            continue
