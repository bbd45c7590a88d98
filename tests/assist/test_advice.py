from __future__ import annotations

from datetime import date

import pytest

from assist.cards import Card, CardKind, CardSettled
from assist.content import Content
from assist.effects import Effect, NoteGap, NoteNotActed, RetractCard, ShowCard
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound, HoldChanged, Input, TimePassed
from assist.history import CustomerProfile
from assist.replay import Line, ShownCard, replay
from assist.settings import AssistSettings
from tests.assist.dialogue import SARAH, START, final, partial


def said(*lines: tuple[float, str, str]) -> list[Line]:
    return [Line(t=t, speaker="caller" if who == "c" else "agent", text=text) for t, who, text in lines]


def cards(content: Content, *lines: tuple[float, str, str]) -> list[ShownCard]:
    return [card for card in replay(said(*lines), content).cards if card.kind != "history"]


def ringing(content: Content) -> ContactAssistant:
    assistant = ContactAssistant(content, "anna")
    assistant.handle(ContactRang("c1", "", "billing"), START)
    return assistant


def shown(effects: tuple[object, ...]) -> list[Card]:
    return [effect.card for effect in effects if isinstance(effect, ShowCard)]


def test_a_question_is_answered_and_an_unknown_one_is_a_gap(content: Content) -> None:
    assistant = ringing(content)
    (card,) = shown(assistant.handle(final("u1", "caller", "when is my bill due please", 1.0), START))
    assert (card.kind, card.rule) == (CardKind.KNOWLEDGE, "bill_dates")
    assert card.lines[0].startswith("The bill comes on the third")
    assert "when is my bill due" in card.evidence[1].source
    effects = assistant.handle(final("u2", "caller", "what do you think about purple elephants", 9.0), START)
    assert effects == (NoteGap("what do you think about purple elephants", "u2", 9.0),)


def test_an_article_past_its_review_says_so(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    late = (date(2031, 1, 1) - date(1970, 1, 1)).days * 86_400.0
    assistant.handle(ContactRang("c1", "", "billing"), late)
    (card,) = shown(assistant.handle(final("u1", "caller", "when is my bill due please", 1.0), late))
    assert card.why.startswith("Stale: Billing team")


def test_a_critical_rule_is_shown_from_a_partial_and_withdrawn_if_misheard(content: Content) -> None:
    assistant = ringing(content)
    (card,) = shown(assistant.handle(partial("u1", "agent", "give me your password please now", 1, 1.0), START))
    assert (card.kind, card.rule, card.critical) == (CardKind.COMPLIANCE, "no_secrets", True)
    effects = assistant.handle(final("u1", "agent", "give me a passport photo now", 1.0), START)
    assert RetractCard(card.id, "the final words were different") in effects


def test_no_word_of_understanding_after_a_complaint(content: Content) -> None:
    rude = [(5.0, "c", "this is ridiculous"), (8.0, "a", "hm"), (60.0, "a", "yes")]
    kind = [(5.0, "c", "this is ridiculous"), (8.0, "a", "i am sorry"), (60.0, "a", "yes")]
    assert [card.t for card in cards(content, *rude) if card.id == "no_empathy"] != []
    assert [card for card in cards(content, *kind) if card.id == "no_empathy"] == []


def test_time_that_passes_brings_the_card_by_itself(content: Content) -> None:
    assistant = ringing(content)
    assistant.handle(final("u1", "agent", "hello", 1.0), START)
    assistant.handle(HoldChanged(held=True, at_s=10.0), START)
    due = assistant.next_due()
    assert due == 70.0
    (card,) = shown(assistant.handle(TimePassed(due), START))
    assert card.rule == "hold_check_in"
    assert assistant.handle(TimePassed(due), START) == ()


def test_promises_are_gathered_on_one_card(content: Content) -> None:
    assistant = ringing(content)
    (card,) = shown(assistant.handle(final("u1", "agent", "i will call you back tomorrow", 1.0), START))
    assert (card.kind, card.title) == (CardKind.PROMISE, "Promised, due tomorrow")
    assert shown(assistant.handle(final("u2", "agent", "i will send you an email today", 9.0), START)) == []


def test_advice_waits_when_the_minute_is_full(content: Content) -> None:
    talk = [
        (5.0, "c", "when is my bill due please"),
        (12.0, "c", "can i get my bills on paper"),
        (19.0, "c", "when does my contract end"),
        (30.0, "a", "give me your card number"),
    ]
    assert [card.id for card in cards(content, *talk)] == ["bill_dates", "paper_bill", "no_secrets"]


def test_the_house_says_how_many_cards_fit_into_a_minute(content: Content) -> None:
    talk = [
        (5.0, "c", "when is my bill due please"),
        (12.0, "c", "can i get my bills on paper"),
        (19.0, "c", "when does my contract end"),
        (30.0, "a", "give me your card number"),
    ]
    shown = {
        budget: [card.id for card in cards(AssistSettings(cards_per_minute=budget).applied(content), *talk)]
        for budget in (1, 3)
    }
    assert shown == {
        1: ["bill_dates", "no_secrets"],
        3: ["bill_dates", "paper_bill", "contract_end_date", "no_secrets"],
    }


def test_an_unanswered_card_goes_when_its_moment_has_passed(content: Content) -> None:
    assistant = ringing(content)
    (card,) = shown(assistant.handle(final("u1", "agent", "the dslam has packet loss", 1.0), START))
    assert card.rule == "jargon"
    effects = assistant.handle(TimePassed(60.0), START)
    assert RetractCard(card.id, "its moment has passed") in effects


OVER = ContactOver("completed", 90.0, 80.0)
COMPLAINT = final("u1", "caller", "this is ridiculous", 1.0)


def not_acted(content: Content, rule: str, *after: Input, customer: CustomerProfile | None = None) -> list[str]:
    """Cards of ``rule`` that the agent accepted as soon as they came, and did not act on."""
    assistant, found = ringing(content), list[Effect]()
    assistant.handle(CustomerFound(customer, ""), START)
    for event in (*after, OVER):
        effects = list(assistant.handle(event, START))
        for card in shown(tuple(effects)):
            if card.rule == rule:
                effects += assistant.handle(CardSettled("anna", card.id, "accepted"), START)
        found += effects
    return [effect.card_id for effect in found if isinstance(effect, NoteNotActed)]


@pytest.mark.parametrize(
    ("said", "left"),
    [("i am sorry i understand how annoying that is", []), ("your bill is here", ["c1:no_empathy:1"])],
)
def test_words_a_card_asked_for_are_heard_after_it_was_accepted(content: Content, said: str, left: list[str]) -> None:
    heard = (COMPLAINT, TimePassed(40.0), final("u2", "agent", said, 45.0))
    assert not_acted(content, "no_empathy", *heard) == left
    assert not_acted(content, "bill_dates", *heard) == [], "what was not accepted is no promise"


@pytest.mark.parametrize(("said", "left"), [("sarah let me see", []), ("madam let me see", ["c1:name_unused:1"])])
def test_the_name_is_heard_too(content: Content, said: str, left: list[str]) -> None:
    begun = final("u1", "agent", "hello this is anna", 1.0)
    heard = (begun, TimePassed(200.0), final("u2", "agent", said, 205.0))
    assert not_acted(content, "name_unused", *heard, customer=SARAH) == left


def test_an_answer_is_given_when_half_of_what_matters_in_it_is_said(content: Content) -> None:
    answer = content.library.articles["late_fee"].answer.lower()
    asked = final("u1", "caller", "what happens if i pay late", 5.0)
    early = final("u0", "agent", answer, 1.0)
    for said, left in ((answer, []), ("let me see", ["c1:late_fee:1"])):
        assert not_acted(content, "late_fee", early, asked, final("u2", "agent", said, 9.0)) == left
