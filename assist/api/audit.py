"""The audit for auditors and administrators: searched, and taken out as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from assist.api.access import Asker, only
from assist.api.archive import OWN, Moment
from assist.store.store import MAX_TIME
from assist.store.users import AuditEntry

audit = APIRouter(prefix="/api/audit", tags=["audit"])
Auditor = Annotated[Asker, Depends(only("auditor", "admin"))]
MOST_EXPORTED = 50_000
"""Entries of one file; the oldest are left out, and another ``until`` has them."""
COLUMNS = ("at", "user", "role", "action", "subject", "detail", "address")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AuditLine(BaseModel):
    """One entry of the audit; ``position`` rises with time."""

    position: int
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; from ``since`` to ``until``, Unix seconds."""

    user: Annotated[str, Query(max_length=64)] = ""
    subject: Annotated[str, Query(max_length=128)] = ""
    action: Annotated[str, Query(max_length=64)] = ""
    since: Moment = 0.0
    until: Moment = MAX_TIME


@audit.get("", responses=OWN)
async def entries(
    who: Auditor, wanted: Annotated[Wanted, Depends()],
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AuditLine]:  # fmt: skip
    """Who did what, newest first; ``before`` continues from a position."""
    found = await _found(who, wanted, before, limit)
    return [AuditLine(position=position, entry=entry) for position, entry in found]


@audit.get("/export", responses={**OWN, 200: {"content": {"text/csv": {}}}}, response_class=Response)
async def export(who: Auditor, wanted: Annotated[Wanted, Depends()]) -> Response:
    """The same as CSV, newest first; audited as ``export_audit``."""
    await who.audit("export_audit", wanted.subject, " ".join(filter(None, (wanted.user, wanted.action))))
    found = await _found(who, wanted, None, MOST_EXPORTED)
    disposition = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(written([entry for _, entry in found]), media_type="text/csv", headers=disposition)


async def _found(who: Asker, wanted: Wanted, before: int | None, limit: int) -> Sequence[tuple[int, AuditEntry]]:
    return await who.kept.audit.entries(
        user=wanted.user, subject=wanted.subject, action=wanted.action, since=wanted.since, until=wanted.until,
        before=before, limit=limit,
    )  # fmt: skip


def written(found: Sequence[AuditEntry]) -> str:
    """As CSV. What a spreadsheet would take for a formula gets an apostrophe (OWASP, CSV injection)."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for entry in found:
        moment = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="seconds")
        fields = (entry.user, entry.role, entry.action, entry.subject, entry.detail, entry.address)
        table.writerow([moment, *(f"'{field}" if field.startswith(_FORMULA) else field for field in fields)])
    return out.getvalue()
