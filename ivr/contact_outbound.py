"""A contact that we begin: an agent's station is rung first, then the customer. Pure; part of ``ContactCore``.

There is no flow, so the customer hears the recording notice when she answers; only then do the two talk, recognised and
recorded. Where there is no recording of the notice they talk at once, and neither happens.
"""

from __future__ import annotations

from ivr import effects as flow
from ivr.contact_commands import ConnectAgent
from ivr.contact_effects import CUSTOMER_TIMER, DialLeg
from ivr.contact_ring import Ring
from ivr.contact_state import ContactState
from ivr.contacts import ContactOffered, PromptStarted
from ivr.outbound import CallCustomer, CustomerReached, CustomerUnreached, RecordingAnnounced
from voice.calls import LegLeft, Role
from voice.commands import Reply
from voice.hearing import Talk

_NOTICE = 1
"""The token of the notice: there is no flow whose tokens it could be mistaken for."""


class Outbound:
    """``begun``: this contact is one of ours. ``notice``: what the customer is told; None: nothing."""

    def __init__(self, state: ContactState, ring: Ring, notice: flow.Prompt | None) -> None:
        self._state = state
        self._ring = ring
        self._notice = notice
        self._order: CallCustomer | None = None
        self._reached = False

    @property
    def begun(self) -> bool:
        """Whether this contact was begun by us."""
        return self._order is not None

    def begin(self, command: CallCustomer, now: float) -> Reply:
        """Ring the agent; the same order twice is one."""
        state = self._state
        if self._order is not None or state.call.legs:
            return Reply(self._order == command, "" if self._order == command else "this worker has its contact")
        self._order = command
        state.waits_since = now
        state.update(
            caller=command.number, offered_at=now, queue=command.queue, priority=command.priority,
            queued_at=command.since or now, phase="dialling",
        )  # fmt: skip
        worker_id = state.snapshot.worker_id
        state.publish(ContactOffered(worker_id, command.number, "", "outbound", "", "outbound"))
        self._ring.connect(ConnectAgent(command.agent, command.agent_address, command.lease_id, command.agent_ring_s))
        state.publish(state.snapshot)
        return Reply(True)

    def agent_answered(self, now: float) -> None:
        """The agent is there, and hears the customer's telephone ring."""
        order, state = self._order, self._state
        assert order is not None
        self._ring.answered(now, listen=False)
        leg_id = state.new_leg(Role.CALLER, order.address)
        state.ringing_back = True
        state.do(DialLeg(leg_id, order.address, {}), flow.StartTimer(CUSTOMER_TIMER, order.ring_s, 0))

    def timed_out(self) -> None:
        """The customer's telephone has rung long enough."""
        if not self._reached:
            self._state.release(self._state.caller_leg)

    def customer_answered(self) -> None:
        """The customer is told about the recording, if she can be."""
        state = self._state
        self._reached, state.ringing_back = True, False
        state.do(flow.CancelTimer(CUSTOMER_TIMER))
        state.publish(CustomerReached())
        if self._notice is not None:
            state.talk = Talk.HELD
            state.prompt(True)
            state.do(flow.PlayPrompts(_NOTICE, "notice", (self._notice,)))
            state.publish(PromptStarted("notice", self._notice.text))

    def notice_heard(self) -> None:
        """From now on they talk, and may be listened to."""
        if self._reached and self._state.talk is Talk.HELD:
            self._state.talk = Talk.DIRECT
            self._state.prompt(False)
            self._state.publish(RecordingAnnounced())
            self._state.listen()

    def customer_left(self, change: LegLeft, now: float) -> None:
        """The customer's leg ended: she was not reached, or has hung up."""
        state = self._state
        if not self._reached and not state.ended:
            state.publish(CustomerUnreached(change.code, change.reason))
        state.end("completed" if self._reached else "unreached", "caller", now)

    def agent_gone(self, told: flow.Input, now: float) -> None:
        """The agent did not answer, or has hung up."""
        reason = "completed" if self._reached else "failed"
        self._state.end(reason, "system" if isinstance(told, flow.AgentFailed) else "agent", now)
