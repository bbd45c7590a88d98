"""One customer erased: from the store, and her recordings from the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from assist.store.customers import Belongings, CustomerBase
from assist.store.store import Store
from transcription.recording import files_of

PutDown = Callable[[str], Awaitable[None]]
"""Puts down in the audit what is about to go, in words."""


async def erase(store: Store, recordings: Path, customer_id: int, put_down: PutDown) -> str | None:
    """What went; None where there is no such customer. The files go first: while one cannot be removed the store knows
    what is still to do. Files are only removed from ``recordings``. Raises StoreError, OSError.
    """
    base = CustomerBase(store)
    hers = await base.belongings(customer_id)
    if hers is None:
        return None
    files = await asyncio.to_thread(_files, recordings, hers)
    gone = f"{len(hers.contacts)} contacts, {hers.events} events, {len(files)} recordings"
    await put_down(gone)
    await asyncio.to_thread(_unlink, files)
    await base.erase(customer_id, hers)
    return gone


def _files(recordings: Path, hers: Belongings) -> tuple[Path, ...]:
    """Those the log names, and what a process that died has left of one."""
    named = [file for file in map(Path, hers.recordings) if file.resolve().parent == recordings.resolve()]
    left = [file for contact_id in hers.contacts for file in files_of(recordings, contact_id)]
    return tuple({file.resolve(): file for file in (*named, *left) if file.is_file()}.values())


def _unlink(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
