from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.people import PeopleError
from assist.security import Security
from assist.store import Store
from assist.store.users import Audit, Users
from tests.fakes.clock import VirtualClock

SETTINGS = """
[run]
state_dir = "{state}"

[[agent]]
user = "anna"
name = "Anna Kovacs"
secret = "secret of anna"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "callfloor.toml"
    file.write_text(SETTINGS.format(state=tmp_path / "state"))
    return file


def run(settings: Path, *arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(app, ["users", *arguments, "--settings", str(settings)], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def role_of(settings: Path, user: str, password: str) -> str:
    async def main() -> str:
        store = await Store.open(f"sqlite+aiosqlite:///{settings.parent / 'state' / 'callfloor.db'}")
        try:
            security = Security((), b"k" * 32, VirtualClock(), Users(store))
            return (await security.login(user, password, ""))[1].role
        finally:
            await store.close()

    return asyncio.run(main())


def actions(settings: Path) -> list[tuple[str, str]]:
    async def main() -> list[tuple[str, str]]:
        store = await Store.open(f"sqlite+aiosqlite:///{settings.parent / 'state' / 'callfloor.db'}")
        try:
            return [(entry.action, entry.subject) for _, entry in reversed(await Audit(store).entries())]
        finally:
            await store.close()

    return asyncio.run(main())


def test_somebody_is_added_listed_changed_and_removed(settings: Path) -> None:
    typed = "long enough\nlong enough\n"
    assert "carl added, auditor" in run(settings, "add", "carl", "--role", "auditor", "--name", "Carl Ito", typed=typed)
    assert role_of(settings, "carl", "long enough") == "auditor"
    listed = run(settings, "list")
    assert "Anna Kovacs (settings)" in listed
    assert "Carl Ito" in listed
    once = run(settings, "passwd", "carl", "--one-time").rsplit(": ", 1)[1].strip()
    assert role_of(settings, "carl", once) == "auditor"
    assert "must choose" in run(settings, "list")
    run(settings, "remove", "carl")
    assert "Carl" not in run(settings, "list")
    assert actions(settings) == [("user_added", "carl"), ("password_set", "carl"), ("user_removed", "carl")]


def test_an_agent_of_the_settings_gets_a_password_not_an_account(settings: Path) -> None:
    with pytest.raises(PeopleError, match="users passwd anna"):
        run(settings, "add", "anna", "--role", "agent", "--one-time")
    run(settings, "passwd", "anna", typed="long enough\nlong enough\n")
    assert "with a password of her own" in run(settings, "list")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "Carl", "--role", "agent", "--one-time"), "no user name"),
        (("add", "carl", "--role", "king", "--one-time"), "no role"),
        (("remove", "carl"), "there is no carl"),
        (("passwd", "carl", "--one-time"), "users add carl"),
    ],
)
def test_mistakes_say_what_to_do(settings: Path, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(PeopleError, match=says):
        run(settings, *arguments)
