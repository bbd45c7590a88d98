"""``callfloor staff``: how many agents a queue needs, by formula, and as the real queue rules would serve it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from assist.metrics import REGISTRY, Goal, Targets, Totals
from assist.metrics.columns import Columns
from assist.metrics.contacts import ContactRecord, Outcome
from assist.metrics.repeats import with_repeats
from assist.metrics.service import service_level
from assist.metrics.targets import ServiceLevel
from assist.metrics.totals import total
from ivr.erlang import Demand, Forecast, agents_needed, erlang_a
from ivr.settings import QueueSettings, by_name
from ivr.what_if import Plan, SimulatedContact, Team, simulate
from voice.errors import CallfloorError

SHOWN_AROUND = 2
"""Lines before and after the answer."""


class StaffingError(CallfloorError):
    """The question cannot be answered."""


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


def answer(question: Question, queue: QueueSettings) -> tuple[int, tuple[Line, ...]]:
    """The fewest agents by formula, and the lines around it. Raises StaffingError."""
    try:
        whole = Demand(question.calls, question.aht_s + question.wrap_up_s, question.patience_s)
        fewest = agents_needed(whole, question.answer_s, question.level).agents
    except ValueError as error:
        raise StaffingError(str(error)) from None
    around = range(max(1, fewest - SHOWN_AROUND), fewest + SHOWN_AROUND + 1)
    return fewest, tuple(line_of(question, queue, agents) for agents in around)


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


def show(question: Question, fewest: int, lines: Iterable[Line], console: Console) -> None:
    """A table a person reads."""
    load = Demand(question.calls, question.aht_s + question.wrap_up_s).erlangs
    wanted = f"{question.level:.0%} in {question.answer_s:g} s"
    table = Table(title=f"{question.calls:g} calls an hour, {load:.1f} erlangs: {fewest} agents for {wanted}")
    table.add_column("Agents", justify="right")
    for title in ("Service level", "Mean wait", "Abandoned", "Occupancy"):
        table.add_column(f"{title}\nformula", justify="right")
    for title in ("Service level", "Mean wait", "Abandoned"):
        table.add_column(f"{title}\nsimulated", justify="right")
    for line in lines:
        found, formula = line.simulated, line.formula
        wait = "without end" if math.isinf(formula.asa_s) else f"{formula.asa_s:.1f} s"
        row = [f"{formula.service_level:.1%}", wait, f"{formula.abandoned:.1%}", f"{formula.occupancy:.1%}"]
        row += [_text(found["service_level"], " %"), _text(found["asa"], " s"), _text(found["abandoned"], " %")]
        table.add_row(str(line.agents), *row, style="bold" if line.agents == fewest else "")
    console.print(table)
    console.print(
        f"Formula: {'Erlang C, nobody hangs up' if math.isinf(question.patience_s) else 'Erlang A'}. Simulated: "
        f"{question.hours:g} hours of the queue's own rules, seed {question.seed}. Service level: answered in time of "
        "all who called."
    )


def line_of(question: Question, queue: QueueSettings, agents: int) -> Line:
    """What becomes of the question's callers with so many ``agents``."""
    whole = Demand(question.calls, question.aht_s + question.wrap_up_s, question.patience_s)
    talk = Demand(question.calls, question.aht_s, question.patience_s)
    skills = tuple(queue.skills.items())
    plan = Plan({queue.name: talk}, [Team(agents, (queue.name,), skills)], by_name([queue]), question.wrap_up_s)
    measured = with_repeats(Columns.of(records(simulate(plan, question.hours, question.seed))), 7, 0.0)
    sums = total(measured, Targets(Goal(question.answer_s)))
    return Line(agents, erlang_a(whole, agents, question.answer_s), _found(sums), int(sums.offered))


def _found(sums: Totals) -> dict[str, float | None]:
    return {
        "service_level": service_level(sums, ServiceLevel.ALL_OFFERED),
        "asa": REGISTRY.all["asa"](sums),
        "abandoned": 100 * sums.abandoned / sums.offered if sums.offered else None,
    }


def _text(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.1f}{unit}"
