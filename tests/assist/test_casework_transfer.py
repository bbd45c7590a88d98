"""A contact passed on: what the desks of both agents are told."""

from __future__ import annotations

from collections.abc import Sequence

from assist.cards import CardKind, CardShown, CardUpdated, StepTicked
from assist.casework import CaseEffect, Tell
from assist.content import Content
from assist.desk_events import (
    ContactAssigned,
    ContactReleased,
    CustomerIdentified,
    LateNoteSaved,
    NoteSaved,
    SummaryDrafted,
)
from ivr.contacts import AgentOffered, AgentUnreachable, ChoiceMade, ContactAnswered, ContactEnded, ContactQueued
from ivr.controls import (
    AgentLost,
    ConsultAnswered,
    ConsultEnded,
    ConsultStarted,
    ContactTransferred,
    HoldChanged,
    TransferFailed,
)
from tests.assist.dialogue import START, final
from tests.assist.test_casework import ANNA, ANSWERED, BEN, NUMBER, OFFERED, QUEUED, Script, told
from transcription.utterances import UtteranceFinal

CHARGED = final("u1", "caller", "i was charged twice on my last bill", 10.0)
SORRY = final("u2", "agent", "i am sorry this happened", 14.0)


def in_the_middle(content: Content) -> Script:
    script = Script(content).talking()
    script.play(CHARGED, SORRY)
    return script


def open_steps(shown: list[tuple[str, CardShown]]) -> dict[str, list[str]]:
    cards = [event.card for _, event in shown if event.card.kind is CardKind.NEXT_STEP]
    return {card.id: [step.id for step in card.steps if not step.done] for card in cards}


def test_a_colleague_finds_customer_transcript_and_open_steps_and_looks_nobody_up(content: Content) -> None:
    script = in_the_middle(content)
    (card,) = [e.card for _, e in told(script.effects, CardShown) if e.card.kind is CardKind.NEXT_STEP]
    script.play(StepTicked("anna", card.id, card.steps[-1].id, True))
    script.play(ConsultStarted("anna", "agent", "ben", "l2"))
    effects = script.play(ContactTransferred("anna", "agent", "ben", True, "l2"))
    assert {agent for agent, _ in told(effects, ContactEnded)} == {"anna"}
    assert {agent for agent, _ in told(effects, SummaryDrafted)} == {"anna"}, "her part, for the wrap-up"
    ((to, assigned),) = told(effects, ContactAssigned)
    assert (to, assigned.phase, assigned.caller) == ("ben", "talking", NUMBER)
    assert [agent for agent, _ in told(effects, CustomerIdentified)] == ["ben"]
    assert [event.text for _, event in told(effects, UtteranceFinal)] == [CHARGED.text, SORRY.text]
    shown = told(effects, CardShown)
    assert {agent for agent, _ in shown} == {"ben"}
    assert CardKind.HISTORY in {event.card.kind for _, event in shown}
    assert card.steps[-1].id not in open_steps(shown)[card.id], "what Anna ticked is done for Ben as well"
    assert script.case.agent == "ben"
    later = script.play(final("u3", "agent", "let me check your account", 30.0))
    assert {agent for agent, _ in told(later, UtteranceFinal)} == {"ben"}


def test_what_an_agent_still_writes_after_passing_it_on_reaches_the_colleague(content: Content) -> None:
    script = in_the_middle(content)
    script.play(ContactTransferred("anna", "agent", "ben", True, "l2"))
    effects = script.play(LateNoteSaved("anna", "he wants"))
    assert told(effects, NoteSaved) == [("anna", NoteSaved("he wants"))], "not over Ben's own note"
    ((to, shown),) = told(effects, CardShown)
    assert (to, shown.card.id, shown.card.lines) == ("ben", "c1:late_note:anna", ("he wants",))
    ((to, updated),) = told(script.play(LateNoteSaved("anna", "he wants a call\nafter six")), CardUpdated)
    assert (to, updated.card.id, updated.card.lines) == ("ben", shown.card.id, ("he wants a call", "after six"))
    script.play(ContactEnded("completed", "caller", 60.0, 50.0))
    assert told(script.play(LateNoteSaved("anna", "sorted")), CardShown) == [], "there is nobody to read it"


def late_notes(effects: Sequence[CaseEffect]) -> list[tuple[str, str, tuple[str, ...]]]:
    """To whom, how (card.shown or card.updated) and which lines."""
    found = [effect for effect in effects if isinstance(effect, Tell)]
    cards = [(tell.agent, tell.event) for tell in found if isinstance(tell.event, CardShown | CardUpdated)]
    return [(agent, event.type, event.card.lines) for agent, event in cards if event.card.rule == "late_note"]


def test_a_third_colleague_reads_what_the_first_one_still_writes(content: Content) -> None:
    script = in_the_middle(content)
    script.play(ContactTransferred("anna", "agent", "ben", True, "l2"), LateNoteSaved("anna", "he wants"))
    effects = script.play(ConsultStarted("ben", "agent", "carol", "l3"))
    assert late_notes(effects) == [("carol", "card.shown", ("he wants",))], "written before she came to it"
    effects = script.play(ConsultAnswered("ben", "carol"), LateNoteSaved("anna", "he wants a call"))
    assert late_notes(effects) == [(each, "card.updated", ("he wants a call",)) for each in ("ben", "carol")]
    effects = script.play(ContactTransferred("ben", "agent", "carol", True, "l3"), LateNoteSaved("ben", "done"))
    assert late_notes(effects) == [
        ("carol", "card.shown", ("he wants a call",)),
        ("carol", "card.shown", ("done",)),
    ]
    effects = script.play(ContactTransferred("carol", "agent", "anna", True, "l4"))
    assert late_notes(effects) == [("anna", "card.shown", ("done",))], "her own she knows"


def test_a_late_note_waits_for_whoever_the_queue_finds(content: Content) -> None:
    script = in_the_middle(content)
    script.play(ContactTransferred("anna", "queue", "support", True, ""))
    assert late_notes(script.play(LateNoteSaved("anna", "he wants a call"))) == []
    effects = script.play(ContactQueued("support", 9, START, (), 1, ""), BEN)
    assert late_notes(effects) == [("ben", "card.shown", ("he wants a call",))]


def test_who_is_consulted_sees_the_contact_until_it_is_over(content: Content) -> None:
    script = in_the_middle(content)
    effects = script.play(ConsultStarted("anna", "agent", "ben", "l2"))
    assert ("ben", "ringing") in [(agent, event.phase) for agent, event in told(effects, ContactAssigned)]
    assert "ben" in {agent for agent, _ in told(effects, CardShown)}
    effects = script.play(ConsultAnswered("anna", "ben"))
    assert [(agent, event.phase) for agent, event in told(effects, ContactAssigned)] == [("ben", "talking")]
    effects = script.play(ConsultEnded("anna", "agent", "ben", "cancelled"))
    assert told(effects, ContactReleased) == [("ben", ContactReleased("ben", "cancelled"))]
    assert script.case.agent == "anna"


def test_a_transfer_that_failed_comes_back_to_a_desk_that_knows(content: Content) -> None:
    script = in_the_middle(content)
    script.play(ContactTransferred("anna", "agent", "ben", False, "l2"))
    assert script.case.agent == ""
    effects = script.play(TransferFailed("anna", "ben", "no answer"), ContactQueued("billing", 9, START, (), 1, "anna"))
    assert told(effects, ContactReleased) == [("ben", ContactReleased("ben", "no answer"))]
    effects = script.play(AgentOffered("anna", "l3"))
    assert [agent for agent, _ in told(effects, ContactAssigned)] == ["anna"]
    assert open_steps(told(effects, CardShown))


def test_a_lost_station_leaves_its_agent_a_draft_and_the_next_one_everything(content: Content) -> None:
    script = in_the_middle(content)
    effects = script.play(AgentLost("anna", "l1", 10.0))
    assert [event.reason for _, event in told(effects, ContactEnded)] == ["station_lost"]
    effects = script.play(BEN)
    assert [event.text for _, event in told(effects, UtteranceFinal)] == [CHARGED.text, SORRY.text]


def test_a_hold_that_lasts_reaches_the_assistant(content: Content) -> None:
    script = in_the_middle(content)
    assert told(script.play(HoldChanged("anna", True)), HoldChanged) == [("anna", HoldChanged("anna", True))]
    due = script.case.next_due()
    assert due is not None
    cards = [e.event for e in script.case.time_passed(due + 600) if hasattr(e, "event")]
    assert any(isinstance(event, CardShown) for event in cards), "the rule about long holds"


def test_what_the_caller_did_before_is_a_line_each(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, ChoiceMade("menu", "1", "digits"), ContactQueued("billing", 5, START - 70))
    ((_, assigned),) = told(script.play(ANNA), ContactAssigned)
    assert assigned.context == ("Pressed 1 at menu", "Waited 1:13")


def test_of_two_whose_stations_ring_the_one_who_answers_has_the_contact(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA)
    effects = script.play(BEN)
    assert [agent for agent, _ in told(effects, ContactAssigned)] == ["ben"]
    effects = script.play(ContactAnswered("ben", "l2", 2.0))
    assert [agent for agent, _ in told(effects, ContactReleased)] == ["anna"]
    assert script.case.agent == "ben"
    assert told(effects, ContactAnswered)[0][0] == "ben"
    assert script.play(AgentUnreachable("anna", "l1", 487, "cancelled")) == ()


def test_the_first_to_answer_may_be_the_first_to_be_rung(content: Content) -> None:
    script = Script(content)
    script.play(OFFERED, QUEUED, ANNA, BEN)
    effects = script.play(ANSWERED)
    assert [agent for agent, _ in told(effects, ContactReleased)] == ["ben"]
    assert not told(effects, ContactAssigned)
