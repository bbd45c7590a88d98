"""What the scorecards of one agent come to: means, the trend by week, and what to practise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from assist.quality.principles import Moment, Principle, Scorecard, mean
from assist.quality.spec import ScorecardSpec

ENOUGH = 3
"""Contacts in which a principle must have been judged before it is called the weakest, unless none was as often."""
TOLD = 3


@dataclass(frozen=True, slots=True)
class Average:
    """``value``: mean, 0..100 or None; ``contacts``: in how many it could be judged."""

    value: float | None
    contacts: int


@dataclass(frozen=True, slots=True)
class Week:
    """The week that begins on the Monday ``monday``."""

    monday: date
    averages: Mapping[Principle, Average]
    overall: float | None


@dataclass(frozen=True, slots=True)
class CoachingPlan:
    """``principle``: the weakest; ``moments``: the most telling ones, those that cost most first, from different
    contacts where there are; ``exercise``: what to practise.
    """

    principle: Principle
    average: Average
    moments: tuple[Moment, ...]
    exercise: str


@dataclass(frozen=True, slots=True)
class AgentQuality:
    """``weeks`` in time; ``plan``: None where nothing was found wanting."""

    agent: str
    contacts: int
    overall: float | None
    averages: Mapping[Principle, Average]
    weeks: tuple[Week, ...]
    plan: CoachingPlan | None


def of_agent(agent: str, cards: Iterable[Scorecard], spec: ScorecardSpec, zone: ZoneInfo) -> AgentQuality:
    """What the cards of ``agent`` among ``cards`` come to; weeks are those of ``zone``."""
    mine = sorted((card for card in cards if card.agent == agent), key=lambda card: (card.answered_at, card.contact_id))
    weeks: dict[date, list[Scorecard]] = {}
    for card in mine:
        weeks.setdefault(_monday(card.answered_at, zone), []).append(card)
    found = averages(mine)
    return AgentQuality(
        agent=agent,
        contacts=len(mine),
        overall=mean(card.overall for card in mine),
        averages=found,
        weeks=tuple(
            Week(monday, averages(each), mean(card.overall for card in each)) for monday, each in sorted(weeks.items())
        ),
        plan=_plan(mine, found, spec),
    )


def of_agents(cards: Iterable[Scorecard], spec: ScorecardSpec, zone: ZoneInfo) -> tuple[AgentQuality, ...]:
    """Every agent who has a card, by name."""
    kept = tuple(cards)
    return tuple(of_agent(agent, kept, spec, zone) for agent in sorted({card.agent for card in kept}))


def averages(cards: Sequence[Scorecard]) -> Mapping[Principle, Average]:
    """The mean of each principle over the cards in which it was judged."""
    found = {}
    for principle in Principle:
        judged = [value for card in cards if (value := card.value(principle)) is not None]
        found[principle] = Average(mean(judged), len(judged))
    return found


def _plan(cards: Sequence[Scorecard], found: Mapping[Principle, Average], spec: ScorecardSpec) -> CoachingPlan | None:
    most = max((each.contacts for each in found.values()), default=0)
    least = min(ENOUGH, most)
    worth = [
        (average.value, principle)
        for principle, average in found.items()
        if average.value is not None and average.value < 100.0 and average.contacts >= least
    ]
    if not worth:
        return None
    _, weakest = min(worth, key=lambda each: (each[0], list(Principle).index(each[1])))
    moments = [moment for card in cards for moment in card.moments if moment.principle is weakest]
    return CoachingPlan(weakest, found[weakest], _telling(moments), spec.principles[weakest].exercise)


def _telling(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """The three that cost most, newest first among equals, one a contact before a second of any."""
    newest = list(reversed(moments))
    ranked = sorted(newest, key=lambda moment: -moment.off)
    first: dict[str, Moment] = {}
    for moment in ranked:
        first.setdefault(moment.contact_id, moment)
    others = [moment for moment in ranked if moment not in first.values()]
    return tuple([*first.values(), *others][:TOLD])


def _monday(at: float, zone: ZoneInfo) -> date:
    day = datetime.fromtimestamp(at, UTC).astimezone(zone).date()
    return day - timedelta(days=day.weekday())
