"""``[store]``: which database, and how long what is kept."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from voice.rundir import RunDirectory
from voice.settings import RunSettings, Section, SettingsFile

DEFAULT_DAYS = 90


class StoreSettings(Section):
    """``url``: ``postgresql+asyncpg://user:password@host/database``; empty: SQLite in the state directory. The days
    after which ``callfloor purge`` takes what was kept, 0 for never: ``events`` are all but words, ``transcripts`` the
    words, ``contacts`` contacts with their summaries, ``history`` what a customer's card shows of earlier contacts.
    """

    url: str = ""
    events_days: int = Field(default=DEFAULT_DAYS, ge=0)
    transcripts_days: int = Field(default=DEFAULT_DAYS, ge=0)
    contacts_days: int = Field(default=DEFAULT_DAYS, ge=0)
    history_days: int = Field(default=DEFAULT_DAYS, ge=0)
    recordings_days: int = Field(default=DEFAULT_DAYS, ge=0)
    audit_days: int = Field(default=DEFAULT_DAYS, ge=0)


def existing_store(settings: SettingsFile, state_dir: Path | None = None) -> str | None:
    """The database of an installation that has one, else None. ``state_dir``: another installation than the settings'.
    Raises DocumentError.
    """
    if state_dir is None and settings.section("store", StoreSettings).url:
        return store_url(settings)
    where = RunDirectory(state_dir) if state_dir else RunDirectory.of(settings.section("run", RunSettings))
    return f"sqlite+aiosqlite:///{where.database.absolute()}" if where.database.exists() else None


def store_url(settings: SettingsFile) -> str:
    """The database of an installation. Raises DocumentError."""
    where = RunDirectory.of(settings.section("run", RunSettings))
    return settings.section("store", StoreSettings).url or f"sqlite+aiosqlite:///{where.database}"
