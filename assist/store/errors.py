"""What can go wrong with the store.

CallfloorError
└── StoreError     the reason is a StoreFailure; the transaction was rolled back, nothing of it is on disk
"""

from __future__ import annotations

import sqlite3
from enum import Enum

from voice.errors import CallfloorError


class StoreFailure(Enum):
    """Why the store refused."""

    FULL = "the disk is full"
    LOCKED = "another process holds the database"
    READ_ONLY = "the database cannot be written"
    CANNOT_OPEN = "the database cannot be opened"
    CORRUPT = "the file is damaged or not a database"
    TOO_NEW = "the database was made by a newer callfloor"
    IO = "the disk reports an error"
    OTHER = "the database refused"


_BY_CODE = {
    sqlite3.SQLITE_FULL: StoreFailure.FULL,
    sqlite3.SQLITE_BUSY: StoreFailure.LOCKED,
    sqlite3.SQLITE_LOCKED: StoreFailure.LOCKED,
    sqlite3.SQLITE_READONLY: StoreFailure.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: StoreFailure.CANNOT_OPEN,
    sqlite3.SQLITE_CORRUPT: StoreFailure.CORRUPT,
    sqlite3.SQLITE_NOTADB: StoreFailure.CORRUPT,
    sqlite3.SQLITE_IOERR: StoreFailure.IO,
}


class StoreError(CallfloorError):
    """The store refused; ``failure`` says why in a form the program can act on."""

    def __init__(self, failure: StoreFailure, detail: str = "") -> None:
        self.failure = failure
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)


def store_error(error: BaseException | None) -> StoreError:
    """The StoreError for what the database driver raised. SQLite's primary result code is the low byte."""
    code = getattr(error, "sqlite_errorcode", None)
    failure = _BY_CODE.get(code & 0xFF, StoreFailure.OTHER) if isinstance(code, int) else StoreFailure.OTHER
    return StoreError(failure, str(error))
