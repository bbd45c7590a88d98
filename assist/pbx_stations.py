"""The contacts of foreign PBXs, which stations alone know: what they report becomes events of the log, and a floor that
starts again takes up where the log ends.

A station tells of calls that are over until it has others to tell of, so one that is linked again closes what ended
meanwhile. One that stays away has its contacts closed for it after LEASE_S.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from assist.api.ports import StationReport
from assist.case_files import CaseFiles
from assist.journal import Journal
from assist.pbx_contacts import PBX, PbxContacts
from ivr.contacts import AgentOffered, ContactAnswered, ContactEnded, ContactOffered
from voice.clock import Clock
from voice.events import Event

LEASE_S: Final = 120.0
"""A station that has lost the floor tries again every five seconds."""

_BEGINNINGS = (ContactOffered, AgentOffered, ContactAnswered)


@dataclass(slots=True)
class PbxStations:
    """``spawn``: runs what nobody waits for."""

    cases: CaseFiles
    clock: Clock
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _stations: dict[str, PbxContacts] = field(default_factory=dict)
    _leases: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def recall(self, journal: Journal) -> None:
        """Remember the contacts that the log has not closed; before any station is let in."""
        for contact_id in await journal.not_closed(PBX):
            envelopes = await journal.of_contact(contact_id)
            agent = next((e.event.agent for e in envelopes if isinstance(e.event, AgentOffered)), "")
            station = self._stations.setdefault(agent, PbxContacts(agent))
            for envelope in envelopes:
                station.recalled(contact_id, envelope.event, envelope.at)
        for agent in self._stations:
            self.lost(agent)

    def reported(self, agent: str, report: StationReport) -> None:
        """A station's state, newer than any before."""
        if (lease := self._leases.pop(agent, None)) is not None:
            lease.cancel()
        if report.pbx or agent in self._stations:
            self.spawn(self._follow(agent, report))

    def lost(self, agent: str) -> None:
        """A station's link is gone; its calls go on."""
        station = self._stations.get(agent)
        if station is not None and station.open and agent not in self._leases:
            loop = asyncio.get_running_loop()
            self._leases[agent] = loop.call_later(LEASE_S, self._lapsed, agent)

    def close(self) -> None:
        """No lease runs out any more."""
        for lease in self._leases.values():
            lease.cancel()
        self._leases.clear()

    def _lapsed(self, agent: str) -> None:
        del self._leases[agent]
        self.spawn(self._lapse(agent))

    async def _lapse(self, agent: str) -> None:
        async with self._one_by_one:
            await self._publish(self._stations[agent].lapsed(self.clock.wall()))

    async def _follow(self, agent: str, report: StationReport) -> None:
        async with self._one_by_one:
            station = self._stations.setdefault(agent, PbxContacts(agent))
            for line in report.lines:
                if line.slot >= 0:
                    await self.cases.of(line.contact_id)  # a floor that starts again has it on the desk at once
            now = self.clock.wall()
            await self._publish(station.reported(report.lines, now, report.past, report.supervision))

    async def _publish(self, happened: list[tuple[str, Event]]) -> None:
        for contact_id, event in happened:
            case = await self.cases.of(contact_id)
            if case.answered_at and isinstance(event, _BEGINNINGS):
                continue  # older than what was recalled
            if case.ended and isinstance(event, ContactEnded):
                continue  # closed for a station that stayed away, and is back with the call
            self.cases.own(event, case)
