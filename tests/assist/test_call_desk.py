"""Agents' call controls through a running floor: whom they mean, who may be had, what the worker is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assist.api.commands import (
    AgentCommand,
    CancelConsult,
    CompleteTransfer,
    Conference,
    ConsultWith,
    Hold,
    Note,
    PressKeys,
    SetState,
    SwapParties,
    Transfer,
)
from assist.content import Content
from assist.store import Store
from ivr import controls
from ivr.acd import AcdTimes
from ivr.agents import AgentState
from ivr.contacts import AgentStateChanged
from tests.assist.test_floor import AGENTS, AT_WORK, House
from tests.fakes.clock import VirtualClock
from voice.commands import Command, Reply
from voice.settings import AgentSettings


class Talk:
    """Anna, who may dial Ireland, talks; Ben is free."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.worker = house.worker()

    async def begin(self) -> Talk:
        self.house.work("anna")
        await self.worker.talk()
        await self.house.told(AgentStateChanged)
        self.house.work("ben")
        await self.house.settled()
        return self

    async def asks(self, command: AgentCommand, agent: str = "anna") -> Reply:
        return await self.house.floor.command(agent, command)

    async def told(self) -> Command:
        async with asyncio.timeout(10):
            return await self.worker.told.get()

    def state(self, agent: str) -> str:
        return self.house.desk(agent).agent.state


def run(directory: Path, content: Content, use: Callable[[Talk], Awaitable[None]]) -> None:
    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{directory / 'floor.db'}")
        house = House(store, content, VirtualClock(), AcdTimes(), {})
        house.agents = (may_dial_ireland(), *AGENTS[1:])
        try:
            await house.bus.start()
            await house.start()
            await use(await Talk(house).begin())
            await house.stop()
        finally:
            await house.bus.close()
            await store.close()

    asyncio.run(main())


def may_dial_ireland() -> AgentSettings:
    return AGENTS[0].model_copy(update={"dial": ("+353",)})


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (Hold(True), controls.HoldCustomer("anna", True)),
        (Hold(False), controls.HoldCustomer("anna", False)),
        (SwapParties(), controls.Swap("anna")),
        (CancelConsult(), controls.CancelConsult("anna")),
        (Conference(), controls.Confer("anna")),
        (CompleteTransfer(), controls.CompleteTransfer("anna")),
        (PressKeys("12#"), controls.SendDigits("anna", "12#")),
        (Transfer("queue", "billing"), controls.TransferContact("anna", "queue", "billing")),
        (
            ConsultWith("number", "+353 1 234-5678"),
            controls.Consult("anna", "number", "+35312345678", "sip:+35312345678@callfloor"),
        ),
    ],
)
def test_the_worker_is_told(tmp_path: Path, content: Content, command: AgentCommand, told: Command) -> None:
    async def use(talk: Talk) -> None:
        assert await talk.asks(command) == Reply(True)
        assert await talk.told() == told
        assert await talk.asks(command, "ben") == Reply(False, "you have no contact")

    run(tmp_path, content, use)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (ConsultWith("number", "+44 20 7946 0000"), "you may not dial +44 20 7946 0000"),
        (Transfer("number", "sip:evil@example.com"), "you may not dial sip:evil@example.com"),
        (ConsultWith("agent", "nobody"), "there is no agent nobody"),
        (ConsultWith("agent", "anna"), "that is you"),
        (Transfer("queue", "gardening"), "there is no queue gardening"),
        (ConsultWith("queue", "gardening"), "nobody is free in gardening"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, content: Content, command: AgentCommand, why: str) -> None:
    async def use(talk: Talk) -> None:
        assert await talk.asks(command) == Reply(False, why)
        assert talk.worker.told.empty()

    run(tmp_path, content, use)


@pytest.mark.parametrize(
    "command", [ConsultWith("agent", "ben"), ConsultWith("queue", "billing"), Transfer("agent", "ben")]
)
def test_a_colleague_is_kept_free_for_it_and_offered_nothing(
    tmp_path: Path, content: Content, command: AgentCommand
) -> None:
    async def use(talk: Talk) -> None:
        assert await talk.asks(command) == Reply(True)
        found = await talk.told()
        assert isinstance(found, controls.Consult | controls.TransferContact)
        assert (found.kind, found.address, bool(found.lease_id)) == ("agent", "sip:ben@callfloor", True)
        assert talk.state("ben") == AgentState.CONSULT
        assert await talk.asks(ConsultWith("agent", "ben")) == Reply(False, "Ben Okafor is busy")

    run(tmp_path, content, use)


def test_a_colleague_who_rests_is_left_alone(tmp_path: Path, content: Content) -> None:
    async def use(talk: Talk) -> None:
        await talk.asks(SetState("not_ready", "break"), "ben")
        assert await talk.asks(ConsultWith("agent", "ben")) == Reply(False, "Ben Okafor takes no calls now")

    run(tmp_path, content, use)


def test_a_worker_that_refuses_frees_the_colleague(tmp_path: Path, content: Content) -> None:
    async def use(talk: Talk) -> None:
        talk.worker.bus.unserve("contact.c1")

        async def refuse(command: Command) -> Reply:
            return Reply(False, "you are in a conference")

        talk.worker.bus.serve("contact.c1", refuse)
        assert await talk.asks(ConsultWith("agent", "ben")) == Reply(False, "you are in a conference")
        assert talk.state("ben") == AgentState.AVAILABLE

    run(tmp_path, content, use)


def test_a_warm_transfer_moves_the_contact_to_the_colleagues_desk(tmp_path: Path, content: Content) -> None:
    async def use(talk: Talk) -> None:
        await talk.asks(ConsultWith("agent", "ben"))
        talk.worker.say(controls.ConsultStarted("anna", "agent", "ben", "l2"))
        talk.worker.say(controls.HoldChanged("anna", True), controls.ConsultAnswered("anna", "ben"))
        talk.worker.say(controls.ContactTransferred("anna", "agent", "ben", True, "l2"))
        await talk.house.settled()
        assert (talk.state("anna"), talk.state("ben")) == (AgentState.WRAPUP, AgentState.TALKING)
        contact, before = talk.house.desk("ben").contact, talk.house.desk("anna").contact
        assert contact is not None
        assert before is not None
        assert (contact.phase, before.phase, before.ended_reason) == ("talking", "ended", "transferred")
        assert await talk.asks(Hold(True), "ben") == Reply(True)
        assert await talk.asks(Hold(True)) == Reply(False, "you have no contact")
        assert await talk.asks(Note("c1", "call after six")) == Reply(True), "she may still write on it"
        await talk.house.settled()
        contact, before = talk.house.desk("ben").contact, talk.house.desk("anna").contact
        assert contact is not None
        assert before is not None
        assert (contact.note, before.note) == ("", "call after six")
        assert "Note from anna" in [entry.card.title for entry in contact.cards]

    run(tmp_path, content, use)


def test_a_flow_is_given_the_agent_it_wants_or_told_why_not(tmp_path: Path, content: Content) -> None:
    async def use(talk: Talk) -> None:
        other = talk.house.worker("c2")
        other.say(controls.AgentWanted("anna", 20.0))
        async with asyncio.timeout(10):
            assert await other.told.get() == controls.AgentRefused("anna", "talking")
        other.say(controls.AgentWanted("ben", 20.0))
        assert (await other.ring()).agent == "ben"
        await talk.house.settled()
        assert talk.state("ben") == AgentState.RINGING

    run(tmp_path, content, use)


def test_the_hold_key_of_the_headset_is_the_pages_hold(tmp_path: Path, content: Content) -> None:
    async def use(talk: Talk) -> None:
        station = talk.house.work("anna")
        for phase, held in (("held", True), ("in_call", False)):
            talk.house.floor.station_reported("anna", replace(AT_WORK, phase=phase))
            assert await talk.told() == controls.HoldCustomer("anna", held)
            talk.worker.say(controls.HoldChanged("anna", held))
            await talk.house.told(controls.HoldChanged)
        assert station.verbs == []
        talk.worker.say(controls.HoldChanged("anna", True))
        await talk.house.settled()
        assert station.verbs == ["hold"]

    run(tmp_path, content, use)
