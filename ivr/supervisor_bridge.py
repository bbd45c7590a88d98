"""A worker that has no contact but a supervisor's telephone: the contacts she listens to dial it instead of her, so
she goes from one to the next within one call. Pure; part of ``ContactCore``.

It joins the two legs and passes her keys on. Who hears whom is decided by the contact's own worker, as ever.
"""

from __future__ import annotations

from ivr import effects as flow
from ivr.contact_effects import (
    SUPERVISION_HEADER,
    SUPERVISION_TIMER,
    AnswerLeg,
    AnswerReferral,
    DialLeg,
    Finish,
    HangUpLeg,
    PressKeys,
    ProbeLeg,
    SetPaths,
    WatchLeg,
)
from ivr.contact_state import ContactState
from ivr.contact_supervision import AUTO_ANSWER
from ivr.supervision import BridgeClosed, BridgeOpened, CloseBridge, OpenBridge
from ivr.watchdog import Watchdog
from voice.calls import LegJoined, LegLeft, LegState, Role
from voice.claims import bridge_user
from voice.commands import Reply
from voice.phone import AudioPath, IncomingLeg, LegDigit, LegReferred, PhoneEvent

ALONE_S = 15.0
"""How long she waits for the next contact: the floor that knew which is gone."""


class SupervisorBridge:
    """``begun``: this worker is one. Her leg has the role SUPERVISOR, that of a contact CALLER."""

    def __init__(self, state: ContactState, domain: str) -> None:
        self._state = state
        self._domain = domain
        self._order: OpenBridge | None = None
        self._leg = ""
        self._turn = 0
        self._watchdog = Watchdog()

    @property
    def begun(self) -> bool:
        """Whether this worker has a supervisor's telephone, and so no contact."""
        return self._order is not None

    @property
    def opened(self) -> BridgeOpened | None:
        """What a floor needs to know while she is connected."""
        if self._order is None or self._state.call.connected(Role.SUPERVISOR) is None:
            return None
        worker_id = self._state.snapshot.worker_id
        address = f"sip:{bridge_user(worker_id)}@{self._domain}"
        return BridgeOpened(self._order.supervisor, self._state.contact_id, worker_id, address)

    def command(self, command: OpenBridge | CloseBridge) -> Reply:
        """Dial her, or let her go."""
        state = self._state
        if isinstance(command, CloseBridge):
            state.release(self._leg)
            return Reply(self.begun, "" if self.begun else "this is no supervisor's bridge")
        if self._order is not None or state.call.legs:
            return Reply(self._order == command, "" if self._order == command else "this worker has its contact")
        self._order = command
        self._leg = state.new_leg(Role.SUPERVISOR, command.address)
        state.do(
            DialLeg(self._leg, command.address, {SUPERVISION_HEADER: command.contact_id, **AUTO_ANSWER}),
            flow.StartTimer(SUPERVISION_TIMER, command.ring_s, self._turn),
        )
        return Reply(True)

    def phone_event(self, event: PhoneEvent) -> None:
        """Something happened to one of the legs."""
        state = self._state
        match event:
            case IncomingLeg() if self.opened is None:
                state.do(HangUpLeg(event.leg_id, 480))
            case IncomingLeg():
                state.call = state.call.offered(event, Role.CALLER)
                state.do(AnswerLeg(event.leg_id))
            case LegDigit(leg_id=leg_id, digit=digit) if leg_id == self._leg:
                if contact := self._contact():
                    state.do(PressKeys(contact, digit))
            case LegReferred(leg_id=leg_id):
                state.do(AnswerReferral(leg_id, None))
            case _:
                state.call, change = state.call.apply(event)
                if isinstance(change, LegJoined | LegLeft):
                    self._changed(change)

    def timed_out(self, token: int) -> None:
        """Her phone rang long enough, or she has been alone for long enough."""
        if token == self._turn and not self._contact():
            self._state.release(self._leg)

    def leg_heard(self, packets: int, now: float) -> None:
        """What came of her sound since the last look."""
        if self._watchdog.looked(packets, now):
            self._state.do(ProbeLeg(self._leg))

    def leg_probed(self, there: bool | None, now: float) -> None:
        """Whether her telephone still has the call."""
        if self._watchdog.answered(there, now):
            self._state.release(self._leg)

    def _changed(self, change: LegJoined | LegLeft) -> None:
        state, hers = self._state, change.leg.id == self._leg
        if hers and isinstance(change, LegJoined):
            state.do(WatchLeg(self._leg))
            if (opened := self.opened) is not None:
                state.publish(opened)
        elif hers and isinstance(change, LegLeft) and self._order is not None:
            state.ended = True
            state.publish(BridgeClosed(self._order.supervisor, state.contact_id, change.code, change.reason))
            for leg in state.call.legs:
                state.release(leg.id)
        self._turn += 1
        state.do(flow.CancelTimer(SUPERVISION_TIMER), SetPaths(self._paths()))
        if state.call.over:
            state.do(Finish())
        elif not self._contact() and not state.ended:
            state.do(flow.StartTimer(SUPERVISION_TIMER, ALONE_S, self._turn))

    def _contact(self) -> str:
        """The leg of the contact she is at: the newest, where the one before is still on its way out."""
        legs = (leg for leg in reversed(self._state.call.legs) if leg.role is Role.CALLER and not leg.leaving)
        return next((leg.id for leg in legs if leg.state is LegState.CONNECTED), "")

    def _paths(self) -> frozenset[AudioPath]:
        contact = self._contact()
        if not contact or self.opened is None:
            return frozenset()
        her, it = f"leg:{self._leg}", f"leg:{contact}"
        return frozenset({AudioPath(it, her), AudioPath(her, it)})
