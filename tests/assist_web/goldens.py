"""The golden desks: messages and the desk they make, shared by Python and the page.

``python -m tests.assist_web.goldens`` writes them anew from the cases below; read the difference before committing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from assist.cards import CardRetracted, CardSettled, CardShown, CardUpdated
from assist.coaching import HandLowered, HandRaised, SupervisionNotice
from assist.desk import AgentLine, Desk
from assist.desk_events import (
    FEED_EVENTS,
    ContactAssigned,
    ContactReleased,
    CustomerChoice,
    CustomerIdentified,
    NoteSaved,
    QueueLine,
    QueuesChanged,
    SummaryDrafted,
    WrapUpSaved,
    WrapUpTask,
)
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactEnded
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from tests.fakes import contact_script as script
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.events import Envelope, Event, EventCodec
from voice.hearing import Mode

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "desk"
CODEC = EventCodec(FEED_EVENTS)
ZERO = 1_700_000_000.0
Step = tuple[str | None, float, Event]


def partial(uid: str, party: str, text: str, start: float, revision: int) -> UtterancePartial:
    return UtterancePartial(uid, party, text, start, start + 1.0, revision)


def final(uid: str, party: str, text: str, start: float) -> UtteranceFinal:
    return UtteranceFinal(uid, party, text, (), start, start + 1.0, 0.9, "vosk", "m")


def whole_contact() -> Iterable[Step]:
    return [(script.CONTACT, ZERO + second, event) for second, _, event in script.steps(ZERO)]


def transcript_order() -> Iterable[Step]:
    events: list[Event] = [
        ContactAssigned(script.AGENT, "talking", "100", "billing", ZERO, ZERO + 2),
        partial("a", "caller", "i was", 5.0, 1),
        partial("a", "caller", "i was charged", 5.0, 3),
        partial("a", "caller", "late and older", 5.0, 2),
        partial("b", "agent", "right", 5.5, 1),
        final("c", "agent", "spoken before but settled late", 3.0),
        final("a", "caller", "i was charged twice", 6.5),
        partial("a", "caller", "a partial after its final", 5.0, 9),
        partial("n", "caller", "noise", 8.0, 1),
        final("n", "caller", "", 8.0),
        final("a", "caller", "i was charged twice", 6.5),
        TranscriptionGap("g", "agent", 9.0, 9.0, True, False, "recogniser away"),
        TranscriptionGap("g", "agent", 9.0, 11.0, False, True, "recogniser away"),
        partial("z", "caller", "never settled", 12.0, 1),
        ContactEnded("completed", "caller", 20.0, 18.0),
        partial("y", "caller", "after the end", 13.0, 1),
        final("x", "caller", "recognised after the end", 12.5),
        ContactEnded("worker_lost", "", 1.0, 1.0),
    ]
    return [("c1", ZERO + index, event) for index, event in enumerate(events)]


def partials_overtake() -> Iterable[Step]:
    """A partial that comes late must not undo a newer one, and one of a settled utterance must not unsettle it."""
    events: list[Event] = [
        ContactAssigned(script.AGENT, "talking", "100", "billing", ZERO, ZERO),
        partial("a", "caller", "i was charged", 5.0, 3),
        partial("a", "caller", "i was", 5.0, 2),
        final("b", "agent", "let me see", 4.0),
        partial("b", "agent", "let me", 4.0, 7),
    ]
    return [("c1", ZERO + index, event) for index, event in enumerate(events)]


def cards_come_and_go() -> Iterable[Step]:
    agent, card = script.AGENT, script.BILLING
    events: list[Event] = [
        ContactAssigned(agent, "talking", "100", "billing", ZERO, ZERO),
        CardShown(agent, card, 0.5),
        CardShown(agent, replace(card, title="A second showing changes nothing"), 0.5),
        CardUpdated(agent, replace(card, title="Updated"), 0.4),
        CardSettled(agent, card.id, "accepted"),
        CardUpdated(agent, replace(card, title="Updated while followed"), 0.4),
        CardUpdated(agent, replace(card, id="unseen"), 0.4),
        CardShown(agent, script.FALLING, 0.5),
        CardRetracted(agent, script.FALLING.id, "the final words were others"),
        CardUpdated(agent, replace(script.FALLING, title="Too late"), 0.5),
        CardShown(agent, script.HISTORY, 0.5),
        CardRetracted(agent, script.HISTORY.id, "wrong customer"),
        CardShown(agent, replace(script.HISTORY, title="Said again"), 0.5),
        CardSettled(agent, "nobody", "dismissed"),
    ]
    return [("c1", ZERO + index, event) for index, event in enumerate(events)]


def contacts_in_turn() -> Iterable[Step]:
    agent = script.AGENT
    return [
        (None, ZERO, script.STATION),
        (None, ZERO, AgentStateChanged("ben", "AVAILABLE", "", ZERO)),
        ("c1", ZERO, ContactAssigned(agent, "ringing", "100", "billing", ZERO)),
        ("c1", ZERO + 1, CustomerIdentified(None)),
        ("c2", ZERO + 1, CustomerIdentified(script.MARIA)),
        ("c1", ZERO + 2, ContactReleased(agent, "not answered")),
        (None, ZERO + 2, AgentStateChanged(agent, "NOT_RESPONDING", "", ZERO + 2)),
        ("c2", ZERO + 5, ContactAssigned(agent, "ringing", "200", "support", ZERO + 3)),
        ("c2", ZERO + 6, ContactAnswered(agent, "l", 3.0)),
        ("c2", ZERO + 7, ContactAnswered(agent, "l", 99.0)),
        ("c2", ZERO + 8, NoteSaved("wants a call back")),
        ("c2", ZERO + 8, ContactAssigned(agent, "talking", "200", "support", ZERO + 3, ZERO + 6, 3.0)),
        ("c2", ZERO + 9, ContactEnded("completed", "agent", 6.0, 3.0)),
        ("c2", ZERO + 9, ContactReleased(agent, "ended contacts stay for the wrap-up")),
        (None, ZERO + 19, AgentStateChanged(agent, "AVAILABLE", "", ZERO + 19)),
        ("c2", ZERO + 20, final("late", "caller", "nobody is looking any more", 1.0)),
        ("c3", ZERO + 30, ContactAssigned(agent, "ringing", "300", "billing", ZERO + 30)),
    ]


def consulting() -> list[Step]:
    """Hold, a consultation that becomes a conference, and one that comes to nothing."""
    agent = script.AGENT
    return [
        (
            "c1",
            ZERO,
            ContactAssigned(agent, "ringing", "300", "billing", ZERO, context=("Pressed 1 at menu", "Waited 0:40")),
        ),
        ("c1", ZERO + 2, ContactAnswered(agent, "lease-1", 40.0)),
        ("c1", ZERO + 5, HoldChanged(agent, True)),
        ("c1", ZERO + 6, ConsultStarted(agent, "agent", "ben", "lease-2")),
        ("c1", ZERO + 9, ConsultAnswered(agent, "ben")),
        ("c1", ZERO + 15, HoldChanged(agent, False)),
        ("c1", ZERO + 15, ConferenceStarted(agent, "ben")),
        ("c1", ZERO + 30, ConsultEnded(agent, "agent", "ben", "left")),
        ("c1", ZERO + 40, HoldChanged(agent, True)),
        ("c1", ZERO + 40, ConsultStarted(agent, "number", "+12025550100", "")),
        ("c2", ZERO + 41, HoldChanged(agent, False)),
    ]


def queues() -> list[Step]:
    """Callers wait in two queues; the last word counts, with a contact on the desk or without."""
    agent = script.AGENT
    return [
        (None, ZERO, QueuesChanged((QueueLine("billing"), QueueLine("support", 2, ZERO - 70.0)))),
        ("c1", ZERO + 1, ContactAssigned(agent, "ringing", "300", "support", ZERO)),
        (None, ZERO + 2, QueuesChanged((QueueLine("billing", 1, ZERO), QueueLine("support", 1, ZERO - 20.0)))),
    ]


def supervised() -> list[Step]:
    """A hand goes up, a supervisor comes, and goes; another contact's do not matter."""
    agent = script.AGENT
    return [
        ("c1", ZERO, ContactAssigned(agent, "talking", "300", "billing", ZERO, ZERO + 1)),
        ("c1", ZERO + 5, HandRaised(agent, "the credit")),
        ("c2", ZERO + 6, HandLowered(agent, "sara")),
        ("c1", ZERO + 7, SupervisionNotice("sara", Mode.LISTEN)),
        ("c2", ZERO + 8, SupervisionNotice("sara", None)),
        ("c1", ZERO + 9, SupervisionNotice("sara", Mode.WHISPER)),
        ("c1", ZERO + 20, HandLowered(agent, "sara")),
        ("c1", ZERO + 30, SupervisionNotice("sara", None)),
        ("c1", ZERO + 31, HandRaised(agent, "")),
        ("c1", ZERO + 32, SupervisionNotice("sara", Mode.BARGE)),
    ]


def wrapped_up() -> list[Step]:
    """The draft is edited twice, and confirmed; another contact's does not matter."""
    agent, task = script.AGENT, WrapUpTask("Send the email", "2026-11-24")
    draft = SummaryDrafted("Refunded", tasks=(task,), text="Refunded.\nAll well.", choices=("billing_open", "refunded"))
    return [
        ("c1", ZERO, ContactAssigned(agent, "talking", "300", "billing", ZERO, ZERO + 1)),
        ("c1", ZERO + 2, HoldChanged(agent, True)),
        ("c1", ZERO + 5, ContactEnded("completed", "caller", 5.0, 4.0)),
        ("c1", ZERO + 6, draft),
        ("c1", ZERO + 7, WrapUpSaved(agent, "Refunded. Al", "refunded", None, (task,), False)),
        ("c2", ZERO + 8, WrapUpSaved(agent, "another", "", False, (), True)),
        ("c1", ZERO + 9, WrapUpSaved(agent, "Refunded.", "refunded", True, (), True)),
    ]


def several_customers() -> list[Step]:
    """Two share the number; the agent says who it is, and wraps up against the clock."""
    agent = script.AGENT
    choices = (CustomerChoice(7, "John English", "since 2025, Broadband 100"), CustomerChoice(8, "June Court"))
    return [
        ("c1", ZERO, ContactAssigned(agent, "ringing", "300", "billing", ZERO)),
        ("c1", ZERO + 1, CustomerIdentified(None, choices)),
        ("c1", ZERO + 2, ContactAnswered(agent, "lease-1", 2.0)),
        ("c2", ZERO + 3, CustomerIdentified(None)),
        ("c1", ZERO + 9, CustomerIdentified(script.MARIA)),
        ("c1", ZERO + 30, ContactEnded("completed", "caller", 30.0, 28.0)),
        (None, ZERO + 30, AgentStateChanged(agent, "WRAPUP", "", ZERO + 30, ZERO + 60)),
        (None, ZERO + 50, AgentStateChanged(agent, "WRAPUP", "", ZERO + 30, ZERO + 90)),
    ]


CASES = {
    "several_customers": several_customers,
    "whole_contact": whole_contact,
    "transcript_order": transcript_order,
    "partials_overtake": partials_overtake,
    "cards_come_and_go": cards_come_and_go,
    "contacts_in_turn": contacts_in_turn,
    "consulting": consulting,
    "supervised": supervised,
    "queues": queues,
    "wrapped_up": wrapped_up,
}


def fold(steps: Iterable[Step]) -> Desk:
    desk = Desk(AgentLine(script.AGENT, "Anna Kovacs"))
    for contact_id, at, event in steps:
        desk = desk.apply(event, contact_id, at)
    return desk


def golden(steps: Iterable[Step]) -> dict[str, Any]:
    steps = list(steps)
    messages = [
        CODEC.encode(Envelope(f"m{seq}", at, script.AGENT, seq, event, contact_id))
        for seq, (contact_id, at, event) in enumerate(steps, start=1)
    ]
    keys = ("type", "id", "contact_id", "seq", "at", "data")
    start = Desk(AgentLine(script.AGENT, "Anna Kovacs")).snapshot()
    wire = [{key: message[key] for key in keys} for message in messages]
    return {"start": start, "messages": wire, "desk": fold(steps).snapshot()}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        text = json.dumps(golden(case()), indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
