"""Who asks, what she may see, and the audit of what she saw. The audit has it before it is
served.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request
from pydantic import BaseModel

from assist.security import AccountsUnavailableError, Identity, Security, TokenError
from assist.store.archive import Archive, ContactLine
from assist.store.customers import CustomerBase
from assist.store.tasks import Tasks
from assist.store.users import Audit, AuditEntry, Users
from assist.supervision import may_supervise
from voice.clock import Clock
from voice.settings import AgentSettings


class Problem(BaseModel):
    """Every refusal: what is wrong, for a person."""

    detail: str


@dataclass(frozen=True, slots=True)
class Archives:
    """What the API serves besides the running floor. ``recordings``: the only directory sound is served from."""

    users: Users
    audit: Audit
    contacts: Archive
    tasks: Tasks
    customers: CustomerBase
    agents: tuple[AgentSettings, ...]
    recordings: Path
    recording_key: Path


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody with a valid token. ``address``: where the request comes from."""

    identity: Identity
    address: str
    archives: Archives | None
    clock: Clock

    @property
    def kept(self) -> Archives:
        """The archives. Raises HTTPException 503 where this floor has none."""
        if self.archives is None:
            raise HTTPException(503, "this floor keeps nothing")
        return self.archives

    async def audit(self, action: str, subject: str = "", detail: str = "") -> None:
        """Put down what is about to be done. Raises StoreError: then it must not be done."""
        who = self.identity
        entry = AuditEntry(self.clock.wall(), who.user, who.role, action, subject, detail, self.address)
        await self.kept.audit.record(entry)

    def may_see(self, line: ContactLine) -> bool:
        """Agents see the contacts they had last, supervisors those of their teams, auditors all."""
        agents = self.visible_agents()
        return agents is None or line.agent in agents

    def visible_agents(self) -> tuple[str, ...] | None:
        """Whose contacts are seen; None: everybody's."""
        who, agents = self.identity, {agent.user: agent for agent in self.kept.agents}
        match who.role:
            case "auditor":
                return None
            case "supervisor" if (me := agents.get(who.user)) is not None and me.teams:
                return tuple(user for user, agent in agents.items() if not may_supervise(me, agent))
            case "supervisor":
                return None
        return (who.user,)


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


async def bearer(request: Request, authorization: Annotated[str, Header(max_length=4200)] = "") -> Identity:
    """Who the bearer token (RFC 6750) speaks for; one that is only good for choosing a password does for that alone."""
    scheme, _, token = authorization.partition(" ")
    security: Security = request.app.state.security
    try:
        identity = await security.identify(token if scheme.lower() == "bearer" else "")
    except TokenError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None
    except AccountsUnavailableError as error:
        raise HTTPException(503, str(error)) from None
    if identity.must_change and request.url.path not in ("/api/password", "/api/me"):
        raise HTTPException(403, "choose a password of your own first: POST /api/password")
    return identity


async def asker(request: Request, who: Annotated[Identity, Depends(bearer)]) -> Asker:
    """Who asks, with the archives at hand."""
    return Asker(who, address_of(request), request.app.state.archives, request.app.state.clock)


def only(*roles: str) -> Callable[[Asker], Awaitable[Asker]]:
    """A dependency that lets in these roles alone."""

    async def let_in(who: Annotated[Asker, Depends(asker)]) -> Asker:
        if who.identity.role not in roles:
            raise HTTPException(403, f"this is for {' and '.join(roles)}")
        return who

    return let_in


def at_work(request: Request, who: Annotated[Identity, Depends(bearer)]) -> Identity:
    """Somebody who has a desk: the agents and supervisors of the settings."""
    security: Security = request.app.state.security
    if not security.named_in_settings(who.user):
        raise HTTPException(403, "only agents and supervisors of the settings have a desk")
    return who
