"""The customer base for administrators: brought in, found, given out, erased. All of it is audited."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from pydantic import BaseModel

from assist.api.access import Asker, Problem, only
from assist.customer_file import CustomerFileError, read_customers
from assist.erasing import erase

customers = APIRouter(prefix="/api/customers", tags=["customers"])
Admin = Annotated[Asker, Depends(only("admin"))]
CustomerId = Annotated[int, Path(ge=1, le=2**31 - 1)]
OWN: dict[int | str, dict[str, Any]] = {401: {"model": Problem}, 403: {"model": Problem}}
FOUND: dict[int | str, dict[str, Any]] = {**OWN, 404: {"model": Problem}}
FILE = {"required": True, "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}
BATCH = 500


class BadLineView(BaseModel):
    """A line of the file that is no customer."""

    line: int
    what: str


class Imported(BaseModel):
    """What a file came to. With bad lines, and without ``skip_bad``, nothing was imported."""

    added: int
    known: int
    bad: list[BadLineView]


class CustomerLineView(BaseModel):
    """A customer, by number."""

    customer_id: int
    name: str
    phone: str
    value: str


class ErasedView(BaseModel):
    """What went, in words."""

    erased: str


@customers.post("/import", responses={**OWN, 409: {"model": Problem}}, openapi_extra={"requestBody": FILE})
async def bring_in(request: Request, who: Admin, skip_bad: Annotated[bool, Query()] = False) -> Imported:
    """Customers from a CSV file (``docs/security.md``): added, or brought up to date."""
    data, base = await request.body(), who.kept.customers  # read here: of nobody whom we do not know
    try:
        found = await asyncio.to_thread(read_customers, data, base.region)
    except CustomerFileError as error:
        raise HTTPException(409, str(error)) from None
    bad = [BadLineView(line=line.line, what=line.what) for line in found.bad]
    if bad and not skip_bad:
        return Imported(added=0, known=0, bad=bad)
    await who.audit("import", "", f"{len(found.records)} customers")
    added = known = 0
    for start in range(0, len(found.records), BATCH):
        more, again = await base.bring_in(found.records[start : start + BATCH])
        added, known = added + more, known + again
    return Imported(added=added, known=known, bad=bad)


@customers.get("", responses=OWN)
async def find(who: Admin, number: Annotated[str, Query(min_length=1, max_length=32)]) -> list[CustomerLineView]:
    """Who has a number, in any notation; audited as ``find_customer``."""
    await who.audit("find_customer", number)
    found = await who.kept.customers.store.candidates(number)
    return [
        CustomerLineView(customer_id=one.customer_id, name=one.name, phone=one.phone, value=one.value) for one in found
    ]


@customers.get("/{customer_id}/export", responses=FOUND)
async def export(customer_id: CustomerId, who: Admin) -> dict[str, Any]:
    """Everything there is of a customer (GDPR article 15)."""
    found = await who.kept.customers.export(customer_id)
    if found is None:
        raise HTTPException(404, "there is no such customer")
    await who.audit("export_customer", str(customer_id))
    return found


@customers.delete("/{customer_id}", responses=FOUND)
async def remove(customer_id: CustomerId, who: Admin) -> ErasedView:
    """Erase a customer with all that is hers (GDPR article 17)."""

    async def put_down(what: str) -> None:
        await who.audit("erase_customer", str(customer_id), what)

    try:
        gone = await erase(who.kept.customers.store, who.kept.recordings, customer_id, put_down)
    except OSError as error:
        raise HTTPException(503, f"a recording cannot be removed ({error.strerror}); nothing else was") from None
    if gone is None:
        raise HTTPException(404, "there is no such customer")
    return ErasedView(erased=gone)
