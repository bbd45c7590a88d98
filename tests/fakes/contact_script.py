"""One contact as the floor would tell an agent's desk: an angry caller, four cards, calmer words, the summary.

``steps()`` yields (media second, mark, event); marks name the places tests and screenshots stop at. The contact is
offered at media second 0, rings the agent at 18 and is answered at 24.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assist.cards import Card, CardKind, CardShown, CardStep, CardUpdated, Evidence
from assist.desk_events import (
    ContactAssigned,
    CustomerIdentified,
    CustomerLine,
    RecogniserChanged,
    StationChanged,
    SummaryDrafted,
    WrapUpTask,
)
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactEnded
from transcription.utterances import Redaction, TranscriptionGap, UtteranceFinal, UtterancePartial, Word
from voice.events import Event

AGENT = "anna"
SECRET = "kestrel-demo"
CONTACT = "c-20481"
MODEL = "demo-en-8k"

RECOGNISER = RecogniserChanged("up", "Vosk 0.3.45", MODEL, wer=0.034, wer_on="the demo script", demo=True)
STATION = StationChanged(connected=True, registered=True, headset="Jabra EVOLVE LINK")
MARIA = CustomerLine(
    "Maria Lopez", "Maria", "+1 202 555 0142", since="2019", value="Fibre 500, $ 64 a month", style="caring",
    open_issues=("March bill shows two charges", "Call back promised 12 May, not made"),
    last_contact="Call on 19 May ended unresolved", last_contact_at=1779177600.0, last_contact_bad=True,
)  # fmt: skip

HISTORY = Card(
    f"{CONTACT}/history", CardKind.HISTORY, "Apologise for the missed call back first",
    "Maria called twice about this bill; the call back of 12 May was not made.",
    (Evidence("customers.db: contacts 881, 902"), Evidence("customers.db: promise 77", "a call back about the bill")),
    "customer_history", "a41f09", "call",
    lines=("Open: March bill shows two charges (24 days ago)",
           "Promised a call back about the bill on 12 May: not kept",
           "Last time, 19 May: asked again, ended unresolved; ended badly",
           "Before, 12 May: charged twice on the last bill; ended badly",
           "Before, 3 March: router replaced; ended well",
           "Style: caring. Let the caller finish, then act"),
    priority=600,
)  # fmt: skip
STEPS = (
    CardStep("sorry", "Say sorry and own it", "I am sorry this happened, I will take care of it now.", False),
    CardStep("check", "Check the account aloud", "Let me check your account while we speak.", False),
    CardStep("confirm", "Name the wrong charge", "I can see the wrong charge on your bill.", False),
    CardStep("refund", "Refund it today", "I will refund the second charge today.", False),
    CardStep("expect", "Say what happens next and when", "You will receive a confirmation email tomorrow.", False),
    CardStep("further", "Offer further help", "Is there anything else I can do for you?", False),
)
BILLING = Card(
    f"{CONTACT}/billing_dispute/1", CardKind.NEXT_STEP, "Say sorry and own it",
    "A charge is disputed: you may refund up to $ 100 on your own.",
    (Evidence("speech", "charged twice on my last bill", "u2", "caller", 31.2),),
    "billing_dispute", "7c22d1", "partial",
    steps=STEPS, priority=700,
)  # fmt: skip
FALLING = Card(
    f"{CONTACT}/sentiment", CardKind.SENTIMENT, "Acknowledge her frustration first",
    "Her words turned against us within fifteen seconds.",
    (Evidence("speech", "nobody called back", "u3", "caller", 38.4),), "sentiment", "e90b55", "final",
    points=((29.0, 0.1), (34.5, -0.25), (39.0, -0.55)), priority=650,
)  # fmt: skip
NO_CARD_NUMBERS = Card(
    f"{CONTACT}/no_card_numbers/1", CardKind.NEXT_STEP, "Stop her: no card numbers by voice",
    "She began to read out a card number; it was withheld from the transcript.",
    (Evidence("speech", "my card number is", "u6", "caller", 53.6),), "no_card_numbers", "b7710e", "partial",
    lines=("Refunds go to the card on file",), priority=950, critical=True,
)  # fmt: skip


REFUND_TIME = Card(
    f"{CONTACT}/refund_time/1", CardKind.KNOWLEDGE, "Refunds take three to five working days",
    "Stale: Billing team should have reviewed it by 1 May 2026",
    (Evidence("speech", "when is my refund in the bank", "u3", "caller", 38.0), Evidence("knowledge/refund_time.md")),
    "refund_time", "a1b2c3", "final", lines=("Once released, three to five working days.",), priority=550,
)  # fmt: skip

CHECKLIST = Card(
    f"{CONTACT}/checklist/1", CardKind.CHECKLIST, "Open and close the call well", "What every call begins with",
    (Evidence("checklist.yaml"),), "checklist", "5d01c4", "call", ("Opening: 1 of 1 said", "Closing: 0 of 1 said"),
    (CardStep("greeting", "Greet with your name", "", True), CardStep("farewell", "Say goodbye", "", False)),
    priority=100,
)  # fmt: skip


def _words(text: str, start: float, end: float, unsure: tuple[str, ...]) -> tuple[Word, ...]:
    words = text.split()
    each = (end - start) / len(words)
    return tuple(
        Word(word, round(start + i * each, 2), round(start + (i + 1) * each, 2), 0.41 if word in unsure else 0.97)
        for i, word in enumerate(words)
    )


def said(
    number: int,
    party: str,
    start: float,
    end: float,
    text: str,
    *,
    unsure: tuple[str, ...] = (),
    withheld: bool = False,
) -> Iterator[tuple[float, str, Event]]:
    """Partials as the words come, then the final, as a recogniser would."""
    words = _words(text, start, end, unsure)
    uid = f"u{number}"
    for revision, count in enumerate(range(2, len(words) + 1, 2), start=1):
        heard, until = " ".join(word.text for word in words[:count]), words[count - 1].end_s
        yield until, "", UtterancePartial(uid, party, heard, start, until, revision)
    redactions = (Redaction("digits", words[-2].start_s, end),) if withheld else ()
    final = UtteranceFinal(uid, party, text, words, start, end, 0.93, "vosk", MODEL, redactions)
    yield end + 0.4, f"final {uid}", final


def _shown(at: float, mark: str, card: Card) -> tuple[float, str, Event]:
    return at, mark, CardShown(AGENT, card, 0.6)


def _updated(at: float, card: Card, *done: str) -> tuple[float, str, Event]:
    steps = tuple(replace(step, done=step.id in done) for step in card.steps)
    title = next((step.text for step in steps if not step.done), "Settled: close the call warmly")
    return at, "", CardUpdated(AGENT, replace(card, steps=steps, title=title), 0.4)


def _calling(zero: float) -> Iterator[tuple[float, str, Event]]:
    yield 18.0, "", AgentStateChanged(AGENT, "RINGING", "", zero + 18.0)
    yield 18.0, "", ContactAssigned(AGENT, "ringing", "+12025550142", "billing", zero)
    yield 18.01, "", CustomerIdentified(MARIA)
    yield _shown(18.02, "ringing", HISTORY)
    yield 24.0, "", AgentStateChanged(AGENT, "TALKING", "", zero + 24.0)
    yield 24.0, "answered", ContactAnswered(AGENT, "lease-1", 9.0)


def _angry() -> Iterator[tuple[float, str, Event]]:
    yield from said(1, "agent", 24.6, 27.6, "good morning this is anna at kestrel broadband how can i help you")
    yield from said(
        2, "caller", 29.0, 33.6, "hello my name is maria lopez i was charged twice on my last bill", unsure=("lopez",)
    )
    yield _shown(32.9, "first card", BILLING)
    yield from said(3, "caller", 34.6, 39.0, "i have called three times and nobody called back")
    yield _shown(39.5, "sentiment", FALLING)
    yield from said(4, "agent", 39.8, 43.4, "i am sorry to hear that let me check your account")
    yield _updated(43.9, BILLING, "sorry", "check")
    yield from said(5, "caller", 44.2, 49.2, "this is unacceptable i want to speak to a supervisor right now")
    worse = replace(
        FALLING, title="Let her finish, then promise one thing", points=(*FALLING.points, (49.0, -0.82)),
        evidence=(Evidence("speech", "this is unacceptable", "u5", "caller", 45.0), *FALLING.evidence),
    )  # fmt: skip
    yield 49.7, "worst", CardUpdated(AGENT, worse, 0.5)
    yield from said(6, "caller", 51.8, 56.0, "just put it back my card number is ▪▪▪▪ ▪▪▪▪", withheld=True)
    yield _shown(55.9, "four cards", NO_CARD_NUMBERS)


def _calmer() -> Iterator[tuple[float, str, Event]]:
    yield 58.0, "", TranscriptionGap("g1", "agent", 57.1, 57.1, True, False, "recogniser restarted")
    yield 58.0, "recogniser down", replace(RECOGNISER, state="down")
    yield 61.0, "", replace(RECOGNISER, state="up")
    yield 61.0, "", TranscriptionGap("g1", "agent", 57.1, 60.4, False, False, "recogniser restarted")
    yield from said(7, "agent", 61.5, 66.0, "keep the number i can see the wrong charge and i will refund it today")
    yield _updated(66.5, BILLING, "sorry", "check", "confirm", "refund")
    yield from said(8, "caller", 67.2, 69.6, "oh okay that would be good")
    yield from said(9, "agent", 70.4, 76.2, "you will receive a confirmation email tomorrow is there anything else")
    yield _updated(76.7, BILLING, *(step.id for step in STEPS))
    yield from said(10, "caller", 77.4, 80.6, "no that is perfect thank you very much anna")
    rising = replace(
        FALLING, title="Close warmly, she is content again", why="Her words turned since the refund.",
        points=(*FALLING.points, (49.0, -0.82), (69.0, -0.2), (80.6, 0.55)),
        evidence=(Evidence("speech", "that is perfect", "u10", "caller", 78.0),),
    )  # fmt: skip
    yield 81.1, "calmer", CardUpdated(AGENT, rising, 0.4)


def _over(zero: float) -> Iterator[tuple[float, str, Event]]:
    yield 84.0, "", AgentStateChanged(AGENT, "WRAPUP", "", zero + 84.0)
    yield 84.0, "", ContactEnded("completed", "caller", 84.0, 60.0)
    summary = SummaryDrafted(
        "Double charge of March refunded; confirmation by email tomorrow.",
        ("Maria was charged twice on her last bill and had called three times.",
         "A call back promised on 12 May was not made; she asked for a supervisor.",
         "The second charge is refunded today."),
        "refund_released", ("Confirmation email to Maria, tomorrow",),
        (("Waited", "0:09"), ("Talked", "1:00"), ("Cards", "4 shown, 1 critical")),
        -0.25, 0.55, 0.47,
        "Maria was charged twice on her last bill and had called three times; a call back promised on 12 May was not "
        "made. The second charge is refunded today.",
        (WrapUpTask("Confirmation email to Maria", "2026-05-30"),),
        ("billing_follow_up", "general_enquiry", "refund_released"),
    )  # fmt: skip
    yield 84.3, "ended", summary


def steps(zero: float) -> Iterator[tuple[float, str, Event]]:
    """The whole contact; ``zero``: Unix seconds of media second 0. In order of time."""
    parts = (*_calling(zero), *_angry(), *_calmer(), *_over(zero))
    yield from sorted(parts, key=lambda step: step[0])
    yield 94.0, "ready again", AgentStateChanged(AGENT, "AVAILABLE", "", zero + 94.0)
