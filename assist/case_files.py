"""The files of the contacts: each case, folded from the event log when first asked for, and what its effects lead to
(desks told, events published, customers looked up, summaries and tasks kept).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from assist import casework
from assist.cards import CardShown, CardUpdated
from assist.casework import Case, CaseEffect
from assist.content_shelf import ContentShelf
from assist.customers import Customers
from assist.feed import Feed
from assist.history import CustomerFound
from assist.journal import Journal
from assist.rewording import Wordsmith
from assist.store import Store, StoreError
from assist.store.tasks import Tasks
from assist.summary import ContactSummary
from ivr.contacts import AgentOffered, CallbackRequested, ContactEnded, ContactOffered
from voice.bus.base import Bus, Recent
from voice.clock import Clock
from voice.events import Envelope, Event
from voice.front.trunks import is_number

log = logging.getLogger(__name__)

_TIMER_SLACK_S = 0.005
"""A timer may fire a moment early by the wall clock; this keeps it from being set again for nothing."""
KEPT_CASES = 1000
"""Ended contacts whose case stays in memory for words and commands that come late."""
_LOGGED = 100_000
_LOST = 1000


@dataclass(slots=True)
class CaseFiles:
    """``agents``: who has a desk; ``tell``: puts an event on it (agent, event, contact, Unix seconds or None for now);
    ``spawn``: runs what nobody waits for; ``route``: is told every event of a contact that came in or happened here;
    ``seen``: what supervisors see of a contact; ``recall``: is told every event folded from the log, before the case
    handles it. Belongs to the floor's event loop.
    """

    bus: Bus
    store: Store
    customers: Customers
    journal: Journal
    shelf: ContentShelf
    feed: Feed
    clock: Clock
    wordsmith: Wordsmith | None
    agents: Container[str]
    tell: Callable[[str, Event, str | None, float | None], None]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    route: Callable[[Case, Event], None]
    seen: Callable[[str, Event, float], None]
    recall: Callable[[Case, Event, float], None]
    _began_at: float = field(init=False)
    _cases: dict[str, Case] = field(default_factory=dict)
    _waits: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    _logged: Recent = field(default_factory=lambda: Recent(_LOGGED))
    _lost: Recent = field(default_factory=lambda: Recent(_LOST))

    def __post_init__(self) -> None:
        self._began_at = self.clock.wall()

    def get(self, contact_id: str) -> Case | None:
        """The case, if it is in memory."""
        return self._cases.get(contact_id)

    def running(self) -> Iterator[Case]:
        """The cases that have not ended."""
        return (case for case in self._cases.values() if not case.ended)

    def is_new(self, envelope: Envelope) -> bool:
        """False for a repeat of a durable event that is logged, or about to be."""
        return not envelope.event.durable or self._logged.add(envelope.id)

    async def of(self, contact_id: str, first: Envelope | None = None) -> Case:
        """The case of a contact; one from before this floor started is folded from the log. ``first``: the event that
        asks for it; where that says the contact begins only now, the log has nothing to say.
        """
        case = self._cases.get(contact_id)
        if case is None:
            begins = first is not None and isinstance(first.event, ContactOffered) and first.at > self._began_at
            found = self._opened(contact_id) if begins else await self._folded(contact_id)
            case = self._cases.setdefault(contact_id, found)
            self._forget_old_cases()
            self.spawn(self.shelf.refresh())
        return case

    def _opened(self, contact_id: str) -> Case:
        return Case(contact_id, self.shelf.content, self.shelf.votes)

    async def _folded(self, contact_id: str) -> Case:
        """A case as the log tells it. Desks are told at the times things happened; nothing is published again."""
        case, told = self._opened(contact_id), list[tuple[casework.Tell, float]]()
        for envelope in await self.journal.of_contact(contact_id):
            self._logged.add(envelope.id)
            self.recall(case, envelope.event, envelope.at)
            for effect in await self._with_customer(case, case.handle(envelope), envelope.at):
                if isinstance(effect, casework.Tell):
                    told.append((effect, envelope.at))
        for tell, at in told:
            if self._still_concerns(case, tell):
                self.tell(tell.agent, tell.event, contact_id, at)
        return case

    async def _with_customer(self, case: Case, effects: tuple[CaseEffect, ...], at: float) -> tuple[CaseEffect, ...]:
        """Look-ups answered on the spot: what the agent did with the history card comes later in the log."""
        for effect in effects:
            if isinstance(effect, casework.LookUp) and (found := await self._customer(effect.number)) is not None:
                effects += case.customer_found(found, at)
        return effects

    def _still_concerns(self, case: Case, tell: casework.Tell) -> bool:
        """What an agent was told who no longer has the contact must not take the present one off the desk."""
        if tell.agent not in self.agents:
            return False
        present = self.feed.desk(tell.agent).contact
        if tell.agent not in (case.agent, case.guest):
            return False
        return not case.ended or present is None or present.id == case.contact_id

    def _forget_old_cases(self) -> None:
        for contact_id in [key for key, case in self._cases.items() if case.ended][:-KEPT_CASES]:
            del self._cases[contact_id]

    def handle(self, case: Case, envelope: Envelope, received: float) -> None:
        """An event of a contact that came in by the bus. The caller's way through the flow leaves the time to read
        content that has changed: what is there when an agent is rung counts.
        """
        if isinstance(envelope.event, AgentOffered):
            case.advise_with(self.shelf.content, self.shelf.votes)
        self.perform(case, case.handle(envelope), received)
        if case.worker_id in self._lost and not case.ended:
            self._end_lost(case)  # its last words, from its spool, came after the news of its death
        self.route(case, envelope.event)

    async def worker_lost(self, worker_id: str) -> None:
        """The process of a contact is gone: the contact is over, and its customer is called back."""
        case = next((case for case in self._cases.values() if case.worker_id == worker_id), None)
        if case is None:  # lost while no floor was there to know its contact
            contact_id = await self.journal.contact_of(worker_id)
            case = await self.of(contact_id) if contact_id is not None else None
        self._lost.add(worker_id)
        if case is not None and not case.ended:
            self._end_lost(case)

    def _end_lost(self, case: Case) -> None:
        now = self.clock.wall()
        lasted, talked = (now - since if since else 0.0 for since in (case.offered_at, case.answered_at))
        if case.queue and is_number(case.caller):  # it was our fault: we call, and the place in the queue is kept
            self.own(CallbackRequested(case.caller, case.queue, case.priority, case.offered_at), case)
        self.own(ContactEnded("worker_lost", "system", lasted, talked), case)

    def close(self) -> None:
        """No case falls due any more."""
        for timer in self._waits.values():
            timer.cancel()
        self._waits.clear()

    def own(self, event: Event, case: Case) -> None:
        """Something that happened here: tell the bus, and handle it as if it had come from there."""
        received = self.clock.monotonic()
        envelope = self.bus.publish(event, contact_id=case.contact_id)
        self.perform(case, case.handle(envelope), received)
        self.route(case, event)

    def perform(self, case: Case, effects: tuple[CaseEffect, ...], received: float) -> None:
        """Carry out what a case asks for; ``received``: when what led to it came in, CLOCK_MONOTONIC seconds."""
        for effect in effects:
            match effect:
                case casework.Tell(agent, event):
                    self.tell(agent, self._stamped(event, received), case.contact_id, None)
                case casework.Emit(event):
                    self.bus.publish(self._stamped(event, received), contact_id=case.contact_id)
                    self.seen(case.contact_id, event, self.clock.wall())
                case casework.LookUp(number):
                    self.spawn(self._look_up(case, number))
                case casework.Keep(summary):
                    self.spawn(self._keep(summary))
                    if self.wordsmith is not None:
                        self.spawn(self._word(self.wordsmith, case, summary))
                case casework.OpenTask():
                    self.spawn(self._open_task(effect, case.contact_id))
        self._wait_for(case)

    def _wait_for(self, case: Case) -> None:
        """A timer for when the case has something to say though nobody speaks."""
        if (timer := self._waits.pop(case.contact_id, None)) is not None:
            timer.cancel()
        if (due := case.next_due()) is not None:
            wait = max(0.0, due - self.clock.wall()) + _TIMER_SLACK_S
            self._waits[case.contact_id] = asyncio.get_running_loop().call_later(wait, self._time_passed, case)

    def _time_passed(self, case: Case) -> None:
        self.perform(case, case.time_passed(self.clock.wall()), self.clock.monotonic())

    def _stamped(self, event: Event, received: float) -> Event:
        if isinstance(event, CardShown | CardUpdated):
            return replace(event, latency_ms=round(1000 * (self.clock.monotonic() - received), 3))
        return event

    async def _look_up(self, case: Case, number: str) -> None:
        received = self.clock.monotonic()
        found = await self._customer(number)
        if found is not None:
            self.perform(case, case.customer_found(found, self.clock.wall()), received)

    async def _customer(self, number: str) -> CustomerFound | None:
        try:
            return await self.customers.look_up(number)
        except StoreError as error:
            log.error("customer %s cannot be looked up: %s", number, error)
            return None

    async def _keep(self, summary: ContactSummary) -> None:
        what = f"the summary of contact {summary.contact_id}"
        await self.journal.owed.write(lambda: self.store.record_contact(summary), what)

    async def _word(self, wordsmith: Wordsmith, case: Case, summary: ContactSummary) -> None:
        worded = await wordsmith.word(summary, case.said())
        if worded is not None:
            self.own(worded, case)

    async def _open_task(self, task: casework.OpenTask, contact_id: str) -> None:
        def opened() -> Coroutine[Any, Any, None]:
            return Tasks(self.store).open_issue(task.customer_id, task.title, task.at, contact_id, task.number)

        await self.journal.owed.write(opened, f"the task {task.title!r} of contact {contact_id}")
