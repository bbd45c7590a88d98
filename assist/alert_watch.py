"""One contact's alerts: its events in, alerts raised and cleared out. Pure; Unix seconds, words by the contact's clock.

``next_due`` says when time alone raises one. The same events at the same times give the same alerts with the same ids:
a floor that starts again folds the log through here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from assist.alert_rules import (
    ASKED,
    AlertRule,
    DeadAir,
    HoldTooLong,
    Keyword,
    NotSaid,
    PoorSound,
    QueueWait,
    SentimentFalls,
    TalkOver,
    spoken,
)
from assist.alerts import AlertAcknowledged, AlertBook, AlertEvent, AlertRaised, Finding
from assist.sentiment import Scorer, SentimentSettings, SentimentTrack
from assist.sightings import CompiledRules, Sighting, SightingTracker
from ivr.contacts import ContactAnswered, ContactEnded, ContactOffered, ContactQueued, ContactSnapshot
from ivr.controls import ContactTransferred, HoldChanged
from transcription.talk import TalkStats
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.events import Event, QualityMeasured

HYSTERESIS = 0.15
"""How far a level must rise above its threshold before the alert is cleared: sentiment -1..1, MOS 1..4.5."""
_PAUSE_S = 0.1
_FORGET_S = 30.0
"""How long after its window a run of words is kept: finals of the two parties come out of order."""

Found = tuple[AlertEvent, ...]
RuleT = TypeVar("RuleT")


class AlertRules:
    """Rules made ready once, for all contacts."""

    def __init__(self, rules: tuple[AlertRule, ...], scorer: Scorer, sentiment: SentimentSettings) -> None:
        self.rules = rules
        self.scorer = scorer
        self.sentiment = sentiment
        self.spoken = CompiledRules(spoken(rules))


@dataclass(slots=True)
class _Clock:
    """Since when something lasts (Unix seconds); None: it does not."""

    queued: float | None = None
    held: float | None = None
    answered: float | None = None
    silent: float | None = None


class ContactAlerts:
    """See the module docstring. ``agent`` and ``queue`` stand on what is raised."""

    def __init__(self, contact_id: str, rules: AlertRules) -> None:
        self._rules = rules
        self._book = AlertBook(contact_id)
        self._tracker = SightingTracker(rules.spoken)
        self._track = SentimentTrack(rules.sentiment)
        self._runs: deque[tuple[str, float, float]] = deque()
        self._poor: dict[str, int] = {}
        self._said: set[str] = set()
        self._asked: dict[str, Sighting[str]] = {}
        self._since = _Clock()
        self._offered_at = 0.0
        self._gaps: set[str] = set()
        self.agent = ""
        self.queue = ""

    @property
    def open(self) -> tuple[AlertRaised, ...]:
        """What is open now."""
        return self._book.open

    def handle(self, event: Event, at: float) -> Found:
        """What an event of the contact leads to, and what fell due before it."""
        return self.time_passed(at) + self._handle(event, at)

    def acknowledge(self, alert_id: str, by: str) -> Found:
        """Somebody has seen it; nothing where it is not open."""
        return self._book.acknowledge(alert_id, by)

    def next_due(self) -> float | None:
        """When time alone raises the next alert; None: never."""
        return min((due for due, _ in self._dues()), default=None)

    def time_passed(self, now: float) -> Found:
        """What has fallen due."""
        ripe = sorted((due, finding.rule, finding) for due, finding in self._dues() if due <= now)
        return tuple(event for _, _, finding in ripe for event in self._raise(finding))

    def _dues(self) -> Iterator[tuple[float, Finding]]:
        """When which rule that only waits for time would be met."""
        open_now = {alert.rule for alert in self._book.open}
        since = self._since
        for rule in self._applying():
            if rule.id in open_now:
                continue
            match rule:
                case QueueWait(seconds=seconds) if since.queued is not None:
                    yield since.queued + seconds, self._finding(rule, f"waiting for {seconds:.0f} s")
                case HoldTooLong(seconds=seconds) if since.held is not None:
                    yield since.held + seconds, self._finding(rule, f"on hold for {seconds:.0f} s", since.held)
                case DeadAir(seconds=seconds) if since.silent is not None and since.held is None and not self._gaps:
                    yield since.silent + seconds, self._finding(rule, f"silence for {seconds:.0f} s", since.silent)
                case NotSaid() if since.answered is not None and rule.id not in self._said:
                    yield from self._missed(rule, since.answered)

    def _missed(self, rule: NotSaid, answered: float) -> Iterator[tuple[float, Finding]]:
        """When it will be too late to say it; never, while what it is an answer to was not said."""
        if not rule.after:
            yield answered + rule.by_s, self._finding(rule, rule.missed, answered)
        elif (asked := self._asked.get(rule.id)) is not None:
            text = f"{rule.missed} of “{asked.phrase}”"
            moment = Finding(rule.id, rule.kind, rule.severity, text, asked.at_s, asked.utterance_id, asked.quote)
            yield self._offered_at + asked.at_s + rule.by_s, moment

    def _handle(self, event: Event, at: float) -> Found:
        match event:
            case ContactOffered():
                self._offered_at = at
            case ContactQueued(queue=queue, since=since):
                self.queue, self._since.queued = queue, since
            case ContactAnswered(agent=agent):
                return self._answered(agent, at)
            case ContactSnapshot():
                return self._caught_up(event)
            case HoldChanged(held=held):
                return self._hold(held, at)
            case ContactTransferred(kind="agent", to=to, done=True):
                self.agent = to
            case UtterancePartial(end_s=end_s, text=text) if text:
                return self._spoke(end_s)
            case UtteranceFinal():
                return self._final(event)
            case TranscriptionGap(gap_id=gap_id):
                self._gaps = self._gaps | {gap_id} if event.open else self._gaps - {gap_id}
                self._since.silent = at if self._since.silent is not None else None
            case QualityMeasured():
                return self._quality(event, at)
            case AlertAcknowledged(alert_id=alert_id, by=by):
                self._book.acknowledge(alert_id, by)
            case ContactEnded():
                self._since = _Clock()
                return self._book.clear("ended")
        return ()

    def _answered(self, agent: str, at: float) -> Found:
        self.agent = agent
        self._since = _Clock(answered=at, silent=at)
        return self._clear(QueueWait)

    def _caught_up(self, seen: ContactSnapshot) -> Found:
        """Where the log has a hole; and the only sign that an agent has left a contact that goes on."""
        self.queue, self.agent = seen.queue or self.queue, seen.agent
        self._offered_at = self._offered_at or seen.offered_at
        if seen.phase == "queued":
            self._since = _Clock(queued=self._since.queued or seen.queued_at)
        elif seen.phase == "talking":
            self._since.queued = None
            if self._since.answered is None:
                self._since.answered = self._since.silent = seen.answered_at
        elif seen.phase != "ringing":
            self._since = _Clock()
        quiet = (DeadAir, HoldTooLong, NotSaid) if self._since.answered is None else ()
        return self._clear(*quiet) + (self._clear(QueueWait) if self._since.queued is None else ())

    def _hold(self, held: bool, at: float) -> Found:
        self._since.held = at if held else None
        self._since.silent = at if self._since.silent is not None else None
        return self._clear(DeadAir) if held else self._clear(HoldTooLong)

    def _spoke(self, end_s: float) -> Found:
        """Words were heard up to ``end_s``."""
        if self._since.silent is not None:
            self._since.silent = max(self._since.silent, self._offered_at + end_s)
        return self._clear(DeadAir)

    def _final(self, event: UtteranceFinal) -> Found:
        found = self._spoke(event.end_s) if event.text else ()
        settled = self._tracker.final(event)
        for sighting in (*settled.new, *settled.confirmed):
            if sighting.key.startswith(ASKED):
                self._asked.setdefault(sighting.key.removeprefix(ASKED), sighting)
                continue
            self._said.add(sighting.key)
            found += self._book.cleared(sighting.key) if self._is(sighting.key, NotSaid) else ()
            for rule in self._ours(Keyword):
                if rule.id == sighting.key:
                    text = f"{sighting.party} said “{sighting.phrase}”"
                    finding = Finding(
                        rule.id, rule.kind, rule.severity, text, sighting.at_s, sighting.utterance_id, sighting.quote
                    )
                    found += self._raise(finding, again=True)
        self._runs.extend(_runs(event))
        return found + self._feel(event) + self._over_each_other(event)

    def _feel(self, event: UtteranceFinal) -> Found:
        if event.party != "caller" or not event.text:
            return ()
        score = self._rules.scorer.score(event.text)
        level = self._track.hear(score, event.end_s, event.end_s - event.start_s, event.confidence, None).level
        found: Found = ()
        for rule in self._ours(SentimentFalls):
            recent = [reading.level for reading in self._track.readings if reading.at_s >= event.end_s - rule.within_s]
            before = [0.0] if len(recent) == len(self._track.readings) else []
            if level <= rule.below and max(before + recent) - level >= rule.drop:
                text = f"the caller's words have fallen to {level:+.1f}"
                moment = Finding(
                    rule.id, rule.kind, rule.severity, text, event.start_s, event.utterance_id, event.text
                )  # fmt: skip
                found += self._raise(moment)
            elif level >= rule.below + HYSTERESIS:
                found += self._book.cleared(rule.id)
        return found

    def _over_each_other(self, event: UtteranceFinal) -> Found:
        found: Found = ()
        now = max((end for _, _, end in self._runs), default=0.0)
        longest = max((rule.within_s for rule in self._ours(TalkOver)), default=0.0)
        while self._runs and self._runs[0][2] < now - longest - _FORGET_S:
            self._runs.popleft()
        for rule in self._ours(TalkOver):
            stats = TalkStats()
            for party, start, end in self._runs:
                if end > now - rule.within_s:
                    stats.heard(party, start, end)
            over = stats.summary().talk_over_s
            if over >= rule.seconds:
                text = f"both spoke at once for {over:.0f} of {rule.within_s:.0f} s"
                found += self._raise(
                    Finding(rule.id, rule.kind, rule.severity, text, event.start_s, event.utterance_id)
                )
            elif over < rule.seconds / 2:
                found += self._book.cleared(rule.id)
        return found

    def _quality(self, event: QualityMeasured, at: float) -> Found:
        found: Found = ()
        worst = min(event.mos, event.far_mos)
        for rule in self._ours(PoorSound):
            key = f"{rule.id} {event.leg_id}"
            self._poor[key] = self._poor.get(key, 0) + 1 if worst < rule.below else 0
            if self._poor[key] >= rule.reports:
                text = f"poor sound on the {event.role}'s line: MOS {worst:.1f}, {100 * event.loss:.0f} % lost"
                found += self._raise(self._finding(rule, text, at))
            elif worst >= rule.below + HYSTERESIS and not any(
                count for other, count in self._poor.items() if other.startswith(f"{rule.id} ")
            ):
                found += self._book.cleared(rule.id)
        return found

    def _applying(self) -> Iterator[AlertRule]:
        """The rules that hold in this contact's queue."""
        return (rule for rule in self._rules.rules if not rule.queues or self.queue in rule.queues)

    def _ours(self, kind: type[RuleT]) -> Iterator[RuleT]:
        """Those of a kind."""
        return (rule for rule in self._applying() if isinstance(rule, kind))

    def _is(self, rule_id: str, kind: type[RuleT]) -> bool:
        return any(isinstance(rule, kind) and rule.id == rule_id for rule in self._rules.rules)

    def _clear(self, *kinds: type[object]) -> Found:
        found: Found = ()
        for rule in self._rules.rules:
            if isinstance(rule, kinds):
                found += self._book.cleared(rule.id)
        return found

    def _finding(self, rule: AlertRule, text: str, at: float | None = None) -> Finding:
        at_s = max(0.0, at - self._offered_at) if at is not None and self._offered_at else 0.0
        return Finding(rule.id, rule.kind, rule.severity, text, at_s)

    def _raise(self, found: Finding, *, again: bool = False) -> Found:
        return self._book.raised(found, self.agent, self.queue, again=again)


def _runs(event: UtteranceFinal) -> Iterator[tuple[str, float, float]]:
    """Stretches of an utterance without a pause: (party, first second, last second)."""
    start, end = 0.0, -_PAUSE_S
    for word in event.words:
        if word.start_s - end >= _PAUSE_S:
            if end > start:
                yield event.party, start, end
            start = word.start_s
        end = word.end_s
    if end > start:
        yield event.party, start, end
