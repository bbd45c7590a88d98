"""Contacts that we begin: agents' own calls, and promised calls in the place their callers had in the queue.

A promise stands in the ACD's queue like a contact. When its turn comes an agent is reserved, a worker claimed at the
front, and the agent rung, then the customer; a try that fails puts the promise back for later. An attempt is a contact
of its own; to the ACD it is the promise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ivr.acd_messages import AcdInput, AgentConsulted, ConsultOver, ContactPostponed, ContactQueuedIn, OfferContact
from ivr.acd_messages import ContactEnded as Over
from ivr.callback import Callback, CallbackEffect, CallbackState, RetryPolicy, Settled, WaitAgain
from ivr.contacts import CallbackRequested, ContactAnswered, ContactEnded, ContactSnapshot
from ivr.outbound import CallbackSettled, CallbackTried, CallCustomer, CustomerReached, CustomerUnreached, OutboundReady
from voice.bus.base import Bus
from voice.claims import FRONT_ADDRESS, ClaimWorker
from voice.clock import Clock
from voice.commands import Reply
from voice.errors import BusError
from voice.events import Event, new_identifier

log = logging.getLogger(__name__)

PRIORITY = 5
"""Of calls that agents promised: that of a caller like any other."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What a claimed worker is to do; ``promise``: for which promise, if any."""

    command: CallCustomer
    promise: str = ""


class Outbound:
    """``decide`` gives the ACD an input; ``domain``: the one agents and outside numbers are dialled under.
    ``reachable``: whether a trunk takes a number; a promise to one that none takes is for a person to keep.
    """

    def __init__(
        self, bus: Bus, clock: Clock, domain: str, decide: Callable[[AcdInput], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None], reachable: Callable[[str], bool],
        policy: RetryPolicy | None = None,
    ) -> None:  # fmt: skip
        self._bus = bus
        self._clock = clock
        self._domain = domain
        self._decide = decide
        self._spawn = spawn
        self._reachable = reachable
        self._policy = policy or RetryPolicy()
        self._orders: dict[str, _Order] = {}
        self._promises: dict[str, Callback] = {}
        self._attempts: dict[str, str] = {}
        self._when_settled: dict[str, Callable[[bool], None]] = {}
        self._tried: dict[str, CallbackTried] = {}

    def stands_for(self, contact_id: str) -> str:
        """What a contact is to the ACD: the promise it is an attempt at, or itself."""
        return self._attempts.get(contact_id, contact_id)

    def stands_behind(self, acd_id: str) -> str:
        """The contact the ACD means: the attempt at a promise, or itself."""
        return next((contact_id for contact_id, promise in self._attempts.items() if promise == acd_id), acd_id)

    def promised(self, acd_id: str) -> bool:
        """Whether the ACD means a promise that nobody is trying to keep at the moment."""
        return acd_id in self._promises and acd_id not in self._attempts.values()

    def promise(self, contact_id: str, asked: CallbackRequested) -> None:
        """Somebody was promised a call."""
        promise_id = f"callback-{contact_id}"
        if promise_id in self._promises:
            return
        if not self._reachable(asked.number):
            log.warning("no trunk takes %s, who was promised a call: somebody has to make it", asked.number)
            return
        promise = Callback(promise_id, asked.number, asked.queue, asked.priority, asked.since, self._policy)
        self._wait(promise, "")

    def keep(
        self, task_id: str, number: str, queue: str, agent: str, until: float, settled: Callable[[bool], None]
    ) -> None:
        """A call that ``agent`` promised is due: made by her if possible, else by ``queue``, not after ``until`` (Unix
        seconds). ``settled`` is told whether it was kept.
        """
        promise_id, now = f"callback-{task_id}", self._clock.wall()
        if promise_id in self._promises:
            return
        if not self._reachable(number):
            log.warning("no trunk takes %s, whom %s promised a call: somebody has to make it", number, agent)
            return
        policy = replace(self._policy, expires_s=min(self._policy.expires_s, until - now))
        self._when_settled[promise_id] = settled
        self._wait(Callback(promise_id, number, queue, PRIORITY, now, policy), agent)

    def recall(self, promises: Iterable[tuple[str, CallbackRequested]], tried: Iterable[CallbackTried] = ()) -> None:
        """The promises the last floor left open, and how often which were tried, oldest first."""
        self._tried = {each.callback_id: each for each in tried}
        for contact_id, asked in promises:
            self.promise(contact_id, asked)

    def _wait(self, promise: Callback, preferred: str) -> None:
        """Put a promise into its queue, where the last floor left it."""
        tried = self._tried.pop(promise.id, None)
        self._promises[promise.id] = replace(promise, attempts=tried.attempts) if tried is not None else promise
        not_before = tried.not_before if tried is not None else 0.0
        self._decide(
            ContactQueuedIn(
                promise.id, promise.queue, promise.priority, promise.since, preferred=preferred, not_before=not_before
            )
        )

    async def call(self, agent: str, number: str) -> Reply:
        """An agent who is available calls ``number``, which she may."""
        order = new_identifier()[:32]
        self._decide(AgentConsulted(order, agent))  # nothing else is offered to her until her station rings
        self._orders[order] = _Order(self._command(number, agent, new_identifier()))
        try:
            await self._bus.request(FRONT_ADDRESS, ClaimWorker(order))
        except BusError as error:
            self._forget(order, agent)
            return Reply(False, str(error))
        return Reply(True)

    def offer(self, offer: OfferContact) -> None:
        """The turn of a promise has come."""
        promise, effects = self._promises[offer.contact_id].turn_came(self._clock.wall())
        if effects:
            self._perform(promise, effects)
            return
        order = new_identifier()[:32]
        command = self._command(promise.number, offer.agent, offer.lease_id, promise, offer.ring_s)
        self._orders[order] = _Order(command, promise.id)
        self._spawn(self._claim(order))

    def talked(self, contact_id: str, number: str) -> None:
        """An agent talks with ``number``: a call promised to it that nobody has begun is not needed any more."""
        for promise in list(self._promises.values()):
            if promise.number == number and contact_id not in self._attempts and self.promised(promise.id):
                self._perform(*promise.withdrawn("the customer called again"))

    def heard(self, contact_id: str, event: Event) -> None:
        """Something a contact's worker says."""
        match event:
            case CallbackRequested():
                self.promise(contact_id, event)
            case OutboundReady(order) if order in self._orders:
                self._spawn(self._begin(contact_id, order))
            case _ if (promise := self._promises.get(self._attempts.get(contact_id, ""))) is not None:
                self._follow(promise, event)
        if isinstance(event, ContactEnded):
            self._attempts.pop(contact_id, None)

    def acd_takes(self, contact_id: str, event: Event) -> bool:
        """Whether the ACD is to hear of an event: the end of an attempt is not the end of its promise."""
        return contact_id not in self._attempts or not isinstance(event, ContactEnded | ContactSnapshot)

    def _command(
        self, number: str, agent: str, lease_id: str, promise: Callback | None = None, agent_ring_s: float = 15.0
    ) -> CallCustomer:
        address, agent_address = f"sip:{number}@{self._domain}", f"sip:{agent}@{self._domain}"
        if promise is None:
            return CallCustomer(number, address, agent, agent_address, lease_id)
        return CallCustomer(
            number, address, agent, agent_address, lease_id, promise.queue, promise.priority, promise.since,
            promise.policy.ring_s, agent_ring_s,
        )  # fmt: skip

    async def _claim(self, order: str) -> None:
        """Where there is no worker, the reservation lapses and the promise waits on."""
        try:
            await self._bus.request(FRONT_ADDRESS, ClaimWorker(order))
        except BusError as error:
            self._orders.pop(order, None)
            log.warning("no worker for a promised call: %s", error)

    async def _begin(self, contact_id: str, order: str) -> None:
        wanted = self._orders.pop(order)
        if wanted.promise:
            self._attempts[contact_id] = wanted.promise
        try:
            await self._bus.request(f"contact.{contact_id}", wanted.command)
        except BusError as error:
            log.warning("contact %s did not begin its call: %s", contact_id, error)
            self._attempts.pop(contact_id, None)
        if not wanted.promise:
            self._forget(order, wanted.command.agent)

    def _forget(self, order: str, agent: str) -> None:
        self._orders.pop(order, None)
        self._decide(ConsultOver(order, agent))

    def _follow(self, promise: Callback, event: Event) -> None:
        now, effects = self._clock.wall(), tuple[CallbackEffect, ...]()
        match event:
            case ContactAnswered(agent=agent):
                promise, effects = promise.agent_connected(agent)
            case CustomerReached():
                promise, effects = promise.customer_answered()
            case CustomerUnreached(code, reason):
                promise, effects = promise.customer_failed(code, reason, now)
            case ContactEnded():
                talked = promise.state is CallbackState.TALKING
                promise, effects = promise.customer_left() if talked else promise.agent_left(now)
        self._perform(promise, effects)

    def _perform(self, promise: Callback, effects: tuple[CallbackEffect, ...]) -> None:
        self._promises[promise.id] = promise
        for effect in effects:
            match effect:
                case WaitAgain(not_before):
                    self._bus.publish(CallbackTried(promise.id, promise.attempts, not_before))
                    self._decide(ContactPostponed(promise.id, not_before))
                case Settled(kept, attempts, reason):
                    del self._promises[promise.id]
                    self._decide(Over(promise.id))
                    self._bus.publish(CallbackSettled(promise.id, kept, attempts, reason))
                    if (told := self._when_settled.pop(promise.id, None)) is not None:
                        told(kept)
