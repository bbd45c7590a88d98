"""Logging in, one's own password, and the administrator's accounts."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from assist.api.access import Asker, Problem, address_of, asker, bearer, only
from assist.api.messages import Done, Login, Me, Token
from assist.passwords import LONGEST, SHORTEST, WeakPasswordError, hashed, made_up
from assist.people import PeopleError, new_account
from assist.security import AccountsUnavailableError, Identity, LoginRefusedError, Security, TokenError
from assist.security import TooManyLoginsError as TooMany
from assist.store.users import Role

people = APIRouter(prefix="/api", tags=["people"])
UserName = Annotated[str, Path(pattern=r"^[a-z0-9._-]{1,32}$")]
OWN: dict[int | str, dict[str, object]] = {401: {"model": Problem}, 403: {"model": Problem}}
REFUSED: dict[int | str, dict[str, object]] = {**OWN, 404: {"model": Problem}, 409: {"model": Problem}}
AnyBody = Annotated[Asker, Depends(asker)]
Admin = Annotated[Asker, Depends(only("admin"))]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewPassword(_Body):
    """POST /api/password."""

    old: str = Field(min_length=1, max_length=LONGEST)
    new: str = Field(min_length=SHORTEST, max_length=LONGEST)


class NewUser(_Body):
    """POST /api/users."""

    user: str = Field(pattern=r"^[a-z0-9._-]{1,32}$")
    name: str = Field(min_length=1, max_length=64)
    role: Role


class OneTimePassword(_Body):
    """Told once; good for choosing another one."""

    user: str
    password: str


class UserLine(_Body):
    """Somebody who may log in. ``one_time``: she has not chosen a password yet; ``disabled``: shut out; ``settings``:
    an agent of the settings, whose role stands there.
    """

    user: str
    name: str
    role: str
    one_time: bool = False
    disabled: bool = False
    settings: bool = False


class Shut(_Body):
    """POST /api/users/{user}/disabled."""

    disabled: bool


class NewRole(_Body):
    """POST /api/users/{user}/role."""

    role: Role


def told(token: str, identity: Identity) -> Token:
    """A token as it is told."""
    return Token(
        token=token, expires=identity.expires, user=identity.user, name=identity.name, role=identity.role,
        must_change=identity.must_change,
    )  # fmt: skip


@people.post("/login", responses={401: {"model": Problem}})
async def login(body: Login, request: Request) -> Token:
    """A token for user and secret."""
    try:
        token, identity = await _security(request).login(body.user, body.secret, address_of(request))
    except LoginRefusedError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None
    except AccountsUnavailableError as error:
        raise HTTPException(503, str(error)) from None
    except TooMany as error:
        raise HTTPException(429, str(error), {"Retry-After": str(int(error.retry_after_s) + 1)}) from None
    return told(token, identity)


@people.post("/renew", responses=OWN)
async def renew(who: Annotated[Identity, Depends(bearer)], request: Request) -> Token:
    """A fresh token for one that is still good, until twelve hours after the login."""
    try:
        return told(*_security(request).renewed(who))
    except TokenError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None


@people.get("/me", responses={401: {"model": Problem}})
async def me(who: Annotated[Identity, Depends(bearer)]) -> Me:
    """Who the token speaks for."""
    return Me(user=who.user, name=who.name, role=who.role, expires=who.expires)


@people.post("/password", responses={**OWN, 409: {"model": Problem}})
async def change_password(body: NewPassword, who: AnyBody, request: Request) -> Token:
    """Choose another password; tokens of the old one end, this answer has a new one."""
    security = _security(request)
    user, users = who.identity.user, who.kept.users
    if await users.account(user) is None:
        raise HTTPException(409, "your secret is in the settings; callfloor users passwd gives you a password")
    try:
        await security.login(user, body.old, who.address)
        await who.audit("password_changed", user)
        await users.set_password(user, await asyncio.to_thread(hashed, body.new))
        security.changed(user)
        return told(*await security.login(user, body.new, who.address))
    except TooMany as error:
        raise HTTPException(429, str(error), {"Retry-After": str(int(error.retry_after_s) + 1)}) from None
    except LoginRefusedError:
        raise HTTPException(403, "the old password is wrong") from None


@people.get("/users", responses=OWN)
async def list_users(who: Admin) -> list[UserLine]:
    """Everybody: the accounts of the store, and the agents of the settings."""
    found = {
        one.user: UserLine(
            user=one.user, name=one.name, role=one.role, one_time=one.one_time, disabled=one.disabled
        ) for one in await who.kept.users.everybody()
    }  # fmt: skip
    for agent in who.kept.agents:
        disabled = agent.user in found and found[agent.user].disabled
        found[agent.user] = UserLine(
            user=agent.user, name=agent.name, role=agent.role, disabled=disabled, settings=True
        )
    return [found[user] for user in sorted(found)]


@people.post("/users", responses={**OWN, 409: {"model": Problem}})
async def add_user(body: NewUser, who: Admin, request: Request) -> OneTimePassword:
    """A new account, with a password for one use."""
    if _security(request).named_in_settings(body.user):
        raise HTTPException(409, f"{body.user} is an agent of the settings")
    try:
        account, password = await asyncio.to_thread(new_account, body.user, body.name, body.role, None)
    except (PeopleError, WeakPasswordError) as error:
        raise HTTPException(409, str(error)) from None
    if await who.kept.users.account(body.user) is not None:
        raise HTTPException(409, f"there is a {body.user} already")
    await who.audit("user_added", body.user, body.role)
    if not await who.kept.users.add(account):
        raise HTTPException(409, f"somebody else has just added {body.user}")
    return OneTimePassword(user=body.user, password=password)


@people.post("/users/{user}/password", responses=REFUSED)
async def reset_password(user: UserName, who: Admin, request: Request) -> OneTimePassword:
    """Another password for one use."""
    await _known(who, user)
    password = made_up()
    await who.audit("password_reset", user)
    await who.kept.users.set_password(user, await asyncio.to_thread(hashed, password), one_time=True)
    _security(request).changed(user)
    return OneTimePassword(user=user, password=password)


@people.delete("/users/{user}", responses=REFUSED)
async def remove_user(user: UserName, who: Admin, request: Request) -> Done:
    """Remove an account; who is logged in is out, her connections close."""
    if user == who.identity.user:
        raise HTTPException(409, "nobody removes herself")
    await _known(who, user)
    await who.audit("user_removed", user)
    await who.kept.users.remove(user)
    _security(request).changed(user)
    return Done(ok=True)


@people.post("/users/{user}/disabled", responses=REFUSED)
async def shut_out(user: UserName, body: Shut, who: Admin, request: Request) -> Done:
    """Shut somebody out, an agent of the settings too, or let her in again; her connections close at once."""
    if user == who.identity.user:
        raise HTTPException(409, "nobody shuts herself out")
    users, agent = who.kept.users, next((one for one in who.kept.agents if one.user == user), None)
    if agent is None or not body.disabled:
        await _known(who, user)
    await who.audit("user_disabled" if body.disabled else "user_enabled", user)
    changed = await users.set_disabled(user, body.disabled)
    if not changed and body.disabled and agent is not None:
        # An account nobody knows the password of, which only says that she is shut out.
        account, _ = await asyncio.to_thread(new_account, user, agent.name, agent.role, secrets.token_urlsafe(32))
        await users.add(replace(account, disabled=True))
    _security(request).changed(user)
    return Done(ok=True)


@people.post("/users/{user}/role", responses=REFUSED)
async def change_role(user: UserName, body: NewRole, who: Admin, request: Request) -> Done:
    """Another role, from the next request on; an agent's of the settings stands there."""
    if user == who.identity.user:
        raise HTTPException(409, "nobody changes her own role")
    if _security(request).named_in_settings(user):
        raise HTTPException(409, f"{user} is an agent of the settings: her role stands there")
    await _known(who, user)
    await who.audit("role_changed", user, body.role)
    await who.kept.users.set_role(user, body.role)
    return Done(ok=True)


async def _known(who: Asker, user: str) -> None:
    """What cannot be done is not put down as done."""
    if await who.kept.users.account(user) is None:
        raise HTTPException(404, f"there is no account {user}")


def _security(request: Request) -> Security:
    security: Security = request.app.state.security
    return security
