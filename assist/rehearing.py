"""A recorded contact heard again: its sound through the recogniser, the words through casework, alerts and scorecard,
as live. Pure but for the recogniser. What differs from the log is what the content, the model or the code changed.

The *frame* is what happened to the contact besides words: offers, answers, holds, transfers, what the agent did with
cards. It is taken from the log, or where there is none it is a plain call that was answered at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assist.alert_watch import AlertRules, ContactAlerts
from assist.alerts import ALERT_EVENTS, AlertRaised
from assist.cards import CardNotActed, CardRetracted, CardShown, CardUpdated, QuestionUnanswered
from assist.casework import Case, CaseEffect, Emit, LookUp
from assist.content import Content
from assist.deck import EXPIRED
from assist.history import CustomerFound
from assist.quality.parts import Part, parts_of
from assist.quality.principles import Scorecard
from assist.quality.scorecard import score_contact
from assist.quality.spec import ScorecardSpec
from ivr.contacts import AgentOffered, ContactAnswered, ContactEnded, ContactOffered, TalkMeasured
from transcription.talk import TalkStats
from transcription.transcribe import TWO_LEGS, Listened
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.events import Envelope, Event

START = 1_767_600_000.0
"""Unix seconds at which a contact without a log begins (5 January 2026), so that the same file gives the same."""
AGENT = "agent"
"""Who has a contact without a log."""
_MADE_AGAIN: tuple[type[Event], ...] = (
    UtterancePartial, UtteranceFinal, TranscriptionGap, TalkMeasured, CardShown, CardUpdated, CardRetracted,
    CardNotActed, QuestionUnanswered, *ALERT_EVENTS,
)  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """What a contact is judged by. ``now``: Unix seconds, for promises."""

    content: Content
    spec: ScorecardSpec
    alerts: AlertRules
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a contact. ``finals`` by their beginning, ``cards`` and ``alerts`` as they came."""

    finals: tuple[UtteranceFinal, ...]
    cards: tuple[CardShown, ...]
    alerts: tuple[AlertRaised, ...]
    scorecards: tuple[Scorecard, ...]


def plain_frame(contact_id: str, seconds: float, number: str = "") -> tuple[Envelope, ...]:
    """A call of ``seconds`` from ``number`` that ``AGENT`` answered as it came."""
    ended = ContactEnded("completed", "caller", seconds, seconds)
    happened: list[tuple[float, Event]] = [
        (0.0, ContactOffered("recording", number, "", "", "")),
        (0.0, AgentOffered(AGENT, "")),
        (0.0, ContactAnswered(AGENT, "", 0.0)),
        (seconds, ended),
    ]
    return tuple(_envelope(contact_id, START + at_s, number, event) for number, (at_s, event) in enumerate(happened))


def frame_of(log: Iterable[Envelope]) -> tuple[Envelope, ...]:
    """What of a contact's log does not come from hearing it."""
    return tuple(envelope for envelope in log if not isinstance(envelope.event, _MADE_AGAIN))


def outcome_of(contact_id: str, log: Sequence[Envelope], judge: Judge, found: CustomerFound) -> Outcome:
    """What a log says, scored by ``judge``."""
    finals = {each.event.utterance_id: each.event for each in log if isinstance(each.event, UtteranceFinal)}
    shown = [each.event for each in log if isinstance(each.event, CardShown)]
    raised = [each.event for each in log if isinstance(each.event, AlertRaised)]
    withdrawn = {
        each.event.card_id for each in log if isinstance(each.event, CardRetracted) and each.event.reason != EXPIRED
    }
    return Outcome(
        tuple(sorted((each for each in finals.values() if each.text), key=lambda final: final.start_s)),
        tuple(each for each in shown if each.card.id not in withdrawn),
        tuple(raised),
        score_contact(contact_id, log, judge.content, judge.spec, found.customer, now=judge.now),
    )


def hear_again(
    contact_id: str, frame: Sequence[Envelope], heard: Listened, judge: Judge, found: CustomerFound
) -> Outcome:
    """What comes of the contact when it is heard again. ``found``: what the look-up of its caller says."""
    offered_at = next((each.at for each in frame if isinstance(each.event, ContactOffered)), START)
    spoken = [
        _envelope(contact_id, offered_at + at_s, number, event) for number, (at_s, event) in enumerate(heard.events)
    ]
    talk = _talk(contact_id, frame, heard, offered_at)
    case, alerts = Case(contact_id, judge.content), ContactAlerts(contact_id, judge.alerts)
    log: list[Envelope] = []
    for envelope in sorted([*frame, *spoken, *talk], key=lambda each: each.at):
        log.append(envelope)
        made: list[Event] = [*alerts.handle(envelope.event, envelope.at)]
        made += _events(case, case.handle(envelope), found, envelope.at)
        log += [_envelope(contact_id, envelope.at, number, event) for number, event in enumerate(made)]
    return outcome_of(contact_id, log, judge, found)


def _events(case: Case, effects: tuple[CaseEffect, ...], found: CustomerFound, at: float) -> list[Event]:
    """What the floor would have published, the look-up answered on the spot."""
    if any(isinstance(effect, LookUp) for effect in effects):
        effects += case.customer_found(found, at)
    return [effect.event for effect in effects if isinstance(effect, Emit)]


def _talk(contact_id: str, frame: Sequence[Envelope], heard: Listened, offered_at: float) -> tuple[Envelope, ...]:
    """The talk of each agent and the customer measured again, as live; none where nobody answered."""
    parts = parts_of(contact_id, frame)
    if not parts or not heard.voiced:
        return ()
    stats = TalkStats()
    stats.listening_from(parts[0].start_s)
    for run in heard.voiced:
        stats.heard(*run)
    end_s = max(part.end_s for part in parts)
    stats.silent_until(end_s)
    return tuple(
        _envelope(contact_id, offered_at + end_s, number, _talked(part, stats)) for number, part in enumerate(parts)
    )


def _talked(part: Part, stats: TalkStats) -> TalkMeasured:
    apart, since = [(0.0, part.start_s), (part.end_s, float("inf"))], None
    for at_s, held in (*part.holds, (part.end_s, False)):
        if held:
            since = at_s if since is None else since
        elif since is not None:
            apart.append((since, at_s))
            since = None
    found = stats.summary(TWO_LEGS, apart)
    first = found.first_s.get("agent")
    return TalkMeasured(
        found.measured_s, found.talk_s.get("agent", 0.0), found.talk_s.get("caller", 0.0), found.talk_over_s,
        found.dead_air_s, found.longest_silence_s, None if first is None else max(0.0, first - part.start_s),
        part.agent,
    )  # fmt: skip


def _envelope(contact_id: str, at: float, number: int, event: Event) -> Envelope:
    return Envelope(f"{contact_id}-again-{event.type}-{number}", at, "replay", number, event, contact_id)
