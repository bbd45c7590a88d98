from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from assist.cards import Card, CardKind, CardSettled, StepTicked
from assist.content import Content, load_content
from assist.effects import DraftSummary, Effect, LookUpCustomer, RetractCard, ShowCard, UpdateCard
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound, HoldChanged, Input, TimePassed
from assist.wording import MAX_TITLE_WORDS
from tests.assist.dialogue import BILLING_DISPUTE, SARAH, START, contact, final, partial, play

GOLDEN = Path(__file__).parent.parent / "golden" / "cards" / "billing_dispute.json"
CARD = TypeAdapter(Card)


def ringing(content: Content, customer: bool = True) -> ContactAssistant:
    assistant = ContactAssistant(content, "anna")
    assistant.handle(ContactRang("c1", "+12025550142", "billing"), START)
    if customer:
        assistant.handle(CustomerFound(SARAH, "+12025550142"), START)
    return assistant


def feed(assistant: ContactAssistant, *events: Input) -> tuple[Effect, ...]:
    return tuple(effect for event in events for effect in assistant.handle(event, START + 10))


def shown(effects: Iterable[Effect]) -> list[Card]:
    return [effect.card for effect in effects if isinstance(effect, ShowCard | UpdateCard)]


def steps_done(card: Card) -> list[str]:
    return [step.id for step in card.steps if step.done]


# -- the contact as a story


def story(content: Content) -> list[dict[str, object]]:
    """What the agent sees, in order: the golden file."""
    told: list[dict[str, object]] = []
    for event, effects in play(content, contact(BILLING_DISPUTE)):
        for effect in effects:
            if isinstance(effect, ShowCard | UpdateCard):
                card = CARD.dump_python(effect.card, mode="json") | {"version": "-"}
                told.append({"on": type(event).__name__, "does": type(effect).__name__, "card": card})
    return told


def test_the_billing_dispute_shows_the_golden_cards(content: Content) -> None:
    assert story(content) == json.loads(GOLDEN.read_text())


def test_a_replay_gives_the_same_effects_id_for_id(content: Content) -> None:
    first = play(content, contact(BILLING_DISPUTE))
    second = play(load_content(), contact(BILLING_DISPUTE))
    assert [effects for _, effects in first] == [effects for _, effects in second]


def test_the_titles_an_agent_reads_in_the_billing_dispute(content: Content) -> None:
    titles: dict[CardKind, list[str]] = {}
    for _, effects in play(content, contact(BILLING_DISPUTE)):
        for card in shown(effects):
            if card.rule != "complaint_escalation" and titles.setdefault(card.kind, [""])[-1] != card.title:
                titles[card.kind].append(card.title)
    assert titles[CardKind.HISTORY][1:] == ["Apologise to Sarah for our broken promise"]
    assert titles[CardKind.NEXT_STEP][1:] == [
        "Apologise and own the problem",
        "Open the bill and look at the charge",
        "Say in plain words what went wrong",
        "Promise the refund and say when",
        "Say what arrives in writing, and when",
        "Ask if there is anything else",
        "Thank Sarah and close warmly",
    ]
    assert titles[CardKind.SENTIMENT][1:] == [
        "Acknowledge Sarah's frustration first",
        "Own the problem or offer a supervisor",
        "Confirm what happens next, then close warmly",
    ]


# -- ringing


def test_ringing_asks_who_calls_and_the_answer_is_the_history_card(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    asked, checklist = assistant.handle(ContactRang("c1", "+1202", "billing"), START)
    assert asked == LookUpCustomer("+1202")
    assert isinstance(checklist, ShowCard)
    assert checklist.card.kind is CardKind.CHECKLIST
    (effect,) = assistant.handle(CustomerFound(SARAH, "+1202"), START)
    assert isinstance(effect, ShowCard)
    assert (effect.card.id, effect.card.kind, effect.card.trigger) == ("c1:history:1", CardKind.HISTORY, "call")
    assert effect.card.version == content.version


def test_nothing_comes_out_before_the_contact_rang_and_ringing_again_asks_nothing(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    assert feed(assistant, final("u1", "caller", "i was charged twice")) == ()
    feed(assistant, ContactRang("c1", "", "billing"))
    assert feed(assistant, ContactRang("c1", "", "billing")) == ()


def test_a_name_that_arrives_late_reaches_cards_already_shown(content: Content) -> None:
    assistant = ringing(content, customer=False)
    (card,) = [c for c in shown(feed(assistant, final("u1", "caller", "i was charged twice"))) if c.steps]
    assert card.why == "The caller disputes a charge"
    cards = shown(feed(assistant, CustomerFound(SARAH, "")))
    assert [(c.kind, c.id) for c in cards] == [(CardKind.HISTORY, "c1:history:1"), (CardKind.NEXT_STEP, card.id)]
    assert cards[1].why == "Sarah disputes a charge"


# -- next step


def test_a_partial_shows_the_card_and_the_final_settles_its_quote(content: Content) -> None:
    assistant = ringing(content)
    (first,) = feed(assistant, partial("u1", "caller", "i was charged twice on", 1, 4.0))
    assert isinstance(first, ShowCard)
    assert (first.card.trigger, first.card.evidence[0].quote) == ("partial", "i was charged twice on")
    (second,) = feed(assistant, final("u1", "caller", "i was charged twice on my bill", 4.0))
    assert isinstance(second, UpdateCard)
    assert (second.card.id, second.card.trigger) == (first.card.id, "partial")
    assert second.card.evidence[0].quote == "i was charged twice on my bill"


def test_a_card_the_final_does_not_bear_out_is_retracted_and_may_come_again(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, partial("u1", "caller", "i was charged twice on", 1))
    (effect,) = feed(assistant, final("u1", "caller", "i was charged right on time"))
    assert effect == RetractCard("c1:billing_dispute:1", "the final words were different")
    (again,) = [c for c in shown(feed(assistant, final("u2", "caller", "i was charged twice", 9.0))) if c.steps]
    assert again.id == "c1:billing_dispute:2"


def test_the_agents_words_do_not_start_the_callers_playbook(content: Content) -> None:
    assert feed(ringing(content), final("u1", "agent", "so you were charged twice")) == ()


def test_a_step_ticks_on_a_partial_and_unticks_when_the_final_differs(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, final("u1", "caller", "i was charged twice"))
    (card,) = shown(feed(assistant, partial("u2", "agent", "let me check the", 1)))
    assert steps_done(card) == ["look"]
    (card,) = shown(feed(assistant, final("u2", "agent", "let me chuck the")))
    assert steps_done(card) == []


def test_the_agent_ticks_by_hand(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, final("u1", "caller", "i was charged twice"))
    tick = StepTicked("anna", "c1:billing_dispute:1", "refund", done=True)
    (card,) = shown(feed(assistant, tick))
    assert steps_done(card) == ["refund"]
    assert feed(assistant, tick) == ()
    assert feed(assistant, StepTicked("anna", "no such card", "refund", done=True)) == ()


def test_a_dismissed_playbook_stays_away(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, final("u1", "caller", "i was charged twice"))
    feed(assistant, CardSettled("anna", "c1:billing_dispute:1", "dismissed"))
    effects = feed(assistant, final("u2", "agent", "let me check"), final("u3", "caller", "you charged me twice", 9.0))
    assert [card for card in shown(effects) if card.kind is CardKind.NEXT_STEP] == []


# -- sentiment


def test_a_hard_trigger_in_a_partial_shows_at_once_and_goes_if_it_was_misheard(content: Content) -> None:
    assistant = ringing(content)
    (effect,) = feed(assistant, partial("u1", "caller", "i will call my lawyer right", 1, 2.0))
    assert isinstance(effect, ShowCard)
    assert (effect.card.kind, effect.card.trigger, effect.card.rule) == (
        CardKind.SENTIMENT, "partial", "lexicon.lawyer",
    )  # fmt: skip
    assert effect.card.points[-1][1] == -0.6
    assert feed(assistant, final("u1", "caller", "i will call my layer right", 2.0)) == (
        RetractCard("c1:sentiment:1", "the final words were different"),
    )


def test_a_misheard_hard_trigger_leaves_an_earlier_card_as_it_was(content: Content) -> None:
    assistant = ringing(content)
    before = shown(feed(assistant, final("u1", "caller", "this is unacceptable", 1.0)))[-1]
    feed(assistant, partial("u2", "caller", "a supervisor right", 1, 5.0))
    after = shown(feed(assistant, final("u2", "caller", "▪▪▪▪", 5.0)))[-1]
    assert (after.id, after.title, after.evidence) == (before.id, before.title, before.evidence)


def test_the_worse_of_two_hard_triggers_in_one_breath_stays_on_the_screen(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, partial("u1", "caller", "a supervisor now", 1))
    assert feed(assistant, partial("u1", "caller", "a supervisor now this is unacceptable i say", 2)) == ()


def test_a_redelivered_final_is_heard_once(content: Content) -> None:
    assistant = ringing(content)
    once = final("u1", "caller", "this is so unacceptable", 1.0)
    assert feed(assistant, once) != ()
    assert feed(assistant, once) == ()
    (effect,) = feed(assistant, ContactOver("completed", 10.0, 5.0))
    assert isinstance(effect, DraftSummary)
    assert effect.summary.caller_speech_s == pytest.approx(1.2)


def test_a_content_caller_needs_no_sentiment_card(content: Content) -> None:
    happy = final("u1", "caller", "that is perfect thank you very much", 1.0)
    assert feed(ringing(content), happy, final("u2", "caller", "great thank you", 9.0)) == ()


def test_only_the_caller_is_read(content: Content) -> None:
    assert feed(ringing(content), final("u1", "agent", "this is unacceptable i am furious and want a supervisor")) == ()


def test_a_dismissed_sentiment_card_comes_back_with_the_next_turn_only(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, final("u1", "caller", "this is unacceptable", 1.0))
    feed(assistant, CardSettled("anna", "c1:sentiment:1", "dismissed"))
    assert feed(assistant, final("u2", "caller", "my address is the same", 5.0)) == ()
    shown = feed(assistant, final("u3", "caller", "i will call my lawyer", 9.0))
    assert all(isinstance(effect, ShowCard) for effect in shown)
    assert [effect.card.id for effect in shown if isinstance(effect, ShowCard)] == [
        "c1:complaint_escalation:1", "c1:sentiment:2",
    ]  # fmt: skip


def test_dismissed_while_provisional_it_does_not_come_back_with_its_own_final(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, partial("u1", "caller", "this is unacceptable i", 1))
    feed(assistant, CardSettled("anna", "c1:sentiment:1", "dismissed"))
    assert feed(assistant, final("u1", "caller", "this is unacceptable i say")) == ()


# -- the end


def test_cards_settled_are_counted(content: Content) -> None:
    assistant = ringing(content)
    for outcome in ("accepted", "dismissed"):  # only the first counts
        feed(assistant, CardSettled("anna", "c1:history:1", outcome))
    (effect,) = feed(assistant, ContactOver("completed", 10.0, 5.0))
    assert isinstance(effect, DraftSummary)
    (count,) = effect.summary.cards
    assert (count.shown, count.accepted, count.dismissed, count.retracted) == (1, 1, 0, 0)


def test_after_the_end_no_card_moves(content: Content) -> None:
    assistant = ringing(content)
    feed(assistant, final("u1", "caller", "i was charged twice"), ContactOver("completed", 10.0, 5.0))
    late = partial("u2", "caller", "this is unacceptable now", 1)
    tick = StepTicked("anna", "c1:billing_dispute:1", "refund", done=True)
    assert feed(assistant, late, tick, CustomerFound(SARAH, "")) == ()


# -- whatever happens

TEXTS = st.sampled_from(
    ["", "▪▪▪▪ ▪▪▪▪", "i was charged twice", "i was charged twice on my", "this is unacceptable now", "supervisor",
     "let me check your account", "sorry", "i will refund you today", "when is my bill due please",
     "give me your password please", "this is ridiculous",
     "goodbye", "look into it", "thank you very much that is perfect"],
)  # fmt: skip
PARTIES = st.sampled_from(["caller", "agent"])
UTTERANCES = st.sampled_from(["u1", "u2", "u3"])
EVENTS: st.SearchStrategy[Input] = st.one_of(
    st.builds(partial, UTTERANCES, PARTIES, TEXTS, st.integers(1, 5)),
    st.builds(final, UTTERANCES, PARTIES, TEXTS, st.floats(0, 100), st.floats(0, 1)),
    st.builds(
        CardSettled,
        st.just("anna"),
        st.sampled_from(["c1:history:1", "c1:sentiment:1", "c1:billing_dispute:1"]),
        st.sampled_from(["accepted", "dismissed"]),
    ),
    st.builds(
        StepTicked, st.just("anna"), st.just("c1:billing_dispute:1"), st.sampled_from(["look", "?"]), st.booleans()
    ),
    st.just(CustomerFound(SARAH, "")),
    st.just(CustomerFound(None, "")),
    st.builds(TimePassed, st.floats(0, 300)),
    st.builds(HoldChanged, st.booleans(), st.floats(0, 300)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_whatever_happens_the_screen_can_follow(content: Content, events: list[Input]) -> None:
    assistant = ContactAssistant(content, "anna")
    on_screen: set[str] = set()
    ever: set[str] = set()
    for effect in feed(assistant, ContactRang("c1", "", "billing"), *events, ContactOver("completed", 120.0, 90.0)):
        if isinstance(effect, ShowCard):
            assert effect.card.id not in ever
            on_screen.add(effect.card.id)
            ever.add(effect.card.id)
        elif isinstance(effect, UpdateCard):
            assert effect.card.id in on_screen
        elif isinstance(effect, RetractCard):
            on_screen.remove(effect.card_id)
        if isinstance(effect, ShowCard | UpdateCard):
            assert 0 < len(effect.card.title.split()) <= MAX_TITLE_WORDS
            assert effect.card.evidence
            assert all(-1.0 <= level <= 1.0 for _, level in effect.card.points)


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_time_comes_to_an_end(content: Content, events: list[Input]) -> None:
    """Whoever waits for ``next_due`` must not wait at the same second for ever."""
    assistant = ContactAssistant(content, "anna")
    feed(assistant, ContactRang("c1", "", "billing"), *events)
    for _ in range(100):
        due = assistant.next_due()
        if due is None:
            return
        feed(assistant, TimePassed(due))
    pytest.fail("it never comes to rest")


@pytest.mark.parametrize("kind", ["history", "next_step", "promise", "sentiment"])
def test_every_kind_appears_in_the_billing_dispute(content: Content, kind: str) -> None:
    effects = [effect for _, effects in play(content, contact(BILLING_DISPUTE)) for effect in effects]
    assert any(isinstance(effect, ShowCard) and effect.card.kind == kind for effect in effects)
