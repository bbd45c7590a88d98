"""What pages ask for besides the running floor: a store with customers, two promises, and people if wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assist.api.access import Archives
from assist.people import new_account
from assist.store import DEMO_NUMBER, Store, seed_demo
from assist.store.archive import Archive
from assist.store.customers import CustomerBase
from assist.store.tasks import Tasks
from assist.store.users import Audit, AuditEntry, Role, Users
from assist.summary import FollowUp
from tests.assist_web.kept_house import BEGAN, summary
from voice.settings import AgentSettings

SECOND_NUMBER = "+12025550106"
ADMINISTRATION: tuple[tuple[str, str, Role], ...] = (("ada", "Ada Berg", "admin"), ("carl", "Carl Holm", "auditor"))


@asynccontextmanager
async def promised(directory: Path, agents: Sequence[AgentSettings], agent: str) -> AsyncIterator[Archives]:
    """A store in ``directory`` in which ``agent`` has promised two things: one is late, one due today."""
    store = await Store.open(f"sqlite+aiosqlite:///{directory / 's.db'}")
    today = datetime.now(UTC).date()
    await seed_demo(store, today)
    promises = ((DEMO_NUMBER, "call back about the bill", 2), (SECOND_NUMBER, "send the contract", 0))
    for number, text, late_days in promises:
        customer = (await store.look_up(number)).customer
        assert customer is not None
        promise = FollowUp(text, today - timedelta(days=late_days), "u1", 1.0)
        made = summary(f"promised-{customer.customer_id}", agent, customer_id=customer.customer_id)
        await store.record_contact(replace(made, follow_ups=(promise,)))
    yield Archives(
        Users(store), Audit(store), Archive(store), Tasks(store), CustomerBase(store), tuple(agents), directory,
        directory / "recording.key",
    )  # fmt: skip
    await store.close()


async def hire(archives: Archives, password: str) -> None:
    """An administrator and an auditor with ``password``, and something to find in the audit."""
    for user, name, role in ADMINISTRATION:
        await archives.users.add(new_account(user, name, role, password)[0])
    entries = [
        AuditEntry(BEGAN + number, "sara", "supervisor", action, f"c-{number:03d}", "", "127.0.0.1")
        for number, action in enumerate(("read", "listen", "export") * 40)
    ]
    await archives.audit.record(*entries)
