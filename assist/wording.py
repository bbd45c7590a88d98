"""Wording of cards: the caller's name put into templates, and the limits that keep a card glanceable."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo

MAX_TITLE_WORDS = 9
NAME = "{name}"
ANYONE = "the caller"
_PLACEHOLDER = re.compile(r"\{[^}]*\}")


def fill(template: str, name: str | None) -> str:
    """``template`` with ``{name}`` replaced; for an unknown caller an address (``, {name}``) is left out and any other
    use reads "the caller".
    """
    if name:
        return template.replace(NAME, name)
    text = template.replace(f", {NAME}", "").replace(NAME, ANYONE)
    return text[:1].upper() + text[1:]


def title_words(template: str) -> int:
    """Words of a title as shown, counting ``{name}`` as the two words it may become."""
    return len(template.replace(NAME, ANYONE).split())


def unknown_placeholders(template: str) -> tuple[str, ...]:
    """Placeholders other than ``{name}``, which would reach the screen as they are."""
    return tuple(found for found in _PLACEHOLDER.findall(template) if found != NAME)


def day_of(unix_s: float, zone: tzinfo) -> date:
    """The day of a time stamp, as people in ``zone`` name it."""
    return datetime.fromtimestamp(unix_s, zone).date()


def utc_date(unix_s: float) -> date:
    """The UTC day of a time stamp."""
    return day_of(unix_s, UTC)


def day(on: date, today: date) -> str:
    """A day as people say it: "today", "yesterday", "5 days ago", "tomorrow", else "on 3 Nov 2025"."""
    days = (today - on).days
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}
    if days in near:
        return near[days]
    if 1 < days <= 14:
        return f"{days} days ago"
    return f"on {on.day} {on:%b} {on.year}"
