from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from assist.store import DEMO_NUMBER, Store, seed_demo
from assist.store.tasks import Tasks
from assist.summary import FollowUp
from tests.assist_web.kept_house import BEGAN, summary

DAY = datetime.fromtimestamp(BEGAN, UTC).date()


def with_store(tmp_path: Path, test) -> None:  # type: ignore[no-untyped-def]
    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 's.db'}")
        try:
            await seed_demo(store, DAY)
            customer = (await store.look_up(DEMO_NUMBER)).customer
            assert customer is not None
            await test(store, customer.customer_id)
        finally:
            await store.close()

    asyncio.run(main())


async def promised(store: Store, customer_id: int, contact: str, agent: str, *due: date | None) -> None:
    follow_ups = tuple(FollowUp(f"i will call you back {n}", day, f"u{n}", 9.0) for n, day in enumerate(due))
    await store.record_contact(replace(summary(contact, agent, customer_id=customer_id), follow_ups=follow_ups))


def test_an_agent_sees_her_own_promises_that_are_due_the_longest_due_first(tmp_path: Path) -> None:
    async def test(store: Store, customer_id: int) -> None:
        later = date.fromordinal(DAY.toordinal() + 1)
        earlier = date.fromordinal(DAY.toordinal() - 1)
        await promised(store, customer_id, "c1", "anna", later, DAY, None, earlier)
        await promised(store, customer_id, "c2", "ben", DAY)
        due = await Tasks(store).due(DAY, ("anna",), issues=False)
        assert [(task.due_on, task.agent, task.number) for task in due] == [
            (earlier, "anna", DEMO_NUMBER), (DAY, "anna", DEMO_NUMBER), (None, "anna", DEMO_NUMBER),
        ]  # fmt: skip
        assert len(await Tasks(store).due(DAY, None, issues=False)) == 4

    with_store(tmp_path, test)


def test_a_promise_is_kept_once_and_by_whom_it_concerns(tmp_path: Path) -> None:
    async def test(store: Store, customer_id: int) -> None:
        await promised(store, customer_id, "c1", "anna", DAY)
        tasks = Tasks(store)
        (task,) = await tasks.due(DAY, ("anna",), issues=False)
        assert not await tasks.done(task.id, BEGAN, ("ben",), issues=False)
        assert await tasks.done(task.id, BEGAN, ("anna",), issues=False)
        assert not await tasks.done(task.id, BEGAN, ("anna",), issues=False)
        assert await tasks.due(DAY, ("anna",), issues=False) == ()
        assert [(one.text, one.due_on, done) for one, done in await tasks.of_contact("c1")] == [(task.text, DAY, True)]
        assert await tasks.of_contact("c2") == ()

    with_store(tmp_path, test)


def test_an_issue_is_for_supervisors_and_stays_closed(tmp_path: Path) -> None:
    async def test(store: Store, customer_id: int) -> None:
        tasks = Tasks(store)
        before = await tasks.due(DAY, ("anna",), issues=True)
        await tasks.open_issue(customer_id, "Low survey score: CSAT 1", BEGAN, "c1", "+1")
        (new,) = set(await tasks.due(DAY, ("anna",), issues=True)) - set(before)
        assert (new.text, new.number, new.contact_id) == ("Low survey score: CSAT 1", DEMO_NUMBER, "c1")
        found = await store.look_up(DEMO_NUMBER)
        assert found.customer is not None
        assert new.text in {issue.title for issue in found.customer.issues if issue.open}
        assert not await tasks.done(new.id, BEGAN, None, issues=False)
        assert await tasks.done(new.id, BEGAN, None, issues=True)
        assert set(await tasks.due(DAY, ("anna",), issues=True)) == set(before)
        assert not await tasks.done("promise-x", BEGAN, None, issues=True)

    with_store(tmp_path, test)


def test_what_a_stranger_is_promised_or_finds_wanting_is_to_be_done_at_her_number(tmp_path: Path) -> None:
    async def test(store: Store, customer_id: int) -> None:
        tasks, number = Tasks(store), "+12025550199"
        promise = FollowUp("i will call you back tomorrow", DAY, "u1", 9.0)
        told = replace(summary("c9", "anna"), number=number, follow_ups=(promise,))
        await store.record_contact(told)
        (task,) = await tasks.due(DAY, ("anna",), issues=False)
        assert (task.customer, task.number, task.agent, task.contact_id) == ("", number, "anna", "c9")
        assert [done for _, done in await tasks.of_contact("c9")] == [False]
        assert await tasks.done(task.id, BEGAN, ("anna",), issues=False)
        await store.record_contact(told)  # late words drafted it again
        assert await tasks.due(DAY, ("anna",), issues=False) == ()
        before = await tasks.due(DAY, None, issues=True)
        await tasks.open_issue(12345, "of one who was erased meanwhile", BEGAN, "c9", number)
        (new,) = set(await tasks.due(DAY, None, issues=True)) - set(before)
        assert (new.customer, new.number, new.contact_id) == ("", number, "c9")

    with_store(tmp_path, test)
