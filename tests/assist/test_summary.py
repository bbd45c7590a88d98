from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from assist.content import Content
from assist.effects import DraftSummary, ShowCard
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound
from assist.history import PastContact
from assist.summary import ContactSummary, TalkStats, felt
from tests.assist.dialogue import BILLING_DISPUTE, SARAH, START, contact, final, play
from transcription.utterances import TranscriptionGap


def summary_of(content: Content, lines: tuple[tuple[str, str], ...] = BILLING_DISPUTE) -> ContactSummary:
    (effect,) = play(content, contact(lines))[-1][1]
    assert isinstance(effect, DraftSummary)
    return effect.summary


def test_the_draft_of_the_billing_dispute(content: Content) -> None:
    summary = summary_of(content)
    assert (summary.customer_id, summary.customer, summary.number) == (7, "Sarah Smith", "+12025550142")
    assert (summary.queue, summary.agent, summary.reason) == ("billing", "anna", "completed")
    assert (summary.duration_s, summary.talk_s) == (60.0, 48.0)
    assert summary.started_at == START
    assert summary.subject == "billing dispute"
    assert summary.disposition == "billing_resolved"
    assert summary.steps_open == ()
    shown = {str(count.kind): count.shown for count in summary.cards}
    assert shown == {"history": 1, "next_step": 2, "promise": 1, "sentiment": 1}
    assert summary.sentiment_start < 0
    assert [(promise.text, promise.due_on) for promise in summary.follow_ups] == [
        ("i will refund the wrong charge today", date(2025, 10, 9)),
        ("you will receive a confirmation email tomorrow", date(2025, 10, 10)),
    ]
    assert summary.text.splitlines()[0] == "Sarah Smith called about: billing dispute."
    assert "Follow-up by 10 Oct 2025: “you will receive a confirmation email tomorrow”." in summary.text


def test_the_talk_ratio_is_the_agents_share_of_the_words(content: Content) -> None:
    summary = summary_of(content, lines=(("agent", "one two three"), ("caller", "one")))
    assert summary.agent_speech_s == 0.9
    assert summary.caller_speech_s == 0.3
    assert summary.talk_ratio == 0.75


def test_measured_speech_goes_before_counted_words(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    assistant.handle(ContactRang("c1", "", "billing"), START)
    assistant.handle(final("u1", "agent", "one two three"), START)
    (effect,) = assistant.handle(ContactOver("completed", 9.0, 9.0, TalkStats(2.0, 6.0)), START + 9)
    assert isinstance(effect, DraftSummary)
    assert effect.summary.talk_ratio == 0.25


def test_steps_left_open_change_the_disposition(content: Content) -> None:
    summary = summary_of(content, lines=BILLING_DISPUTE[:6])
    assert summary.disposition == "billing_follow_up"
    assert summary.steps_open[0] == "Promise the refund and say when"
    assert "Still open: Promise the refund and say when;" in summary.text


def test_an_abandoned_contact_says_so_and_divides_by_nothing(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    assistant.handle(ContactRang("c1", "", "billing"), START)
    (effect,) = assistant.handle(ContactOver("abandoned", 0.0, 0.0), START)
    assert isinstance(effect, DraftSummary)
    assert (effect.summary.disposition, effect.summary.talk_ratio, effect.summary.trajectory) == (
        "abandoned",
        None,
        0.0,
    )


def test_gaps_count_unless_recovered_and_once_each(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    assistant.handle(ContactRang("c1", "", "billing"), START)
    gap = TranscriptionGap("g1", "caller", 5.0, 5.0, open=True, recovered=False, reason="connection lost")
    assistant.handle(gap, START)
    assistant.handle(replace(gap, end_s=9.0, open=False), START)
    assistant.handle(replace(gap, gap_id="g2", end_s=30.0, open=False, recovered=True), START)
    (effect,) = assistant.handle(ContactOver("completed", 60.0, 50.0), START)
    assert isinstance(effect, DraftSummary)
    assert effect.summary.gap_s == 4.0


def test_words_still_being_recognised_at_hang_up_revise_the_draft_and_show_no_card(content: Content) -> None:
    assistant = ContactAssistant(content, "anna")
    assistant.handle(ContactRang("c1", "", "billing"), START)
    assistant.handle(ContactOver("completed", 60.0, 50.0), START)
    (effect,) = assistant.handle(final("u9", "agent", "i will call you back tomorrow", 55.0), START)
    assert isinstance(effect, DraftSummary)
    assert [promise.text for promise in effect.summary.follow_ups] == ["i will call you back tomorrow"]


def test_feelings_in_a_word() -> None:
    assert [felt(level) for level in (-0.2, -0.19, 0.0, 0.2)] == ["negative", "neutral", "neutral", "positive"]


def test_tomorrow_is_the_agents_and_yesterday_too(content: Content) -> None:
    evening = 1_767_664_800.0  # 5 January 2026, 18:00 in California; there it is the 6th in UTC already
    monday = date(2026, 1, 5)
    here = content.in_zone(ZoneInfo("America/Los_Angeles"))
    assistant = ContactAssistant(here, "anna")
    assistant.handle(ContactRang("c1", "", "billing"), evening)
    past = PastContact("c0", monday, "billing", "a wrong bill", "neutral", "billing_resolved")
    effects = assistant.handle(CustomerFound(replace(SARAH, past_contacts=(past,)), ""), evening)
    lines = [line for effect in effects if isinstance(effect, ShowCard) for line in effect.card.lines]
    assert any("Last time, today" in line for line in lines)
    effects = assistant.handle(final("u1", "agent", "i will call you back tomorrow", 2.0), evening + 4.0)
    assert "Promised, due tomorrow" in [effect.card.title for effect in effects if isinstance(effect, ShowCard)]
    (draft,) = assistant.handle(ContactOver("completed", 9.0, 9.0), evening + 9.0)
    assert isinstance(draft, DraftSummary)
    assert [promise.due_on for promise in draft.summary.follow_ups] == [date(2026, 1, 6)]
