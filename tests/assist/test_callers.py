"""Who calls: found once per contact, told to everyone who asked, a stranger where the store cannot say."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from assist.callers import Callers, StoreDirectory
from assist.store import DEMO_NUMBER, Store, StoreError, StoreFailure, seed_demo
from assist.wording import utc_date
from ivr.callers import STRANGER, Caller
from tests.assist_web.kept_house import summary


class Directory:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def caller(self, number: str) -> Caller:
        self.asked.append(number)
        return Caller(True, False, f"agent of {number}")


def test_a_contact_is_looked_up_once_and_everyone_is_told() -> None:
    directory, spawned, told = Directory(), list[Coroutine[Any, Any, None]](), list[str]()
    callers = Callers(directory, spawned.append)

    def tell(who: Caller) -> None:
        told.append(who.last_agent)

    callers.find("c1", "123")
    callers.find("c1", "123", tell)
    callers.find("c2", "456", tell)
    callers.forget("c2")
    for work in spawned:
        asyncio.run(work)
    assert told == ["agent of 123"], "and nobody about a contact that is over"
    callers.find("c1", "123", tell)
    assert (directory.asked, told) == (["123", "456"], ["agent of 123"] * 2)


def test_the_store_knows_customers_and_vips(tmp_path: Path) -> None:
    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 's.db'}")
        try:
            await seed_demo(store, utc_date(1.7e9))
            assert await StoreDirectory(store, ["gold"]).caller(DEMO_NUMBER) == Caller(True, True, "")
            assert await StoreDirectory(store, ["platinum"]).caller(DEMO_NUMBER) == Caller(True, False, "")
            assert await StoreDirectory(store).caller("+10000000000") == STRANGER
            await store.record_contact(replace(summary("c1", "ben"), number="+10000000000"))
            assert await StoreDirectory(store).caller("+10000000000") == Caller(last_agent="ben")

            async def refuse(*_: object) -> Any:
                raise StoreError(StoreFailure.FULL)

            store.look_up = refuse  # type: ignore[method-assign,assignment]
            assert await StoreDirectory(store).caller(DEMO_NUMBER) == STRANGER
        finally:
            await store.close()

    asyncio.run(main())
