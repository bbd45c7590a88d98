"""``callfloor purge``: retention carried out."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from voice.settings import RunSettings, SettingsFile, read_settings

Settings = Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without one.")]


def purge(
    settings: Settings = None,
    pretend: Annotated[bool, typer.Option("--pretend", help="Only say what would go.")] = False,
) -> None:
    """Take out what is older than [store] says: words, events, contacts, history, audit, recordings. For a timer."""
    counts = asyncio.run(_purge(read_settings(settings, os.environ), pretend))
    for kind, count in counts.items():
        typer.echo(f"{kind:<12} {count}{' would go' if pretend else ' taken'}")


async def _purge(settings: SettingsFile, pretend: bool) -> Mapping[str, int]:
    from assist.reports.books import DAY_S, close_books
    from assist.reports.settings import read_targets
    from assist.shell_audit import put_down
    from assist.store.opening import opened
    from assist.store.retention import Retention
    from assist.store.settings import StoreSettings
    from voice.rundir import RunDirectory

    where = RunDirectory.of(settings.section("run", RunSettings))
    async with opened(settings) as store:
        kept, now = settings.section("store", StoreSettings), time.time()
        if not pretend and kept.events_days:
            await close_books(store, read_targets(settings), now, now - kept.events_days * DAY_S)
        retention = Retention(store, where.recordings, kept, now)
        counts = {**await retention.purge(pretend=pretend)}
        counts["set aside"] = await asyncio.to_thread(retention.set_aside, where.spool, pretend=pretend)
        if not pretend:
            await put_down(store, "purge", "", ", ".join(f"{kind} {count}" for kind, count in counts.items()))
        return counts
