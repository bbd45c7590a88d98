"""The draft of a contact's wrap-up, from what was (already redacted and) said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assist.cards import CardKind
from assist.promises import SpokenPromise, promises_in
from assist.sentiment import Reading, trajectory
from transcription.utterances import TranscriptionGap, UtteranceFinal

ABANDONED = "abandoned"
GENERAL = "general_enquiry"
_FELT_BAND = 0.2


@dataclass(frozen=True, slots=True)
class TalkStats:
    """Seconds each side really spoke, measured on audio where available."""

    agent_s: float
    caller_s: float


@dataclass(frozen=True, slots=True)
class CardCount:
    """Cards of one kind: how many were shown, and what became of them."""

    kind: CardKind
    shown: int
    accepted: int
    dismissed: int
    retracted: int


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something the agent promised: her words, the day named (or None), and where it was said."""

    text: str
    due_on: date | None
    utterance_id: str
    at_s: float


@dataclass(frozen=True, slots=True)
class ContactSummary:
    """The draft. Times are Unix seconds or seconds; ``talk_ratio``: the agent's share of the speech, 0..1, None without
    any; ``sentiment_start``/``end``: level -1..1; ``trajectory``: -100..100, see ``assist.sentiment``; ``felt``:
    negative, neutral or positive; ``gap_s``: seconds of the call that are not in the transcript.
    """

    contact_id: str
    agent: str
    customer_id: int | None
    customer: str
    number: str
    queue: str
    reason: str
    started_at: float
    ended_at: float
    duration_s: float
    talk_s: float
    agent_speech_s: float
    caller_speech_s: float
    talk_ratio: float | None
    sentiment_start: float
    sentiment_end: float
    trajectory: float
    felt: str
    cards: tuple[CardCount, ...]
    subject: str
    disposition: str
    steps_open: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    gap_s: float
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class Wrap:
    """What ``summarise`` is made from. ``day``: on which it began, where the agents are; the rest speaks for itself."""

    contact_id: str
    agent: str
    customer_id: int | None
    customer: str
    number: str
    queue: str
    reason: str
    started_at: float
    day: date
    ended_at: float
    duration_s: float
    talk_s: float
    talk: TalkStats | None
    finals: Sequence[UtteranceFinal]
    readings: Sequence[Reading]
    gaps: Mapping[str, TranscriptionGap]
    cards: tuple[CardCount, ...]
    subject: str
    disposition: str
    steps_open: tuple[str, ...]
    version: str


def summarise(wrap: Wrap) -> ContactSummary:
    """The draft of one contact."""
    talk = wrap.talk or TalkStats(_speech_s(wrap.finals, "agent"), _speech_s(wrap.finals, "caller"))
    both = talk.agent_s + talk.caller_s
    start = wrap.readings[0].level if wrap.readings else 0.0
    end = wrap.readings[-1].level if wrap.readings else 0.0
    follow_ups = _follow_ups(wrap)
    return ContactSummary(
        contact_id=wrap.contact_id,
        agent=wrap.agent,
        customer_id=wrap.customer_id,
        customer=wrap.customer,
        number=wrap.number,
        queue=wrap.queue,
        reason=wrap.reason,
        started_at=wrap.started_at,
        ended_at=wrap.ended_at,
        duration_s=wrap.duration_s,
        talk_s=wrap.talk_s,
        agent_speech_s=round(talk.agent_s, 2),
        caller_speech_s=round(talk.caller_s, 2),
        talk_ratio=round(talk.agent_s / both, 3) if both > 0 else None,
        sentiment_start=round(start, 3),
        sentiment_end=round(end, 3),
        trajectory=round(trajectory(wrap.readings, wrap.duration_s), 1),
        felt=felt(end),
        cards=wrap.cards,
        subject=wrap.subject,
        disposition=ABANDONED if wrap.reason == "abandoned" else wrap.disposition,
        steps_open=wrap.steps_open,
        follow_ups=follow_ups,
        gap_s=round(sum(gap.end_s - gap.start_s for gap in wrap.gaps.values() if not gap.recovered), 2),
        version=wrap.version,
        text=_text(wrap, start, end, follow_ups),
    )


def felt(level: float) -> str:
    """A level (-1..1) in a word."""
    if level <= -_FELT_BAND:
        return "negative"
    return "positive" if level >= _FELT_BAND else "neutral"


def _speech_s(finals: Sequence[UtteranceFinal], party: str) -> float:
    total = 0.0
    for final in finals:
        if final.party == party and final.text:
            spoken = sum(word.end_s - word.start_s for word in final.words)
            total += spoken if final.words else final.end_s - final.start_s
    return total


def _follow_ups(wrap: Wrap) -> tuple[FollowUp, ...]:
    def of(final: UtteranceFinal, promise: SpokenPromise) -> FollowUp:
        return FollowUp(promise.text, promise.due_on, final.utterance_id, final.start_s)

    return tuple(
        of(final, promise)
        for final in wrap.finals
        if final.party == "agent"
        for promise in promises_in(final.text, wrap.day)
    )


def _text(wrap: Wrap, start: float, end: float, follow_ups: tuple[FollowUp, ...]) -> str:
    who = wrap.customer or "A caller not in the customer base"
    lines = [f"{who} called about: {wrap.subject}." if wrap.subject else f"{who} called."]
    complaint = next((final for final in wrap.finals if final.party == "caller" and len(final.text.split()) >= 4), None)
    if complaint is not None:
        lines.append(f"In the caller's words: “{complaint.text}”.")
    if wrap.readings:
        lines.append(_course(start, min(reading.level for reading in wrap.readings), end))
    lines += [
        f"Follow-up{f' by {promise.due_on:%-d %b %Y}' if promise.due_on else ''}: “{promise.text}”."
        for promise in follow_ups
    ]
    if wrap.steps_open:
        lines.append(f"Still open: {'; '.join(wrap.steps_open)}.")
    return "\n".join(lines)


def _course(start: float, low: float, end: float) -> str:
    """How it felt, by the words alone, in a sentence."""
    began, worst, ended = (round(level, 1) for level in (start, low, end))
    if began == ended:
        course = f"stayed at {ended:+.1f}"
    else:
        course = f"{'rose' if ended > began else 'fell'} from {began:+.1f} to {ended:+.1f}"
    between = f", {worst:+.1f} between" if worst < min(began, ended) else ""
    return f"The caller's words {course}{between} (-1 to 1)."
