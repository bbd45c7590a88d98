"""What is done from the command line to customers' data goes into the same audit as what is done by the API."""

from __future__ import annotations

import time
from getpass import getuser
from pathlib import Path

from assist.store.opening import opened_at
from assist.store.settings import existing_store
from assist.store.store import Store
from assist.store.users import Audit, AuditEntry
from voice.settings import SettingsFile

SHELL = "shell"


async def put_down(store: Store, action: str, subject: str, detail: str = "") -> None:
    """Audit what the user of this machine does. Raises StoreError."""
    await Audit(store).record(AuditEntry(time.time(), getuser(), SHELL, action, subject, detail, SHELL))


async def put_down_if_kept(settings: SettingsFile, state_dir: Path | None, action: str, subject: str) -> None:
    """As ``put_down``, where the installation has a store: recordings may be heard beside their key alone, far from
    it. ``state_dir``: another installation than the settings'. Raises StoreError, DocumentError.
    """
    if (url := existing_store(settings, state_dir)) is not None:
        async with opened_at(url) as store:
            await put_down(store, action, subject)
