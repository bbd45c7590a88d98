"""The caller directory on the store, and what it said of the contacts at hand: asked once, when a call comes in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from assist.customers import Customers
from assist.store import Store, StoreError
from ivr.callers import STRANGER, Caller, CallerDirectory

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class StoreDirectory:
    """``ivr.callers.CallerDirectory``. ``vip``: words of a customer's value that make one (``gold``), in any case."""

    def __init__(self, store: Store, vip: Sequence[str] = (), customers: Customers | None = None) -> None:
        self._store = store
        self._customers = customers or Customers(store)
        self._vip = tuple(word.casefold() for word in vip)

    async def caller(self, number: str) -> Caller:
        """See the protocol."""
        try:
            found = (await self._customers.look_up(number)).customer
            last = await self._store.last_agent(found.customer_id if found is not None else None, number)
        except StoreError as error:
            log.error("caller %s cannot be looked up: %s", number, error)
            return STRANGER
        if found is None:
            return Caller(last_agent=last)
        value = found.value.casefold()
        return Caller(True, any(word in value for word in self._vip), last)


class Callers:
    """Callers of running contacts, each looked up once."""

    def __init__(self, directory: CallerDirectory, spawn: Spawn) -> None:
        self._directory = directory
        self._spawn = spawn
        self._known: dict[str, Caller] = {}
        self._waiting: dict[str, list[Callable[[Caller], None]]] = {}

    def known(self, contact_id: str) -> Caller | None:
        """Who calls, where that has been found."""
        return self._known.get(contact_id)

    def find(self, contact_id: str, number: str, tell: Callable[[Caller], None] | None = None) -> None:
        """Tell who calls: at once where it is known, else when it is found; nothing once the contact is forgotten."""
        if (known := self._known.get(contact_id)) is not None:
            if tell is not None:
                tell(known)
            return
        asked = contact_id in self._waiting
        waiting = self._waiting.setdefault(contact_id, [])
        if tell is not None:
            waiting.append(tell)
        if not asked:
            self._spawn(self._look_up(contact_id, number))

    def forget(self, contact_id: str) -> None:
        """The contact is over."""
        self._known.pop(contact_id, None)
        self._waiting.pop(contact_id, None)

    async def _look_up(self, contact_id: str, number: str) -> None:
        found = await self._directory.caller(number)
        waiting = self._waiting.pop(contact_id, None)
        if waiting is None:
            return
        self._known[contact_id] = found
        for tell in waiting:
            tell(found)
