"""The stations that are linked to the floor: what each last said of itself, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from assist.api.ports import StationLink, StationReport, StationVerb
from assist.board.table import Board
from assist.desk_events import StationChanged
from assist.dispatch import Dispatch
from assist.feed import Feed
from assist.one_hold import Holds
from assist.pbx_stations import PbxStations
from hardware.busylight import Work
from ivr.acd_messages import StationDown, StationUp
from ivr.agents import AgentState
from voice.commands import Reply

_WORK: Final = {
    AgentState.AVAILABLE: Work.READY,
    AgentState.NOT_READY: Work.NOT_READY,
    AgentState.NOT_RESPONDING: Work.NOT_READY,
    AgentState.OFFLINE: Work.NOT_READY,
    AgentState.WRAPUP: Work.WRAP_UP,
}


@dataclass(slots=True)
class LinkedStations:
    """``supervises``: whose station takes no contacts of its own; ``holds``: keeps the page's hold and the headset's
    one; ``pbx``: follows calls that only a station knows.
    """

    feed: Feed
    dispatch: Dispatch
    board: Board
    holds: Holds
    pbx: PbxStations
    supervises: Callable[[str], bool]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _links: dict[str, StationLink] = field(default_factory=dict)
    _reports: dict[str, StationReport] = field(default_factory=dict)
    _work: dict[str, Work] = field(default_factory=dict)

    def report(self, agent: str) -> StationReport | None:
        """What the station last said of itself; None where it is not linked."""
        return self._reports.get(agent)

    async def command(self, agent: str, verb: StationVerb, argument: str = "") -> Reply:
        """Ask it of the agent's station."""
        link = self._links.get(agent)
        if link is None:
            return Reply(False, "your softphone is not connected")
        return await link.command(verb, argument=argument)

    def works(self, agent: str, state: str) -> None:
        """The agent's state is this now: her busy light shows it, where a call says no more."""
        link, work = self._links.get(agent), _WORK.get(AgentState(state))
        if link is not None and work is not None and work is not self._work.get(agent):
            self._work[agent] = work
            self.spawn(_told(link, work))

    def connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """See FloorPort."""
        self._links[agent] = link
        self._work.pop(agent, None)  # this one was told nothing yet
        self._reports.pop(agent, None)  # nor has it said anything
        if not self.supervises(agent):
            self.dispatch.log_in(agent)
        self.works(agent, self.dispatch.state(agent))
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
        self.pbx.reported(agent, report)
        self.holds.reported(agent, report)
        lost = self.dispatch.state(agent) is AgentState.NOT_RESPONDING  # a sign of life, where it was given up
        if known is None or known.reachable != report.reachable or lost:
            self.dispatch.decide(StationUp(agent) if report.reachable else StationDown(agent))

    def disconnected(self, agent: str) -> None:
        """See FloorPort."""
        self._links.pop(agent, None)
        self._reports.pop(agent, None)
        self.holds.lost(agent)
        self.feed.publish(agent, StationChanged(False))
        self.board.station(agent, False)
        if not self.supervises(agent):
            self.pbx.lost(agent)
            self.dispatch.station_lost(agent)


async def _told(link: StationLink, work: Work) -> None:
    """A station that does not know the verb, or is gone again, has no light that matters."""
    await link.command("work", argument=work)
