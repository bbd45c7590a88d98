"""``callfloor staff``: how many agents a queue needs, by formula, and as the real queue rules would serve it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from rich.console import Console
from rich.table import Table

from assist.metrics import Goal, Targets, Totals
from assist.metrics.columns import Columns
from assist.metrics.contacts import ContactRecord, Outcome
from assist.metrics.repeats import with_repeats
from assist.metrics.service import abandon_rate, asa, service_level
from assist.metrics.targets import ServiceLevel
from assist.metrics.totals import total
from assist.staffing_house import House, StaffingError
from ivr.erlang import Demand, Forecast, agents_needed, erlang_a
from ivr.what_if import Plan, SimulatedContact, Team, simulate

SIMULATED = {"service_level": " %", "asa": " s", "abandoned": " %"}
"""What is found of a simulation, with the units."""
SHOWN_AROUND = 2
"""Lines before and after the answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """``calls`` an hour of ``aht_s`` seconds, ``wrap_up_s`` of wrap-up after each; ``patience_s`` may be infinite.
    ``level``: share (0..1) of callers to be answered within ``answer_s``; ``hours`` are simulated.
    """

    calls: float
    aht_s: float
    wrap_up_s: float
    patience_s: float
    answer_s: float
    level: float
    hours: float
    seed: int


@dataclass(frozen=True, slots=True)
class Line:
    """So many agents: what the formula says, and what the simulation of ``contacts`` contacts found."""

    agents: int
    formula: Forecast
    simulated: Mapping[str, float | None]
    contacts: int


@dataclass(frozen=True, slots=True)
class Answer:
    """``agents``: the fewest with whom the simulation keeps the goal; ``by_formula``: with whom the formula does, which
    knows no ringing, skills or overflow. ``lines``: these agents and some more and fewer.
    """

    agents: int
    by_formula: int
    lines: tuple[Line, ...]

    @property
    def line(self) -> Line:
        """Of exactly these agents."""
        return next(line for line in self.lines if line.agents == self.agents)


def answer(question: Question, house: House, around: int = SHOWN_AROUND) -> Answer:
    """The fewest agents who keep the goal as the queue's own rules serve it, and the lines up to ``around`` more and
    fewer. Fewer than by the formula it can only be where others help: there is nothing else it leaves out that would
    be of use. Raises StaffingError, also where not even twice those of the formula and ten more keep the goal.
    """
    try:
        whole = Demand(question.calls, question.aht_s + question.wrap_up_s, question.patience_s)
        by_formula = agents_needed(whole, question.answer_s, question.level).agents
    except ValueError as error:
        raise StaffingError(str(error)) from None
    line = cache(lambda agents: line_of(question, house, agents))

    def keeps(agents: int) -> bool:
        level = line(agents).simulated["service_level"]
        return level is None or level >= 100 * question.level

    most = 2 * by_formula + 10
    agents = fewest(keeps, by_formula, most, 1 if house.teams else by_formula)
    if agents is None:
        raise StaffingError(
            f"not even {most} agents answer {question.level:.0%} of callers within {question.answer_s:g} s: with them "
            f"it is {line(most).simulated['service_level']:.1f} %. The others give up while a station rings, or the "
            "queue's rules keep agents from them"
        )
    shown = range(max(1, agents - around), agents + around + 1)
    return Answer(agents, by_formula, tuple(line(each) for each in shown))


def fewest(keeps: Callable[[int], bool], start: int, most: int, least: int = 1) -> int | None:
    """The smallest number from ``least`` to ``most`` that ``keeps``, looked for around ``start`` in ever wider steps,
    then between the last two, as if more agents were never worse; None where not even ``most`` does.
    """
    low, high, step = least - 1, start, 1
    if keeps(start):
        while high - step >= least and keeps(high - step):
            high, step = high - step, 2 * step
        low = max(low, high - step)
    else:
        while not keeps(high := min(high + step, most)):
            if high == most:
                return None
            low, step = high, 2 * step
        low = max(low, start)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high


def records(contacts: Iterable[SimulatedContact]) -> list[ContactRecord]:
    """Simulated contacts as measured ones, so that one definition serves both."""
    return [
        ContactRecord(
            contact.contact_id,
            contact.contact_id,
            contact.queued_at,
            contact.queue,
            contact.queued_at,
            contact.answered_at or 0.0,
            contact.ended_at,
            contact.agent,
            Outcome.ABANDONED if contact.answered_at is None else Outcome.ANSWERED,
            wait_s=(contact.answered_at or contact.ended_at) - contact.queued_at,
            talk_s=contact.ended_at - contact.answered_at if contact.answered_at else 0.0,
        )
        for contact in contacts
    ]


def show(question: Question, found: Answer, console: Console) -> None:
    """A table a person reads."""
    load = Demand(question.calls, question.aht_s + question.wrap_up_s).erlangs
    wanted = f"{question.level:.0%} in {question.answer_s:g} s"
    table = Table(title=f"{question.calls:g} calls an hour, {load:.1f} erlangs: {found.agents} agents for {wanted}")
    table.add_column("Agents", justify="right")
    for title in ("Service level", "Mean wait", "Abandoned", "Occupancy"):
        table.add_column(f"{title}\nformula", justify="right")
    for title in ("Service level", "Mean wait", "Abandoned"):
        table.add_column(f"{title}\nsimulated", justify="right")
    for line in found.lines:
        simulated, formula = line.simulated, line.formula
        wait = "without end" if math.isinf(formula.asa_s) else f"{formula.asa_s:.1f} s"
        row = [f"{formula.service_level:.1%}", wait, f"{formula.abandoned:.1%}", f"{formula.occupancy:.1%}"]
        row += [_text(simulated[name], unit) for name, unit in SIMULATED.items()]
        table.add_row(str(line.agents), *row, style="bold" if line.agents == found.agents else "")
    console.print(table)
    console.print(
        f"Formula: {'Erlang C, nobody hangs up' if math.isinf(question.patience_s) else 'Erlang A'}. Simulated: "
        f"{question.hours:g} hours of the queue's own rules, seed {question.seed}; the formula alone says "
        f"{found.by_formula} agents. Service level: answered in time of all who called."
    )


def line_of(question: Question, house: House, agents: int) -> Line:
    """What becomes of the question's callers with so many ``agents`` in their queue's own team."""
    queue = house.rules
    whole = Demand(question.calls, question.aht_s + question.wrap_up_s, question.patience_s)
    demand = {queue.name: Demand(question.calls, question.aht_s, question.patience_s), **house.demand}
    teams = [Team(agents, (queue.name,), tuple(queue.skills.items())), *house.teams]
    day = simulate(Plan(demand, teams, house.queues, question.wrap_up_s), question.hours, question.seed)
    mine = records(contact for contact in day if contact.queue == queue.name)
    sums = total(with_repeats(Columns.of(mine), 7, 0.0), Targets(Goal(question.answer_s), short_s=0.0))
    return Line(agents, erlang_a(whole, agents, question.answer_s), _found(sums), int(sums.offered))


def _found(sums: Totals) -> dict[str, float | None]:
    """By one definition with the reports; nobody is too short an abandon to count, as for the formula."""
    level = service_level(sums, ServiceLevel.ALL_OFFERED)
    return {"service_level": level, "asa": asa(sums), "abandoned": abandon_rate(sums)}


def _text(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.1f}{unit}"
