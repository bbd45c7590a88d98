"""One hold: the customer's, which the worker keeps, and the station's, which the agent's headset shows, are the same.

The station follows the contact: it shows hold while the customer hears music and nobody is consulted. A phase that
nobody ordered is the agent's hold key, and means what the page's button means. ``OneHold`` decides (pure), ``Holds``
carries out. Stations at a foreign PBX hold by SIP themselves and are none of this (``assist.pbx_contacts``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from assist.api.commands import CallCommand, Hold, SwapParties
from assist.api.ports import StationReport, StationVerb
from assist.desk_contact import DeskContact
from voice.commands import Reply

_CALLS = {"in_call": False, "held": True}


class OneHold:
    """One agent's station. At most one order is under way: what it reports meanwhile may be of before the order."""

    def __init__(self) -> None:
        self._shown = False
        self._wanted = False
        self._ordered: bool | None = None

    def contact(self, held: bool) -> StationVerb | None:
        """How the contact stands; the order that brings the station there."""
        self._wanted = held
        return self._next()

    def answered(self, ok: bool) -> StationVerb | None:
        """The station answered the order; the next one where the contact has changed again."""
        if ok and self._ordered is not None:
            self._shown = self._ordered
        self._ordered = None
        return self._next() if ok else None

    def reported(self, phase: str) -> bool | None:
        """What the key asks for: hold (True), the customer back (False), or that nobody pressed it."""
        held = _CALLS.get(phase)
        if held is None:  # no call is talked to: the next one begins unheld
            self._shown = self._wanted = False
            return None
        if self._ordered is not None or held == self._shown:
            return None
        self._shown = self._wanted = held
        return held

    @property
    def shown(self) -> bool:
        """Whether the station holds its call."""
        return self._shown

    def _next(self) -> StationVerb | None:
        if self._ordered is not None or self._wanted == self._shown:
            return None
        self._ordered = self._wanted
        return "hold" if self._wanted else "resume"


class Holds:
    """Every agent's. ``contact``: what is on the desk; ``order`` tells the station; ``ask`` is a page's command."""

    def __init__(
        self, contact: Callable[[str], DeskContact | None], order: Callable[[str, StationVerb], Awaitable[Reply]],
        ask: Callable[[str, CallCommand], Awaitable[Reply]], spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:  # fmt: skip
        self._contact = contact
        self._order = order
        self._ask = ask
        self._spawn = spawn
        self._stations: dict[str, OneHold] = {}

    def told(self, agent: str) -> None:
        """The agent's desk changed."""
        station, contact = self._stations.get(agent), self._contact(agent)
        if station is not None and contact is not None and contact.phase == "talking":
            self._bring(agent, station, station.contact(contact.held and not contact.consult))

    def reported(self, agent: str, report: StationReport) -> None:
        """The agent's station changed."""
        if report.pbx:
            self._stations.pop(agent, None)
            return
        wanted = self._stations.setdefault(agent, OneHold()).reported(report.phase)
        if wanted is not None:
            self._spawn(self._pressed(agent, wanted))

    def lost(self, agent: str) -> None:
        """The station is gone; when it is back it says how it stands."""
        self._stations.pop(agent, None)

    async def _pressed(self, agent: str, wanted: bool) -> None:
        """The hold key: while somebody is consulted it swaps, as a telephone's flash key does."""
        contact = self._contact(agent)
        if contact is None or not contact.consult:
            reply = await self._ask(agent, Hold(wanted))
        elif contact.consult_state == "talking":
            reply = await self._ask(agent, SwapParties())
        else:
            reply = Reply(False, "who is consulted has not answered, or all three talk")
        if not reply.ok or (contact is not None and contact.consult):
            self.told(agent)

    def _bring(self, agent: str, station: OneHold, verb: StationVerb | None) -> None:
        if verb is not None:
            self._spawn(self._carry_out(agent, station, verb))

    async def _carry_out(self, agent: str, station: OneHold, verb: StationVerb) -> None:
        reply = await self._order(agent, verb)
        following = station.answered(reply.ok)
        if self._stations.get(agent) is not station:
            return
        if not reply.ok and verb == "resume" and station.shown:
            await self._ask(agent, Hold(True))  # the headset has no sound: music is better than silence
        self._bring(agent, station, following)
