"""A report as flat rows, and the files programs read: CSV, JSON, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assist.metrics import REGISTRY, Goal, Totals
from assist.metrics.agents_time import adherence, occupancy, time_in_states, utilisation
from assist.metrics.targets import ServiceLevel
from assist.quality.agents import AgentQuality
from assist.reports.gather import Report, local
from voice.errors import CallfloorError

Row = dict[str, Any]

MEANT = "service_level"
"""The measure beside the five variants that says what the queue's own goal counts."""


class ParquetMissingError(CallfloorError):
    """Parquet needs pyarrow, which is an extra."""


def interval_rows(report: Report) -> list[Row]:
    """One row for each interval and queue: local start, counts and sums, metrics (None where undefined)."""
    return [
        {
            "start": local(interval.start, report.scope.zone).isoformat(timespec="minutes"),
            "queue": interval.group,
            **measures(interval.totals, report.scope.targets.of(interval.group)),
            **asdict(interval.totals),
        }
        for interval in report.intervals
    ]


def measures(totals: Totals, goal: Goal) -> Mapping[str, float | None]:
    """Every metric of ``totals`` by name, ``service_level`` first: the variant of the five that ``goal`` means."""
    found = {name: metric(totals) for name, metric in REGISTRY.all.items()}
    return {MEANT: found[variant_name(goal.variant)], **found}


def variant_name(variant: ServiceLevel) -> str:
    """The metric that is this service level."""
    return f"{MEANT}_{variant:d}"


def as_csv(report: Report) -> str:
    """The intervals, a header line first; an undefined metric is an empty field. RFC 4180."""
    rows = interval_rows(report)
    out = io.StringIO()
    names = list(rows[0]) if rows else ["start", "queue", MEANT, *REGISTRY.all, *Totals.__slots__]
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_json(report: Report) -> str:
    """The whole report, definitions included, as one object."""
    scope, zone = report.scope, report.scope.zone
    house, of = scope.targets.of(scope.queue), scope.targets.of
    whole = {
        "from": local(scope.start, zone).isoformat(timespec="minutes"),
        "to": local(scope.end, zone).isoformat(timespec="minutes"),
        "zone": zone.key,
        "queue": scope.queue or None,
        "agent": scope.agent or None,
        "targets": asdict(scope.targets),
        "definitions": _definitions(house),
        "overall": _sums(report.overall, house),
        "queues": {name: _sums(totals, of(name)) for name, totals in report.queues.items()},
        "days": [
            {"day": day.isoformat(), "queue": queue, **_sums(totals, of(queue))}
            for (day, queue), totals in report.days.items()
        ],
        "intervals": interval_rows(report),
        "agents": [
            {"agent": line.agent, "seconds": dict(time_in_states(line.totals)), **_sums(line.totals, house)}
            for line in report.agents
        ],
        "agent_days": [
            {"day": day.isoformat(), "agent": agent, **_time(totals)}
            for (day, agent), totals in report.times.by_day(zone).items()
        ],
        "agent_intervals": [
            {"start": local(each.start, zone).isoformat(timespec="minutes"), "agent": each.group, **_time(each.totals)}
            for each in report.times
        ],
        "sentiment": [asdict(feeling) | {"day": feeling.day.isoformat()} for feeling in report.feelings],
        "cards": [asdict(rule) | {"ignored": rule.ignored} for rule in report.cards],
        "scorecards": [_scorecard(each) for each in report.quality],
        "knowledge_gaps": [{"question": text, "asked": asked} for text, asked in report.gaps],
    }
    return json.dumps(whole, indent=1) + "\n"


def write_parquet(report: Report, out: Path) -> None:
    """The intervals as Parquet. Raises ParquetMissingError."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        fix = "pip install 'callfloor[parquet]', or take --format csv"
        raise ParquetMissingError(f"Parquet needs pyarrow, which is not installed: {fix}") from None
    rows = interval_rows(report)
    names = list(rows[0]) if rows else ["start", "queue"]
    columns = {name: [row[name] for row in rows] for name in names}
    types = {name: arrow.string() if name in ("start", "queue") else arrow.float64() for name in names}
    schema = arrow.schema(list(types.items()))
    parquet.write_table(arrow.table(columns, schema=schema), out)


def _time(totals: Totals) -> dict[str, Any]:
    """An agent's time: seconds by state, and what they come to."""
    return {
        "seconds": dict(time_in_states(totals)),
        "occupancy": occupancy(totals),
        "utilisation": utilisation(totals),
        "adherence": adherence(totals),
    }


def _definitions(goal: Goal) -> dict[str, Any]:
    meant = f"The variant a queue's goal names; of all queues together the house's, {goal.variant:d}."
    known = {
        name: {"title": metric.title, "unit": metric.unit, "definition": metric.definition}
        for name, metric in REGISTRY.all.items()
    }
    return {MEANT: {"title": "Service level", "unit": "%", "definition": meant}, **known}


def _sums(totals: Totals, goal: Goal) -> dict[str, Any]:
    return {"variant": int(goal.variant), "metrics": dict(measures(totals, goal)), "totals": asdict(totals)}


def _scorecard(each: AgentQuality) -> dict[str, Any]:
    return {
        "agent": each.agent,
        "contacts": each.contacts,
        "overall": each.overall,
        "principles": {str(name): asdict(average) for name, average in each.averages.items()},
        "weeks": [
            {"monday": week.monday.isoformat(), "principles": {str(n): a.value for n, a in week.averages.items()}}
            for week in each.weeks
        ],
        "practise": str(each.plan.principle) if each.plan is not None else None,
    }
