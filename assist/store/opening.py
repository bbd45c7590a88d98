"""The store of an installation, opened for a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, tzinfo

from assist.reports.settings import house_zone
from assist.store.settings import CustomerSettings, StoreSettings, store_url
from assist.store.store import Store
from voice.errors import DocumentError
from voice.rundir import RunDirectory
from voice.settings import RunSettings, SettingsFile


@asynccontextmanager
async def opened(settings: SettingsFile) -> AsyncIterator[Store]:
    """The store the settings name, closed at the end. Raises StoreError, DocumentError."""
    if not settings.section("store", StoreSettings).url:
        where = RunDirectory.of(settings.section("run", RunSettings))
        try:
            where.create()
        except OSError as error:
            what, fix = f"{where.state} cannot be used: {error.strerror}", "name a directory this user may write to"
            raise DocumentError(settings.file, None, f"[run] state_dir: {what}", fix) from None
    region = settings.section("customers", CustomerSettings).region
    async with opened_at(store_url(settings), region, house_zone(settings)) as store:
        yield store


@asynccontextmanager
async def opened_at(url: str, region: str = "", zone: tzinfo = UTC) -> AsyncIterator[Store]:
    """The store at ``url``, closed at the end. ``region``, ``zone``: see ``Store.open``. Raises StoreError."""
    store = await Store.open(url, region=region, zone=zone)
    try:
        yield store
    finally:
        await store.close()
