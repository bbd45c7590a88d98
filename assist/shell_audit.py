"""What is done from the command line to customers' data goes into the same audit as what is done by the API."""

from __future__ import annotations

import time
from getpass import getuser
from pathlib import Path

from assist.store.opening import opened
from assist.store.settings import StoreSettings
from assist.store.store import Store
from assist.store.users import Audit, AuditEntry
from voice.rundir import RunDirectory
from voice.settings import RunSettings, SettingsFile

SHELL = "shell"


async def put_down(store: Store, action: str, subject: str, detail: str = "") -> None:
    """Audit what the user of this machine does. Raises StoreError."""
    await Audit(store).record(AuditEntry(time.time(), getuser(), SHELL, action, subject, detail, SHELL))


async def put_down_if_kept(settings: SettingsFile, state_dir: Path | None, action: str, subject: str) -> None:
    """As ``put_down``, where the installation has a store: recordings may be heard beside their key alone, far from
    it. ``state_dir``: another installation than the settings'. Raises StoreError, DocumentError.
    """
    where = RunDirectory(state_dir) if state_dir else RunDirectory.of(settings.section("run", RunSettings))
    if state_dir is None and settings.section("store", StoreSettings).url:
        async with opened(settings) as store:
            await put_down(store, action, subject)
    elif where.database.exists():
        store = await Store.open(f"sqlite+aiosqlite:///{where.database}")
        try:
            await put_down(store, action, subject)
        finally:
            await store.close()
