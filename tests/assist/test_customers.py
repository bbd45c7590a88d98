"""Customers kept elsewhere: what is asked, remembered, given up, and that callers never wait for long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from assist.content import Content
from assist.customers import Customers, Guarded, HttpSource, SourceError, SqlSource, customers
from assist.history import CustomerProfile
from assist.replay import replay
from assist.store import Store
from assist.store.customers import CustomerRecord
from assist.store.settings import CustomerSettings
from tests.fakes.clock import VirtualClock
from tests.store.opened import with_store

NUMBER = "+12025550142"
ADA = CustomerRecord("Ada Berg", NUMBER, "k-1", value="Gold")
SETTINGS = CustomerSettings(timeout_s=2, fresh_s=60, failures=2, rest_s=30)


class FakeSource:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken = False
        self.open = asyncio.Event()
        self.open.set()

    async def look_up(self, number: str) -> Sequence[CustomerRecord]:
        self.asked.append(number)
        await self.open.wait()
        if self.broken:
            raise SourceError("away")
        return [ADA]


def guarded(test: Callable[[Guarded, FakeSource, VirtualClock], Awaitable[None]]) -> None:
    async def main() -> None:
        source, clock = FakeSource(), VirtualClock()
        await test(Guarded(source, SETTINGS, clock), source, clock)

    asyncio.run(main())


def test_an_answer_is_used_again_while_it_is_fresh() -> None:
    async def test(guard: Guarded, source: FakeSource, clock: VirtualClock) -> None:
        for _ in range(2):
            assert await guard.look_up(NUMBER) == [ADA]
        assert source.asked == [NUMBER]
        await clock.advance(60)
        await guard.look_up(NUMBER)
        assert source.asked == [NUMBER] * 2

    guarded(test)


def test_one_number_is_asked_once_however_many_want_to_know() -> None:
    async def test(guard: Guarded, source: FakeSource, clock: VirtualClock) -> None:
        source.open.clear()
        first, second = (asyncio.ensure_future(guard.look_up(NUMBER)) for _ in range(2))
        await clock.advance(0)
        first.cancel()
        await clock.advance(0)
        source.open.set()
        assert await second == [ADA]
        assert source.asked == [NUMBER]
        with pytest.raises(asyncio.CancelledError):
            await first

    guarded(test)


def test_queue_and_desk_ask_the_store_once_and_what_is_cancelled_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(store: Store) -> None:
        asked: list[str] = []
        candidates = store.candidates

        async def counted(number: str) -> tuple[CustomerProfile, ...]:
            asked.append(number)
            return await candidates(number)

        monkeypatch.setattr(store, "candidates", counted)
        known = Customers(store)
        queue, desk = (asyncio.ensure_future(known.look_up(NUMBER)) for _ in range(2))
        assert await queue is await desk
        assert asked == [NUMBER]
        await known.look_up(NUMBER)  # a later one sees what has changed
        assert asked == [NUMBER] * 2
        leaving = asyncio.ensure_future(known.look_up(NUMBER))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving

    with_store(tmp_path / "s.db", use)


def test_a_source_that_is_slow_is_given_up() -> None:
    async def test(guard: Guarded, source: FakeSource, clock: VirtualClock) -> None:
        source.open.clear()
        asking = asyncio.ensure_future(guard.look_up(NUMBER))
        await clock.advance(2)
        with pytest.raises(SourceError, match="within 2 s"):
            await asking

    guarded(test)


def test_a_source_that_fails_again_and_again_rests_and_is_then_tried_once() -> None:
    async def test(guard: Guarded, source: FakeSource, clock: VirtualClock) -> None:
        source.broken = True
        for _ in range(4):
            with pytest.raises(SourceError):
                await guard.look_up(NUMBER)
        assert len(source.asked) == 2
        await clock.advance(30)
        for _ in range(2):
            with pytest.raises(SourceError):
                await guard.look_up(NUMBER)
        assert len(source.asked) == 3
        await clock.advance(30)
        source.broken = False
        assert await guard.look_up(NUMBER) == [ADA]
        assert await guard.look_up("+12025550143") == [ADA]

    guarded(test)


def test_what_is_found_elsewhere_is_kept_and_answers_when_the_other_is_away(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        source = FakeSource()
        known = Customers(store, source)
        found = (await known.look_up("0012025550142")).customer
        assert found is not None
        assert (found.name, found.value) == ("Ada Berg", "Gold")
        assert source.asked == [NUMBER]
        source.broken = True
        again = (await known.look_up(NUMBER)).customer
        assert again is not None
        assert again.customer_id == found.customer_id
        assert (await known.look_up("anonymous")).customer is None
        assert len(source.asked) == 2

    with_store(tmp_path / "s.db", use)


def http(answer: Callable[[httpx.Request], httpx.Response]) -> HttpSource:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return HttpSource(client, "https://crm.example/find?number={number}", "token")


def test_http_asks_as_the_settings_say() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"name": "Ada Berg", "phone": NUMBER, "since": "2020-05-17", "shoe_size": 38})

    (found,) = asyncio.run(http(answer).look_up(NUMBER))
    assert (found.name, str(found.since)) == ("Ada Berg", "2020-05-17")
    assert str(asked[0].url) == "https://crm.example/find?number=%2B12025550142"
    assert asked[0].headers["authorization"] == "Bearer token"
    assert asyncio.run(http(lambda request: httpx.Response(404)).look_up(NUMBER)) == ()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(500), "status 500"),
        (httpx.Response(200, text="<html>"), "not JSON"),
        (httpx.Response(200, json={"name": "Ada"}), "phone: Field required"),
        (httpx.Response(200, json=["Ada"]), "not an object"),
        (httpx.Response(200, text=json.dumps({"name": "x" * 300_000})), "bytes"),
        (httpx.Response(200, text="[" * 200_000), "not JSON"),
        (httpx.Response(200, text='{"name": "\\ud800", "phone": "+12025550142"}'), "name: at most 200 characters"),
        (httpx.Response(200, json={"name": "Ada", "phone": "none"}), "no number"),
        (httpx.Response(200, json={"name": "Ada", "phone": NUMBER, "open_issues": ["x"] * 21}), "at most 20"),
    ],
)
def test_http_answers_that_are_none_are_refused(answer: httpx.Response, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        asyncio.run(http(lambda request: answer).look_up(NUMBER))


def test_http_that_does_not_answer_is_a_failure() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(SourceError, match="ConnectError"):
        asyncio.run(http(away).look_up(NUMBER))


def test_what_is_open_with_a_customer_elsewhere_is_on_her_card_and_brought_up_before_she_says_it(
    tmp_path: Path, content: Content
) -> None:
    theirs = ["Late delivery of the router"]
    source = http(
        lambda request: httpx.Response(200, json={"name": "Ada Berg", "phone": NUMBER, "open_issues": theirs})
    )

    async def use(store: Store) -> None:
        known = Customers(store, source)
        cards = replay((), content, NUMBER, (await known.look_up(NUMBER)).customer).cards
        assert [(card.kind, card.id) for card in cards] == [("history", "history"), ("proactive", "late_parcel")]
        assert cards[0].title == "Greet Ada Berg, then raise the open issue"
        assert cards[1].evidence == "customers.db: issue 1: Late delivery of the router"
        theirs.clear()
        delivered = (await known.look_up(NUMBER)).customer
        assert [card.kind for card in replay((), content, NUMBER, delivered).cards] == ["history"]

    with_store(tmp_path / "s.db", use)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"http_url": "http://[bad/{number}"}, "Invalid IPv6"),
        ({"http_url": "crm.example/{number}"}, "no address such as https"),
        ({"http_url": "http://crm.example:99999/{number}"}, "Port out of range"),
        ({"http_url": "http://crm.example/a b/{number}"}, "has a space"),
        ({"http_url": "http://crm.example/"}, "put {number} in it"),
        ({"http_url": "http://crm.example/{number}", "http_token": "tökén"}, "http_token"),
        ({"sql_url": "sqlite+aiosqlite:///x", "sql_query": "SELECT 1"}, "put :number in it"),
        ({"sql_url": "sqlite+aiosqlite:///x"}, "go together"),
    ],
)
def test_settings_that_could_find_nobody_are_refused_before_a_call_comes(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CustomerSettings.model_validate(given)


def test_a_database_without_a_driver_is_said_to_have_none(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        settings = CustomerSettings(sql_url="mysql+nothing://x", sql_query="SELECT :number")
        with pytest.raises(SourceError, match="sql_url cannot be used"):
            async with customers(store, settings, VirtualClock()):
                pass

    with_store(tmp_path / "s.db", use)


def test_a_query_to_the_shops_own_database(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"
    columns = "kunde AS name, telefon AS phone, nr AS external_id, offen AS open_issues"
    query = f"SELECT {columns} FROM kunden WHERE telefon = :number"

    async def fill() -> None:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE kunden (nr TEXT, kunde TEXT, telefon TEXT, offen TEXT)"))
            await connection.execute(text(f"INSERT INTO kunden VALUES ('k-1', 'Ada Berg', '{NUMBER}', 'Outage|Bill')"))
        await engine.dispose()

    async def use(store: Store) -> None:
        settings = CustomerSettings(sql_url=url, sql_query=query, region="US")
        async with customers(store, settings, VirtualClock()) as known:
            found = (await known.look_up("(202) 555-0142")).customer
            assert found is None  # the store here knows no region
            found = (await known.look_up(NUMBER)).customer
            assert found is not None
            assert (found.name, {issue.title for issue in found.issues}) == ("Ada Berg", {"Outage", "Bill"})

    asyncio.run(fill())
    with_store(tmp_path / "s.db", use)


def test_a_query_that_fails_is_a_failure_of_the_source(tmp_path: Path) -> None:
    async def main() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}")
        try:
            with pytest.raises(SourceError, match="no such table"):
                await SqlSource(engine, "SELECT * FROM nowhere WHERE phone = :number").look_up(NUMBER)
        finally:
            await engine.dispose()

    asyncio.run(main())
