"""Customers kept elsewhere: asked for by number, by SQL or HTTP, while the phone still rings.

What is found is brought into our own store, where history, promises and contacts hang on it; when the other system is
slow or away, callers are who our store last knew them to be.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from assist.customer_file import open_issues, unfit
from assist.history import CustomerFound
from assist.store.customers import CustomerBase, CustomerRecord
from assist.store.errors import StoreError
from assist.store.numbers import digits, e164
from assist.store.settings import CustomerSettings
from assist.store.store import Store
from assist.store.whole import whole
from voice.clock import Clock
from voice.errors import CallfloorError

log = logging.getLogger(__name__)

MAX_REMEMBERED = 2000
MAX_ANSWER = 256 * 1024
MOST = 20
"""Customers of one number; more are not a number's."""
Answer = TypeVar("Answer")
_RECORDS: TypeAdapter[list[CustomerRecord]] = TypeAdapter(list[CustomerRecord])


class SourceError(CallfloorError):
    """The other system does not answer, or not what was agreed."""


class CustomerSource(Protocol):
    """Where customers are kept."""

    async def look_up(self, number: str) -> Sequence[CustomerRecord]:
        """Everybody who has ``number`` (E.164). Raises SourceError."""


class SqlSource:
    """A query to the shop's own database, whose columns are named as ``CustomerRecord``'s fields."""

    def __init__(self, engine: AsyncEngine, query: str) -> None:
        self._engine = engine
        self._query = text(query)

    async def look_up(self, number: str) -> Sequence[CustomerRecord]:
        """See CustomerSource."""
        try:
            async with self._engine.connect() as connection:
                rows = await connection.execute(self._query, {"number": number})
                return _records([dict(row) for row in rows.mappings().fetchmany(MOST)])
        except (SQLAlchemyError, OSError) as error:
            raise SourceError(f"the customers' database refused: {error}") from None


class HttpSource:
    """GET ``url``; 200 is a JSON object or array of customers, 404 nobody."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str = "") -> None:
        self._client = client
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def look_up(self, number: str) -> Sequence[CustomerRecord]:
        """See CustomerSource."""
        try:
            answer = await self._client.get(
                self._url.replace("{number}", quote(number, safe="")), headers=self._headers
            )
        except httpx.HTTPError as error:
            raise SourceError(f"no answer: {type(error).__name__}") from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return ()
        if not answer.is_success or len(answer.content) > MAX_ANSWER:
            raise SourceError(f"status {answer.status_code}, {len(answer.content)} bytes")
        try:
            found = answer.json()
        except (ValueError, RecursionError):
            raise SourceError("the answer is not JSON") from None
        return _records(found[:MOST] if isinstance(found, list) else [found])


def _records(found: Sequence[Mapping[str, Any]]) -> Sequence[CustomerRecord]:
    try:
        records = _RECORDS.validate_python([
            {key: _given(key, value) for key, value in each.items()
             if key in CustomerRecord.__slots__ and value is not None}
            for each in found
        ])  # fmt: skip
    except (ValidationError, AttributeError) as error:
        first = error.errors(include_input=False)[0] if isinstance(error, ValidationError) else None
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else "not an object"
        raise SourceError(f"not a customer: {what}") from None
    for record in records:
        if what := _unfit(record):
            raise SourceError(f"not a customer: {what}")
    return records


def _given(key: str, value: object) -> object:
    """A database has no lists of issues."""
    return open_issues(value) if key == "open_issues" and isinstance(value, str) else value


def _unfit(record: CustomerRecord) -> str:
    texts = {name: value for name in CustomerRecord.__slots__ if isinstance(value := getattr(record, name), str)}
    if not record.name.strip() or not digits(record.phone):
        return "it has no name, or no number"
    return unfit(texts, record.open_issues or ())


class OnceAtATime(Generic[Answer]):
    """A number that several ask for at the same time is asked once. Who is cancelled takes the answer from nobody, and
    waits for it: nothing of it goes on behind a store that is closed (see ``whole``).
    """

    def __init__(self, ask: Callable[[str], Coroutine[Any, Any, Answer]]) -> None:
        self._ask = ask
        self._asked: dict[str, asyncio.Task[Answer]] = {}

    @whole
    async def answer(self, number: str) -> Answer:
        """What ``ask`` returns or raises."""
        task = self._asked.get(number)
        if task is None:
            task = self._asked[number] = asyncio.create_task(self._ask(number), name="customer look-up")
            task.add_done_callback(lambda done: self._asked.pop(number, None))
        return await asyncio.shield(task)


@dataclass
class Guarded:
    """A source with a time-out, a memory of ``fresh_s`` and a circuit breaker (M. Nygard, Release It!, chapter 5):
    after ``failures`` in a row nothing is asked for ``rest_s``, then one question is let through.
    """

    source: CustomerSource
    settings: CustomerSettings
    clock: Clock
    failed: int = 0
    _rests_until: float = 0.0
    _known: OrderedDict[str, tuple[float, Sequence[CustomerRecord]]] = field(default_factory=OrderedDict)
    _asked: OnceAtATime[Sequence[CustomerRecord]] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = OnceAtATime(self._ask)

    async def look_up(self, number: str) -> Sequence[CustomerRecord]:
        """See CustomerSource."""
        known = self._known.get(number)
        if known is not None and self.clock.monotonic() - known[0] < self.settings.fresh_s:
            return known[1]
        return await self._asked.answer(number)

    async def _ask(self, number: str) -> Sequence[CustomerRecord]:
        now = self.clock.monotonic()
        if now < self._rests_until:
            raise SourceError("it failed too often, and rests")
        if self.failed >= self.settings.failures:
            self._rests_until = now + self.settings.rest_s  # this one is the trial; the others wait for it
        asking = asyncio.ensure_future(self.source.look_up(number))
        timer = asyncio.ensure_future(self.clock.sleep(self.settings.timeout_s))
        try:
            await asyncio.wait((asking, timer), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise SourceError(f"no answer within {self.settings.timeout_s:g} s")
            found = asking.result()
        except SourceError:
            self._failed()
            raise
        finally:
            asking.cancel()
            timer.cancel()
        self.failed, self._rests_until = 0, 0.0
        self._remember(number, found)
        return found

    def _failed(self) -> None:
        self.failed += 1
        if self.failed >= self.settings.failures:
            self._rests_until = self.clock.monotonic() + self.settings.rest_s

    def _remember(self, number: str, found: Sequence[CustomerRecord]) -> None:
        self._known[number] = (self.clock.monotonic(), found)
        self._known.move_to_end(number)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)


class Customers:
    """Who calls, from our store; where there is a ``source``, what it knows is brought into the store first. The queue
    and the agent's desk want to know it at the same time.
    """

    def __init__(self, store: Store, source: CustomerSource | None = None) -> None:
        self._store = store
        self._base = CustomerBase(store)
        self._source = source
        self._asked = OnceAtATime(self._find)

    async def look_up(self, number: str) -> CustomerFound:
        """Who calls from ``number`` (any notation). Raises StoreError."""
        return await self._asked.answer(number)

    async def _find(self, number: str) -> CustomerFound:
        asked = e164(number, self._store.region)
        if self._source is not None and asked is not None:
            try:
                if found := await self._source.look_up(asked):
                    await self._base.bring_in(found)
            except SourceError as error:
                log.warning("customers elsewhere: %s; the store answers", error)
            except StoreError as error:
                log.error("a customer found elsewhere is not kept: %s", error)
        return await self._store.look_up(number)


@asynccontextmanager
async def customers(store: Store, settings: CustomerSettings, clock: Clock) -> AsyncIterator[Customers]:
    """Customers as the settings say, with what they connect to closed at the end."""
    if settings.sql_url and settings.sql_query:
        try:
            engine = create_async_engine(settings.sql_url, pool_pre_ping=True)
        except (SQLAlchemyError, ImportError) as error:
            raise SourceError(f"[customers] sql_url cannot be used: {error}") from None
        try:
            yield Customers(store, Guarded(SqlSource(engine, settings.sql_query), settings, clock))
        finally:
            await engine.dispose()
    elif settings.http_url:
        async with httpx.AsyncClient(timeout=settings.timeout_s) as client:
            yield Customers(store, Guarded(HttpSource(client, settings.http_url, settings.http_token), settings, clock))
    else:
        yield Customers(store)
