"""``[report]``: what the measures take for granted."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from assist.metrics.totals import Targets
from voice.settings import Section


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; name one as Europe/Berlin") from None
    return name


class ReportSettings(Section):
    """``zone``: whose days and clocks reports use. ``answer_s``: the T of the service level; ``short_s``: who hangs up
    sooner is a short abandon; ``repeat_days``: the window of first-contact resolution.
    """

    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    answer_s: float = Field(default=20.0, gt=0, le=3600)
    short_s: float = Field(default=5.0, ge=0, le=60)
    repeat_days: float = Field(default=7.0, gt=0, le=90)

    @property
    def targets(self) -> Targets:
        """As the metrics take them."""
        return Targets(self.answer_s, self.short_s, self.repeat_days)
