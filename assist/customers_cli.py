"""``callfloor customers``: bring customers in, and give out or erase all there is of one."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from voice.errors import CallfloorError, DocumentError
from voice.rundir import RunDirectory, write_private
from voice.settings import RunSettings, SettingsFile, read_settings

if TYPE_CHECKING:
    from assist.customer_file import CustomerFile
    from assist.store import Store

customers = typer.Typer(no_args_is_help=True, help="The customer base: import, find, export or erase one.")

Settings = Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without one.")]
T = TypeVar("T")
CustomerId = Annotated[int, typer.Argument(help="As callfloor customers find says.")]
BATCH = 500
"""Customers of one transaction: the floor writes in between."""


class CustomersError(CallfloorError):
    """It cannot be done; the reason says why."""


@customers.command("import")
def customers_import(
    file: Path,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Import the good lines where some are bad.")] = False,
    settings: Settings = None,
) -> None:
    """Add customers from a CSV file, and bring known ones up to date. With a bad line nothing is imported."""
    from assist.customer_file import read_customers
    from assist.store.settings import CustomerSettings

    configured = read_settings(settings, os.environ)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DocumentError(file, None, f"cannot be read ({error.strerror})", "name a CSV file") from None
    found = read_customers(data, configured.section("customers", CustomerSettings).region)
    for bad in found.bad:
        typer.echo(f"{file}:{bad.line}: {bad.what}", err=True)
    if found.bad and not skip_bad:
        raise CustomersError(f"{file}: nothing imported. Fix: mend the lines above, or --skip-bad")
    added, known = _with_store(configured, lambda store: _bring_in(store, file, found))
    typer.echo(f"{file}: {added} added, {known} brought up to date, {len(found.bad)} bad lines")


async def _bring_in(store: Store, file: Path, found: CustomerFile) -> tuple[int, int]:
    from rich.console import Console
    from rich.progress import Progress

    from assist.shell_audit import put_down
    from assist.store.customers import CustomerBase

    base, added, known = CustomerBase(store), 0, 0
    await put_down(store, "import", "", f"{file.name}: {len(found.records)} customers")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Importing", total=len(found.records))
        for start in range(0, len(found.records), BATCH):
            batch = found.records[start : start + BATCH]
            more, again = await base.bring_in(batch)
            added, known = added + more, known + again
            progress.advance(task, len(batch))
    return added, known


@customers.command("find")
def customers_find(number: str, settings: Settings = None) -> None:
    """Who has a number, in any notation."""
    from assist.shell_audit import put_down

    async def find(store: Store) -> None:
        await put_down(store, "find_customer", number)
        found = await store.candidates(number)
        for customer in found:
            typer.echo(f"{customer.customer_id:>8}  {customer.name}, {customer.phone}, {customer.value}")
        if not found:
            raise CustomersError(f"nobody has {number}")

    _with_store(read_settings(settings, os.environ), find)


@customers.command("export")
def customers_export(
    customer_id: CustomerId,
    out: Annotated[Path, typer.Option("--out", help="The JSON file to write.")],
    settings: Settings = None,
) -> None:
    """Everything there is of a customer as JSON (GDPR article 15)."""
    from assist.shell_audit import put_down
    from assist.store.customers import CustomerBase

    async def export(store: Store) -> None:
        found = await CustomerBase(store).export(customer_id)
        if found is None:
            raise CustomersError(f"there is no customer {customer_id}")
        await put_down(store, "export_customer", str(customer_id))
        try:
            write_private(out, f"{json.dumps(found, indent=1, ensure_ascii=False)}\n".encode(errors="replace"))
        except OSError as error:
            raise DocumentError(out, None, f"cannot be written ({error.strerror})", "name another file") from None

    _with_store(read_settings(settings, os.environ), export)
    typer.echo(f"{out}: customer {customer_id}")


@customers.command("erase")
def customers_erase(
    customer_id: CustomerId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: Settings = None,
) -> None:
    """Erase a customer with history, contacts, words and recordings (GDPR article 17). It cannot be undone."""
    from assist.erasing import erase

    if not yes:
        typer.confirm(f"Erase customer {customer_id} and everything of hers?", abort=True)
    configured = read_settings(settings, os.environ)
    recordings = RunDirectory.of(configured.section("run", RunSettings)).recordings

    async def remove(store: Store) -> str:
        from assist.shell_audit import put_down

        async def first(what: str) -> None:
            await put_down(store, "erase_customer", str(customer_id), what)

        try:
            gone = await erase(store, recordings, customer_id, first)
        except OSError as error:
            what = f"cannot be removed ({error.strerror}); the customer is still there"
            raise DocumentError(Path(error.filename or recordings), None, what, "mend that and erase again") from None
        if gone is None:
            raise CustomersError(f"there is no customer {customer_id}")
        return gone

    typer.echo(f"customer {customer_id} erased: {_with_store(configured, remove)}")


def _with_store(settings: SettingsFile, use: Callable[[Store], Awaitable[T]]) -> T:
    from assist.store.opening import opened

    async def main() -> T:
        async with opened(settings) as store:
            return await use(store)

    return asyncio.run(main())
