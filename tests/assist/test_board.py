"""The board's fold: contacts' rows, queues' counts, what each supervisor is shown."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assist.alerts import AlertAcknowledged, AlertCleared, AlertRaised
from assist.board.rows import AlertRow, ContactRow, QueueRow
from assist.board.table import Board
from assist.board.today import Today
from assist.board.view import BoardView
from assist.cards import CardRetracted, CardShown
from assist.coaching import HandLowered, HandRaised
from assist.metrics.columns import Columns
from assist.metrics.fold import ContactFold
from assist.metrics.repeats import with_repeats
from assist.metrics.service import abandon_rate, service_level_3
from assist.metrics.targets import Goal, ServiceLevel, Targets
from assist.metrics.totals import total
from ivr.contacts import (
    AgentOffered,
    AgentStateChanged,
    AgentUnreachable,
    CallbackRequested,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
)
from ivr.controls import ConsultEnded, ConsultStarted, ContactTransferred, HoldChanged
from ivr.supervision import SupervisionEnded, SupervisionModeChanged, SupervisionStarted
from tests.assist.dialogue import final
from tests.fakes import contact_script as script
from tests.fakes.clock import VirtualClock
from voice.events import Envelope, Event, QualityMeasured
from voice.hearing import Mode
from voice.settings import AgentSettings

STAFF = (
    AgentSettings(user="anna", name="Anna", secret="kestrel-demo", queues=("billing", "support"), team="north"),
    AgentSettings(user="ben", name="Ben", secret="kestrel-demo", queues=("billing",), team="south"),
    AgentSettings(user="sara", name="Sara", secret="kestrel-demo", role="supervisor"),
)
OFFERED = ContactOffered("w1", "+12025550142", "100", "main", "1")
DAY = 1_700_000_000.0


class Floor:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.banner = ""
        today = Today(Targets(), ZoneInfo("Europe/Berlin"))
        self.board = Board(STAFF, today, self.clock, lambda queue: None, lambda: self.banner, self._may_see)

    def _may_see(self, user: str, agent: str) -> bool:
        return user == "sara" or agent in ("", "anna")

    def hear(self, contact_id: str, *events: tuple[float, Event]) -> None:
        for at, event in events:
            self.board.heard(contact_id, event, at)

    def contact(self, contact_id: str = "c1") -> ContactRow:
        row = self.board.rows["contacts", contact_id]
        assert isinstance(row, ContactRow)
        return row

    def queue(self, name: str) -> QueueRow:
        self.board.recount()
        row = self.board.rows["queues", name]
        assert isinstance(row, QueueRow)
        return row


def taken(view: BoardView) -> dict[str, Any]:
    """The ids of a message by table."""
    told = view.take()
    tables = {
        "queues": {row.id for row in told.queues},
        "agents": {row.id for row in told.agents},
        "contacts": {row.id for row in told.contacts},
        "alerts": {row.id for row in told.alerts},
    }
    return {name: ids for name, ids in tables.items() if ids}


def state(agent: str, name: str, since: float = 1.0) -> AgentStateChanged:
    return AgentStateChanged(agent, name, "", since)


def test_a_contact_from_the_flow_to_its_end() -> None:
    floor = Floor()
    floor.hear("c1", (10.0, OFFERED))
    assert (floor.contact().phase, floor.contact().since) == ("flow", 10.0)
    floor.hear("c1", (20.0, ContactQueued("billing", 5, 20.0)), (25.0, AgentOffered("ben", "l1")))
    assert (floor.contact().phase, floor.contact().agent, floor.contact().since) == ("ringing", "ben", 20.0)
    floor.hear("c1", (30.0, AgentUnreachable("ben", "l1", 480, "no answer")))
    assert (floor.contact().phase, floor.contact().agent, floor.contact().since) == ("queued", "", 20.0)
    floor.hear("c1", (31.0, AgentOffered("anna", "l2")), (35.0, ContactAnswered("anna", "l2", 15.0)))
    assert (floor.contact().phase, floor.contact().agent, floor.contact().since) == ("talking", "anna", 35.0)
    floor.hear("c1", (40.0, HoldChanged("anna", True)), (41.0, ConsultStarted("anna", "agent", "ben", "l3")))
    assert (floor.contact().held_since, floor.contact().consult) == (40.0, "ben")
    floor.hear("c1", (45.0, ConsultEnded("anna", "agent", "ben", "left")), (46.0, HoldChanged("anna", False)))
    assert (floor.contact().held_since, floor.contact().consult) == (0.0, "")
    floor.hear("c1", (50.0, ContactTransferred("anna", "agent", "ben", False, "l4")))
    assert (floor.contact().phase, floor.contact().agent) == ("ringing", "ben")
    floor.hear("c1", (60.0, ContactEnded("completed", "caller", 50.0, 15.0)))
    assert ("contacts", "c1") not in floor.board.rows


def test_what_a_row_says_of_the_conversation() -> None:
    floor = Floor()
    floor.hear(
        "c1", (1.0, OFFERED), (1.5, CardShown("anna", script.CHECKLIST, 0.1)), (2.0, ContactAnswered("anna", "l", 1.0)),
        (3.0, CardShown("anna", script.HISTORY, 0.1)),
        (4.0, CardShown("anna", script.FALLING, 0.1)), (5.0, CardShown("anna", script.BILLING, 0.1)),
        (6.0, CardRetracted("anna", script.BILLING.id, "not so")), (7.0, final("u1", "caller", "nobody called", 5.0)),
        (8.0, HandRaised("anna", "help")), (9.0, SupervisionStarted("sara", "anna")),
        (9.5, SupervisionModeChanged("sara", "anna", Mode.WHISPER, "command")),
    )  # fmt: skip
    row = floor.contact()
    assert (row.cards, row.points) == (2, script.FALLING.points)
    assert (row.said, row.said_by) == ("nobody called", "caller")
    assert (row.hand, row.hand_text, row.supervisor, row.mode) == (True, "help", "sara", "whisper")
    floor.hear("c1", (10.0, HandLowered("anna", "sara")), (11.0, SupervisionEnded("sara", "anna", Mode.WHISPER, 2.0)))
    assert (floor.contact().hand, floor.contact().supervisor, floor.contact().mode) == (False, "", "")


def test_quality_is_the_worst_leg_and_small_changes_are_no_news() -> None:
    def measured(leg: str, mos: float) -> QualityMeasured:
        return QualityMeasured(leg, leg, mos, 4.4, 250, 0.0, 2.0, 10.0)

    floor = Floor()
    floor.hear("c1", (1.0, OFFERED), (2.0, measured("caller", 4.3)), (3.0, measured("agent", 3.1)))
    assert floor.contact().mos == 3.1
    before = floor.contact()
    floor.hear("c1", (4.0, measured("agent", 3.15)))
    assert floor.contact() is before
    floor.hear("c1", (5.0, measured("supervisor", 1.0)))
    assert floor.contact() is before


def test_the_worker_knows_better_than_the_log() -> None:
    floor = Floor()
    told = ContactSnapshot(
        "w1", "7", "100", "talking", 5.0, "billing", 5, 8.0, "anna", "l1", 12.0, supervisor="sara",
        supervision_mode="barge",
    )  # fmt: skip
    floor.hear("c1", (20.0, told))
    row = floor.contact()
    assert (row.phase, row.agent, row.since, row.offered_at) == ("talking", "anna", 12.0, 5.0)
    assert (row.supervisor, row.mode) == ("sara", "barge")


def test_queues_are_counted_from_contacts_and_agents() -> None:
    floor = Floor()
    for agent, name in (("anna", "AVAILABLE"), ("ben", "TALKING")):
        floor.board.agent_state(state(agent, name))
    floor.hear("c1", (1.0, OFFERED), (20.0, ContactQueued("billing", 5, 20.0)))
    floor.hear("c2", (1.0, OFFERED), (30.0, ContactQueued("billing", 5, 12.0)), (31.0, AgentOffered("anna", "l")))
    row = floor.queue("billing")
    assert (row.waiting, row.longest_since, row.working, row.free) == (2, 12.0, 2, 1)
    assert (floor.queue("support").waiting, floor.queue("support").working) == (0, 1)
    floor.board.agent_state(state("anna", "NOT_READY"))
    assert (floor.queue("billing").working, floor.queue("billing").free) == (1, 0)
    floor.hear("c3", (1.0, OFFERED), (40.0, ContactQueued("sales", 5, 40.0)))
    assert floor.queue("sales").waiting == 1


def log() -> list[tuple[str, float, Event]]:
    """A morning: answered in and out of time, abandoned early and late, a promise, a transfer to a queue, a fault."""
    found: list[tuple[str, float, Event]] = []
    for number, waited in enumerate((5.0, 15.0, 25.0, 90.0)):
        contact, at = f"a{number}", DAY + 100 * number
        found += [(contact, at, OFFERED), (contact, at + 1, ContactQueued("billing", 5, at + 1)),
                  (contact, at + 1 + waited, ContactAnswered("anna", "l", waited))]  # fmt: skip
    for number, waited in enumerate((3.0, 12.0, 40.0)):
        contact, at = f"b{number}", DAY + 900 + 100 * number
        found += [(contact, at, OFFERED), (contact, at + 1, ContactQueued("billing", 5, at + 1)),
                  (contact, at + 1 + waited, ContactEnded("abandoned", "caller", waited, 0.0))]  # fmt: skip
    at = DAY + 2000
    found += [
        ("a3", at, ContactTransferred("anna", "queue", "support", True)),
        ("a3", at + 1, ContactQueued("support", 5, DAY + 301, turn=1)),
        ("a3", at + 9, ContactAnswered("anna", "l", 8.0)),
        ("p", at, OFFERED), ("p", at + 1, ContactQueued("billing", 5, at + 1)),
        ("p", at + 60, CallbackRequested("7", "billing", 5, at + 1)),
        ("p", at + 61, ContactEnded("callback", "flow", 61.0, 0.0)),
        ("f", at, OFFERED), ("f", at + 1, ContactQueued("billing", 5, at + 1)),
        ("f", at + 5, ContactEnded("worker_lost", "system", 4.0, 0.0)),
    ]  # fmt: skip
    ends = [(f"a{n}", DAY + 3000 + n, ContactEnded("completed", "caller", 9.0, 9.0)) for n in range(4)]
    return sorted([*found, *ends], key=lambda entry: entry[1])


@pytest.mark.parametrize("queue", ["billing", "support"])
def test_today_is_what_the_metrics_make_of_the_same_log(queue: str) -> None:
    targets = Targets(queues={"support": Goal(answer_s=60.0)})
    today, fold = Today(targets, ZoneInfo("UTC")), ContactFold()
    for index, (contact, at, event) in enumerate(log()):
        today.saw(contact, event, at)
        today.saw(contact, event, at) if isinstance(event, ContactQueued) else None  # delivered twice
        fold.handle(Envelope(str(index), at, "w", index, event, contact))
    columns = with_repeats(Columns.of(fold.settled(float("inf"))), 7.0, DAY + 9000)
    counted = total(columns.where(columns.named("queue", queue)), targets)
    ours = today.of(queue)
    for name in ("offered", "answered", "answered_in_time", "abandoned", "abandoned_in_time", "abandoned_short",
                 "called_back", "wait_answered_s", "wait_abandoned_s"):  # fmt: skip
        assert getattr(ours, name) == getattr(counted, name), name
    assert service_level_3(ours) == service_level_3(counted)
    assert abandon_rate(ours) == abandon_rate(counted)


def test_a_queue_shows_the_service_level_it_is_measured_by() -> None:
    floor = Floor()
    goal = Goal(30.0, 90.0, ServiceLevel.ALL_OFFERED)
    today = Today(Targets(queues={"billing": goal}), ZoneInfo("UTC"))
    floor.board = Board(STAFF, today, floor.clock, lambda queue: None, lambda: "", lambda user, agent: True)
    for queue in ("billing", "support"):
        answered = (DAY + 25, ContactAnswered("anna", "l", 25.0))
        floor.hear(f"{queue}1", (DAY, OFFERED), (DAY, ContactQueued(queue, 5, DAY)), answered)
        gone = (DAY + 10, ContactEnded("abandoned", "caller", 10.0, 0.0))
        floor.hear(f"{queue}2", (DAY, OFFERED), (DAY, ContactQueued(queue, 5, DAY)), gone)
    billing, support = floor.queue("billing"), floor.queue("support")
    assert (billing.service_level, billing.variant, billing.target, billing.answer_s) == (50.0, 1, 90.0, 30.0)
    assert (support.service_level, support.variant, support.target, support.answer_s) == (0.0, 3, 80.0, 20.0)


def test_a_new_day_begins_at_local_midnight_with_nothing() -> None:
    today = Today(Targets(), ZoneInfo("Europe/Berlin"))
    late = 1_700_000_000.0 // 86400 * 86400 + 22.9 * 3600  # 23:54 in Berlin
    today.saw("c1", ContactQueued("billing", 5, late), late)
    assert today.of("billing").offered == 1
    today.saw("c2", ContactQueued("billing", 5, late + 3600), late + 3600)
    assert today.of("billing").offered == 1
    today.saw("c1", ContactAnswered("anna", "l", 3600.0), late + 3601)
    assert today.of("billing").answered == 0, "it belongs to the day it began to wait"


def test_a_board_is_told_everything_once_and_then_what_changed() -> None:
    floor = Floor()
    floor.hear("c1", (1.0, OFFERED))
    view = floor.board.open("sara")
    assert taken(view) == {"agents": {"anna", "ben"}, "queues": {"billing", "support"}, "contacts": {"c1"}}
    assert taken(view) == {}
    floor.board.agent_state(state("ben", "AVAILABLE"))
    floor.board.agent_state(state("ben", "NOT_READY"))
    assert taken(view) == {"agents": {"ben"}}
    floor.board.station("ben", True)
    assert [row.station for row in view.take().agents] == [True]
    floor.board.station("ben", True)
    assert taken(view) == {}
    floor.banner = "storm"
    assert view.take().banner == "storm"
    view.close()
    floor.board.agent_state(state("ben", "AVAILABLE"))
    assert taken(view) == {}


def test_what_is_not_hers_to_see_is_gone_and_never_was() -> None:
    floor = Floor()
    view = floor.board.open("tom")
    assert taken(view)["agents"] == {"anna"}
    floor.hear("c1", (1.0, OFFERED), (2.0, ContactQueued("billing", 5, 2.0)))
    assert taken(view)["contacts"] == {"c1"}
    floor.hear("c1", (3.0, ContactAnswered("ben", "l", 1.0)))
    told = view.take()
    assert (told.contacts, told.gone.contacts) == ([], ["c1"])
    floor.hear("c1", (4.0, ContactEnded("completed", "caller", 3.0, 1.0)))
    assert view.take().gone.contacts == []


def test_alerts_are_raised_acknowledged_and_cleared() -> None:
    floor = Floor()
    raised = AlertRaised("c1:1", "angry", "sentiment", "warning", "c1", "anna", "billing", "falling", 12.0, "u1", "no")
    floor.hear("c1", (5.0, raised))
    row = floor.board.rows["alerts", "c1:1"]
    assert row == AlertRow("c1:1", "c1", 5.0, "sentiment", "warning", "anna", "billing", "falling", 12.0, "u1", "no")
    floor.hear("c1", (6.0, AlertAcknowledged("c1:1", "sara")))
    row = floor.board.rows["alerts", "c1:1"]
    assert isinstance(row, AlertRow)
    assert row.acknowledged_by == "sara"
    floor.hear("c1", (7.0, AlertCleared("c1:1", "over")))
    assert ("alerts", "c1:1") not in floor.board.rows


def test_a_contact_whose_beginning_nobody_saw_makes_no_row() -> None:
    floor = Floor()
    floor.hear("c9", (1.0, final("u1", "caller", "hello", 1.0)), (2.0, HoldChanged("anna", True)))
    assert ("contacts", "c9") not in floor.board.rows
