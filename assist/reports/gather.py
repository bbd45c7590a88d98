"""What a report is made of, from the event log. Pure: envelopes in, a ``Report`` out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from assist.cards import CardShown, QuestionUnanswered
from assist.knowledge import stems
from assist.metrics.agents_time import Shift, adherence_by_interval, spans, time_by_interval, time_in_states
from assist.metrics.columns import Columns
from assist.metrics.fold import ContactFold
from assist.metrics.repeats import with_repeats
from assist.metrics.rollup import RollUp, by_interval
from assist.metrics.targets import Targets
from assist.metrics.totals import Totals
from assist.outcomes import OutcomeBook, RuleOutcome
from assist.quality.agents import AgentQuality
from assist.reports.books import roll_up
from assist.store.ledger import Entry
from assist.summary import ContactSummary
from ivr.contacts import AgentStateChanged, ContactQueued
from voice.events import Envelope


@dataclass(frozen=True, slots=True)
class Scope:
    """Contacts counted from ``start`` to ``end`` (Unix seconds), of ``queue`` and ``agent`` where one is named. Days
    are those of ``zone``.
    """

    start: float
    end: float
    zone: ZoneInfo
    queue: str = ""
    agent: str = ""
    targets: Targets = field(default_factory=Targets)

    def wants(self, queue: str, agent: str) -> bool:
        """Whether what ``agent`` did for ``queue`` is in it."""
        return self.queue in ("", queue) and self.agent in ("", agent)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the books have of the scope, all up to Unix second ``until``: of contacts, and of agents' time. See
    ``assist.reports.books``.
    """

    until: float = 0.0
    entries: tuple[Entry, ...] = ()
    times: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent: what her contacts came to, and her time, in all queues together."""

    agent: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Feeling:
    """How contacts that began on ``day`` felt to their customers: counts at the end of the contact, and the mean change
    from beginning to end (-100..100, see ``assist.sentiment``).
    """

    day: date
    negative: int
    neutral: int
    positive: int
    change: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows. ``intervals`` are per queue, in time; ``gaps``: questions no article answered, with
    how often they were asked, in the words of the first who did; ``quality``: what each agent's scorecards come to;
    ``times``: agents' time, by agent.
    """

    scope: Scope
    overall: Totals
    intervals: RollUp
    days: Mapping[tuple[date, str], Totals]
    queues: Mapping[str, Totals]
    agents: tuple[AgentLine, ...]
    feelings: tuple[Feeling, ...]
    cards: tuple[RuleOutcome, ...]
    gaps: tuple[tuple[str, int], ...]
    times: RollUp
    quality: tuple[AgentQuality, ...] = ()

    @property
    def scheduled(self) -> bool:
        """Whether a schedule says what agents were to do in this time."""
        return self.times.altogether().scheduled_s > 0


class Gathering:
    """Feed it the log from the beginning of what is known until the end of the scope; then ask for the report."""

    def __init__(self, scope: Scope, schedule: Iterable[Shift] = ()) -> None:
        self._scope = scope
        self._schedule = [shift for shift in schedule if scope.agent in ("", shift.agent)]
        self._contacts = ContactFold()
        self._cards = OutcomeBook()
        self._gaps: Counter[frozenset[str]] = Counter()
        self._asked: dict[frozenset[str], str] = {}
        self._states: list[AgentStateChanged] = []
        self._queues: dict[str, str] = {}
        self._earliest = float("inf")
        self._latest = 0.0

    def take(self, envelope: Envelope) -> None:
        """One event, in the order of the log."""
        self._earliest, self._latest = min(self._earliest, envelope.at), max(self._latest, envelope.at)
        self._contacts.handle(envelope)
        event = envelope.event
        if isinstance(event, AgentStateChanged):
            self._states.append(event)
        elif isinstance(event, ContactQueued):
            self._queues[envelope.contact_id or ""] = event.queue
        if not self._scope.start <= envelope.at < self._scope.end:
            return
        if not self._wanted(envelope):
            return
        self._cards.take(event)
        if isinstance(event, QuestionUnanswered):
            question = stems(event.text) or frozenset({event.text})  # the same, asked in other words of no weight
            self._asked.setdefault(question, event.text)
            self._gaps[question] += 1

    def _wanted(self, envelope: Envelope) -> bool:
        """Whether it belongs to the scope: to its agent, in a contact that queued last for its queue. What becomes of
        a card counts where it was shown, wherever the contact has gone meanwhile.
        """
        event, queue = envelope.event, self._scope.queue
        if isinstance(event, CardShown | QuestionUnanswered):
            queue = self._queues.get(envelope.contact_id or "", "")
        return self._scope.wants(queue, getattr(event, "agent", self._scope.agent))

    def report(self, summaries: Iterable[ContactSummary] = (), kept: Kept | None = None) -> Report:
        """What books and log came to; contacts still open are not in it. ``summaries``: of the scope's contacts."""
        kept = kept or Kept()
        scope = self._scope
        columns = Columns.of(self._contacts.settled(float("inf")))
        repeats = with_repeats(columns, scope.targets.repeat_days, self._latest)
        inside = (repeats["counted_at"] >= max(scope.start, kept.until)) & (repeats["counted_at"] < scope.end)
        if scope.queue:
            inside &= repeats.named("queue", scope.queue)
        if scope.agent:
            inside &= repeats.named("agent", scope.agent)
        counted = repeats.where(inside)
        intervals = roll_up(kept.entries, "queue").joined(by_interval(counted, scope.targets))
        agents = roll_up(kept.entries, "agent").joined(by_interval(counted, scope.targets, group="agent"))
        times = self._times(kept)
        return Report(
            scope=scope,
            overall=intervals.altogether() + (Totals() if scope.queue else times.altogether()),
            intervals=intervals,
            days=intervals.by_day(scope.zone),
            queues=intervals.by_group(),
            agents=self._agent_lines(agents.joined(times).by_group()),
            feelings=_feelings(summaries, scope),
            cards=self._cards.report(),
            gaps=tuple((self._asked[question], asked) for question, asked in self._gaps.most_common()),
            times=times,
        )

    def _times(self, kept: Kept) -> RollUp:
        """Agents' time. What was scheduled counts as far as the log says what was done: it may begin later than the
        scope, and the scope may not be over.
        """
        scope, until = self._scope, min(self._scope.end, self._latest)
        mine = [span for span in spans(self._states, self._latest) if scope.agent in ("", span.agent)]
        kept_to = adherence_by_interval(mine, self._schedule, max(scope.start, self._earliest), until)
        live = time_by_interval(mine, max(scope.start, kept.until), until)
        return roll_up(kept.times, "agent").joined(live).joined(kept_to)

    def _agent_lines(self, found: Mapping[str, Totals]) -> tuple[AgentLine, ...]:
        """Who handled contacts; where no queue is asked for, also who was there, or should have been."""
        everyone = not self._scope.queue
        return tuple(
            AgentLine(name, sums)
            for name, sums in found.items()
            if name and (sums.handled or (everyone and (time_in_states(sums) or sums.scheduled_s)))
        )


def local(at: float, zone: ZoneInfo) -> datetime:
    """A moment (Unix seconds) as the clocks of ``zone`` showed it."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def _feelings(summaries: Iterable[ContactSummary], scope: Scope) -> tuple[Feeling, ...]:
    days: dict[date, list[ContactSummary]] = {}
    for summary in summaries:
        if scope.queue in ("", summary.queue) and scope.agent in ("", summary.agent) and summary.agent:
            days.setdefault(local(summary.started_at, scope.zone).date(), []).append(summary)
    return tuple(
        Feeling(
            day,
            negative=sum(each.felt == "negative" for each in told),
            neutral=sum(each.felt == "neutral" for each in told),
            positive=sum(each.felt == "positive" for each in told),
            change=sum(each.trajectory for each in told) / len(told),
        )
        for day, told in sorted(days.items())
    )
