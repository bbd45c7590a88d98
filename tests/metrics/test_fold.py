"""The event log of a contact, and the records it comes to."""

import itertools
from dataclasses import replace

import pytest

from assist.desk_events import WrapUpSaved
from assist.metrics.contacts import ContactRecord, Outcome
from assist.metrics.fold import ContactFold
from ivr.agents import AgentState
from ivr.contacts import (
    AgentStateChanged,
    CallbackRequested,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    SurveyAnswered,
    TalkMeasured,
)
from ivr.controls import AgentLost, ContactTransferred, HoldChanged
from ivr.outbound import CallbackSettled
from ivr.supervision import SupervisionModeChanged
from voice.events import Envelope, Event, WorkerLost
from voice.hearing import Mode

FOREVER = 1e12
OFFERED = ContactOffered("w1", "+15551", "100", "demo", "1")
QUEUED = ContactQueued("billing", 5, 1010.0)
ENDED = ContactEnded("completed", "caller", 100.0, 50.0)


def fold(*log: tuple[float, Event], contact_id: str = "c1") -> list[ContactRecord]:
    numbers = itertools.count()
    found = ContactFold()
    for at, event in log:
        mine = None if isinstance(event, AgentStateChanged | WorkerLost) else contact_id
        found.handle(Envelope(f"e{next(numbers)}", at, "test", 0, event, mine))
    return list(found.settled(FOREVER))


def answered(agent: str = "anna", waited_s: float = 20.0) -> ContactAnswered:
    return ContactAnswered(agent, "lease", waited_s)


def state(at: float, what: AgentState, agent: str = "anna") -> tuple[float, Event]:
    return at, AgentStateChanged(agent, what, "", at)


def test_an_answered_contact_with_hold_wrap_up_survey_and_talk() -> None:
    talk = TalkMeasured(150.0, 60.0, 50.0, 2.0, 6.0, 7.0, 1.5)
    (record,) = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1050.0, HoldChanged("anna", True)),
        (1080.0, HoldChanged("anna", False)), (1200.0, SurveyAnswered("csat", 5)), (1230.0, ENDED),
        state(1230.0, AgentState.WRAPUP), (1231.0, talk), state(1245.0, AgentState.AVAILABLE),
    )  # fmt: skip
    expected = ContactRecord(
        "c1", "+15551", 1000.0, "billing", 1010.0, 1030.0, 1230.0, "anna", Outcome.ANSWERED, 20.0, 170.0, 30.0, 15.0, 1,
        measured_s=150.0, agent_speech_s=60.0, caller_speech_s=50.0, talk_over_s=2.0, dead_air_s=6.0, responses=1,
        response_s=1.5, csat=5,
    )  # fmt: skip
    assert record == expected


def test_who_hangs_up_while_waiting_has_abandoned_and_who_hangs_up_in_the_flow_has_served_herself() -> None:
    (waiting,) = fold((1000.0, OFFERED), (1010.0, QUEUED), (1014.0, replace(ENDED, reason="abandoned")))
    assert (waiting.outcome, waiting.wait_s, waiting.agent) == (Outcome.ABANDONED, 4.0, "")
    (flow,) = fold((1000.0, OFFERED), (1014.0, replace(ENDED, reason="self_service")))
    assert (flow.outcome, flow.queued_at, flow.counted_at) == (Outcome.SELF_SERVICE, 0.0, 1000.0)


def test_a_callback_is_no_abandon_whether_it_was_asked_for_in_the_queue_or_before() -> None:
    wanted = CallbackRequested("+15551", "billing", 5, 1010.0)
    gone = replace(ENDED, reason="callback")
    (queued,) = fold((1000.0, OFFERED), (1010.0, QUEUED), (1060.0, wanted), (1065.0, gone))
    assert (queued.outcome, queued.wait_s) == (Outcome.CALLBACK, 50.0)
    (early,) = fold((1000.0, OFFERED), (1010.0, wanted), (1015.0, gone))
    assert (early.outcome, early.queue, early.wait_s) == (Outcome.CALLBACK, "billing", 0.0)


@pytest.mark.parametrize("kept", [True, False])
def test_a_call_back_is_kept_when_customer_and_agent_spoke(kept: bool) -> None:
    wanted, gone = CallbackRequested("+15551", "billing", 5, 1010.0), replace(ENDED, reason="callback")
    settled = CallbackSettled("callback-c1", kept, 1, "")
    found = fold((1000.0, OFFERED), (1010.0, QUEUED), (1060.0, wanted), (1065.0, gone), (2000.0, settled))
    assert [(record.outcome, record.callback_kept) for record in found] == [(Outcome.CALLBACK, kept)]


def test_overflow_is_two_stays() -> None:
    other = ContactQueued("support", 5, 1040.0)
    first, second = fold((1000.0, OFFERED), (1010.0, QUEUED), (1040.0, other), (1050.0, answered()), (1100.0, ENDED))
    assert (first.queue, first.outcome, first.wait_s) == ("billing", Outcome.OVERFLOWED, 30.0)
    assert (second.queue, second.outcome, second.talk_s) == ("support", Outcome.ANSWERED, 50.0)


def test_a_queue_said_again_is_one_stay() -> None:
    records = fold((1000.0, OFFERED), (1010.0, QUEUED), (1020.0, QUEUED), (1030.0, answered()), (1100.0, ENDED))
    assert [record.queued_at for record in records] == [1010.0]


def test_a_warm_transfer_is_handled_twice_and_answered_once() -> None:
    given = ContactTransferred("anna", "agent", "ben", True, "lease-2")
    first, second = fold((1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1090.0, given), (1190.0, ENDED))
    assert (first.agent, first.transfers, first.talk_s, first.outcome) == ("anna", 1, 60.0, Outcome.ANSWERED)
    assert (second.agent, second.talk_s, second.outcome) == ("ben", 100.0, Outcome.TRANSFERRED_IN)
    assert (second.queue, second.queued_at) == ("billing", 0.0)


def test_each_agent_has_the_talk_that_was_hers() -> None:
    given = ContactTransferred("anna", "agent", "ben", True, "lease-2")
    talks = [
        TalkMeasured(60.0, 30.0, 20.0, 1.0, 0.0, 3.0, 2.0, "anna"),
        TalkMeasured(100.0, 9.0, 80.0, 0.0, 5.0, 5.0, 1.0, "ben"),
    ]
    first, second = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1090.0, given), (1190.0, ENDED),
        *((1191.0, talk) for talk in talks),
    )  # fmt: skip
    assert (first.agent, first.measured_s, first.agent_speech_s, first.response_s) == ("anna", 60.0, 30.0, 2.0)
    assert (second.agent, second.measured_s, second.caller_speech_s) == ("ben", 100.0, 80.0)


def test_a_transfer_to_a_queue_waits_anew() -> None:
    given = ContactTransferred("anna", "queue", "support", False)
    first, second = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1090.0, given),
        (1090.5, ContactQueued("support", 5, 1010.0)), (1100.5, answered("ben", 10.0)), (1200.5, ENDED),
    )  # fmt: skip
    assert (first.transfers, first.ended_at) == (1, 1090.0)
    assert (second.queue, second.queued_at, second.wait_s, second.talk_s) == ("support", 1090.5, 10.0, 100.0)


def test_a_station_that_died_ends_its_stay_and_the_next_agent_answers_anew() -> None:
    lost = AgentLost("anna", "lease", 12.0)
    first, second = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1060.0, lost), (1060.0, QUEUED),
        (1070.0, answered("ben", 10.0)), (1100.0, ENDED),
    )  # fmt: skip
    assert (first.agent, first.talk_s) == ("anna", 30.0)
    assert (second.agent, second.queued_at, second.talk_s) == ("ben", 1060.0, 30.0)


def test_an_agent_who_leaves_a_caller_in_the_flow_has_finished() -> None:
    survey = ContactSnapshot("w1", "+15551", "100", "flow", 1000.0)
    (record,) = fold((1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1050.0, survey), (1100.0, ENDED))
    assert (record.ended_at, record.talk_s) == (1050.0, 20.0)


@pytest.mark.parametrize("end", [(1040.0, replace(ENDED, reason="failed")), (1040.0, WorkerLost("w1", "killed"))])
def test_a_fault_while_waiting_is_nobodys_abandon(end: tuple[float, Event]) -> None:
    (record,) = fold((1000.0, OFFERED), (1010.0, QUEUED), end)
    assert (record.outcome, record.ended_at) == (Outcome.FAILED, 1040.0)


def test_a_hold_that_never_ended_ends_with_the_contact() -> None:
    (record,) = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1050.0, HoldChanged("anna", True)), (1080.0, ENDED)
    )
    assert (record.hold_s, record.talk_s, record.holds) == (30.0, 20.0, 1)


def test_wrap_up_goes_to_the_contact_it_follows() -> None:
    (record,) = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1080.0, ENDED), state(1080.0, AgentState.WRAPUP),
        state(1085.0, AgentState.WRAPUP), state(1090.0, AgentState.NOT_READY), state(1500.0, AgentState.AVAILABLE),
    )  # fmt: skip
    assert record.wrap_up_s == 10.0


def test_the_agents_last_word_on_a_contact_counts() -> None:
    given = ContactTransferred("anna", "agent", "ben", True, "lease-2")
    first, second = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1090.0, given), (1095.0, said("ben", "move", None)),
        (1190.0, ENDED), (1195.0, said("anna", "billing", False)), (1200.0, said("ben", "outage", True)),
    )  # fmt: skip
    assert (first.issue, first.resolved) == ("billing", False)
    assert (second.issue, second.resolved) == ("outage", True)


def said(agent: str, disposition: str, resolved: bool | None) -> WrapUpSaved:
    return WrapUpSaved(agent, "text", disposition, resolved, (), confirmed=True)


def test_a_contact_that_began_before_the_log_is_no_measurement_and_one_that_runs_is_not_settled() -> None:
    assert fold((1030.0, answered()), (1100.0, ENDED)) == []
    assert fold((1000.0, OFFERED), (1010.0, QUEUED)) == []


def test_records_are_settled_once() -> None:
    found = ContactFold()
    for at, event in ((1000.0, OFFERED), (1010.0, QUEUED), (1040.0, ENDED)):
        found.handle(Envelope(f"e{at}", at, "test", 0, event, "c1"))
    assert list(found.settled(1040.0)) == []
    assert len(list(found.settled(1041.0))) == 1
    assert list(found.settled(FOREVER)) == []


def test_a_takeover_ends_the_agents_part_and_begins_the_supervisors() -> None:
    taken = SupervisionModeChanged("sara", "anna", Mode.TAKEOVER, "command")
    agents, supervisors = fold(
        (1000.0, OFFERED), (1010.0, QUEUED), (1030.0, answered()), (1050.0, HoldChanged("anna", True)),
        (1055.0, SupervisionModeChanged("sara", "anna", Mode.BARGE, "phone")), (1060.0, taken),
        (1060.0, HoldChanged("anna", False)), (1100.0, ENDED),
    )  # fmt: skip
    assert (agents.agent, agents.talk_s, agents.hold_s, agents.transfers) == ("anna", 20.0, 10.0, 0)
    assert (supervisors.agent, supervisors.outcome, supervisors.talk_s) == ("sara", Outcome.TRANSFERRED_IN, 40.0)
