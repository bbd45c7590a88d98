"""Where the legs of a supervised contact meet, and so whom its supervisor's commands go to: the contact's worker, or
the agent's station for a call of a foreign PBX.

Behind our front her telephone is called once, by a worker of its own (``ivr.supervisor_bridge``), and the workers of
the contacts she goes to dial that one. Where no worker is free the contact's own dials her telephone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from assist.api.ports import StationVerb
from assist.casework import Case
from assist.pbx_contacts import PBX
from assist.supervision import address
from ivr.outbound import OutboundReady
from ivr.supervision import (
    BridgeClosed,
    BridgeOpened,
    CloseBridge,
    EndSupervision,
    OpenBridge,
    SetSupervisionMode,
    Supervise,
    Tones,
)
from voice.bus.base import Bus
from voice.claims import FRONT_ADDRESS, ClaimWorker
from voice.commands import Command, Reply
from voice.errors import BusError
from voice.events import new_identifier
from voice.settings import AgentSettings
from voice.station_contacts import SuperviseOrder

CLAIMED_S: Final = 10.0
"""How long a worker that was claimed may take to report."""
CANCELLED: Final = 487


class AskStation(Protocol):
    """Ask something of an agent's station."""

    def __call__(self, agent: str, verb: StationVerb, argument: str = "") -> Awaitable[Reply]:
        """A refusal, a silence or a lost link is a Reply that is not ``ok``."""


@dataclass(slots=True)
class _Line:
    """A supervisor's telephone: the order its worker was claimed by, then that worker, then (connected) the address it
    is reached at; ``wanted``: the contact she asked for before she was connected.
    """

    user: str
    telephone: str
    order: str = ""
    bridge_id: str = ""
    worker_id: str = ""
    address: str = ""
    wanted: tuple[Case, Tones] | None = None


@dataclass(slots=True)
class Bridges:
    """``domain``: the one our front serves; ``failed``: is told whom (user) which contact could not be put through to,
    SIP's code and why; ``spawn``: runs what nobody waits for.
    """

    bus: Bus
    station: AskStation
    domain: str
    failed: Callable[[str, Case, int, str], None]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _lines: dict[str, _Line] = field(default_factory=dict)

    async def supervise(self, case: Case, agent: str, who: AgentSettings, tones: Tones) -> Reply:
        """Put her through to this contact; whether that works out is told later. Raises BusError where the contact's
        worker does not answer, or refuses.
        """
        line = self._lines.get(who.user)
        if case.worker_id == PBX:
            self.release(who.user)
            order = SuperviseOrder(who.user, case.contact_id, who.phone or who.user, tones)
            return await self.station(agent, "supervise", str(order))
        if line is not None and line.address:
            return await self._ask(case.contact_id, Supervise(who.user, line.address, tones))
        if line is not None:
            line.wanted = (case, tones)
            return Reply(True)
        line = _Line(who.user, address(who, self.domain), new_identifier()[:32], wanted=(case, tones))
        self._lines[who.user] = line
        try:
            await self.bus.request(FRONT_ADDRESS, ClaimWorker(line.order))
        except BusError:
            del self._lines[who.user]
            return await self._ask(case.contact_id, Supervise(who.user, line.telephone, tones))
        asyncio.get_running_loop().call_later(CLAIMED_S, self._unclaimed, line)
        return Reply(True)

    async def enter(self, case: Case, agent: str, command: SetSupervisionMode) -> Reply:
        """Change her mode. Raises BusError."""
        if case.worker_id != PBX:
            return await self._ask(case.contact_id, command)
        return await self.station(agent, "supervise_as", command.mode.value)

    async def end(self, case: Case, agent: str, supervisor: str) -> Reply:
        """Take her away from this contact. Raises BusError."""
        if case.worker_id == PBX:
            return await self.station(agent, "unsupervise")
        line = self._lines.get(supervisor)
        if line is not None and line.wanted is not None and line.wanted[0] is case:
            self._give_up(line, CANCELLED, "cancelled")
            return Reply(True)
        return await self._ask(case.contact_id, EndSupervision(supervisor))

    def release(self, supervisor: str) -> None:
        """She goes to no other contact: hang her telephone up, if it is ours to hang up."""
        line = self._lines.pop(supervisor, None)
        if line is not None and line.bridge_id:
            self.spawn(self._close(line))

    def ready(self, bridge_id: str, event: OutboundReady) -> bool:
        """A claimed worker reports; False where it is none of ours."""
        line = next((line for line in self._lines.values() if line.order == event.order), None)
        if line is not None and line.wanted is not None and not line.address:
            line.bridge_id = bridge_id
            self.spawn(self._open(line, line.wanted[0]))
        return line is not None

    def heard(self, event: BridgeOpened | BridgeClosed) -> None:
        """A supervisor's telephone was connected (or still is: a floor that starts hears it again), or is gone."""
        line = self._lines.get(event.supervisor)
        if isinstance(event, BridgeClosed):
            if line is not None and line.bridge_id == event.bridge_id:
                self._give_up(line, event.code, event.reason)
            return
        if line is None:
            line = self._lines[event.supervisor] = _Line(event.supervisor, "")
        line.bridge_id, line.worker_id, line.address = event.bridge_id, event.worker_id, event.address
        if line.wanted is not None:
            (case, tones), line.wanted = line.wanted, None
            self.spawn(self._join(line, case, tones))

    def lost(self, worker_id: str) -> str:
        """A worker died; the supervisor whose telephone it had, or nobody (the front has hung it up)."""
        line = next((line for line in self._lines.values() if line.worker_id == worker_id), None)
        if line is None:
            return ""
        del self._lines[line.user]
        return line.user

    def _unclaimed(self, line: _Line) -> None:
        if self._lines.get(line.user) is line and not line.bridge_id:
            self._give_up(line, 503, "the worker that was to call did not report")

    def _give_up(self, line: _Line, code: int, reason: str) -> None:
        if self._lines.get(line.user) is line:
            self.release(line.user)
        if line.wanted is not None:
            case, line.wanted = line.wanted[0], None
            self.failed(line.user, case, code, reason)

    async def _open(self, line: _Line, case: Case) -> None:
        try:
            await self._ask(line.bridge_id, OpenBridge(line.user, line.telephone, case.contact_id))
        except BusError as error:
            self._give_up(line, 503, str(error))

    async def _join(self, line: _Line, case: Case, tones: Tones) -> None:
        try:
            await self._ask(case.contact_id, Supervise(line.user, line.address, tones))
        except BusError as error:
            line.wanted = (case, tones)
            self._give_up(line, 0, str(error))

    async def _close(self, line: _Line) -> None:
        with contextlib.suppress(BusError):  # her call is over already
            await self._ask(line.bridge_id, CloseBridge(line.user))

    async def _ask(self, contact_id: str, command: Command) -> Reply:
        await self.bus.request(f"contact.{contact_id}", command)
        return Reply(True)
