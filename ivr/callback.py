"""A promised call, from the promise to its end: pure. An agent first, then the customer, in the caller's old place.

    waiting ──agent connected──▶ dialling ──customer answered──▶ talking ──▶ over
       ▲                            │
       └──── not before, same place ┴── no answer, busy: after ``attempts`` given up

The place is the promise's: ``priority`` and ``since`` are those of the caller who hung up, so a retry that is due goes
before everyone who came later. An agent is never kept while a number rings for longer than ``ring_s``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

GONE = frozenset({404, 410, 484, 604})
"""SIP answers after which another try is useless (RFC 3261): no such number, or not a whole one."""


class CallbackState(StrEnum):
    """Where a promised call stands."""

    WAITING = "waiting"
    DIALLING = "dialling"
    TALKING = "talking"
    KEPT = "kept"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``attempts`` in all, ``gap_s`` seconds between them; the number rings for ``ring_s`` each time. Nobody is called
    ``expires_s`` after the caller queued: a promise of yesterday only wakes people.
    """

    attempts: int = 3
    gap_s: float = 900.0
    ring_s: float = 30.0
    expires_s: float = 43200.0


@dataclass(frozen=True, slots=True)
class DialCustomer:
    """Ring the customer for ``ring_s``: the agent is there."""

    number: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class ReleaseAgent:
    """The customer was not reached: the agent is free, without wrap-up."""

    agent: str


@dataclass(frozen=True, slots=True)
class WaitAgain:
    """Back into the queue at the old place, from ``not_before`` (Unix seconds) on."""

    not_before: float


@dataclass(frozen=True, slots=True)
class Settled:
    """The promise is over: ``kept``, or given up for ``reason`` after ``attempts``."""

    kept: bool
    attempts: int
    reason: str


CallbackEffect = DialCustomer | ReleaseAgent | WaitAgain | Settled


@dataclass(frozen=True, slots=True)
class Callback:
    """One promise. Methods return the promise as it is then, and the effects; what does not fit changes nothing."""

    id: str
    number: str
    queue: str
    priority: int
    since: float
    policy: RetryPolicy = RetryPolicy()
    state: CallbackState = CallbackState.WAITING
    agent: str = ""
    attempts: int = 0

    def turn_came(self, now: float) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """An agent could be rung for it: too late, perhaps."""
        if self.state is not CallbackState.WAITING or now < self._expires_at:
            return self, ()
        return self._given_up("expired")

    def agent_connected(self, agent: str) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """The turn came, and an agent took it."""
        if self.state is not CallbackState.WAITING:
            return self, ()
        dialling = replace(self, state=CallbackState.DIALLING, agent=agent, attempts=self.attempts + 1)
        return dialling, (DialCustomer(self.number, self.policy.ring_s),)

    def customer_answered(self) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """The customer is on the line."""
        if self.state is not CallbackState.DIALLING:
            return self, ()
        return replace(self, state=CallbackState.TALKING), ()

    def customer_failed(self, code: int, reason: str, now: float) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """The customer did not answer, was busy, or cannot be reached; ``code`` is SIP's final response."""
        if self.state is not CallbackState.DIALLING:
            return self, ()
        free = ReleaseAgent(self.agent)
        if code in GONE or self.attempts >= self.policy.attempts or now + self.policy.gap_s >= self._expires_at:
            over, settled = self._given_up(reason)
            return over, (free, *settled)
        return replace(self, state=CallbackState.WAITING, agent=""), (free, WaitAgain(now + self.policy.gap_s))

    def agent_left(self, now: float) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """The agent's leg ended. While the number rings nobody may answer into silence: the try does not count."""
        match self.state:
            case CallbackState.DIALLING:
                waiting = replace(self, state=CallbackState.WAITING, agent="", attempts=self.attempts - 1)
                return waiting, (WaitAgain(now),)
            case CallbackState.TALKING:
                return self._kept()
            case _:
                return self, ()

    def customer_left(self) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """The customer hung up after the talk."""
        return self._kept() if self.state is CallbackState.TALKING else (self, ())

    def withdrawn(self, reason: str) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        """The customer called again meanwhile, or a person took the promise back."""
        if self.state in (CallbackState.TALKING, CallbackState.KEPT, CallbackState.GIVEN_UP):
            return self, ()
        free = (ReleaseAgent(self.agent),) if self.agent else ()
        over, settled = self._given_up(reason)
        return over, (*free, *settled)

    @property
    def _expires_at(self) -> float:
        return self.since + self.policy.expires_s

    def _given_up(self, reason: str) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        return replace(self, state=CallbackState.GIVEN_UP, agent=""), (Settled(False, self.attempts, reason),)

    def _kept(self) -> tuple[Callback, tuple[CallbackEffect, ...]]:
        return replace(self, state=CallbackState.KEPT), (Settled(True, self.attempts, ""),)
