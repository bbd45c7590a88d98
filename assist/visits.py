"""Which contact each supervisor's phone is at, and as what: what she and the agents there are told of it, and how she
gets to the next one. A fold over the contacts' own events: a floor that starts again knows it from log and snapshots.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from assist.casework import Case
from assist.coaching import SupervisionNotice
from assist.desk_events import ContactAssigned, ContactReleased
from assist.supervised import Bridges
from assist.supervision import SupervisionSettings
from ivr.contacts import ContactEnded
from ivr.supervision import SupervisionEnded, SupervisionFailed, SupervisionModeChanged, SupervisionStarted
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.clock import Clock
from voice.commands import Reply
from voice.errors import BusError
from voice.events import Event
from voice.hearing import Mode
from voice.settings import AgentSettings

Told = SupervisionStarted | SupervisionModeChanged | SupervisionEnded | SupervisionFailed
Heard = UtterancePartial | UtteranceFinal | TranscriptionGap | ContactEnded


@dataclass(slots=True)
class _Visit:
    """What a supervisor's phone is at, and where it is wanted next."""

    contact_id: str = ""
    since: float = 0.0
    agent: str = ""
    mode: Mode = Mode.LISTEN
    banner: bool = False
    next: str = ""


@dataclass(slots=True)
class Visits:
    """``agents``, ``bridges``, ``tell`` and ``own`` as for ``Supervisors``; ``find``: the case of a contact; ``spawn``:
    runs what nobody waits for.
    """

    agents: Mapping[str, AgentSettings]
    settings: SupervisionSettings
    bridges: Bridges
    clock: Clock
    tell: Callable[[str, Event, str], None]
    own: Callable[[Event, Case], None]
    find: Callable[[str], Case | None]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _visits: dict[str, _Visit] = field(default_factory=dict)

    def at(self, user: str) -> str:
        """The contact her phone is at, or on its way to; empty for none."""
        visit = self._visits.get(user)
        return visit.contact_id if visit else ""

    def recall(self, case: Case, event: Event, at: float) -> None:
        """What the log says of a contact, to a floor that starts again."""
        match event:
            case SupervisionStarted(supervisor, agent):
                self._visits[supervisor] = _Visit(case.contact_id, at, agent)
            case SupervisionModeChanged(supervisor, agent, mode) if (visit := self._visits.get(supervisor)) is not None:
                visit.agent, visit.mode = agent, mode
            case SupervisionEnded(supervisor):
                self._visits.pop(supervisor, None)

    def found(self, case: Case, supervisor: str, agent: str) -> None:
        """A contact's worker says that she is there, with ``agent`` (empty: it does not know)."""
        visit = self._visits.setdefault(supervisor, _Visit())
        visit.contact_id, visit.agent = case.contact_id, agent or visit.agent
        visit.since = visit.since or self.clock.wall()

    async def begin(self, who: AgentSettings, case: Case) -> Reply:
        """Dial her phone for this contact; a contact she is at is left first, for a phone takes one call."""
        visit = self._visits.setdefault(who.user, _Visit(case.contact_id))
        if visit.contact_id != case.contact_id and (present := self.find(visit.contact_id)) is not None:
            visit.next = case.contact_id
            return await self.bridges.end(present, self.whose(who.user, present), who.user)
        policy = self.settings.policy(self.agents.get(case.agent))
        reply = Reply(False)
        try:
            reply = await self.bridges.supervise(case, case.agent, who, policy.tones())
        finally:
            if not reply.ok and not visit.since:
                self._visits.pop(who.user, None)  # her phone was never called
        return reply

    def whose(self, user: str, case: Case) -> str:
        """Whose call she is at: the agent's, though she may have taken it over."""
        visit = self._visits.get(user)
        here = visit is not None and visit.contact_id == case.contact_id
        return visit.agent if visit is not None and here and visit.agent else case.agent

    def changed(self, case: Case, event: Told) -> None:
        """She has come to a contact, does something else there, has left it, or was not put through."""
        visit = self._visits.setdefault(event.supervisor, _Visit())
        match event:
            case SupervisionStarted(supervisor, agent):
                visit.contact_id, visit.agent, visit.since = case.contact_id, agent or case.agent, self.clock.wall()
                self.tell(supervisor, _assigned(case), case.contact_id)
                self._notify(case, visit, supervisor, Mode.LISTEN)
            case SupervisionModeChanged(supervisor, agent, mode):
                visit.agent = agent or visit.agent
                self._notify(case, visit, supervisor, mode)
            case SupervisionEnded(supervisor) | SupervisionFailed(supervisor):
                self._notify(case, visit, supervisor, None)
                if case.agent != supervisor:  # who has taken it over wraps it up
                    self.tell(supervisor, ContactReleased(supervisor, "supervision ended"), case.contact_id)
                self._go_on(supervisor, visit)

    def cut_off(self, case: Case) -> None:
        """The worker died, and cannot say any more that her leg ended with it (the front has hung it up)."""
        now = self.clock.wall()
        for supervisor, visit in list(self._visits.items()):
            if visit.contact_id == case.contact_id:
                lasted = now - visit.since if visit.since else 0.0
                self.own(SupervisionEnded(supervisor, visit.agent, visit.mode, lasted), case)

    def worker_lost(self, worker_id: str) -> None:
        """A worker died: perhaps the one that had a supervisor's telephone, and her contact does not know yet."""
        user = self.bridges.lost(worker_id)
        visit = self._visits.get(user)
        if visit is not None and (case := self.find(visit.contact_id)) is not None and not case.ended:
            self.spawn(self._hung_up(user, case))

    async def _hung_up(self, user: str, case: Case) -> None:
        with contextlib.suppress(BusError):  # the contact is over as well
            await self.bridges.end(case, case.agent, user)

    def _go_on(self, supervisor: str, visit: _Visit) -> None:
        """To the contact she asked for meanwhile, if there is one."""
        del self._visits[supervisor]
        if visit.next and visit.next != visit.contact_id:
            self.spawn(self._move(supervisor, visit.next))
        else:
            self.bridges.release(supervisor)

    async def _move(self, supervisor: str, contact_id: str) -> None:
        who = self.agents[supervisor]
        case = self.find(contact_id)
        if case is None or case.ended:
            self.bridges.release(supervisor)
            return
        try:
            reply = await self.begin(who, case)
        except BusError as error:
            reply = Reply(False, str(error))
        if not reply.ok:
            self.bridges.release(supervisor)
            self.tell(supervisor, SupervisionFailed(supervisor, 0, reply.reason), contact_id)

    def _notify(self, case: Case, visit: _Visit, supervisor: str, mode: Mode | None) -> None:
        """The agent's banner, where the policy wants one; it goes when the mode does."""
        if not visit.agent:
            return
        wanted = mode is not None and self.settings.policy(self.agents.get(visit.agent)).banner(mode)
        visit.mode = mode or Mode.LISTEN
        if wanted or visit.banner:
            shown = mode if wanted else None
            self.tell(visit.agent, SupervisionNotice(supervisor, shown), case.contact_id)
        visit.banner = wanted

    def follow(self, case: Case) -> None:
        """The contact was passed on to another agent: so is the banner."""
        for supervisor, visit in self._visits.items():
            if (
                visit.contact_id == case.contact_id
                and case.agent not in ("", visit.agent, supervisor)
                and not case.ended
            ):
                mode = visit.mode
                self._notify(case, visit, supervisor, None)
                visit.agent = case.agent
                self._notify(case, visit, supervisor, mode)

    def share(self, case: Case, event: Heard) -> None:
        """Who listens reads along."""
        for supervisor, visit in self._visits.items():
            if visit.since and visit.contact_id == case.contact_id and case.agent != supervisor:
                self.tell(supervisor, event, case.contact_id)


def _assigned(case: Case) -> ContactAssigned:
    return ContactAssigned(case.agent, "talking", case.caller, case.queue, case.offered_at, case.answered_at)
