"""``[report]``: what the measures take for granted."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from assist.metrics.targets import DEFAULT_VARIANT, Goal, ServiceLevel, Targets
from assist.supervision import SupervisionSettings
from ivr.settings import QueueSettings, read_queues
from voice.settings import Section, SettingsFile


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; name one as Europe/Berlin") from None
    return name


class ReportSettings(Section):
    """``zone``: whose days and clocks reports use, and agents who promise something for tomorrow. ``answer_s``: the T
    of the service level, ``variant``: which of the five is meant (a ``[[queue]]`` may have its own of both);
    ``short_s``: who hangs up sooner is a short abandon; ``repeat_days``: the window of first-contact resolution.
    """

    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    answer_s: float = Field(default=20.0, gt=0, le=3600)
    short_s: float = Field(default=5.0, ge=0, le=60)
    repeat_days: float = Field(default=7.0, gt=0, le=90)
    variant: int = Field(default=int(DEFAULT_VARIANT), ge=1, le=5)


def house_zone(settings: SettingsFile) -> ZoneInfo:
    """Whose days and clocks are meant. Raises DocumentError."""
    return ZoneInfo(settings.section("report", ReportSettings).zone)


def read_targets(settings: SettingsFile) -> Targets:
    """What ``[report]``, ``[supervision] target`` and every ``[[queue]]`` say. Raises DocumentError."""
    report, wanted = settings.section("report", ReportSettings), settings.section("supervision", SupervisionSettings)
    goal = Goal(report.answer_s, wanted.target, ServiceLevel(report.variant))
    queues = {name: _goal(queue, goal) for name, queue in read_queues(settings).items()}
    return Targets(goal, report.short_s, report.repeat_days, queues)


def _goal(queue: QueueSettings, house: Goal) -> Goal:
    return Goal(
        house.answer_s if queue.answer_s is None else queue.answer_s,
        house.target if queue.target is None else queue.target,
        house.variant if queue.variant is None else ServiceLevel(queue.variant),
    )
