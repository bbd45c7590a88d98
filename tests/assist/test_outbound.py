"""Promised calls and agents' own calls, as the floor drives them: a bus, an ACD, a front and workers that listen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from assist.dispatch import Dispatch
from ivr.acd import Acd, AcdTimes
from ivr.acd_messages import StationUp, Tick
from ivr.agents import AgentState
from ivr.callers import Caller
from ivr.contacts import AgentOffered, AgentStateChanged, CallbackRequested, ContactAnswered, ContactEnded
from ivr.outbound import CallbackSettled, CallbackTried, CallCustomer, CustomerReached, CustomerUnreached, OutboundReady
from tests.fakes.clock import VirtualClock
from voice.bus.memory import MemoryBus, MemoryHub
from voice.claims import FRONT_ADDRESS, ClaimWorker
from voice.commands import Command, Reply
from voice.events import Event
from voice.settings import AgentSettings

ANNA = AgentSettings(user="anna", name="Anna Kovacs", secret="kestrel-demo", queues=("billing",))
NUMBER = "+12025550142"
SINCE = VirtualClock().wall() - 500.0
ASKED = CallbackRequested(NUMBER, "billing", 7, SINCE)


class NobodyKnown:
    async def caller(self, number: str) -> Caller:
        return Caller()


class NothingKnown:
    def answer(self, question: str) -> None:
        return None

    def texts(self) -> tuple[str, ...]:
        return ()


class Stage:
    """A Dispatch with Anna at work; ``say`` is what the worker of an attempt publishes."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        hub = MemoryHub()
        self.bus, self.others = MemoryBus(hub, "floor", self.clock), MemoryBus(hub, "others", self.clock)
        self.settled = self.others.subscribe(CallbackSettled.type)
        self.claims: asyncio.Queue[str] = asyncio.Queue()
        self.orders: asyncio.Queue[CallCustomer] = asyncio.Queue()
        self.full = False
        self.states: list[AgentStateChanged] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.dispatch = Dispatch(
            Acd(AcdTimes(wrap_up_s=0.0)), self.bus, self.clock, [ANNA], "callfloor", NobodyKnown(), NothingKnown(),
            self._spawn, self.states.append, lambda number: number.startswith("+1"),
        )  # fmt: skip

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def front(self, command: Command) -> Reply:
        assert isinstance(command, ClaimWorker)
        if self.full:
            return Reply(False, "all lines are in use")
        self.claims.put_nowait(command.order)
        return Reply(True)

    async def worker(self, command: Command) -> Reply:
        assert isinstance(command, CallCustomer)
        self.orders.put_nowait(command)
        return Reply(True)

    def say(self, contact_id: str, *events: Event) -> None:
        for event in events:
            self.dispatch.heard(contact_id, NUMBER, event)

    async def begin(self, contact_id: str) -> CallCustomer:
        """A worker is claimed, reports, and is told whom to call; it rings the agent."""
        async with asyncio.timeout(10):
            order = await self.claims.get()
            self.others.serve(f"contact.{contact_id}", self.worker)
            self.say(contact_id, OutboundReady(order))
            told = await self.orders.get()
        self.say(contact_id, AgentOffered(told.agent, told.lease_id))
        return told

    def state(self) -> AgentState:
        return self.dispatch.state("anna")


def run(use: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = Stage()
        await stage.bus.start()
        await stage.others.start()
        stage.others.serve(FRONT_ADDRESS, stage.front)
        stage.dispatch.log_in("anna")
        try:
            await use(stage)
        finally:
            await stage.bus.close()
            await stage.others.close()

    asyncio.run(main())


def test_a_promise_waits_for_its_turn_and_is_kept_in_the_callers_place() -> None:
    async def use(stage: Stage) -> None:
        stage.say("c1", ASKED)
        stage.say("c1", ContactEnded("callback", "flow", 60.0, 0.0))
        assert stage.claims.empty(), "nobody is there"
        stage.dispatch.decide(StationUp("anna"))
        told = await stage.begin("c2")
        assert (told.number, told.address, told.agent) == (NUMBER, f"sip:{NUMBER}@callfloor", "anna")
        assert (told.queue, told.priority, told.since) == ("billing", 7, SINCE)
        assert stage.state() is AgentState.RINGING
        stage.say("c2", ContactAnswered("anna", told.lease_id, 2.0), CustomerReached())
        assert stage.state() is AgentState.TALKING
        stage.say("c2", ContactEnded("completed", "caller", 90.0, 80.0))
        assert stage.state() is AgentState.AVAILABLE
        assert (await anext(stage.settled)).event == CallbackSettled("callback-c1", True, 1, "")

    run(use)


def test_a_customer_who_does_not_answer_is_tried_again_later_and_the_agent_is_free() -> None:
    async def use(stage: Stage) -> None:
        stage.dispatch.decide(StationUp("anna"))
        stage.say("c1", ASKED)
        told = await stage.begin("c2")
        stage.say("c2", ContactAnswered("anna", told.lease_id, 2.0), CustomerUnreached(480, "no answer"))
        assert stage.state() is AgentState.AVAILABLE
        stage.say("c2", ContactEnded("unreached", "caller", 40.0, 38.0))
        assert stage.claims.empty()
        assert not stage.dispatch.outbound.stands_for("c2").startswith("callback")

    run(use)


def test_a_number_that_does_not_exist_is_given_up() -> None:
    async def use(stage: Stage) -> None:
        stage.dispatch.decide(StationUp("anna"))
        stage.say("c1", ASKED)
        told = await stage.begin("c2")
        stage.say("c2", ContactAnswered("anna", told.lease_id, 2.0), CustomerUnreached(404, "Not Found"))
        stage.say("c2", ContactEnded("unreached", "caller", 4.0, 2.0))
        assert (await anext(stage.settled)).event == CallbackSettled("callback-c1", False, 1, "Not Found")
        assert stage.state() is AgentState.AVAILABLE

    run(use)


def test_an_agents_own_call_keeps_her_free_for_it() -> None:
    async def use(stage: Stage) -> None:
        stage.dispatch.decide(StationUp("anna"))
        assert await stage.dispatch.outbound.call("anna", NUMBER) == Reply(True)
        assert stage.state() is AgentState.CONSULT
        told = await stage.begin("c2")
        assert (told.number, told.queue) == (NUMBER, "")

    run(use)


def test_without_a_free_line_the_agent_is_told_and_free() -> None:
    async def use(stage: Stage) -> None:
        stage.full = True
        stage.dispatch.decide(StationUp("anna"))
        assert await stage.dispatch.outbound.call("anna", NUMBER) == Reply(False, "all lines are in use")
        assert stage.state() is AgentState.AVAILABLE

    run(use)


def test_a_number_that_no_trunk_takes_is_left_to_a_person(caplog: pytest.LogCaptureFixture) -> None:
    async def use(stage: Stage) -> None:
        stage.dispatch.decide(StationUp("anna"))
        stage.say("c1", CallbackRequested("+442079460000", "billing", 7, SINCE))
        assert stage.state() is AgentState.AVAILABLE

    run(use)
    assert "no trunk takes +442079460000" in caplog.text


def test_open_promises_are_recalled_once() -> None:
    async def use(stage: Stage) -> None:
        stage.dispatch.outbound.recall([("c1", ASKED), ("c1", ASKED)])
        stage.dispatch.decide(StationUp("anna"))
        await stage.begin("c2")
        assert stage.claims.empty()

    run(use)


def test_tries_are_counted_over_a_restart_of_the_floor() -> None:
    async def use(stage: Stage) -> None:
        tried = stage.others.subscribe(CallbackTried.type)
        again = stage.clock.wall() + 600.0
        stage.dispatch.decide(StationUp("anna"))
        stage.dispatch.outbound.recall([("c1", ASKED)], [CallbackTried("callback-c1", 1, again)])
        assert stage.state() is AgentState.AVAILABLE, "it is not time yet"
        await stage.clock.advance(600.0)
        stage.dispatch.decide(Tick())
        told = await stage.begin("c2")
        stage.say("c2", ContactAnswered("anna", told.lease_id, 2.0), CustomerUnreached(486, "Busy Here"))
        stage.say("c2", ContactEnded("unreached", "caller", 4.0, 2.0))
        assert (await anext(tried)).event == CallbackTried("callback-c1", 2, stage.clock.wall() + 900.0)

    run(use)


def test_a_promise_of_yesterday_rings_nobody() -> None:
    async def use(stage: Stage) -> None:
        stage.say("c1", ASKED)
        await stage.clock.advance(2 * 86400.0)
        stage.dispatch.decide(StationUp("anna"))
        assert (await anext(stage.settled)).event == CallbackSettled("callback-c1", False, 0, "expired")
        assert stage.state() is AgentState.AVAILABLE
        assert stage.claims.empty()

    run(use)


def test_who_calls_again_and_is_served_is_not_called_back() -> None:
    async def use(stage: Stage) -> None:
        stage.say("c1", ASKED)
        stage.say("c2", ContactAnswered("ben", "another", 2.0))
        assert (await anext(stage.settled)).event == CallbackSettled(
            "callback-c1", False, 0, "the customer called again"
        )
        stage.dispatch.decide(StationUp("anna"))
        assert stage.state() is AgentState.AVAILABLE

    run(use)
