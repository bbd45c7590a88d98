"""A store for one test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from assist.store import Store


def with_store(url: Path | str, use: Callable[[Store], Awaitable[None]]) -> None:
    """Open (a Path is a SQLite file), use and close."""

    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{url}" if isinstance(url, Path) else url)
        try:
            await use(store)
        finally:
            await store.close()

    asyncio.run(main())
