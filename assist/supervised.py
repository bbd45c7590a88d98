"""Where the legs of a supervised contact meet, and so whom its supervisor's commands go to: the contact's worker, or
the agent's station for a call of a foreign PBX.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from assist.api.ports import StationVerb
from assist.casework import Case
from assist.pbx_contacts import PBX
from assist.supervision import address
from ivr.supervision import EndSupervision, SetSupervisionMode, Supervise, Tones
from voice.bus.base import Bus
from voice.commands import Command, Reply
from voice.settings import AgentSettings
from voice.station_contacts import SuperviseOrder


class AskStation(Protocol):
    """Ask something of an agent's station."""

    def __call__(self, agent: str, verb: StationVerb, argument: str = "") -> Awaitable[Reply]:
        """A refusal, a silence or a lost link is a Reply that is not ``ok``."""


@dataclass(frozen=True, slots=True)
class Bridges:
    """``domain``: the one our front serves."""

    bus: Bus
    station: AskStation
    domain: str

    async def supervise(self, case: Case, agent: str, who: AgentSettings, tones: Tones) -> Reply:
        """Dial her phone for this contact. Raises BusError where its worker does not answer, or refuses."""
        if case.worker_id != PBX:
            return await self._ask_worker(case, Supervise(who.user, address(who, self.domain), tones))
        order = SuperviseOrder(who.user, case.contact_id, who.phone or who.user, tones)
        return await self.station(agent, "supervise", str(order))

    async def enter(self, case: Case, agent: str, command: SetSupervisionMode) -> Reply:
        """Change her mode. Raises BusError."""
        if case.worker_id != PBX:
            return await self._ask_worker(case, command)
        return await self.station(agent, "supervise_as", command.mode.value)

    async def end(self, case: Case, agent: str, supervisor: str) -> Reply:
        """Hang up her leg. Raises BusError."""
        if case.worker_id != PBX:
            return await self._ask_worker(case, EndSupervision(supervisor))
        return await self.station(agent, "unsupervise")

    async def _ask_worker(self, case: Case, command: Command) -> Reply:
        await self.bus.request(f"contact.{case.contact_id}", command)
        return Reply(True)
