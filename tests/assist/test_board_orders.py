"""What supervisors order by way of the board, at a real floor: who is ready, who gets a contact, whose desk is read."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assist.api.commands import ForceState, GiveContact
from assist.board.events import ContactGiven, DeskWatched, StateForced
from assist.board.rows import QueueRow
from assist.content import Content
from assist.vocabulary import EVENTS
from ivr.agents import AgentState
from ivr.contacts import ContactAnswered, ContactQueued, ContactSnapshot
from tests.assist.test_floor import OFFERED, House
from tests.assist.test_supervisors import staffed
from voice.events import Event


async def logged(house: House, *kinds: type[Event]) -> list[Event]:
    wires = [wire async for wire in house.store.log([kind.type for kind in kinds], 0.0, 2e9)]
    return [EVENTS.decode(wire).event for wire in wires]


def test_a_supervisor_makes_an_agent_ready_or_not(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with staffed(tmp_path / "floor.db", content) as house:
            house.work("anna")
            reply = await house.floor.command("sara", ForceState("anna", "not_ready", "training"))
            assert reply.ok
            assert (house.desk("anna").agent.state, house.desk("anna").agent.reason) == ("NOT_READY", "training")
            assert (await house.floor.command("sara", ForceState("anna", "ready"))).ok
            assert house.desk("anna").agent.state == AgentState.AVAILABLE
            for user, agent, why in (
                ("ben", "anna", "only a supervisor may do this"),
                ("tom", "anna", "Anna Kovacs is not in a team of yours"),
                ("sara", "tom", "there is no agent 'tom'"),
            ):
                reply = await house.floor.command(user, ForceState(agent, "not_ready", "break"))
                assert (reply.ok, reply.reason) == (False, why)
            await house.settled()
            assert await logged(house, StateForced) == [
                StateForced("sara", "anna", "not_ready", "training"), StateForced("sara", "anna", "ready", ""),
            ]  # fmt: skip

    asyncio.run(main())


def test_only_a_contact_that_waits_is_given_and_only_to_who_serves_its_queue(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with staffed(tmp_path / "floor.db", content) as house:
            worker = house.worker()
            refused = await house.floor.command("sara", GiveContact("c1", "ben"))
            assert (refused.ok, refused.reason) == (False, "this contact does not wait")
            worker.queue()
            await house.settled()
            refused = await house.floor.command("sara", GiveContact("c1", "ben"))
            assert (refused.ok, refused.reason) == (False, "ben does not serve billing now")

    asyncio.run(main())


def test_the_agent_she_names_comes_before_who_is_free_first(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with staffed(tmp_path / "floor.db", content) as house:
            first, second = house.worker("c1"), house.worker("c2")
            house.work("ben")
            await first.talk()
            second.queue()
            await house.settled()
            assert (await house.floor.command("sara", GiveContact("c2", "ben"))).ok
            house.work("anna")
            await house.settled()
            assert house.desk("anna").agent.state == AgentState.AVAILABLE, "it waits for Ben"
            await house.settled()
            assert ContactGiven("sara", "ben") in await logged(house, ContactGiven)

    asyncio.run(main())


def test_a_desk_that_is_read_is_written_down(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with staffed(tmp_path / "floor.db", content) as house:
            worker = house.worker()
            house.work("anna")
            await worker.talk()
            assert house.floor.watch_desk("sara", "anna") == ""
            assert house.floor.watch_desk("ben", "anna") == "only a supervisor may do this"
            assert house.floor.watch_desk("tom", "anna") == "Anna Kovacs is not in a team of yours"
            assert house.floor.watch_desk("sara", "nobody") == "there is no agent 'nobody'"
            await house.settled()
            assert await logged(house, DeskWatched) == [DeskWatched("sara", "anna")]

    asyncio.run(main())


def test_a_floor_that_starts_again_counts_today_once(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with staffed(tmp_path / "floor.db", content) as house:
            worker, now = house.worker(), house.clock.wall()
            house.work("anna")
            worker.say(OFFERED, ContactQueued("billing", 5, now))
            offer = await worker.ring()
            worker.say(ContactAnswered(offer.agent, offer.lease_id, 2.0))
            await house.settled()

            def billing() -> QueueRow:
                told = house.floor.open_board("sara").take()
                return next(row for row in told.queues if row.id == "billing")

            before = billing()
            assert (before.offered, before.answered) == (1, 1)
            await house.restart()
            worker.say(ContactSnapshot("w1", "1", "100", "talking", now, "billing", 5, now, "anna", "l", now))
            await house.settled()
            after = house.floor.open_board("sara").take()
            assert (billing().offered, billing().answered) == (1, 1)
            assert [(row.id, row.phase, row.agent) for row in after.contacts] == [("c1", "talking", "anna")]

    asyncio.run(main())
