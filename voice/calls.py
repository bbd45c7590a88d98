"""Call and Leg: a pure state machine over what the phone reports.

A leg goes DIALLING → RINGING → CONNECTED → ENDED (outgoing) or OFFERED → CONNECTED → ENDED (incoming); it may end from
any state, and nothing follows the end. Reports that do not fit (late, repeated, about an unknown leg) change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from voice.phone import IncomingLeg, LegConnected, LegDisconnected, LegProgressed, PhoneEvent


class Role(StrEnum):
    """Whose leg it is."""

    CALLER = "caller"
    AGENT = "agent"
    CONSULT = "consult"
    """A colleague, queue or outside number the agent asks, or brings in."""
    SUPERVISOR = "supervisor"


class LegState(StrEnum):
    """Where a leg stands."""

    OFFERED = "offered"
    DIALLING = "dialling"
    RINGING = "ringing"
    CONNECTED = "connected"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Leg:
    """One party's SIP call. ``address`` is the far end's SIP URI; ``codec`` is known once connected. ``leaving``: we
    are hanging it up, so it has no part in the call any more.
    """

    id: str
    role: Role
    address: str
    state: LegState
    codec: str = ""
    leaving: bool = False

    @property
    def alive(self) -> bool:
        """Not ended."""
        return self.state is not LegState.ENDED


@dataclass(frozen=True, slots=True)
class LegRang:
    """A leg we dialled began to ring."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class LegJoined:
    """A leg is connected."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class LegLeft:
    """A leg ended; ``was`` is the state it ended from."""

    leg: Leg
    was: LegState
    code: int
    reason: str


CallChange = LegRang | LegJoined | LegLeft


@dataclass(frozen=True, slots=True)
class Call:
    """The legs of one contact, ended ones included, in the order they came."""

    legs: tuple[Leg, ...] = field(default=())

    @property
    def over(self) -> bool:
        """There were legs, and all have ended."""
        return bool(self.legs) and not any(leg.alive for leg in self.legs)

    def leg(self, leg_id: str) -> Leg | None:
        """The leg of that id."""
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def alive(self, role: Role) -> Leg | None:
        """The leg of that role that has not ended and is not leaving."""
        return next((leg for leg in self.legs if leg.role is role and leg.alive and not leg.leaving), None)

    def connected(self, role: Role) -> Leg | None:
        """The connected leg of that role."""
        leg = self.alive(role)
        return leg if leg is not None and leg.state is LegState.CONNECTED else None

    def offered(self, event: IncomingLeg, role: Role) -> Call:
        """With a leg that calls us."""
        return Call((*self.legs, Leg(event.leg_id, role, event.from_uri, LegState.OFFERED)))

    def dialled(self, leg_id: str, role: Role, address: str) -> Call:
        """With a leg we call."""
        return Call((*self.legs, Leg(leg_id, role, address, LegState.DIALLING)))

    def released(self, leg_id: str) -> Call:
        """With a leg that we are hanging up."""
        return Call(tuple(replace(leg, leaving=True) if leg.id == leg_id else leg for leg in self.legs))

    def recast(self, leg_id: str, role: Role) -> Call:
        """With a leg that stands for another role from now on: a colleague who takes the contact over."""
        return Call(tuple(replace(leg, role=role) if leg.id == leg_id else leg for leg in self.legs))

    def apply(self, event: PhoneEvent) -> tuple[Call, CallChange | None]:
        """The call after ``event``, and what changed, if anything."""
        match event:
            case LegProgressed(leg_id=leg_id, code=180 | 183):
                leg = self.leg(leg_id)
                if leg is not None and leg.state is LegState.DIALLING:
                    leg = replace(leg, state=LegState.RINGING)
                    return self._with(leg), LegRang(leg)
            case LegConnected(leg_id=leg_id, codec=codec):
                leg = self.leg(leg_id)
                if leg is not None and leg.alive and leg.state is not LegState.CONNECTED:
                    leg = replace(leg, state=LegState.CONNECTED, codec=codec)
                    return self._with(leg), LegJoined(leg)
            case LegDisconnected(leg_id=leg_id, code=code, reason=reason):
                leg = self.leg(leg_id)
                if leg is not None and leg.alive:
                    was, leg = leg.state, replace(leg, state=LegState.ENDED)
                    return self._with(leg), LegLeft(leg, was, code, reason)
        return self, None

    def _with(self, changed: Leg) -> Call:
        return Call(tuple(changed if leg.id == changed.id else leg for leg in self.legs))
