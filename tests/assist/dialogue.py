"""Scripted talk for the assist tests: lines of text become the events a recogniser would send, in media time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assist.content import Content
from assist.effects import Effect
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound, Input
from assist.history import CustomerProfile, Issue, PastContact, PromiseMade
from transcription.utterances import UtteranceFinal, UtterancePartial, Word

WORD_S = 0.35
START = 1_760_000_000.0  # 9 Oct 2025, 08:53:20 UTC

SARAH = CustomerProfile(
    customer_id=7,
    name="Sarah Smith",
    preferred_name="Sarah",
    phone="+12025550142",
    since=date(2016, 5, 17),
    value="Gold",
    style="caring",
    past_contacts=(PastContact("p2", date(2025, 10, 5), "billing", "chased the call back", "negative", "open"),),
    issues=(Issue(3, "Charged twice on the last bill", date(2025, 9, 30), True),),
    promises=(PromiseMade(5, "a call back about the bill", date(2025, 9, 30), date(2025, 10, 2), False),),
)

BILLING_DISPUTE = (
    ("caller", "hello my name is sarah smith i was charged twice on my last bill"),
    ("agent", "i am sorry to hear that sarah"),
    ("caller", "i have called three times and nobody called back"),
    ("caller", "this is unacceptable i want to speak to a supervisor"),
    ("agent", "i understand let me check your account"),
    ("agent", "i can see the wrong charge"),
    ("agent", "i will refund the wrong charge today"),
    ("agent", "you will receive a confirmation email tomorrow"),
    ("agent", "is there anything else"),
    ("caller", "that is perfect thank you very much"),
)


def partial(utterance: str, party: str, text: str, revision: int, start_s: float = 0.0) -> UtterancePartial:
    return UtterancePartial(utterance, party, text, start_s, start_s + len(text.split()) * WORD_S, revision)


def final(utterance: str, party: str, text: str, start_s: float = 0.0, confidence: float = 0.9) -> UtteranceFinal:
    words = tuple(
        Word(word, start_s + index * WORD_S, start_s + index * WORD_S + 0.3, confidence)
        for index, word in enumerate(text.split())
    )
    end_s = words[-1].end_s if words else start_s + 0.5
    return UtteranceFinal(utterance, party, text, words, start_s, end_s, confidence, "scripted", "none")


def talk(lines: tuple[tuple[str, str], ...]) -> Iterator[UtterancePartial | UtteranceFinal]:
    """Each line as partials growing by two words, then its final; a second of silence between lines."""
    at_s = 2.0
    for number, (party, text) in enumerate(lines, start=1):
        words = text.split()
        for revision, length in enumerate(range(2, len(words) + 1, 2), start=1):
            yield partial(f"u{number}", party, " ".join(words[:length]), revision, at_s)
        settled = final(f"u{number}", party, text, at_s)
        yield settled
        at_s = round(settled.end_s + 1.0, 2)


def contact(lines: tuple[tuple[str, str], ...], customer: CustomerProfile | None = SARAH) -> Iterator[Input]:
    """A whole contact: ringing, look-up, talk, end."""
    yield ContactRang("c1", "+12025550142", "billing")
    yield CustomerFound(customer, "+12025550142")
    yield from talk(lines)
    yield ContactOver("completed", duration_s=60.0, talk_s=48.0)


def play(content: Content, events: Iterator[Input]) -> list[tuple[Input, tuple[Effect, ...]]]:
    """Each event with what it led to, one second apart."""
    assistant = ContactAssistant(content, "anna")
    return [(event, assistant.handle(event, START + second)) for second, event in enumerate(events)]
