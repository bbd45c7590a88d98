"""One customer erased: from the store, and her recordings from the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assist.store.customers import CustomerBase
from assist.store.store import Store


async def erase(store: Store, recordings: Path, customer_id: int) -> str | None:
    """What went, for the audit; None where there is no such customer. Files are only removed from ``recordings``.
    Raises StoreError, OSError.
    """
    gone = await CustomerBase(store).erase(customer_id)
    if gone is None:
        return None
    files = await asyncio.to_thread(_unlink, recordings, gone.recordings)
    return f"{gone.contacts} contacts, {gone.events} events, {files} recordings"


def _unlink(recordings: Path, paths: tuple[str, ...]) -> int:
    removed = 0
    for file in map(Path, paths):
        if file.resolve().parent == recordings.resolve() and file.is_file():
            file.unlink()
            removed += 1
    return removed
