"""Supervisors at the floor: commands to workers, what pages are told, cards of coaching; on the floor's own bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from assist.alert_rules import load_alert_rules
from assist.alerts import AlertAcknowledged, AlertCleared, AlertRaised
from assist.api.commands import (
    AcceptCard,
    AcknowledgeAlert,
    Coach,
    Hold,
    LeaveContact,
    LowerHand,
    RaiseHand,
    SuperviseAs,
    SuperviseContact,
)
from assist.cards import CardShown
from assist.coaching import CoachingRead, CoachingSent, HandLowered, HandRaised, SupervisionNotice
from assist.content import Content
from assist.desk_events import ContactAssigned, ContactReleased
from assist.store import Store, seed_demo
from assist.store.seed import DEMO_NUMBER
from assist.supervision import SupervisionSettings
from assist.supervisors import Oversight
from assist.wording import utc_date
from ivr.acd import AcdTimes
from ivr.contacts import ContactEnded, ContactSnapshot
from ivr.controls import ContactTransferred
from ivr.outbound import OutboundReady
from ivr.supervision import (
    BridgeClosed,
    BridgeOpened,
    CloseBridge,
    EndSupervision,
    OpenBridge,
    SetSupervisionMode,
    Supervise,
    SupervisionEnded,
    SupervisionFailed,
    SupervisionModeChanged,
    SupervisionStarted,
)
from tests.assist.dialogue import final
from tests.assist.test_floor import AGENTS, AT_WORK, ENDED, House, Link, Worker
from tests.fakes.clock import VirtualClock
from transcription.utterances import UtteranceFinal
from voice.calls import Role
from voice.claims import ClaimWorker
from voice.commands import Command, Reply
from voice.errors import CommandRefusedError
from voice.events import WorkerLost
from voice.hearing import Mode
from voice.settings import AgentSettings

SARA = AgentSettings(user="sara", name="Sara Lind", secret="kestrel-demo", role="supervisor")
TOM = AgentSettings(user="tom", name="Tom Ray", secret="kestrel-demo", role="supervisor", teams=("other",))
QUIET = SupervisionSettings.model_validate(
    {
        "policies": {"default": {"listen": [], "whisper": ["banner"], "barge": ["tone"]}},
        "tips": {"slow": "Speak a little slower"},
    }
)


@contextlib.asynccontextmanager
async def staffed(file: Path, content: Content) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite+aiosqlite:///{file}")
    built = House(store, content, VirtualClock(), AcdTimes(), {})
    built.agents, built.oversight = (*AGENTS, SARA, TOM), Oversight(QUIET, load_alert_rules())
    try:
        await seed_demo(store, utc_date(built.clock.wall()))
        await built.bus.start()
        await built.start()
        yield built
        await built.stop()
    finally:
        await built.bus.close()
        await store.close()


Use = Callable[[House, Worker], Awaitable[None]]


@pytest.fixture
def talking(tmp_path: Path, content: Content) -> Callable[[Use], None]:
    """Anna talks to the caller of contact c1."""

    def run(use: Use) -> None:
        async def main() -> None:
            async with staffed(tmp_path / "floor.db", content) as house:
                house.work()
                worker = house.worker()
                await worker.talk()
                await house.settled()
                await use(house, worker)

        asyncio.run(main())

    return run


async def told(worker: Worker) -> Command:
    async with asyncio.timeout(10):
        return await worker.told.get()


async def listening(house: House, worker: Worker) -> None:
    assert (await house.floor.command("sara", SuperviseContact(worker.id))).ok
    await told(worker)
    worker.say(SupervisionStarted("sara", "anna"))
    await house.told(SupervisionStarted, "sara")


def types(house: House, user: str) -> list[str]:
    """What waits on a user's page."""
    return [message.type for message in house.pages[user].outbox._waiting.values()]


def test_a_supervisor_is_put_through_to_her_own_phone_and_reads_along(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        assert (await house.floor.command("sara", SuperviseContact("c1"))).ok
        tones = ((Mode.BARGE, (Role.AGENT,)),)
        assert await told(worker) == Supervise("sara", "sip:sara@callfloor", tones)
        worker.say(SupervisionStarted("sara", "anna"), final("u1", "caller", "good morning", 9.0))
        assert (await house.told(ContactAssigned, "sara")).data["agent"] == "anna"
        assert (await house.told(UtteranceFinal, "sara")).data["text"] == "good morning"
        assert (await house.floor.command("sara", SuperviseAs("c1", Mode.WHISPER))).ok
        assert await told(worker) == SetSupervisionMode("sara", Mode.WHISPER)
        assert (await house.floor.command("sara", LeaveContact("c1"))).ok
        assert await told(worker) == EndSupervision("sara")
        worker.say(SupervisionEnded("sara", "anna", Mode.WHISPER, 9.0), final("u2", "caller", "my bill", 12.0))
        await house.told(ContactReleased, "sara")
        await house.settled()
        assert UtteranceFinal.type not in types(house, "sara"), "who has left hears no more"

    talking(use)


def test_only_a_supervisor_of_that_team_may(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        for user in ("ben", "tom", "anna"):
            for command in (SuperviseContact("c1"), SuperviseAs("c1", Mode.BARGE), Coach("c1", "hello")):
                assert not (await house.floor.command(user, command)).ok
        assert not (await house.floor.command("sara", SuperviseContact("nowhere"))).ok
        assert worker.told.empty()
        worker.say(SupervisionStarted("sara", "anna"))
        await house.told(SupervisionStarted, "sara")
        assert SupervisionStarted.type not in types(house, "tom")

    talking(use)


def test_the_agents_banner_comes_and_goes_as_the_policy_says(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        await listening(house, worker)
        await house.settled()
        assert SupervisionNotice.type not in types(house, "anna"), "listening is not announced by this policy"
        worker.say(SupervisionModeChanged("sara", "anna", Mode.WHISPER, "phone"))
        assert (await house.told(SupervisionNotice)).data == {"supervisor": "sara", "mode": "whisper"}
        worker.say(SupervisionModeChanged("sara", "anna", Mode.BARGE, "phone"))
        assert (await house.told(SupervisionNotice)).data["mode"] is None, "the tone has said it"
        worker.say(SupervisionModeChanged("sara", "anna", Mode.WHISPER, "phone"))
        assert (await house.told(SupervisionNotice)).data["mode"] == "whisper"
        worker.say(SupervisionEnded("sara", "anna", Mode.WHISPER, 9.0))
        assert (await house.told(SupervisionNotice)).data["mode"] is None

    talking(use)


def test_the_banner_follows_the_contact_to_the_next_agent(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        house.work("ben")
        await listening(house, worker)
        worker.say(SupervisionModeChanged("sara", "anna", Mode.WHISPER, "phone"))
        assert (await house.told(SupervisionNotice)).data["mode"] == "whisper"
        worker.say(ContactTransferred("anna", "agent", "ben", done=True, lease_id="l2"))
        assert (await house.told(SupervisionNotice, "anna")).data["mode"] is None
        assert (await house.told(SupervisionNotice, "ben")).data["mode"] == "whisper"
        assert house.desk("ben").contact is not None
        assert house.desk("ben").contact.supervision == "whisper"  # type: ignore[union-attr]

    talking(use)


def test_she_moves_to_another_contact_without_asking_twice(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        await listening(house, worker)
        house.work("ben")
        other = house.worker("c2")
        await other.talk()
        await house.settled()
        assert (await house.floor.command("sara", SuperviseContact("c2"))).ok
        assert await told(worker) == EndSupervision("sara")
        assert other.told.empty(), "one after the other: her phone takes one call"
        worker.say(SupervisionEnded("sara", "anna", Mode.LISTEN, 9.0))
        assert isinstance(await told(other), Supervise)

    talking(use)


def test_while_her_phone_still_rings_for_one_contact_she_may_change_her_mind(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        house.work("ben")
        other = house.worker("c2")
        await other.talk()
        await house.settled()
        await house.floor.command("sara", SuperviseContact("c1"))
        assert isinstance(await told(worker), Supervise)
        await house.floor.command("sara", SuperviseContact("c2"))
        assert await told(worker) == EndSupervision("sara")
        worker.say(SupervisionFailed("sara", 487, "Request Terminated"))
        assert isinstance(await told(other), Supervise)

    talking(use)


def test_a_contact_whose_worker_dies_sets_her_free(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        house.work("ben")
        other = house.worker("c2")
        await other.talk()
        await listening(house, worker)
        house.bus.publish(WorkerLost("w1", "killed"))
        assert (await house.told(SupervisionEnded, "sara")).contact_id == "c1"
        assert (await house.floor.supervisor_view("sara")).supervising == ""
        assert (await house.floor.command("sara", SuperviseContact("c2"))).ok
        assert isinstance(await told(other), Supervise)

    talking(use)


def test_a_floor_that_starts_again_knows_who_supervises(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        await listening(house, worker)
        await house.restart()
        worker.say(
            ContactSnapshot("w1", "1", "100", "talking", 1.0, agent="anna", lease_id="x", answered_at=2.0,
                            supervisor="sara", supervision_mode="listen"),
            final("u3", "caller", "are you there", 20.0),
        )  # fmt: skip
        assert (await house.told(UtteranceFinal, "sara")).data["text"] == "are you there"

    talking(use)


def test_words_for_the_agent_are_a_card_and_dealing_with_it_is_the_receipt(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        assert (await house.floor.command("sara", Coach("c1", "  Offer a credit  "))).ok
        sent = await house.told(CoachingSent, "sara")
        assert (sent.data["text"], sent.contact_id) == ("Offer a credit", "c1")
        while (shown := await house.told(CardShown)).data["card"]["kind"] != "coaching":
            pass
        card_id = shown.data["card"]["id"]
        assert shown.data["card"]["title"] == "Offer a credit"
        assert (await house.floor.command("anna", AcceptCard(card_id))).ok
        read = await house.told(CoachingRead, "sara")
        assert (read.data["message_id"], read.data["outcome"], read.data["supervisor"]) == (card_id, "accepted", "sara")
        await house.floor.command("anna", AcceptCard(card_id))
        await house.settled()
        assert CoachingRead.type not in types(house, "sara"), "read once"
        logged = [wire["type"] for wire in await house.store.events_of("c1")]
        assert [kind for kind in logged if kind.startswith("coach.")] == ["coach.sent", "coach.read"]

    talking(use)


def test_a_canned_tip_by_its_name_and_nothing_empty(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        assert (await house.floor.command("sara", Coach("c1", tip="slow"))).ok
        assert (await house.told(CoachingSent, "sara")).data["text"] == "Speak a little slower"
        for command in (Coach("c1", tip="fast"), Coach("c1", "   ")):
            assert not (await house.floor.command("sara", command)).ok

    talking(use)


def test_a_raised_hand_reaches_the_supervisors_of_the_team_until_it_is_lowered(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        assert (await house.floor.command("anna", RaiseHand("c1", "what about the credit?"))).ok
        raised = await house.told(HandRaised, "sara")
        assert raised.data == {"agent": "anna", "text": "what about the credit?"}
        assert HandRaised.type not in types(house, "tom")
        assert not (await house.floor.command("ben", RaiseHand("c1"))).ok, "not his contact"
        assert (await house.floor.command("sara", LowerHand("c1"))).ok
        assert (await house.told(HandLowered, "anna")).data == {"agent": "anna", "by": "sara"}

    talking(use)


def test_a_supervisors_station_takes_no_contacts(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        worker.say(ENDED)
        await house.settled()
        house.floor.station_disconnected("anna")
        house.floor.station_connected("sara", AT_WORK, Link())
        other = house.worker("c2")
        other.queue()
        await house.settled()
        house.floor.station_disconnected("sara")
        await house.settled()
        assert other.offers.empty()

    talking(use)


def test_a_worker_that_does_not_take_the_command_is_an_error_for_the_page(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        async def no(command: Command) -> Reply:
            return Reply(False, "tom supervises this contact")

        worker.bus.serve("contact.c1", no)
        with pytest.raises(CommandRefusedError, match="tom"):
            await house.floor.command("sara", SuperviseContact("c1"))

    talking(use)


def test_an_alert_reaches_the_board_is_acknowledged_and_survives_the_floor(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        worker.say(final("u1", "caller", "i want to speak to a manager", 9.0))
        while (alert := await house.told(AlertRaised, "sara")).data["kind"] != "keyword":
            pass  # the queue of this contact is as old as Unix time
        assert (alert.data["rule"], alert.data["agent"], alert.contact_id) == ("wants_supervisor", "anna", "c1")
        assert AlertRaised.type not in types(house, "anna")
        alert_id = alert.data["alert_id"]
        assert [each.alert_id for each in (await house.floor.supervisor_view("sara")).alerts] == [alert_id]
        assert (await house.floor.supervisor_view("tom")).alerts == ()
        assert not (await house.floor.command("anna", AcknowledgeAlert(alert_id))).ok
        await house.restart()
        worker.say(final("u2", "caller", "hello", 12.0))
        await house.settled()
        assert [each.alert_id for each in (await house.floor.supervisor_view("sara")).alerts] == [alert_id]
        assert (await house.floor.command("sara", AcknowledgeAlert(alert_id))).ok
        assert (await house.told(AlertAcknowledged, "sara")).data == {"alert_id": alert_id, "by": "sara"}
        assert not (await house.floor.command("sara", AcknowledgeAlert(alert_id))).ok
        worker.say(ENDED)
        cleared = await house.told(AlertCleared, "sara")
        assert cleared.data == {"alert_id": alert_id, "reason": "ended"}
        assert (await house.floor.supervisor_view("sara")).alerts == ()

    talking(use)


def test_a_page_begins_with_hands_tips_and_where_her_phone_is(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        await house.floor.command("anna", RaiseHand("c1", "help"))
        await listening(house, worker)
        view = await house.floor.supervisor_view("sara")
        assert view.hands == (("c1", HandRaised("anna", "help")),)
        assert (view.tips, view.supervising) == ({"slow": "Speak a little slower"}, "c1")
        worker.say(ENDED)
        await house.settled()
        assert (await house.floor.supervisor_view("sara")).hands == ()

    talking(use)


TAKEN = SupervisionModeChanged("sara", "anna", Mode.TAKEOVER, "command")
SEEN = ContactSnapshot(
    "w1", DEMO_NUMBER, "100", "talking", 1.0, "billing", supervisor="sara", supervision_mode="takeover"
)  # fmt: skip


def test_who_takes_a_contact_over_has_it_and_the_agent_wraps_up(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        await listening(house, worker)
        assert (await house.floor.command("sara", SuperviseAs("c1", Mode.TAKEOVER))).ok
        worker.say(TAKEN, SEEN)
        assert (await house.told(ContactEnded)).data["reason"] == "taken_over"
        await house.settled()
        assert house.desk().agent.state == "WRAPUP"
        contact, hers = house.desk().contact, house.desk("sara").contact
        assert contact is not None
        assert hers is not None
        assert (contact.phase, contact.summary is not None) == ("ended", True), "a draft of her part"
        assert (hers.id, hers.phase) == ("c1", "talking")
        assert not (await house.floor.command("anna", Hold(True))).ok
        worker.say(final("u1", "caller", "good morning", 9.0))
        await house.settled()
        assert types(house, "sara").count(UtteranceFinal.type) == 1
        assert not (await house.floor.command("sara", Coach("c1", "well done"))).ok
        assert (await house.floor.command("sara", LeaveContact("c1"))).ok
        assert await told(worker) == SetSupervisionMode("sara", Mode.TAKEOVER)
        assert await told(worker) == EndSupervision("sara")
        worker.say(SupervisionEnded("sara", "anna", Mode.TAKEOVER, 9.0), ENDED)
        await house.settled()
        hers = house.desk("sara").contact
        assert hers is not None
        assert (hers.phase, hers.summary is not None) == ("ended", True)

    talking(use)


def test_a_floor_that_starts_again_knows_who_has_taken_over(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        await listening(house, worker)
        worker.say(TAKEN)
        await house.settled()
        await house.restart()
        worker.say(SEEN)
        await house.settled()
        hers = house.desk("sara").contact
        assert hers is not None
        assert (hers.id, hers.phase) == ("c1", "talking")
        assert (await house.floor.command("sara", LeaveContact("c1"))).ok

    talking(use)


class Claimed:
    """A front with workers to give, and the one that it gave: a supervisor's bridge."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.told: asyncio.Queue[Command] = asyncio.Queue()
        house.bus.serve("front", self._claimed)
        house.bus.serve("contact.b1", self._asked)

    async def _claimed(self, command: Command) -> Reply:
        assert isinstance(command, ClaimWorker)
        self.house.bus.publish(OutboundReady(command.order), contact_id="b1")
        return Reply(True)

    async def _asked(self, command: Command) -> Reply:
        self.told.put_nowait(command)
        return Reply(True)

    async def next(self) -> Command:
        async with asyncio.timeout(10):
            return await self.told.get()


def test_her_telephone_is_called_once_and_contacts_take_turns_at_it(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        bridge, second = Claimed(house), house.worker("c2")
        second.queue()
        await house.settled()
        assert (await house.floor.command("sara", SuperviseContact("c1"))).ok
        assert await bridge.next() == OpenBridge("sara", "sip:sara@callfloor", "c1")
        house.bus.publish(BridgeOpened("sara", "b1", "w7", "sip:bridge-w7@callfloor"))
        tones = ((Mode.BARGE, (Role.AGENT,)),)
        assert await told(worker) == Supervise("sara", "sip:bridge-w7@callfloor", tones)
        worker.say(SupervisionStarted("sara", "anna"))
        await house.told(SupervisionStarted, "sara")

        assert (await house.floor.command("sara", SuperviseContact("c2"))).ok
        assert await told(worker) == EndSupervision("sara")
        worker.say(SupervisionEnded("sara", "anna", Mode.LISTEN, 9.0))
        assert await told(second) == Supervise("sara", "sip:bridge-w7@callfloor", tones)
        second.say(SupervisionStarted("sara", ""))
        await house.settled()
        assert bridge.told.empty(), "her own call was left alone"

        second.say(SupervisionEnded("sara", "", Mode.LISTEN, 9.0))
        assert await bridge.next() == CloseBridge("sara")
        assert house.floor._cases.get("b1") is None, "a bridge is no contact"

    talking(use)


def test_a_telephone_that_does_not_answer_its_bridge_and_a_bridge_that_dies(talking: Callable[[Use], None]) -> None:
    async def use(house: House, worker: Worker) -> None:
        bridge = Claimed(house)
        for _ in range(2):
            assert (await house.floor.command("sara", SuperviseContact("c1"))).ok
            await bridge.next()
            house.bus.publish(BridgeClosed("sara", "b1", 486, "Busy Here"))
            assert (await house.told(SupervisionFailed, "sara")).data["code"] == 486
            assert isinstance(await bridge.next(), CloseBridge)
        assert (await house.floor.command("sara", SuperviseContact("c1"))).ok
        await bridge.next()
        assert (await house.floor.command("sara", LeaveContact("c1"))).ok, "she thinks better of it"
        assert (await house.told(SupervisionFailed, "sara")).data["code"] == 487
        assert isinstance(await bridge.next(), CloseBridge)
        assert (await house.floor.command("sara", SuperviseContact("c1"))).ok
        await bridge.next()
        house.bus.publish(BridgeOpened("sara", "b1", "w7", "sip:bridge-w7@callfloor"))
        assert isinstance(await told(worker), Supervise)
        worker.say(SupervisionStarted("sara", "anna"))
        await house.told(SupervisionStarted, "sara")
        house.bus.publish(WorkerLost("w7", "signal 9"))
        assert await told(worker) == EndSupervision("sara")

    talking(use)
