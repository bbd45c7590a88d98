"""A report as one HTML file that needs nothing else: style, plots and tables inside it, no script."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from assist.metrics import REGISTRY, Goal, Metric, Totals
from assist.metrics.agents_time import occupancy
from assist.metrics.service import service_level
from assist.quality.principles import Principle
from assist.reports.gather import Report, local
from assist.reports.over_time import Along, by_day, by_moment, by_time_of_day, is_short
from assist.reports.plots import Series, lines, rows, stacked_bars

HEADLINES = ("asa", "abandon_rate", "aht", "occupancy", "fcr_repeat", "csat", "nps", "ces_mean")
QUEUE_COLUMNS = ("asa", "abandon_rate", "aht", "hold_rate", "transfer_rate", "csat")
AGENT_COLUMNS = (
    "occupancy", "utilisation", "adherence", "aht", "average_hold", "talk_ratio", "talk_over", "dead_air",
    "first_response", "csat",
)  # fmt: skip
MOST = 12
"""Bars of one plot: the table below has all."""


def as_html(report: Report, made: str) -> str:
    """The page. ``made``: when and by what, as the foot says it."""
    scope = report.scope
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        files("assist.reports").joinpath("report.html.j2").read_text("utf-8")
    )
    shown = {name: REGISTRY.all[name] for name in (*HEADLINES, *QUEUE_COLUMNS, *AGENT_COLUMNS)}
    return template.render(
        report=report,
        made=made,
        start=local(scope.start, scope.zone),
        end=local(scope.end, scope.zone),
        metrics=REGISTRY.all,
        headlines=[shown[name] for name in HEADLINES],
        queue_columns=[shown[name] for name in QUEUE_COLUMNS],
        agent_columns=[shown[name] for name in AGENT_COLUMNS if name != "adherence" or report.scheduled],
        principles=list(Principle),
        plots=_plots(report),
        level=service_level,
        goal=_goal(report),
        written=written,
        share=_share,
        seconds=_clock,
    )


def written(metric: Metric, totals: Totals) -> str:
    """A value as one reads it, with its unit; a dash where there is nothing to compute it from."""
    value = metric(totals)
    if value is None:
        return "–"
    match metric.unit:
        case "%":
            return _share(value)
        case "s":
            return _clock(value)
        case _:
            return f"{value:.1f}"


def _share(per_cent: float | None) -> str:
    return "–" if per_cent is None else f"{per_cent:.1f} %"


def _goal(report: Report) -> Goal:
    """What the whole of it is measured by: the house's goal, or the one queue's."""
    return report.scope.targets.of(report.scope.queue)


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _plots(report: Report) -> list[Markup]:
    along = by_moment if is_short(report.scope) else by_day
    plots = [*_service(report, "Contacts", "Service level", along(report.scope, report.intervals))]
    if not is_short(report.scope):
        day = by_time_of_day(report.scope, report.intervals)
        plots += _service(report, "Contacts by time of day", "Service level by time of day", day)
    if len(report.times) and not report.scope.queue:
        spent = along(report.scope, report.times)
        busy = Series("occupancy", "accent", [occupancy(each) for each in spent.sums])
        plots.append(lines("Occupancy, %", spent.labels, [busy], 100.0, None))
    if report.feelings:
        days = [f"{feeling.day:%-d %b}" for feeling in report.feelings]
        felt = [
            Series(name, kind, [getattr(feeling, name) for feeling in report.feelings])
            for name, kind in (("positive", "good"), ("neutral", "quiet"), ("negative", "bad"))
        ]
        plots.append(stacked_bars("How contacts felt at their end", days, felt))
    return [*plots, *_more_plots(report)]


def _service(report: Report, volumes: str, levels: str, along: Along) -> Iterator[Markup]:
    """What came of contacts along the axis, and how many were answered in time; the titles of both."""
    counted = [
        Series("answered", "good", [each.answered for each in along.sums]),
        Series("abandoned", "bad", [each.abandoned for each in along.sums]),
        Series("called back", "warn", [each.called_back for each in along.sums]),
    ]
    goal = _goal(report)
    level = Series("service level", "accent", [service_level(each, goal.variant) for each in along.sums])
    yield stacked_bars(volumes, along.labels, counted)
    yield lines(f"{levels} (variant {goal.variant:d}), %", along.labels, [level], 100.0, goal.target)


def _more_plots(report: Report) -> Iterator[Markup]:
    """What was scored, what cards came to, what nobody could answer; each only where there is something."""
    scored = [(principle.label, _mean_of(report, principle)) for principle in Principle] if report.quality else []
    if scored:
        values = Series("mean score, 0 to 100", "accent", [value for _, value in scored])
        yield rows("Scorecards", [label for label, _ in scored], [values], 100.0)
    if used := sorted(report.cards, key=lambda rule: -rule.shown)[:MOST]:
        outcomes = [
            Series("accepted", "good", [float(rule.accepted) for rule in used]),
            Series("dismissed", "bad", [float(rule.dismissed) for rule in used]),
            Series("expired or misheard", "warn", [float(rule.expired + rule.retracted) for rule in used]),
            Series("nothing came of it", "quiet", [float(rule.ignored) for rule in used]),
        ]
        yield rows("What became of cards, by rule", [rule.rule for rule in used], outcomes)
    if gaps := report.gaps[:MOST]:
        asked = Series("times asked", "warn", [float(times) for _, times in gaps])
        yield rows("Questions no article answers", [text for text, _ in gaps], [asked])


def _mean_of(report: Report, principle: Principle) -> float | None:
    """Over all contacts in which it was judged, of every agent."""
    judged = [each.averages[principle] for each in report.quality]
    known = [(average.value, average.contacts) for average in judged if average.value is not None]
    contacts = sum(count for _, count in known)
    return round(sum(value * count for value, count in known) / contacts, 1) if contacts else None
