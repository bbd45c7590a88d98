"""``[store]``: which database, and how long what is kept. ``[customers]``: where customers are known."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from voice.rundir import RunDirectory
from voice.settings import RunSettings, Section, SettingsFile, Token, WebAddress

DEFAULT_DAYS = 90


class StoreSettings(Section):
    """``url``: ``postgresql+asyncpg://user:password@host/database``; empty: SQLite in the state directory. The days
    after which ``callfloor purge`` takes what was kept, 0 for never: ``events`` are all but words, ``transcripts`` the
    words (cards, alerts and notes that quote some go with the events), ``contacts`` contacts with their summaries,
    ``history`` what a customer's card shows of earlier contacts, promises and settled issues among it.
    """

    url: str = Field(default="", repr=False)
    events_days: int = Field(default=DEFAULT_DAYS, ge=0)
    transcripts_days: int = Field(default=DEFAULT_DAYS, ge=0)
    contacts_days: int = Field(default=DEFAULT_DAYS, ge=0)
    history_days: int = Field(default=DEFAULT_DAYS, ge=0)
    recordings_days: int = Field(default=DEFAULT_DAYS, ge=0)
    audit_days: int = Field(default=DEFAULT_DAYS, ge=0)


class CustomerSettings(Section):
    """``[customers]``: ``region``, the country (ISO 3166, two letters) of numbers written without one. Customers kept
    elsewhere: ``sql_url`` (SQLAlchemy's, async) with ``sql_query`` that has ``:number`` (E.164) in it, or ``http_url``
    with ``{number}`` in it and ``http_token`` (RFC 6750). Both give ``name`` and ``phone``, and may give
    ``external_id``, ``preferred_name``, ``since``, ``value``, ``style``, ``open_issues``.
    """

    region: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    sql_url: str = Field(default="", repr=False)
    sql_query: str = ""
    http_url: WebAddress = ""
    http_token: Token = Field(default="", repr=False)
    timeout_s: float = Field(default=2.0, gt=0, le=30, description="for one answer")
    fresh_s: float = Field(default=300.0, ge=0, le=86_400, description="how long an answer is used again")
    failures: int = Field(default=5, ge=1, le=100, description="in a row, then nothing is asked for rest_s")
    rest_s: float = Field(default=30.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _asks_for_a_number(self) -> CustomerSettings:
        if bool(self.sql_url) != bool(self.sql_query):
            raise ValueError("sql_url and sql_query go together")
        if self.sql_query and ":number" not in self.sql_query:
            raise ValueError("sql_query asks for nobody: put :number in it")
        if self.http_url and "{number}" not in self.http_url:
            raise ValueError("http_url asks for nobody: put {number} in it")
        return self


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
