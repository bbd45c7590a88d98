"""The stations that are linked to the floor: what each last said of itself, what may be asked of it, and the contacts
of a foreign PBX that only a station knows.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from assist.api.ports import StationLink, StationReport, StationVerb
from assist.board.table import Board
from assist.case_files import CaseFiles
from assist.desk_events import StationChanged
from assist.dispatch import Dispatch
from assist.feed import Feed
from assist.one_hold import Holds
from assist.pbx_contacts import PbxContacts
from ivr.acd_messages import StationDown, StationUp
from ivr.contacts import AgentOffered, ContactAnswered, ContactOffered
from voice.bus.base import Bus
from voice.clock import Clock
from voice.commands import Reply
from voice.events import Event


@dataclass(slots=True)
class LinkedStations:
    """``supervises``: whose station takes no contacts of its own; ``holds``: keeps the page's hold and the headset's
    one; ``spawn``: runs what nobody waits for.
    """

    bus: Bus
    clock: Clock
    feed: Feed
    dispatch: Dispatch
    board: Board
    cases: CaseFiles
    holds: Holds
    supervises: Callable[[str], bool]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _links: dict[str, StationLink] = field(default_factory=dict)
    _reports: dict[str, StationReport] = field(default_factory=dict)
    _pbx: dict[str, PbxContacts] = field(default_factory=dict)

    def report(self, agent: str) -> StationReport | None:
        """What the station last said of itself; None where it is not linked."""
        return self._reports.get(agent)

    async def command(self, agent: str, verb: StationVerb, argument: str = "") -> Reply:
        """Ask it of the agent's station."""
        link = self._links.get(agent)
        if link is None:
            return Reply(False, "your softphone is not connected")
        return await link.command(verb, argument=argument)

    def connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """See FloorPort."""
        self._links[agent] = link
        if not self.supervises(agent):
            self.dispatch.log_in(agent)
        self.reported(agent, report)

    def reported(self, agent: str, report: StationReport) -> None:
        """See FloorPort."""
        known = self._reports.get(agent)
        self._reports[agent] = report
        self.feed.publish(
            agent,
            StationChanged(
                True, report.registered, report.muted, report.mute_lock, report.headset, report.mos,
                report.do_not_disturb,
            ),
        )  # fmt: skip
        if self.supervises(agent):
            return
        self.board.station(agent, report.registered)
        if happened := self._pbx.setdefault(agent, PbxContacts(agent)).reported(report.lines, self.clock.wall()):
            self.spawn(self._at_pbx(happened))
        self.holds.reported(agent, report)
        if known is None or known.reachable != report.reachable:
            self.dispatch.decide(StationUp(agent) if report.reachable else StationDown(agent))

    async def _at_pbx(self, happened: Sequence[tuple[str, Event]]) -> None:
        """What happened to contacts that only a station knows. The queue is not told: they are none of its own."""
        for contact_id, event in happened:
            case = await self.cases.of(contact_id)
            if case.answered_at and isinstance(event, ContactOffered | AgentOffered | ContactAnswered):
                continue  # known to the floor before this one
            received = self.clock.monotonic()
            envelope = self.bus.publish(event, contact_id=contact_id)
            self.board.heard(contact_id, event, envelope.at)
            self.cases.perform(case, case.handle(envelope), received)

    def disconnected(self, agent: str) -> None:
        """See FloorPort."""
        self._links.pop(agent, None)
        self._reports.pop(agent, None)
        self.holds.lost(agent)
        self.feed.publish(agent, StationChanged(False))
        self.board.station(agent, False)
        if not self.supervises(agent):
            self.dispatch.station_lost(agent)
