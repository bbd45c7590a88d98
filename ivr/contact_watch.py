"""Are they still there? Every connected leg of a contact is looked at each second, for a BYE may be lost. Pure.

An agent whose station is dead loses the contact, which waits again before all others. Of a customer's leg only the
telephone company knows whether it lives: it is asked, and where it says that there is no such call, the SIP stack ends
the leg; where it says nothing for ten seconds, and no sound comes, the customer is gone. One that cannot be
asked (None) is left alone.
"""

from __future__ import annotations

from ivr.contact_control import Control
from ivr.contact_effects import ProbeLeg, WatchLeg
from ivr.contact_ring import Ring
from ivr.contact_state import ContactState
from ivr.watchdog import LONGEST_S, PATIENCE_S, Watchdog
from voice.calls import Leg, LegLeft, Role

FORGOTTEN = frozenset({408, 481})
"""Codes with which the SIP stack ends a leg whose far end does not answer, or no longer has the call."""


class Watch:
    """A watchdog per leg; a leg that others take over (a transfer) keeps its own."""

    def __init__(self, state: ContactState, ring: Ring, control: Control) -> None:
        self._state = state
        self._ring = ring
        self._control = control
        self._dogs: dict[str, Watchdog] = {}

    def joined(self, leg: Leg) -> None:
        """A leg is connected."""
        self._dogs[leg.id] = Watchdog(LONGEST_S, PATIENCE_S) if leg.role is Role.CALLER else Watchdog()
        self._state.do(WatchLeg(leg.id))

    def looked(self, leg_id: str, packets: int, now: float) -> None:
        """``packets`` of RTP came since the last look."""
        dog = self._dogs.get(leg_id)
        if dog is None or not (self._is_agents(leg_id) or leg_id == self._state.caller_leg):
            return
        if dog.looked(packets or self._control.holds(leg_id), now):
            self._state.do(ProbeLeg(leg_id))

    def probed(self, leg_id: str, there: bool | None, now: float) -> bool:
        """What the far end has answered; None where it cannot be asked. Whether that was the customer, who is gone."""
        dog = self._dogs.get(leg_id)
        if dog is None or not dog.answered(there, now):
            return False
        if self._is_agents(leg_id):
            self._control.lose_station(dog.silent_s(now), now)
        return there is False and leg_id == self._state.caller_leg and not self._state.ended

    def left(self, change: LegLeft, now: float) -> bool:
        """A leg ended; True where it is the agent's who has the contact, and nobody hung up."""
        dog = self._dogs.pop(change.leg.id, None)
        if dog is None or change.code not in FORGOTTEN or not self._is_agents(change.leg.id):
            return False
        self._control.lose_station(dog.silent_s(now), now)
        return True

    def _is_agents(self, leg_id: str) -> bool:
        """Whether an agent talks to the customer there."""
        offer, state = self._ring.offer, self._state
        talking = state.snapshot.phase == "talking" and not state.ended
        return talking and offer is not None and offer.leg_id == leg_id
