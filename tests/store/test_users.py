from __future__ import annotations

from pathlib import Path

from assist.people import FIRST_ADMIN, first_admin, new_account
from assist.store import Store
from assist.store.users import Account, Audit, AuditEntry, Users
from tests.store.opened import with_store

CARL = Account("carl", "Carl Ito", "auditor", "hash")


def test_accounts_come_change_and_go(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        users = Users(store)
        assert await users.add(CARL)
        assert not await users.add(Account("carl", "Another", "admin", "other"))
        assert await users.account("carl") == CARL
        assert await users.set_password("carl", "new", one_time=True)
        changed = await users.account("carl")
        assert changed is not None
        assert (changed.password_hash, changed.one_time, changed.epoch) == ("new", True, CARL.epoch + 1)
        assert [one.user for one in await users.everybody()] == ["carl"]
        assert await users.remove("carl")
        assert not await users.remove("carl")
        assert not await users.set_password("carl", "x")
        assert await users.account("carl") is None

    with_store(tmp_path / "s.db", use)


def test_the_first_start_makes_one_administrator_and_says_so_once(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        password = await first_admin(store)
        assert password is not None
        made = await Users(store).account(FIRST_ADMIN)
        assert made is not None
        assert (made.role, made.one_time) == ("admin", True)
        assert password not in made.password_hash
        assert await first_admin(store) is None

    async def others_first(store: Store) -> None:
        """An auditor added before the first start, and nobody who could add anybody from a page."""
        await Users(store).add(new_account("nora", "Nora", "auditor", "long enough a password")[0])
        assert await first_admin(store) is not None

    with_store(tmp_path / "others.db", others_first)
    with_store(tmp_path / "s.db", use)


def test_the_audit_is_read_newest_first_in_pages_and_by_whom_and_what(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        audit = Audit(store)
        entries = [AuditEntry(100.0 + n, "carl" if n % 2 else "sara", "auditor", "read", f"c{n}") for n in range(5)]
        await audit.record(*entries)
        first = await audit.entries(limit=2)
        assert [entry.subject for _, entry in first] == ["c4", "c3"]
        rest = await audit.entries(before=first[-1][0])
        assert [entry for _, entry in rest] == entries[2::-1]
        assert [entry.subject for _, entry in await audit.entries(user="carl")] == ["c3", "c1"]
        assert [entry.user for _, entry in await audit.entries(subject="c4")] == ["sara"]

    with_store(tmp_path / "s.db", use)


def test_a_made_up_password_is_for_one_use_and_never_twice_the_same() -> None:
    (first, one), (_, two) = (new_account("carl", "Carl", "agent", None) for _ in range(2))
    assert first.one_time
    assert one != two
