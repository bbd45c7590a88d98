from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assist.api.commands import (
    AcceptCard,
    Answer,
    DismissCard,
    HangUp,
    MoreTime,
    Mute,
    Note,
    SetBanner,
    SetState,
    TickStep,
)
from assist.api.ports import StationReport, StationVerb
from assist.cards import CardKind, CardShown
from assist.content import Content
from assist.content_shelf import LOOK_S, ContentShelf
from assist.desk import Desk
from assist.desk_events import QueueLine, RecogniserChanged
from assist.feed import Feed, FeedConnection, FeedMessage
from assist.floor import Floor
from assist.store import DEMO_NUMBER, Store, StoreError, StoreFailure, seed_demo
from assist.summary import ContactSummary
from assist.supervisors import Oversight
from assist.vocabulary import EVENTS
from assist.wording import utc_date
from ivr.acd import Acd, AcdTimes
from ivr.contact_commands import ConnectAgent, TellFacts, TellPlace
from ivr.contacts import (
    AgentOffered,
    AgentStateChanged,
    AgentUnreachable,
    ContactAnswered,
    ContactClosed,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    FactsWanted,
    FloorStarted,
    PlaceWanted,
)
from ivr.self_service import KnowledgeWanted, TellAnswer
from ivr.settings import QueueSettings, by_name
from tests.assist.dialogue import final
from tests.fakes.clock import VirtualClock
from voice.bus.base import Subscription
from voice.bus.memory import MemoryBus, MemoryHub
from voice.clock import Clock, SystemClock
from voice.commands import Command, Reply
from voice.events import Envelope, Event, ServiceChanged, WorkerLost
from voice.settings import AgentSettings

AGENTS = (
    AgentSettings(user="anna", name="Anna Kovacs", secret="kestrel-demo", queues=("billing",)),
    AgentSettings(user="ben", name="Ben Okafor", secret="kestrel-demo", queues=("billing",)),
)
MODEL = RecogniserChanged("down", "vosk", "demo-en-8k", 0.03, "the demo", demo=True)
OFFERED = ContactOffered("w1", DEMO_NUMBER, "100", "billing", "1")
AT_WORK = StationReport(registered=True)
Queues = Mapping[str, QueueSettings]
ENDED = ContactEnded("completed", "caller", 60.0, 48.0)


class Link:
    """A StationLink that remembers."""

    def __init__(self) -> None:
        self.verbs: list[StationVerb] = []
        self.arguments: list[str] = []
        self.work: list[str] = []

    async def command(self, verb: StationVerb, leg_id: str = "", argument: str = "") -> Reply:
        if verb == "work":
            self.work.append(argument)
            return Reply(True)
        self.verbs.append(verb)
        self.arguments.append(argument)
        return Reply(True)


class Worker:
    """A contact's worker as far as the bus sees it; ``refuse`` is what it says to offers."""

    def __init__(self, bus: MemoryBus, contact_id: str) -> None:
        self.bus = bus
        self.id = contact_id
        self.offers: asyncio.Queue[ConnectAgent] = asyncio.Queue()
        self.told: asyncio.Queue[Command] = asyncio.Queue()
        self.refuse = ""
        bus.serve(f"contact.{contact_id}", self._command)

    async def _command(self, command: Command) -> Reply:
        if not isinstance(command, ConnectAgent):
            self.told.put_nowait(command)
            return Reply(True)
        self.offers.put_nowait(command)
        return Reply(not self.refuse, self.refuse)

    def say(self, *events: Event) -> list[Envelope]:
        return [self.bus.publish(event, contact_id=self.id) for event in events]

    def queue(self) -> None:
        self.say(OFFERED, ContactQueued("billing", 5, 1.0))

    async def ring(self) -> ConnectAgent:
        async with asyncio.timeout(10):
            offer = await self.offers.get()
        self.say(AgentOffered(offer.agent, offer.lease_id))
        return offer

    async def talk(self) -> ConnectAgent:
        self.queue()
        offer = await self.ring()
        self.say(ContactAnswered(offer.agent, offer.lease_id, 2.0))
        return offer


class House:
    """A floor with its surroundings; ``await restart()`` ends the floor and starts another on the same store."""

    def __init__(self, store: Store, content: Content, clock: Clock, times: AcdTimes, queues: Queues) -> None:
        self.store, self.clock, self._times, self._queues = store, clock, times, queues
        self.keeping: asyncio.Queue[None] = asyncio.Queue()
        keep = store.record_contact

        async def noted(summary: ContactSummary) -> None:
            await keep(summary)
            self.keeping.put_nowait(None)

        store.record_contact = noted  # type: ignore[method-assign]
        self.hub = MemoryHub()
        self.bus = MemoryBus(self.hub, "workers", clock)
        self.heard: Subscription = self.bus.subscribe("*", limit=10_000)
        self.shelf = ContentShelf(content)
        self.agents: tuple[AgentSettings, ...] = AGENTS
        self.oversight = Oversight()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        started = self.bus.subscribe(FloorStarted.type)
        self.feed = Feed(self.clock)
        self.floor_bus = MemoryBus(self.hub, f"floor-{id(self.feed)}", self.clock)
        self.floor = Floor(
            self.floor_bus, self.store, self.feed, Acd(self._times, queues=self._queues),
            self.shelf, MODEL, self.agents, "callfloor", self.clock, oversight=self.oversight,
        )  # fmt: skip
        await self.floor.recall()
        self._running = asyncio.create_task(self.floor.run())
        self.pages = {agent.user: self.feed.connect(agent.user, None) for agent in self.agents}
        await anext(started)
        started.close()

    async def stop(self) -> None:
        assert self._running is not None
        await self.settled()
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        await self.floor_bus.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def work(self, agent: str = "anna") -> Link:
        link = Link()
        self.floor.station_connected(agent, AT_WORK, link)
        return link

    def worker(self, contact_id: str = "c1") -> Worker:
        return Worker(self.bus, contact_id)

    def desk(self, agent: str = "anna") -> Desk:
        return self.feed.desk(agent)

    async def told(self, kind: type[Event], agent: str = "anna") -> FeedMessage:
        """The next message of a kind on the agent's page; of cards, those that something led to."""
        return await message(self.pages[agent], lambda found: found.type == kind.type and not _checklist(found))

    async def settled(self) -> None:
        """Everything published before is handled, and logged with what it led to: a floor takes one batch after the
        other, so when it comes to the third mark it has acted on the second, which waited behind all that.
        """
        page = next(iter(self.pages.values()))
        for _ in range(3):
            self.bus.publish(ServiceChanged("transcription", up=True))
            await message(page, lambda found: found.type == RecogniserChanged.type)
        await self.floor.logged()

    async def kept(self, contact_id: str) -> ContactSummary:
        """The summary of a contact, once it is stored."""
        async with asyncio.timeout(10):
            while (found := await self.store.summary_of(contact_id)) is None:
                await self.keeping.get()
        return found

    def log_of(self, kind: type[Event]) -> list[Event]:
        return [envelope.event for envelope in self.heard._queue if isinstance(envelope.event, kind)]


async def message(page: FeedConnection, wanted: Callable[[FeedMessage], bool]) -> FeedMessage:
    async with asyncio.timeout(10):
        async for found in page:
            if wanted(found):
                return found
    raise AssertionError("the page was closed")


def _checklist(found: FeedMessage) -> bool:
    card = found.data.get("card")
    return isinstance(card, dict) and card["kind"] == CardKind.CHECKLIST


def in_state(name: str) -> Callable[[FeedMessage], bool]:
    return lambda found: found.type == AgentStateChanged.type and found.data["state"] == name


@contextlib.asynccontextmanager
async def house(
    file: Path,
    content: Content,
    clock: Clock | None = None,
    times: AcdTimes | None = None,
    queues: Queues | None = None,
    oversight: Oversight | None = None,
) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite+aiosqlite:///{file}")
    built = House(store, content, clock or VirtualClock(), times or AcdTimes(), queues or {})
    built.oversight = oversight or built.oversight
    try:
        await seed_demo(store, utc_date(built.clock.wall()))
        await built.bus.start()
        await built.start()
        yield built
        await built.stop()
    finally:
        await built.bus.close()
        await store.close()


Use = Callable[[House], Awaitable[None]]


@pytest.fixture
def with_house(tmp_path: Path, content: Content) -> Callable[..., None]:
    def run(use: Use, clock: Clock | None = None, times: AcdTimes | None = None, queues: Queues | None = None) -> None:
        async def main() -> None:
            async with house(tmp_path / "floor.db", content, clock, times, queues) as built:
                await use(built)

        asyncio.run(main())

    return run


WithHouse = Callable[..., None]


async def refuse(*_: Any) -> Any:
    raise StoreError(StoreFailure.FULL)


# -- a contact from queue to summary


def test_a_contact_is_offered_answered_and_summed_up(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        offer = await worker.talk()
        assert (offer.agent, offer.address) == ("anna", "sip:anna@callfloor")
        shown = await house.told(CardShown)
        assert shown.data["card"]["kind"] == "history"
        worker.say(final("u1", "caller", "i was charged twice on my last bill", 9.0))
        assert (await house.told(CardShown)).data["card"]["kind"] == "next_step"
        worker.say(ENDED)
        await house.settled()
        contact = house.desk().contact
        assert contact is not None
        assert (contact.phase, contact.lookup, len(contact.cards)) == ("ended", "found", 3), "and the checklist"
        assert contact.summary is not None
        assert house.desk().agent.state == "WRAPUP"
        assert len(house.log_of(CardShown)) == 3
        assert (await house.kept("c1")).agent == "anna"

    with_house(use)


def test_an_edit_made_before_the_call_advises_its_first_agent_and_one_in_mid_call_nobody(
    with_house: WithHouse, content: Content, tmp_path: Path
) -> None:
    versions = [replace(content, version=name) for name in ("later", "edited", "first")]
    pack = tmp_path / "pack"
    pack.mkdir()

    async def edit(house: House) -> None:
        await house.clock.advance(LOOK_S)  # type: ignore[attr-defined]
        (pack / f"{len(versions)}.yaml").touch()
        await house.shelf.refresh()

    async def use(house: House) -> None:
        house.shelf = ContentShelf(versions.pop(), pack, house.clock, lambda _: versions.pop())
        await house.restart()
        house.work()
        worker = house.worker()
        worker.queue()
        await house.settled()
        await edit(house)
        await worker.ring()
        assert (await house.told(CardShown)).data["card"]["version"] == "edited"
        await edit(house)
        worker.say(AgentUnreachable("anna", "l1", 480, "no answer"), AgentOffered("ben", "l9"))
        assert (await house.told(CardShown, "ben")).data["card"]["version"] == "edited"

    with_house(use)


def test_the_log_holds_what_was_durable_once(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        await worker.talk()
        await house.told(CardShown)
        (words,) = worker.say(final("u1", "caller", "i was charged twice", 9.0))
        house.hub.spread(words)  # at least once means sometimes twice
        await house.settled()
        types = [wire["type"] for wire in await house.store.events_of("c1")]
        assert types.count("transcript.final") == 1
        assert types[:4] == ["contact.offered", "contact.queued", "contact.agent_offered", "contact.answered"]
        assert types.count("card.shown") == 3, "checklist, history, next step"

    with_house(use)


def test_wrap_up_ends_by_itself(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        await worker.talk()
        worker.say(ENDED)
        await message(house.pages["anna"], in_state("WRAPUP"))
        await message(house.pages["anna"], in_state("AVAILABLE"))

    with_house(use, SystemClock(), AcdTimes(wrap_up_s=0.05))


def test_an_agent_who_does_not_answer_is_passed_over(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work("anna")
        worker = house.worker()
        worker.queue()
        first = await worker.ring()
        house.work("ben")
        worker.say(AgentUnreachable(first.agent, first.lease_id, 480, "no answer"))
        second = await worker.ring()
        await house.settled()
        assert (first.agent, second.agent) == ("anna", "ben")
        assert house.desk("anna").contact is None
        assert house.desk("anna").agent.state == "NOT_RESPONDING"
        assert house.desk("ben").contact is not None

    with_house(use)


def test_a_worker_that_refuses_an_offer_frees_the_agent(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        worker.refuse = "the contact is over, not queued"
        worker.queue()
        for _ in range(2):  # at once again, then the contact rests
            async with asyncio.timeout(10):
                await worker.offers.get()
        await house.settled()
        assert house.desk().agent.state == "AVAILABLE"

    with_house(use)


def test_a_contact_without_worker_frees_the_agent(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        for event in (OFFERED, ContactQueued("billing", 5, 1.0)):
            house.bus.publish(event, contact_id="c1")
        await message(house.pages["anna"], in_state("RESERVED"))
        await message(house.pages["anna"], in_state("AVAILABLE"))

    with_house(use)


# -- what breaks


def test_a_lookup_that_fails_leaves_the_call_and_the_other_cards(
    with_house: WithHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(house: House) -> None:
        monkeypatch.setattr(house.store, "look_up", refuse)
        house.work()
        worker = house.worker()
        await worker.talk()
        worker.say(final("u1", "caller", "i was charged twice on my last bill", 9.0))
        assert (await house.told(CardShown)).data["card"]["kind"] == "next_step"
        contact = house.desk().contact
        assert contact is not None
        assert contact.lookup == "pending"

    with_house(use)
    assert "cannot be looked up: the disk is full" in caplog.text


def test_a_full_disk_costs_no_card_and_the_log_nothing_once_there_is_room(
    with_house: WithHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async def use(house: House) -> None:
        with monkeypatch.context() as full:
            full.setattr(house.store, "append", refuse)
            full.setattr(house.store, "record_contact", refuse)
            house.work()
            worker = house.worker()
            await worker.talk()
            await house.told(CardShown)
            worker.say(final("u1", "caller", "i was charged twice on my last bill", 9.0), ENDED)
            await house.told(CardShown)
            await house.settled()
            assert house.desk().agent.state == "WRAPUP"
            assert await house.store.events_of("c1") == ()

    async def logged() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'floor.db'}")
        kinds = [event["type"] for event in await store.events_of("c1")]
        assert kinds[0] == "contact.offered"
        assert {"contact.answered", "transcript.final", "card.shown", "contact.ended"} <= set(kinds)
        assert await store.summary_of("c1") is not None
        await store.close()

    with_house(use)
    asyncio.run(logged())
    assert "not written yet" in caplog.text
    assert "the disk is full" in caplog.text


def test_a_database_that_cannot_be_read_costs_the_past_and_not_the_floor(
    with_house: WithHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(house: House) -> None:
        monkeypatch.setattr(house.store, "events_of", refuse)
        monkeypatch.setattr(house.store, "latest", refuse)
        await house.restart()
        house.work()
        await house.worker().talk()
        await house.told(CardShown)

    with_house(use)
    assert "the event log cannot be read: the disk is full" in caplog.text


def test_what_another_version_wrote_is_passed_over(with_house: WithHouse, caplog: pytest.LogCaptureFixture) -> None:
    async def use(house: House) -> None:
        strange = {"id": "x1", "at": 1.0, "source": "w", "seq": 1, "type": "contact.levitated", "data": {},
                   "contact_id": "c1"}  # fmt: skip
        await house.store.append(strange)
        await house.store.append(strange | {"id": "x2", "type": "agent.state", "data": {"agent": "anna"}})
        await house.restart()
        house.work()
        await house.worker().talk()
        await house.told(CardShown)

    with_house(use)
    assert "event x1 of the log is passed over" in caplog.text
    assert "event x2 of the log is passed over" in caplog.text


def test_a_lost_worker_ends_its_contact_once(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        await house.worker().talk()
        for _ in range(2):
            house.bus.publish(WorkerLost("w1", "killed by signal SIGKILL"))
        house.bus.publish(WorkerLost("w99", "nobody knows it"))
        await house.settled()
        await house.settled()
        (ended,) = house.log_of(ContactEnded)
        assert isinstance(ended, ContactEnded)
        assert (ended.reason, ended.ended_by) == ("worker_lost", "system")
        assert house.desk().agent.state == "WRAPUP"

    with_house(use)


def test_a_worker_lost_while_no_floor_was_there(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        await house.worker().talk()
        await house.stop()
        house.bus.publish(WorkerLost("w1", "killed by signal SIGKILL"))
        await house.start()
        await house.settled()
        assert len(house.log_of(ContactEnded)) == 1
        contact = house.desk().contact
        assert contact is not None
        assert (contact.phase, contact.ended_reason) == ("ended", "worker_lost")

    with_house(use)


# -- a floor that starts again


def snapshot(worker: Worker, offer: ConnectAgent, phase: str = "talking", offered_at: float = 1.0) -> ContactSnapshot:
    return ContactSnapshot(
        "w1", DEMO_NUMBER, "100", phase, offered_at, "billing", 5, 1.0, offer.agent, offer.lease_id, 3.0
    )


def test_a_floor_that_starts_again_stands_where_the_one_before_it_stood(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        offer = await worker.talk()
        await house.told(CardShown)
        worker.say(final("u1", "caller", "i was charged twice on my last bill", 9.0))
        await house.told(CardShown)
        await house.settled()
        before = house.desk().contact
        await house.restart()
        house.work()
        worker.say(snapshot(worker, offer, offered_at=house.clock.wall()))
        await house.told(CardShown)
        await house.settled()
        after = house.desk().contact
        assert before is not None
        assert after is not None
        assert after.transcript == before.transcript
        assert sorted(entry.card.id for entry in after.cards) == sorted(entry.card.id for entry in before.cards)
        assert house.desk().agent.state == "TALKING"
        assert (await house.floor.command("anna", AcceptCard(after.cards[0].card.id))).ok

    with_house(use)


def test_an_event_whose_acknowledgement_died_with_the_floor_changes_nothing(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        offer = await worker.talk()
        worker.say(final("u1", "caller", "i was charged twice on my last bill", 9.0))
        await house.settled()
        rung = AgentOffered(offer.agent, offer.lease_id)
        (logged,) = [EVENTS.decode(wire) for wire in await house.store.events_of("c1") if wire["type"] == rung.type]
        await house.stop()
        house.hub.spread(logged)
        await house.start()
        await house.settled()
        contact = house.desk().contact
        assert contact is not None
        assert len(contact.transcript) == 1
        card = next(entry.card for entry in contact.cards if entry.card.kind == "next_step")
        assert (await house.floor.command("anna", TickStep(card.id, card.steps[0].id, True))).ok
        contact = house.desk().contact
        assert contact is not None
        assert next(entry.card for entry in contact.cards if entry.card.id == card.id).steps[0].done

    with_house(use)


def test_late_events_of_an_old_contact_do_not_take_the_present_one_off_the_desk(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        old, missed, present = house.worker("c1"), house.worker("c2"), house.worker("c3")
        offer = await old.talk()
        old.say(ENDED)
        missed.say(OFFERED, AgentOffered("anna", "l2"), AgentUnreachable("anna", "l2", 480, "no answer"))
        await house.restart()
        house.work()
        present.say(replace(snapshot(present, offer), worker_id="w3"))
        await house.settled()
        old.say(ContactClosed("", 0.0, 0.0, 0.1, 20.0))
        missed.say(replace(snapshot(missed, offer, "queued"), agent="", lease_id=""))
        await house.settled()
        contact = house.desk().contact
        assert contact is not None
        assert (contact.id, contact.phase) == ("c3", "talking")

    with_house(use)


def test_who_was_on_a_break_still_is(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work("anna")
        house.work("ben")
        assert (await house.floor.command("anna", SetState("not_ready", "break"))).ok
        house.floor.station_disconnected("ben")
        await house.restart()
        for agent in ("anna", "ben"):
            house.work(agent)
        assert (house.desk("anna").agent.state, house.desk("anna").agent.reason) == ("NOT_READY", "break")
        assert house.desk("ben").agent.state == "AVAILABLE"
        assert (await house.floor.command("anna", SetState("ready"))).ok
        assert house.desk("anna").agent.state == "AVAILABLE"

    with_house(use)


def test_who_wrapped_up_still_does_and_may_take_longer(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        worker = house.worker()
        await worker.talk()
        await house.settled()
        worker.say(ENDED)
        await message(house.pages["anna"], in_state("WRAPUP"))
        (before,) = [state for state in house.log_of(AgentStateChanged) if getattr(state, "until", 0.0)]
        await house.kept("c1")
        await house.restart()
        house.work()
        assert house.desk().agent.state == "WRAPUP"
        assert (await house.floor.command("anna", MoreTime())).ok
        states = [state for state in house.log_of(AgentStateChanged) if isinstance(state, AgentStateChanged)]
        assert isinstance(before, AgentStateChanged)
        assert [state.until - before.until for state in states if state.until] == [0.0, 0.0, 30.0]
        assert (await house.floor.command("anna", SetState("ready"))).ok
        assert house.desk().agent.state == "AVAILABLE"

    with_house(use)


def test_the_agent_of_last_time_is_found_in_the_store(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work("anna")
        worker = house.worker()
        assert (await worker.talk()).agent == "anna"
        await house.told(CardShown)  # the customer is known
        worker.say(ENDED, ContactClosed("", 0.0, 0.0, 0.0, 0.0))
        await house.kept("c1")
        house.work("ben")
        again = house.worker("c2")
        again.say(OFFERED, FactsWanted(()))
        async with asyncio.timeout(10):
            await again.told.get()  # the look-up is over
        again.say(ContactQueued("billing", 5, house.clock.wall()))
        await house.settled()
        assert again.offers.empty(), "anna wraps up; ben is idle, but not the agent of last time"
        assert (await house.floor.command("anna", SetState("ready"))).ok
        assert (await again.ring()).agent == "anna"

    with_house(use, queues=by_name([QueueSettings(name="billing", sticky_s=60)]))


def test_an_agent_taken_out_of_the_settings_stops_nobody(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work("ben")
        worker = house.worker()
        offer = await worker.talk()
        house.agents = AGENTS[:1]
        await house.restart()
        worker.say(snapshot(worker, offer), final("u1", "caller", "i was charged twice", 9.0), ENDED)
        await house.settled()
        assert (await house.kept("c1")).agent == "ben"

    with_house(use)


# -- pages and stations


def test_a_station_that_logs_in_twice_is_one_agent(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        first = house.work()
        second = house.work()
        await house.settled()
        assert [event.state for event in house.log_of(AgentStateChanged) if isinstance(event, AgentStateChanged)] == [
            "NOT_READY", "AVAILABLE",
        ]  # fmt: skip
        assert (await house.floor.command("anna", Mute(True))).ok
        assert (first.verbs, second.verbs) == ([], ["mute"])

    with_house(use)


def test_a_stations_busy_light_shows_whether_its_agent_takes_calls(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        link = house.work()
        await house.settled()
        assert link.work[-1] == "ready"
        assert (await house.floor.command("anna", SetState("not_ready", "meal"))).ok
        await house.settled()
        assert link.work[-1] == "not_ready"
        again = house.work()
        await house.settled()
        assert (link.work, again.work) == (["not_ready", "ready", "not_ready"], ["not_ready"])

    with_house(use)


def test_buttons_of_the_page_reach_the_station(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        assert (await house.floor.command("anna", Answer())).reason == "your softphone is not connected"
        link = house.work()
        for command in (Answer(), Mute(True), Mute(False), HangUp()):
            assert (await house.floor.command("anna", command)).ok
        assert link.verbs == ["answer", "mute", "unmute", "hang_up"]
        house.floor.station_disconnected("anna")
        assert not house.desk().station.connected
        assert house.desk().agent.state == "NOT_READY"
        assert not (await house.floor.command("anna", HangUp())).ok

    with_house(use)


def test_a_registration_that_comes_and_goes(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.floor.station_connected("anna", StationReport(registered=False), Link())
        assert house.desk().agent.state == "NOT_READY"
        house.floor.station_reported("anna", replace(AT_WORK, muted=True))
        assert (house.desk().agent.state, house.desk().station.muted) == ("AVAILABLE", True)
        house.floor.station_reported("anna", StationReport(registered=False))
        assert (house.desk().agent.state, house.desk().agent.reason) == ("NOT_READY", "system")

    with_house(use)


def test_cards_and_notes_are_those_of_ones_own_contact(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work("anna")
        worker = house.worker()
        await worker.talk()
        await house.told(CardShown)
        worker.say(final("u1", "caller", "i was charged twice on my last bill", 9.0))
        card = (await house.told(CardShown)).data["card"]
        tick = TickStep(card["id"], card["steps"][0]["id"], True)
        assert (await house.floor.command("anna", Note("c1", "will call back"))).ok
        assert (await house.floor.command("anna", tick)).ok
        assert (await house.floor.command("anna", DismissCard(card["id"]))).ok
        for refused in (
            await house.floor.command("ben", Note("c1", "not mine")),
            await house.floor.command("anna", Note("c9", "no such contact")),
        ):
            assert refused == Reply(False, "this is not your contact")
        for command in (AcceptCard(card["id"]), replace(tick, done=False)):
            assert await house.floor.command("ben", command) == Reply(False, "there is no such card")
        assert await house.floor.command("anna", AcceptCard("c1:nothing:1")) == Reply(False, "there is no such card")
        contact = house.desk("anna").contact
        assert contact is not None
        assert contact.note == "will call back"
        entry = next(entry for entry in contact.cards if entry.card.id == card["id"])
        assert entry.outcome == "dismissed"
        assert entry.card.steps[0].done
        await house.settled()
        types = [wire["type"] for wire in await house.store.events_of("c1")]
        assert {"desk.note", "card.step_ticked", "card.settled"} <= set(types)

    with_house(use)


def test_the_recogniser_on_every_page_goes_down_and_up(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        def is_now(state: str) -> Callable[[FeedMessage], bool]:
            return lambda found: found.type == RecogniserChanged.type and found.data["state"] == state

        for up, state in ((True, "up"), (False, "down")):
            house.bus.publish(ServiceChanged("transcription", up=up))
            house.bus.publish(ServiceChanged("front", up=not up))
            for agent in ("anna", "ben"):
                await message(house.pages[agent], is_now(state))
                assert house.desk(agent).services.recogniser == replace(MODEL, state=state)

    with_house(use)


def test_an_agent_sees_that_her_words_come_late_and_who_waits(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work("anna")
        worker = house.worker()
        await worker.talk()
        house.bus.publish(ServiceChanged("transcription", up=True))
        worker.say(replace(final("u1", "caller", "my bill is wrong", 9.0), lateness_s=4.2))
        await message(house.pages["anna"], lambda found: found.data.get("state") == "behind")
        recogniser = house.desk("anna").services.recogniser
        assert (recogniser.state, recogniser.behind_s, recogniser.model) == ("behind", 4.0, MODEL.model)
        assert house.desk("ben").services.recogniser.state == "up", "it is not his contact"
        worker.say(final("u2", "caller", "thank you", 12.0))
        await message(house.pages["anna"], lambda found: found.data.get("state") == "up")
        house.worker("c2").queue()
        await message(house.pages["anna"], lambda found: any(each["waiting"] for each in found.data.get("queues", ())))
        assert house.desk("anna").queues == (QueueLine("billing", 1, 1.0),)

    with_house(use)


def test_a_caller_is_answered_from_the_agents_knowledge_base(with_house: WithHouse, content: Content) -> None:
    async def use(house: House) -> None:
        worker = house.worker()
        article = next(iter(content.library.articles.values()))
        worker.say(OFFERED, KnowledgeWanted(article.spec.aliases[0]), KnowledgeWanted("elephants and their trunks"))
        async with asyncio.timeout(10):
            told = [await worker.told.get(), await worker.told.get()]
        assert told == [TellAnswer(article.id, article.answer), TellAnswer()]
        assert not (await house.floor.command("anna", SetBanner("outage"))).ok, "she is no supervisor"

    with_house(use)


def test_a_worker_is_told_what_its_flow_asks_for(with_house: WithHouse) -> None:
    async def use(house: House) -> None:
        house.work()
        first = house.worker()
        await first.talk()
        second = house.worker("c2")
        second.queue()
        second.say(PlaceWanted(), FactsWanted(("billing", "support")))
        async with asyncio.timeout(10):
            told = {type(command): command for command in (await second.told.get(), await second.told.get())}
        assert told[TellPlace] == TellPlace(0, None, None), "cold start: the place alone"
        assert told[TellFacts] == TellFacts(True, False, (("billing", 1, 1), ("support", 0, 0)))

    with_house(use)
