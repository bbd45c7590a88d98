"""The days of the week by name, for commands: it costs nothing to import."""

from __future__ import annotations

from enum import StrEnum


class Weekday(StrEnum):
    """As ``date.weekday`` numbers them, from 0 on."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 is Monday."""
        return list(Weekday).index(self)
