from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import pytest

from assist.cards import (
    CardKind,
    CardNotActed,
    CardRetracted,
    CardSettled,
    CardShown,
    CardUpdated,
    Evidence,
    StepTicked,
)
from assist.casework import Case, CaseEffect, Emit, Keep, LookUp, OpenTask, Tell
from assist.content import Content
from assist.desk_events import (
    ContactAssigned,
    ContactReleased,
    CustomerChosen,
    CustomerIdentified,
    NoteSaved,
    SummaryDrafted,
)
from assist.desk_lines import customer_line, drafted
from assist.history import CustomerFound, CustomerProfile
from assist.rewording import SummaryWorded
from assist.rules import RuleSpec, RuleTable
from ivr.contacts import (
    AgentOffered,
    AgentUnreachable,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    ContactTagged,
    SurveyAnswered,
)
from ivr.controls import ContactTransferred
from tests.assist.dialogue import SARAH, START, final, partial
from transcription.utterances import TranscriptionGap
from voice.events import Envelope, Event, LegAnswered

NUMBER = SARAH.phone
OFFERED = ContactOffered("w1", NUMBER, "100", "billing", "1")
QUEUED = ContactQueued("billing", 5, START + 3)
ANNA, BEN = AgentOffered("anna", "l1"), AgentOffered("ben", "l2")
ANSWERED = ContactAnswered("anna", "l1", 2.0)
ENDED = ContactEnded("completed", "caller", 60.0, 48.0)
SNAPSHOT = ContactSnapshot("w1", NUMBER, "100", "flow", START)

Wanted = TypeVar("Wanted", bound=Event)


class Script:
    """Events of one contact, a second apart; ``told`` and ``emitted`` collect what came of them."""

    def __init__(self, content: Content) -> None:
        self.case = Case("c1", content)
        self.effects: list[CaseEffect] = []
        self._seconds = itertools.count()

    def play(self, *events: Event) -> tuple[CaseEffect, ...]:
        found: tuple[CaseEffect, ...] = ()
        for event in events:
            second = next(self._seconds)
            found += self.case.handle(Envelope(f"e{second}", START + second, "w1-1", second, event, "c1"))
        self.effects += found
        return found

    def talking(self) -> Script:
        self.play(OFFERED, QUEUED, ANNA, ANSWERED)
        self.effects += self.case.customer_found(CustomerFound(SARAH, NUMBER), START + 4)
        return self


def told(effects: Iterable[CaseEffect], kind: type[Wanted]) -> list[tuple[str, Wanted]]:
    return [(e.agent, e.event) for e in effects if isinstance(e, Tell) and isinstance(e.event, kind)]


def emitted(effects: Iterable[CaseEffect]) -> list[Event]:
    return [effect.event for effect in effects if isinstance(effect, Emit)]


def test_before_an_agent_is_rung_nobody_is_told_anything(content: Content) -> None:
    script = Script(content)
    assert script.play(OFFERED, QUEUED, final("u1", "caller", "i was charged twice", 1.0), ENDED) == ()
    assert script.case.ended


def test_the_agent_who_is_rung_sees_who_calls_and_from_which_queue(content: Content) -> None:
    effects = Script(content).play(OFFERED, QUEUED, ANNA)
    assert told(effects, ContactAssigned) == [("anna", ContactAssigned("anna", "ringing", NUMBER, "billing", START))]
    assert LookUp(NUMBER) in effects


def test_the_customer_found_becomes_a_line_and_a_history_card_for_desk_and_log(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA)
    effects = script.case.customer_found(CustomerFound(SARAH, NUMBER), START + 4)
    ((_, line),) = told(effects, CustomerIdentified)
    assert line.customer is not None
    assert line.customer.open_issues == ("Charged twice on the last bill",)
    assert line.customer.last_contact == "5 Oct: chased the call back"
    assert line.customer.last_contact_bad
    ((agent, card),) = told(effects, CardShown)
    assert (agent, card.card.kind) == ("anna", CardKind.HISTORY)
    assert emitted(effects) == [card]


@pytest.mark.parametrize("customer", [SARAH, None], ids=["known", "stranger"])
@pytest.mark.parametrize(
    ("banners", "shown"), [(("outage",), True), (("outage", ""), False), (("snow",), False), ((), False)]
)
def test_an_outage_that_callers_were_told_of_is_brought_up_by_the_agent(
    content: Content, customer: CustomerProfile | None, banners: tuple[str, ...], shown: bool
) -> None:
    script = Script(content)
    script.play(OFFERED, *(ContactTagged("banner", name) for name in banners), QUEUED)
    ((_, assigned),) = told(script.play(ANNA), ContactAssigned)
    assert assigned.context == tuple(f"banner: {name}" for name in banners if banners[-1])
    found = script.case.customer_found(CustomerFound(customer, NUMBER), START + 4)
    cards = [event.card for _, event in told(found, CardShown)]
    who = customer.called if customer is not None else "The caller"
    assert [(card.rule, card.why, card.evidence) for card in cards if card.kind is CardKind.PROACTIVE] == (
        [("outage_announced", f"{who} heard of it before you answered", (Evidence("flow: banner outage"),))]
        if shown
        else []
    )


def test_rules_know_who_calls_whom_and_what_the_flow_noted(content: Content) -> None:
    rule = RuleSpec.model_validate({
        "id": "offer", "title": "Mention the spring offer", "why": "The campaign of this call",
        "attributes": {"direction": "outbound", "tags": {"campaign": ["spring"]}},
    })  # fmt: skip
    advised = replace(content, advice=RuleTable({"offer": rule}), kinds={"offer": "proactive"})
    for direction, campaign, shown in (
        ("outbound", "spring", ["offer"]),
        ("outbound", "", []),
        ("inbound", "spring", []),
    ):
        script = Script(advised)
        script.play(replace(OFFERED, direction=direction), ContactTagged("campaign", campaign), QUEUED, ANNA)
        found = script.case.customer_found(CustomerFound(SARAH, NUMBER), START + 4)
        cards = [event.card for _, event in told(found, CardShown)]
        assert [card.rule for card in cards if card.kind == "proactive"] == shown


def test_an_unknown_number_is_said_to_be_unknown(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA)
    effects = script.case.customer_found(CustomerFound(None, NUMBER), START + 4)
    assert told(effects, CustomerIdentified) == [("anna", CustomerIdentified(None))]


def test_one_of_several_customers_is_chosen_and_the_card_follows(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA, ANSWERED)
    june = replace(SARAH, customer_id=SARAH.customer_id + 1, name="June Court", preferred_name="June")
    effects = script.case.customer_found(CustomerFound(None, NUMBER, (SARAH, june)), START + 4)
    ((_, asked),) = told(effects, CustomerIdentified)
    assert asked.customer is None
    assert [(one.customer_id, one.name) for one in asked.choices] == [
        (SARAH.customer_id, SARAH.name), (june.customer_id, "June Court"),
    ]  # fmt: skip
    assert script.case.may_be(june.customer_id)
    assert not script.case.may_be(999)
    chosen = script.play(CustomerChosen("anna", june.customer_id))
    ((_, identified),) = told(chosen, CustomerIdentified)
    assert identified.customer is not None
    assert (identified.customer.name, identified.choices) == ("June Court", ())
    (shown,) = [event for event in emitted(chosen) if isinstance(event, CardUpdated)]
    assert "June" in shown.card.title
    script.play(ENDED)
    (kept,) = [effect.summary for effect in script.effects if isinstance(effect, Keep)]
    assert kept.customer_id == june.customer_id


def test_nobody_is_chosen_who_does_not_have_the_number_nor_after_the_call(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA, ANSWERED)
    script.case.customer_found(CustomerFound(None, NUMBER, (SARAH,)), START + 4)
    assert script.play(CustomerChosen("anna", 999)) == ()
    script.play(ENDED)
    assert script.play(CustomerChosen("anna", SARAH.customer_id)) == ()


def test_a_customer_found_after_the_agent_did_not_answer_concerns_nobody(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA, AgentUnreachable("anna", "l1", 480, "no answer"))
    assert script.case.customer_found(CustomerFound(SARAH, NUMBER), START + 4) == ()


def test_what_is_said_goes_to_the_desk_and_makes_cards(content: Content) -> None:
    script = Script(content).talking()
    words = partial("u1", "caller", "i was charged twice on", 1, 2.0)
    effects = script.play(words)
    assert told(effects, type(words)) == [("anna", words)]
    ((_, card),) = told(effects, CardShown)
    assert (card.card.kind, card.card.trigger) == (CardKind.NEXT_STEP, "partial")
    gap = TranscriptionGap("g1", "caller", 9.0, 9.0, True, False, "away")
    assert script.play(gap) == (Tell("anna", gap),)


def test_an_answer_accepted_and_not_given_is_in_the_log_when_her_part_ends(content: Content) -> None:
    for end in (ENDED, ContactTransferred("anna", "queue", "support", done=False)):
        script = Script(content).talking()
        script.play(final("u1", "caller", "when is my bill due please", 9.0))
        script.play(CardSettled("anna", "c1:bill_dates:1", "accepted"))
        assert [event for event in emitted(script.play(end)) if isinstance(event, CardNotActed)] == [
            CardNotActed("anna", "c1:bill_dates:1")
        ]


def test_final_words_that_do_not_bear_a_card_out_retract_it(content: Content) -> None:
    script = Script(content).talking()
    script.play(partial("u1", "caller", "i was charged twice on", 1, 2.0))
    effects = script.play(final("u1", "caller", "i was chatting", 2.0))
    ((_, retracted),) = told(effects, CardRetracted)
    assert retracted in emitted(effects)


def test_a_step_ticked_by_hand_updates_its_card(content: Content) -> None:
    script = Script(content).talking()
    ((_, shown),) = told(script.play(final("u1", "caller", "i was charged twice", 2.0)), CardShown)
    ticked = StepTicked("anna", shown.card.id, shown.card.steps[0].id, True)
    effects = script.play(ticked)
    assert effects[0] == Tell("anna", ticked)
    ((_, updated),) = told(effects, CardUpdated)
    assert updated.card.steps[0].done
    settled = CardSettled("anna", shown.card.id, "accepted")
    assert script.play(settled) == (Tell("anna", settled),)


def test_an_agent_who_does_not_answer_loses_the_contact_and_the_next_one_starts_afresh(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA)
    effects = script.play(AgentUnreachable("anna", "l1", 480, "no answer"))
    assert effects == (Tell("anna", ContactReleased("anna", "no answer")),)
    again = script.play(BEN)
    assert told(again, ContactAssigned)[0][0] == "ben"
    assert LookUp(NUMBER) in again
    assert script.play(AgentUnreachable("anna", "l1", 480, "said late")) == ()
    assert script.case.agent == "ben"


def test_a_caller_who_leaves_while_it_rings_is_released_but_remembered(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA)
    effects = script.play(ContactEnded("abandoned", "caller", 9.0, 0.0))
    assert told(effects, ContactReleased) == [("anna", ContactReleased("anna", "abandoned"))]
    assert told(effects, ContactEnded) == []
    (kept,) = (effect.summary for effect in effects if isinstance(effect, Keep))
    assert (kept.reason, kept.agent) == ("abandoned", "anna")


def test_the_end_is_told_once_and_late_words_draft_the_summary_again(content: Content) -> None:
    script = Script(content).talking()
    effects = script.play(ENDED)
    assert told(effects, ContactEnded) == [("anna", ENDED)]
    assert len(told(effects, SummaryDrafted)) == 1
    assert script.play(replace(ENDED, reason="worker_lost")) == ()
    late = script.play(final("u9", "caller", "thank you goodbye", 58.0))
    assert [type(effect) for effect in late if not isinstance(effect, Tell)] == [Keep]
    assert len(told(late, SummaryDrafted)) == 1


def test_a_note_goes_to_the_desk_of_whoever_has_the_contact(content: Content) -> None:
    assert Script(content).talking().play(NoteSaved("will call back")) == (Tell("anna", NoteSaved("will call back")),)


def test_events_that_mean_nothing_to_the_desk_are_passed_over(content: Content) -> None:
    assert Script(content).talking().play(LegAnswered("agent-1", "agent", "sip:anna@callfloor")) == ()


def test_a_snapshot_fills_in_what_the_log_has_lost(content: Content) -> None:
    script = Script(content)
    talking = replace(
        SNAPSHOT, phase="talking", queue="billing", queued_at=START, agent="anna", lease_id="l1", answered_at=START + 7
    )
    effects = script.play(talking)
    assert told(effects, ContactAssigned) == [("anna", ContactAssigned("anna", "ringing", NUMBER, "billing", START))]
    assert told(effects, ContactAnswered) == [("anna", ContactAnswered("anna", "l1", 7.0))]
    assert script.case.answered_at == START + 7
    assert script.play(talking) == ()  # said again on every reconnect
    assert told(script.play(final("u1", "caller", "i was charged twice", 9.0)), CardShown)


def test_a_snapshot_of_a_ringing_or_waiting_contact(content: Content) -> None:
    script = Script(content)
    assert script.play(replace(SNAPSHOT, phase="queued", queue="billing", priority=3)) == ()
    assert (script.case.queue, script.case.priority, script.case.caller) == ("billing", 3, NUMBER)
    ringing = script.play(replace(SNAPSHOT, phase="ringing", queue="billing", agent="ben", lease_id="l2"))
    assert [type(effect) for effect in ringing] == [Tell, LookUp, Tell, Emit], "and the checklist"


def test_the_log_folded_again_gives_the_same_effects(content: Content) -> None:
    events = (
        OFFERED, QUEUED, ANNA, ANSWERED, partial("u1", "caller", "i was charged twice on", 1, 2.0),
        final("u1", "caller", "i was charged twice on my bill", 2.0), final("u2", "agent", "i am sorry", 5.0), ENDED,
    )  # fmt: skip
    assert Script(content).play(*events) == Script(content).play(*events)


def test_a_customer_without_history_has_no_last_contact() -> None:
    line = customer_line(replace(SARAH, past_contacts=(), issues=()))
    assert (line.last_contact, line.last_contact_bad, line.open_issues) == ("", False, ())
    assert line.since == "2016"


def test_a_draft_names_what_stays_open_and_what_was_not_heard(content: Content) -> None:
    script = Script(content).talking()
    script.play(
        final("u1", "caller", "i was charged twice", 2.0),
        TranscriptionGap("g1", "caller", 9.0, 9.0, True, False, "away"),
        TranscriptionGap("g1", "caller", 9.0, 21.0, False, False, "away"),
    )
    (kept,) = (effect.summary for effect in script.play(ENDED) if isinstance(effect, Keep))
    draft = drafted(kept)
    assert ("Talk time", "0:48") in draft.facts
    assert ("Not transcribed", "12 s") in draft.facts
    assert draft.lines
    assert all(line.startswith("Open: ") for line in draft.lines)
    assert draft.headline == "Sarah Smith called about: billing dispute."


def test_what_falls_due_in_silence_is_told_at_its_time_and_again_by_a_fold_of_the_log(content: Content) -> None:
    script = Script(content).talking()
    script.play(final("u1", "agent", "hello this is anna", 5.0))
    due = script.case.next_due()
    assert due is not None
    assert script.case.time_passed(due - 1.0) == ()
    live = [event.card.id for event in emitted(script.case.time_passed(due)) if isinstance(event, CardShown)]
    assert live == ["c1:dead_air:1"]
    folded = Script(content).talking()
    folded.play(final("u1", "agent", "hello this is anna", 5.0))
    late = Envelope("late", due + 1.0, "w1-1", 99, NoteSaved("still there"), "c1")
    again = [event.card.id for event in emitted(folded.case.handle(late)) if isinstance(event, CardShown)]
    assert again == live


@pytest.mark.parametrize(
    ("kind", "score", "opens"),
    [("csat", 2, True), ("csat", 3, False), ("nps", 6, True), ("ces", 3, True), ("odd", 0, False)],
)
def test_a_low_survey_score_opens_a_task_for_strangers_too(
    content: Content, kind: str, score: int, opens: bool
) -> None:
    case, title = Case("c1", content), f"Low survey score: {kind.upper()} {score}"
    case.handle(Envelope("e0", 40.0, "w1", 1, OFFERED, "c1"))
    stranger = case.handle(Envelope("e1", 50.0, "w1", 2, SurveyAnswered(kind, score), "c1"))
    assert stranger == ((OpenTask(None, NUMBER, title, 50.0),) if opens else ())
    case.customer_found(CustomerFound(SARAH, NUMBER), 60.0)
    effects = case.handle(Envelope("e2", 70.0, "w1", 3, SurveyAnswered(kind, score), "c1"))
    assert effects == ((OpenTask(7, NUMBER, title, 70.0),) if opens else ())


def test_a_generated_wording_stands_beside_the_draft_and_survives_a_second_draft(content: Content) -> None:
    script = Script(content).talking()
    script.play(final("u1", "caller", "my bill is wrong", 8.0), ENDED)
    assert script.case.said() == (("caller", "my bill is wrong"),)
    effects = script.play(SummaryWorded("anna", "A wrong bill.", "small"), final("u2", "agent", "goodbye", 50.0))
    drafts = [event for agent, event in told(effects, SummaryDrafted) if agent == "anna"]
    assert [draft.facts[-1] for draft in drafts] == [("Generated by small", "A wrong bill.")] * 2
    assert not told(script.play(SummaryWorded("ben", "Not his.", "small")), SummaryDrafted)
