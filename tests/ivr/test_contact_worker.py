"""The contact worker around a fake phone: the whole contact in memory, with no process, no SIP and no sleeping."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from ivr import contact as module
from ivr.contact import ContactWorker
from ivr.contact_commands import ConnectAgent, EndContact
from ivr.contact_core import ContactCore
from ivr.contacts import (
    AgentOffered,
    AgentStateChanged,
    AgentUnreachable,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    FloorStarted,
    PromptStarted,
)
from ivr.controls import (
    AgentLost,
    CompleteTransfer,
    Consult,
    ConsultAnswered,
    ContactTransferred,
    HoldChanged,
    HoldCustomer,
    SendDigits,
)
from ivr.ears import Ears, Gate, OnSpeech
from ivr.prompts import PromptStore
from ivr.schema import load_flow
from ivr.settings import IvrSettings
from tests.fakes.clock import VirtualClock
from tests.fakes.phone import FakeNetwork, FakePhone, FarEnd, refuse, ring
from voice.audio import AudioSink
from voice.bus.base import Subscription
from voice.bus.memory import MemoryBus, MemoryHub
from voice.calls import Role
from voice.commands import Command
from voice.errors import CommandRefusedError
from voice.events import Event, LegEnded
from voice.phone import (
    IncomingLeg,
    LegConnected,
    LegDigit,
    LegDisconnected,
    LegProgressed,
    PhoneError,
    PhoneFailure,
    SipAccount,
    TransferProgressed,
)

FLOW = load_flow(IvrSettings().flow)
ANNA = ConnectAgent("anna", "sip:anna@callfloor", "lease-1")
WAIT_S = 10.0

Found = TypeVar("Found", bound=Event)


class ShortPrompts(PromptStore):
    """Every prompt is 40 ms of sound."""

    def __init__(self) -> None:
        super().__init__({})

    def pcm(self, key: str) -> bytes:
        return b"\x00\x10" * 320


MODELS = {"billing": "billing-words", "support": "support-words"}


class DeafEars(Ears):
    """Notes when it is opened; keeps no sound."""

    def __init__(self) -> None:
        self.opened: list[tuple[float, str]] = []

    def sink(self, role: Role) -> AudioSink:
        return Gate()

    def open(self, base_s: float, model: str = "", *, recording: bool = True) -> None:
        self.opened.append((base_s, model))

    def listen(self, token: int, phrases: tuple[str, ...] | None, base_s: float, on_speech: OnSpeech) -> None:
        pass

    def stop_listening(self) -> None:
        pass


class Call:
    """A customer, a worker with its contact, an agent's station, and a floor's place on the bus."""

    def __init__(self, on_invite: Callable[[FarEnd, IncomingLeg], Awaitable[None]] | None = None) -> None:
        self.clock = VirtualClock()
        self.network = FakeNetwork()
        self.hub = MemoryHub()
        self.floor = MemoryBus(self.hub, "floor", self.clock)
        self.bus = MemoryBus(self.hub, "worker", self.clock)
        self.events: Subscription = self.floor.subscribe("*")
        self.ears = DeafEars()
        self.worker = ContactWorker(
            ContactCore("c1", "w1", FLOW), self.bus, ShortPrompts(), self.ears, self.clock, MODELS
        )
        self.phone: FakePhone = self.network.phone(self.worker.phone_event, self.clock)
        self.customer = FarEnd(self.network)
        self.agent = FarEnd(self.network, on_invite=on_invite) if on_invite else FarEnd(self.network)
        self.running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.floor.start()
        host, port = await self.phone.start()
        await self.customer.start()
        await self.agent.start(SipAccount("sip:anna@callfloor", register=True))
        self.running = asyncio.create_task(self.worker.run(self.phone))
        self.leg = await self.customer.call(f"sip:100@{host}:{port}")
        await self.customer.expect(LegConnected)

    async def event(self, kind: type[Found]) -> Found:
        """The next event of a kind, while sound goes on."""
        async with asyncio.timeout(WAIT_S):
            while True:
                envelope = await anext(self.events)
                assert envelope.contact_id == "c1" or envelope.source == "floor"
                if isinstance(envelope.event, kind):
                    return envelope.event

    async def listen_to_prompts(self) -> None:
        """The greeting to its end, and into the menu."""
        while (await self.event(PromptStarted)).node != "menu":
            await self.network.tick(10)

    async def queue(self) -> None:
        await self.listen_to_prompts()
        await self.customer.phone.send_digits(self.leg, "1")
        await self.event(ContactQueued)

    async def ask(self, command: Command) -> None:
        await self.floor.request("contact.c1", command)

    async def talk(self) -> None:
        await self.queue()
        await self.ask(ANNA)
        await self.event(ContactAnswered)

    async def finished(self) -> None:
        assert self.running is not None
        async with asyncio.timeout(WAIT_S):
            await self.running

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.running
        await self.bus.close()
        await self.floor.close()


@contextlib.asynccontextmanager
async def call(on_invite: Callable[[FarEnd, IncomingLeg], Awaitable[None]] | None = None) -> AsyncIterator[Call]:
    made = Call(on_invite)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def test_a_contact_from_the_greeting_to_the_callers_goodbye() -> None:
    async def main() -> None:
        async with call() as found:
            offered = await found.event(ContactOffered)
            assert (offered.worker_id, offered.called) == ("w1", "100")
            assert found.ears.opened == []
            await found.talk()
            assert found.ears.opened == [(0.0, "billing-words")]
            ((_, uri, headers),) = found.phone.dialled
            assert (uri, headers) == (
                "sip:anna@callfloor",
                {"X-Callfloor-Contact": "c1", "User-to-User": "6331;encoding=hex"},
            )
            await found.network.tick()
            assert found.phone.hears("leg:in-1") == {"leg:agent-1"}
            assert found.phone.hears("leg:agent-1") == {"leg:in-1"}
            await found.customer.phone.hang_up(found.leg)
            ended = await found.event(ContactEnded)
            assert (ended.reason, ended.ended_by) == ("completed", "caller")
            await found.agent.expect(LegDisconnected)
            await found.finished()

    asyncio.run(main())


def test_a_prompt_is_heard_and_stops_with_the_digit() -> None:
    async def main() -> None:
        async with call() as found:
            await found.listen_to_prompts()
            assert found.phone.hears("leg:in-1") == {"prompts"}
            await found.customer.phone.send_digits(found.leg, "1")
            await found.event(ContactQueued)
            await found.network.tick(5)
            assert found.phone.faults == {}

    asyncio.run(main())


def test_an_agent_who_refuses_leaves_the_contact_waiting_for_the_next() -> None:
    async def main() -> None:
        async with call(refuse(486)) as found:
            await found.queue()
            await found.ask(ANNA)
            await found.event(AgentOffered)
            unreachable = await found.event(AgentUnreachable)
            assert (unreachable.agent, unreachable.lease_id, unreachable.code) == ("anna", "lease-1", 486)
            found.agent.on_invite = ring
            await found.ask(ConnectAgent("anna", ANNA.address, "lease-2"))
            assert (await found.event(AgentOffered)).lease_id == "lease-2"

    asyncio.run(main())


def test_a_station_that_sends_nothing_and_does_not_answer_loses_its_customer_to_the_queue() -> None:
    async def main() -> None:
        async with call() as found:
            await found.talk()
            await found.network.tick(50)
            for _ in range(10):  # no sound comes, the network stands still, but the stations answer
                await found.clock.advance(1.0)
            found.phone.dead.add("agent-1")
            for _ in range(2):
                await found.clock.advance(1.0)
            lost = await found.event(AgentLost)
            assert lost.agent == "anna"
            assert (await found.event(ContactQueued)).queue == "billing"

    asyncio.run(main())


def test_an_agent_who_lets_it_ring_too_long_is_hung_up() -> None:
    async def main() -> None:
        async with call(ring) as found:
            await found.queue()
            await found.ask(ConnectAgent("anna", ANNA.address, "lease-1", ring_s=0.01))
            unreachable = await found.event(AgentUnreachable)
            assert unreachable.lease_id == "lease-1"
            assert (await found.agent.expect(LegDisconnected)).code == 487

    asyncio.run(main())


def test_a_station_that_nobody_can_reach() -> None:
    async def main() -> None:
        async with call() as found:
            await found.queue()
            await found.ask(ConnectAgent("ben", "sip:ben@nowhere", "lease-1"))
            assert (await found.event(AgentUnreachable)).code == 404

    asyncio.run(main())


def test_a_phone_that_refuses_to_dial_makes_the_agent_unreachable(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with call() as found:
            await found.queue()
            await found.ask(ConnectAgent("anna", "not an address", "lease-1"))
            assert (await found.event(AgentUnreachable)).code == 503

    asyncio.run(main())
    assert "contact c1: not a SIP address" in caplog.text


def test_commands_that_come_at_the_wrong_time_are_refused_with_a_reason() -> None:
    async def main() -> None:
        async with call() as found:
            with pytest.raises(CommandRefusedError, match="the contact is flow, not queued"):
                await found.ask(ANNA)
            with pytest.raises(CommandRefusedError, match="a contact does not take"):
                await found.ask(Command())
            await found.talk()
            await found.ask(ANNA)  # the same reservation again
            with pytest.raises(CommandRefusedError, match="the contact is talking, not queued"):
                await found.ask(ConnectAgent("ben", "sip:ben@callfloor", "lease-2"))

    asyncio.run(main())


def test_a_colleague_is_consulted_and_takes_the_contact_over() -> None:
    async def main() -> None:
        async with call() as found:
            ben = FarEnd(found.network)
            await ben.start(SipAccount("sip:ben@callfloor", register=True))
            await found.talk()
            await found.ask(HoldCustomer("anna", True))
            assert (await found.event(HoldChanged)).held
            await found.network.tick()
            assert found.phone.hears("leg:in-1") == {"music"}
            await found.ask(Consult("anna", "agent", "ben", "sip:ben@callfloor", "lease-b"))
            await found.event(ConsultAnswered)
            await found.network.tick()
            assert found.phone.hears("leg:agent-1") == {"leg:consult-2"}
            await found.ask(CompleteTransfer("anna"))
            assert (await found.event(ContactTransferred)).to == "ben"
            await found.agent.expect(LegDisconnected)
            await found.network.tick()
            assert found.phone.hears("leg:in-1") == {"leg:consult-2"}
            await found.ask(SendDigits("ben", "42#"))
            assert [(await found.customer.expect(LegDigit)).digit for _ in range(3)] == ["4", "2", "#"]
            assert found.phone.faults == {}

    asyncio.run(main())


def test_the_agents_own_telephone_holds_and_transfers() -> None:
    async def main() -> None:
        async with call() as found:
            ben = FarEnd(found.network)
            await ben.start(SipAccount("sip:ben@callfloor", register=True))
            await found.talk()
            (leg,) = found.agent.phone.legs
            await found.agent.phone.hold(leg)
            assert (await found.event(HoldChanged)).held
            await found.network.tick()
            assert found.phone.hears("leg:in-1") == {"music"}
            await found.agent.phone.resume(leg)
            assert not (await found.event(HoldChanged)).held
            await found.agent.phone.transfer(leg, "sip:ben@callfloor")
            given = await found.event(ContactTransferred)
            assert (given.agent, given.to, given.done) == ("anna", "ben", False)
            assert (await found.event(ContactTransferred)).done
            assert (await found.agent.expect(TransferProgressed)).code < 300
            await found.agent.expect(LegDisconnected)
            await found.network.tick()
            assert found.phone.hears("leg:in-1") == {"leg:consult-2"}

    asyncio.run(main())


def test_a_supervisor_ends_the_contact() -> None:
    async def main() -> None:
        async with call() as found:
            await found.talk()
            await found.ask(EndContact("supervisor"))
            ended = await found.event(ContactEnded)
            assert (ended.reason, ended.ended_by) == ("completed", "supervisor")
            for party in (found.customer, found.agent):
                await party.expect(LegDisconnected)
            await found.finished()

    asyncio.run(main())


def test_a_hang_up_the_phone_refuses_does_not_keep_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with call() as found:
            await found.talk()

            async def broken(leg_id: str, code: int = 0) -> None:
                raise PhoneError(PhoneFailure.STACK, "as the test wants")

            monkeypatch.setattr(found.phone, "hang_up", broken)
            await found.ask(EndContact("supervisor"))
            await found.finished()

    monkeypatch.setattr(module, "LINGER_S", 0.01)
    asyncio.run(main())
    assert "the SIP stack refused" in caplog.text


def test_a_floor_that_starts_is_told_how_the_contact_stands() -> None:
    async def main() -> None:
        async with call() as found:
            await found.event(ContactSnapshot)  # on joining the bus
            await found.queue()
            found.floor.publish(AgentStateChanged("anna", "AVAILABLE", "", 0.0))  # means nothing to a worker
            found.floor.publish(FloorStarted())
            told = await found.event(ContactSnapshot)
            assert (told.worker_id, told.phase, told.queue) == ("w1", "queued", "billing")
            await found.customer.phone.hang_up(found.leg)
            assert (await found.event(LegEnded)).role == "caller"
            assert (await found.event(ContactEnded)).reason == "abandoned"
            await found.finished()
            found.floor.publish(FloorStarted())  # a worker that is over says nothing more
            found.floor.publish(AgentStateChanged("anna", "OFFLINE", "", 0.0))
            assert isinstance((await anext(found.events)).event, FloorStarted)
            assert isinstance((await anext(found.events)).event, AgentStateChanged)

    asyncio.run(main())


def test_a_second_caller_is_told_that_the_worker_is_busy() -> None:
    async def main() -> None:
        async with call() as found:
            other = FarEnd(found.network)
            await other.start()
            await other.call(f"sip:100@{found.phone.host}:{found.phone.port}")
            assert (await other.expect(LegDisconnected)).code == 486
            assert LegProgressed not in {type(event) for event in other.events}
            await found.listen_to_prompts()

    asyncio.run(main())


def test_a_worker_without_a_call_is_not_on_the_bus() -> None:
    async def main() -> None:
        made = Call()
        await made.floor.start()
        await made.phone.start()
        made.running = asyncio.create_task(made.worker.run(made.phone))
        await asyncio.sleep(0)
        assert made.hub.members == [made.floor]
        await made.stop()

    asyncio.run(main())


def test_a_worker_whose_invite_the_stack_refused_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was given a contact that will never begin: waiting on, it would be one worker fewer for ever."""
    monkeypatch.setattr(module, "INVITE_S", 0.0)

    async def main() -> None:
        made = Call()
        made.running = asyncio.create_task(made.worker.run(made.phone))
        try:
            await made.phone.start()
            made.worker.assigned()
            await made.finished()
            assert not made.worker.called
        finally:
            await made.stop()

    asyncio.run(main())


def test_a_worker_whose_invite_became_a_call_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INVITE_S", 0.0)

    async def main() -> None:
        async with call() as found:
            found.worker.assigned()
            await found.talk()
            assert found.running is not None
            assert not found.running.done()

    asyncio.run(main())
