"""What can go wrong with the store.

CallfloorError
└── StoreError     the reason is a StoreFailure; the transaction was rolled back, nothing of it is on disk
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from sqlalchemy.exc import DBAPIError

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
_BY_STATE = {
    "53100": StoreFailure.FULL,
    "55P03": StoreFailure.LOCKED,
    "40P01": StoreFailure.LOCKED,
    "25006": StoreFailure.READ_ONLY,
    "08": StoreFailure.CANNOT_OPEN,
    "28": StoreFailure.CANNOT_OPEN,
    "3D": StoreFailure.CANNOT_OPEN,
    "57": StoreFailure.CANNOT_OPEN,
    "58": StoreFailure.IO,
    "XX": StoreFailure.CORRUPT,
}


class StoreError(CallfloorError):
    """The store refused; ``failure`` says why in a form the program can act on."""

    def __init__(self, failure: StoreFailure, detail: str = "") -> None:
        self.failure = failure
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)


def store_error(error: BaseException | None) -> StoreError:
    """The StoreError for what the database driver raised: SQLite's primary result code is the low byte; PostgreSQL's
    SQLSTATE (its appendix A) is told apart by its class, the first two characters, where the whole is not listed.
    """
    code, state = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlstate", None)
    failure = StoreFailure.OTHER
    if isinstance(code, int):
        failure = _BY_CODE.get(code & 0xFF, failure)
    elif isinstance(state, str):
        failure = _BY_STATE.get(state) or _BY_STATE.get(state[:2], failure)
    elif isinstance(error, OSError):  # asyncpg's word for a server that is not there
        failure = StoreFailure.CANNOT_OPEN
    return StoreError(failure, str(error))


@contextmanager
def refusing() -> Iterator[None]:
    """What the database driver refuses comes out as StoreError."""
    try:
        yield
    except DBAPIError as error:
        raise store_error(error.orig) from error
    except OSError as error:
        raise store_error(error) from error
