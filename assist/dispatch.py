"""The ACD at work in the floor: contacts' events and agents' wishes in; offers, places and facts out to the workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from assist.callers import Callers, Spawn
from assist.outbound import Outbound
from ivr.acd import Acd
from ivr.acd_events import from_event
from ivr.acd_messages import (
    AcdEffect,
    AcdInput,
    AgentChanged,
    AgentLoggedIn,
    AgentPreferred,
    AgentRequested,
    ContactDirected,
    ContactQueuedIn,
    NotReady,
    OfferContact,
    OfferFailed,
    StationDown,
    Tick,
    TurnAway,
)
from ivr.agents import AgentState
from ivr.callback import RetryPolicy
from ivr.callers import Caller, CallerDirectory
from ivr.contact_commands import ConnectAgent, LeaveQueue, TellFacts, TellPlace
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactEnded, ContactOffered, FactsWanted, PlaceWanted
from ivr.controls import AgentRefused, AgentWanted
from ivr.estimate import Wait
from ivr.self_service import AnswerBook, KnowledgeWanted, TellAnswer
from voice.bus.base import Bus
from voice.clock import Clock
from voice.commands import Command
from voice.errors import BusError
from voice.events import Event
from voice.settings import AgentSettings

log = logging.getLogger(__name__)


class Dispatch:
    """``on_state`` is told every change of an agent's state. ``domain``: the one agents are registered under.
    ``reachable``: whether a trunk takes an outside number.
    """

    def __init__(
        self, brain: Acd, bus: Bus, clock: Clock, agents: Iterable[AgentSettings], domain: str,
        directory: CallerDirectory, book: AnswerBook, spawn: Spawn, on_state: Callable[[AgentStateChanged], None],
        reachable: Callable[[str], bool] = lambda number: False,
        policy: RetryPolicy | None = None,
    ) -> None:  # fmt: skip
        self._acd = brain
        self._bus = bus
        self._clock = clock
        self._agents = {agent.user: agent for agent in agents}
        self._domain = domain
        self._callers = Callers(directory, spawn)
        self._book = book
        self._spawn = spawn
        self._on_state = on_state
        self.outbound = Outbound(bus, clock, domain, self.decide, spawn, reachable, policy)
        self._before: dict[str, AgentStateChanged] = {}
        self._timer: asyncio.TimerHandle | None = None

    def remember(self, states: Iterable[AgentStateChanged]) -> None:
        """The states in which the last floor left agents."""
        self._before = {state.agent: state for state in states}

    def heard(self, contact_id: str, caller: str, event: Event) -> None:
        """Something a contact's worker says; ``caller`` is the number that calls."""
        match event:
            case ContactOffered():
                self._callers.find(contact_id, caller)
            case PlaceWanted():
                self._tell_place(contact_id)
            case FactsWanted(queues):
                self._callers.find(contact_id, caller, lambda who: self._tell_facts(contact_id, who, queues))
            case AgentWanted(agent):
                self._request(contact_id, agent)
            case KnowledgeWanted(question):
                self._tell_answer(contact_id, question)
            case ContactAnswered():
                self.outbound.talked(contact_id, caller)
            case ContactEnded():
                self._callers.forget(contact_id)
        given = from_event(self.outbound.stands_for(contact_id), event)
        if not self.outbound.acd_takes(contact_id, event):
            given = None
        self.outbound.heard(contact_id, event)
        if given is None:
            return
        if isinstance(given, ContactQueuedIn) and not given.sticky:
            self._queue(given, caller)
        else:
            self.decide(given)

    def decide(self, given: AcdInput) -> None:
        """One input to the ACD, its effects, and a timer for when it next wants to be asked."""
        now = self._clock.wall()
        for effect in self._acd.handle(given, now):
            self._perform(effect)
        if self._timer is not None:
            self._timer.cancel()
        if (deadline := self._acd.next_deadline) is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, deadline - now), self.decide, Tick())

    def log_in(self, agent: str) -> None:
        """A station at work means an agent at work; who rested, or wrapped up, before the floor started still does."""
        known = self._acd.agent(agent)
        if known is not None and known.logged_in:
            return
        before, settings = self._before.pop(agent, None), self._agents.get(agent)
        resting = before.reason if before is not None and before.until == 0 else None
        wrapping = (before.since, before.until) if before is not None and before.until else None
        logged_in = AgentLoggedIn(agent, (), resting is None, wrap_up=wrapping)
        if settings is not None:
            skills, weights = tuple(settings.skills.items()), tuple(settings.weights.items())
            logged_in = replace(logged_in, queues=settings.queues, skills=skills, weights=weights)
        self.decide(logged_in)
        if resting is not None:
            self.decide(NotReady(agent, resting))

    def state(self, agent: str) -> AgentState:
        """What an agent does now."""
        known = self._acd.agent(agent)
        return known.state if known is not None else AgentState.OFFLINE

    def direct(self, contact_id: str, agent: str) -> str:
        """Give a contact that waits to ``agent``; empty, or why not."""
        contact, known = self._acd.contact(contact_id), self._acd.agent(agent)
        if contact is None or self._acd.outlook(contact_id) is None:
            return "this contact does not wait"
        if known is None or not known.working or contact.queue not in known.queues:
            return f"{agent} does not serve {contact.queue} now"
        self.decide(ContactDirected(contact_id, agent))
        return ""

    def expected_wait(self, queue: str) -> Wait | None:
        """What one who joined ``queue`` now would wait; None where nothing honest can be said."""
        return self._acd.expected_wait(queue)

    def serves(self, queue: str) -> bool:
        """Whether there is such a queue: an agent serves it."""
        return any(queue in agent.queues for agent in self._agents.values())

    def free_in(self, queue: str, but: str) -> str | None:
        """The agent of ``queue`` who has been idle longest, other than ``but``."""
        free = [
            agent for agent in self._acd.agents
            if agent.state is AgentState.AVAILABLE and queue in agent.queues and agent.name != but
        ]  # fmt: skip
        return min(free, key=lambda agent: agent.idle_since).name if free else None

    def _request(self, contact_id: str, agent: str) -> None:
        """A contact's flow wants this agent."""
        if (state := self.state(agent)) is AgentState.AVAILABLE:
            self.decide(AgentRequested(contact_id, agent))
        else:
            self._spawn(self._ask_worker(contact_id, AgentRefused(agent, state.lower())))

    def _perform(self, effect: AcdEffect) -> None:
        match effect:
            case OfferContact(contact_id) if self.outbound.promised(contact_id):
                self.outbound.offer(effect)
            case OfferContact():
                self._spawn(self._offer(effect))
            case TurnAway(contact_id) if self.outbound.promised(contact_id):
                pass  # a promise is not turned away
            case TurnAway(contact_id, reason):
                self._spawn(self._ask_worker(contact_id, LeaveQueue(reason)))
            case AgentChanged(agent, state, reason, since, until):
                event = AgentStateChanged(agent, state, reason, since, until)
                self._bus.publish(event)
                self._on_state(event)

    def _queue(self, given: ContactQueuedIn, caller: str) -> None:
        """With the agent of last time, as soon as that is found; the queue waits for no look-up."""
        contact_id = given.contact_id
        if (known := self._callers.known(contact_id)) is not None:
            self.decide(replace(given, sticky=known.last_agent))
            return
        self.decide(given)
        self._callers.find(contact_id, caller, lambda who: self.decide(AgentPreferred(contact_id, who.last_agent)))

    def _tell_place(self, contact_id: str) -> None:
        outlook = self._acd.outlook(contact_id)
        if outlook is not None:
            ahead, wait = outlook
            low, high = (wait.low_s, wait.high_s) if wait else (None, None)
            self._spawn(self._ask_worker(contact_id, TellPlace(ahead, low, high)))

    def _tell_facts(self, contact_id: str, who: Caller, queues: tuple[str, ...]) -> None:
        states = tuple((queue, *self._acd.queue_state(queue)) for queue in queues)
        self._spawn(self._ask_worker(contact_id, TellFacts(who.known, who.vip, states)))

    def _tell_answer(self, contact_id: str, question: str) -> None:
        found = self._book.answer(question)
        self.ask(contact_id, TellAnswer(found.article, found.text) if found is not None else TellAnswer())

    def station_lost(self, agent: str) -> None:
        """The agent's station is gone from the floor: not to be rung. Whether it still talks its contact finds out."""
        self.decide(StationDown(agent))

    def ask(self, contact_id: str, command: Command) -> None:
        """Send a command to a contact that may refuse it, or be over."""
        self._spawn(self._ask_worker(contact_id, command))

    async def _ask_worker(self, contact_id: str, command: Command) -> None:
        """One that does not answer plays its comfort message, or lets the caller wait: nothing is lost."""
        try:
            await self._bus.request(f"contact.{self.outbound.stands_behind(contact_id)}", command)
        except BusError as error:
            log.warning("contact %s did not take %s: %s", contact_id, command.type, error)

    async def _offer(self, offer: OfferContact) -> None:
        command = ConnectAgent(offer.agent, f"sip:{offer.agent}@{self._domain}", offer.lease_id, offer.ring_s)
        try:
            await self._bus.request(f"contact.{self.outbound.stands_behind(offer.contact_id)}", command)
        except BusError as error:
            log.warning("contact %s was not offered to %s: %s", offer.contact_id, offer.agent, error)
            self.decide(OfferFailed(offer.contact_id, offer.lease_id))
