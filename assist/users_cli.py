"""``callfloor users``: who may log in besides the agents of the settings. What is done here is audited as ``shell``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice.settings import AgentSettings, SettingsFile, read_settings

if TYPE_CHECKING:
    from assist.store import Store

users = typer.Typer(no_args_is_help=True, help="Who may log in: agents, supervisors, admins, auditors.")

Settings = Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without one.")]
OneTime = Annotated[bool, typer.Option("--one-time", help="Print a password that must be changed at once.")]


@users.command("add")
def users_add(
    user: str,
    role: Annotated[str, typer.Option(help="agent, supervisor, admin or auditor.")],
    name: Annotated[str, typer.Option(help="As pages show it; the user name without it.")] = "",
    one_time: OneTime = False,
    settings: Settings = None,
) -> None:
    """Add somebody. Asks for a password."""
    from assist.people import PeopleError, new_account

    configured = read_settings(settings, os.environ)
    if _agent(configured, user) is not None:
        raise PeopleError(f"{user} is an agent of the settings. Fix: callfloor users passwd {user}")
    account, password = new_account(user, name or user, role, None if one_time else _asked())

    async def add(people: _People) -> None:
        if await people.users.account(user) is not None:
            raise PeopleError(f"there is a {user} already. Fix: callfloor users passwd {user}")
        await people.record("user_added", user, role)
        await people.users.add(account)

    _with_people(configured, add)
    typer.echo(f"{user} added, {role}" + (f"; password, once: {password}" if one_time else ""))


@users.command("list")
def users_list(settings: Settings = None) -> None:
    """Who may log in: user, role, name."""
    configured = read_settings(settings, os.environ)

    async def show(people: _People) -> None:
        accounts = await people.users.everybody()
        for agent in configured.many("agent", AgentSettings):
            own = ", with a password of her own" if any(each.user == agent.user for each in accounts) else ""
            typer.echo(f"{agent.user:<20} {agent.role:<11} {agent.name} (settings{own})")
        for account in accounts:
            if _agent(configured, account.user) is None:
                note = " (must choose a password)" if account.one_time else ""
                note += " (shut out)" if account.disabled else ""
                typer.echo(f"{account.user:<20} {account.role:<11} {account.name}{note}")

    _with_people(configured, show)


@users.command("remove")
def users_remove(user: str, settings: Settings = None) -> None:
    """Remove somebody, or the own password of an agent of the settings; who is logged in is out at once."""

    async def remove(people: _People) -> None:
        await people.known(user)
        await people.record("user_removed", user)
        await people.users.remove(user)

    _with_people(read_settings(settings, os.environ), remove)
    typer.echo(f"{user} removed")


@users.command("disable")
def users_disable(user: str, settings: Settings = None) -> None:
    """Shut somebody out without removing her; who is connected is cut off within half a minute."""
    _shut(user, True, settings)
    typer.echo(f"{user} is shut out")


@users.command("enable")
def users_enable(user: str, settings: Settings = None) -> None:
    """Let somebody in again."""
    _shut(user, False, settings)
    typer.echo(f"{user} may log in again")


def _shut(user: str, disabled: bool, settings: Path | None) -> None:
    async def change(people: _People) -> None:
        await people.known(user)
        await people.record("user_disabled" if disabled else "user_enabled", user)
        await people.users.set_disabled(user, disabled)

    _with_people(read_settings(settings, os.environ), change)


@users.command("role")
def users_role(
    user: str,
    role: Annotated[str, typer.Argument(help="agent, supervisor, admin or auditor.")],
    settings: Settings = None,
) -> None:
    """Give somebody another role."""
    from assist.people import known_role

    wanted = known_role(role)

    async def change(people: _People) -> None:
        await people.known(user)
        await people.record("role_changed", user, role)
        await people.users.set_role(user, wanted)

    _with_people(read_settings(settings, os.environ), change)
    typer.echo(f"{user} is {role} now")


@users.command("passwd")
def users_passwd(user: str, one_time: OneTime = False, settings: Settings = None) -> None:
    """Give somebody another password, or an agent of the settings one of her own for the page."""
    from assist.passwords import hashed, made_up
    from assist.people import new_account

    configured = read_settings(settings, os.environ)
    agent = _agent(configured, user)
    password = made_up() if one_time else _asked()

    async def change(people: _People) -> None:
        if agent is None:
            await people.known(user, fix=f"callfloor users add {user} --role ROLE")
        await people.record("password_set", user)
        changed = await people.users.set_password(user, hashed(password), one_time=one_time)
        if not changed and agent is not None:
            account, _ = new_account(user, agent.name, agent.role, password)
            await people.users.add(account)

    _with_people(configured, change)
    typer.echo(f"{user} has another password" + (f", once: {password}" if one_time else ""))


class _People:
    """The accounts and the audit of an open store."""

    def __init__(self, store: Store) -> None:
        from assist.store.users import Users

        self.users = Users(store)
        self._store = store

    async def known(
        self, user: str, fix: str = "see callfloor users list; agents of the settings: /office.html"
    ) -> None:
        """Raises PeopleError for who has no account."""
        from assist.people import PeopleError

        if await self.users.account(user) is None:
            raise PeopleError(f"there is no {user}. Fix: {fix}")

    async def record(self, action: str, subject: str, detail: str = "") -> None:
        """Put down in the audit what is about to be done; where that fails it is not done."""
        from assist.shell_audit import put_down

        await put_down(self._store, action, subject, detail)


def _with_people(settings: SettingsFile, use: Callable[[_People], Awaitable[None]]) -> None:
    from assist.store.opening import opened

    async def main() -> None:
        async with opened(settings) as store:
            await use(_People(store))

    asyncio.run(main())


def _agent(settings: SettingsFile, user: str) -> AgentSettings | None:
    return next((agent for agent in settings.many("agent", AgentSettings) if agent.user == user), None)


def _asked() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
