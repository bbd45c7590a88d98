"""A supervisor of a call that the station captures: her leg, her mode, whom she hears. Pure; part of ``StationCore``.

The same modes, the same table (``voice.hearing``) and the same keys as in a contact worker. The agent has no leg here
but a microphone and an ear, so a takeover leaves the customer's leg where it is, and only the agent's paths end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from voice.calls import Role
from voice.commands import Reply
from voice.hearing import TONE, Arrangement, Mode, Talk, hears
from voice.mode_keys import ModeKeys
from voice.phone import AudioPath, LegConnected, LegDigit, LegDisconnected, LegReferred
from voice.station_contacts import SuperviseOrder, SupervisorLine, VisitPhase
from voice.station_desk import ANSWERED, Asked, Call, Desk
from voice.station_messages import (
    AnswerReferral,
    AwaitSupervisor,
    DialLeg,
    HangUpLeg,
    PlayTone,
    StationEffect,
    StationInput,
)
from voice.station_state import EAR, MIC, SUPERVISION_HEADER, Phase, tap
from voice.station_verbs import Outcome, address, done, refused

ANSWER_BY_ITSELF: Final = {"Answer-Mode": "Auto"}
"""RFC 5373: she has asked for this call herself, a moment ago."""


@dataclass(slots=True)
class _Visit:
    line: SupervisorLine
    order: SuperviseOrder
    keys: ModeKeys = field(default_factory=ModeKeys)
    toned: frozenset[Role] = frozenset()
    leaving: bool = False


class Supervision:
    """At most one supervisor at a time. ``line`` is what the floor is told of her, or of the one who was last."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._visit: _Visit | None = None
        self.line: SupervisorLine | None = None

    def has(self, leg_id: str) -> bool:
        """Whether this is her leg."""
        return self._visit is not None and self._visit.line.leg_id == leg_id

    def command(self, verb: str, argument: str) -> Outcome:
        """Carry out ``supervise``, ``supervise_as`` or ``unsupervise``, or refuse it."""
        visit = self._visit
        try:
            if verb == "supervise":
                return self._dial(SuperviseOrder.parse(argument))
            mode = Mode(argument) if verb == "supervise_as" else None
        except ValueError:
            return refused(f"{verb} does not take {argument[:40]!r}")
        if visit is None:
            return refused("nobody supervises here")
        return self._enter(visit, mode, "command") if mode is not None else done(*self._leave(visit))

    def handle(self, event: StationInput) -> list[StationEffect]:
        """What her leg reports."""
        visit = self._visit
        assert visit is not None
        match event:
            case LegConnected():
                self._show(visit, phase=VisitPhase.CONNECTED)
                return self._set(visit, Mode.LISTEN, "command")
            case LegDigit(digit=digit):
                mode = visit.keys.press(digit, self._desk.now())
                return self._enter(visit, mode, "phone")[1] if mode is not None else []
            case LegDisconnected(code=code, reason=reason):
                return self.over(code, reason)
            case LegReferred(leg_id=leg_id):
                return [AnswerReferral(leg_id, None)]
        return []

    def over(self, code: int, reason: str) -> list[StationEffect]:
        """Her leg ended; where she had taken over, so does the call."""
        visit, call = self._visit, self._call()
        if visit is None:
            return []
        self._show(visit, phase=VisitPhase.OVER, code=code, reason=reason)
        self._visit = None
        if call is None or call.phase is not Phase.TAKEN or call.ending:
            return []
        call.asked = Asked.HANG_UP
        return [HangUpLeg(call.leg_id)]

    def rang_out(self, leg_id: str) -> list[StationEffect]:
        """Her phone rang long enough."""
        visit = self._visit
        ringing = visit is not None and visit.line.leg_id == leg_id and visit.line.phase is VisitPhase.DIALLING
        return self._leave(visit) if visit is not None and ringing else []

    def settle(self) -> list[StationEffect]:
        """After everything that happens: she leaves with the call."""
        return self._leave(self._visit) if self._visit is not None and self._call() is None else []

    def paths(self) -> frozenset[AudioPath]:
        """Hers, by the table; everybody else's are the desk's."""
        visit, call = self._visit, self._call()
        if visit is None or visit.leaving or visit.line.mode is None or call is None:
            return frozenset()
        talk = self._talk(call)
        if talk is None:
            return frozenset()
        speaks, listens = self._ports(call, visit.line.leg_id)
        table = hears(Arrangement(talk, visit.line.mode))
        found = {
            AudioPath(speaks[speaker], listens[listener], gain)
            for listener, row in table.items()
            for speaker, gain in row.items()
            if Role.SUPERVISOR in (listener, speaker) and listener in listens and speaker in speaks
        }
        if call.recording and Role.SUPERVISOR in table.get(Role.CALLER, {}):
            found.add(AudioPath(speaks[Role.SUPERVISOR], tap(call.line.slot, "agent")))
        return frozenset(found | {AudioPath(TONE, listens[role]) for role in visit.toned if role in listens})

    def _ports(self, call: Call, leg_id: str) -> tuple[dict[Role, str], dict[Role, str]]:
        """Where each party speaks, and where it listens."""
        found = {Role.CALLER: f"leg:{call.leg_id}", Role.SUPERVISOR: f"leg:{leg_id}"}
        if (colleague := self._colleague()) is not None:
            found[Role.CONSULT] = f"leg:{colleague.leg_id}"
        return found | ({} if self._desk.muted else {Role.AGENT: MIC}), found | {Role.AGENT: EAR}

    def _talk(self, call: Call) -> Talk | None:
        """How the parties of her contact stand; None while the agent talks to another customer: not her business."""
        if call.phase is not Phase.HELD:
            return Talk.CONFERENCE if call.line.joined else Talk.DIRECT
        talking = self._desk.first(Phase.IN_CALL)
        if talking is None:
            return Talk.HELD
        return Talk.CONSULT if talking is self._colleague() else None

    def _colleague(self) -> Call | None:
        return next((call for call in self._desk.calls if call.line.consult and not call.ending), None)

    def _call(self) -> Call | None:
        """The one she supervises."""
        contact_id = self._visit.order.contact_id if self._visit is not None else ""
        return self._captured(contact_id)

    def _captured(self, contact_id: str) -> Call | None:
        living = (call for call in self._desk.calls if call.captured and not call.ending)
        return next((call for call in living if call.line.contact_id == contact_id), None)

    def _dial(self, order: SuperviseOrder) -> Outcome:
        if (visit := self._visit) is not None:
            same = (visit.order.supervisor, visit.order.contact_id) == (order.supervisor, order.contact_id)
            return done() if same else refused(f"{visit.order.supervisor} supervises this station")
        if self._captured(order.contact_id) is None:
            return refused("that call is over")
        uri = address(order.to, self._desk.policy.domain)
        if uri is None:
            return refused(f"{order.to[:40]!r} cannot be called")
        leg_id = self._desk.new_leg_id()
        self._visit = _Visit(SupervisorLine(leg_id, order.supervisor, order.contact_id), order)
        self.line = self._visit.line
        headers = {SUPERVISION_HEADER: order.contact_id, **ANSWER_BY_ITSELF}
        return done(DialLeg(leg_id, uri, headers), AwaitSupervisor(leg_id))

    def _leave(self, visit: _Visit) -> list[StationEffect]:
        if visit.leaving:
            return []
        visit.leaving = True
        return [HangUpLeg(visit.line.leg_id)]

    def _enter(self, visit: _Visit, mode: Mode, by: str) -> Outcome:
        call = self._call()
        if visit.line.mode is None or visit.leaving or call is None:
            return refused("your phone is not connected" if call is not None else "that call is over")
        if mode is visit.line.mode:
            return done()
        if visit.line.mode is Mode.TAKEOVER:
            return refused("you have taken over: the agent is gone")
        if mode is Mode.TAKEOVER:
            if call.phase not in ANSWERED or self._colleague() is not None:
                return refused("somebody else is being consulted: take over when that has ended")
            call.change(phase=Phase.TAKEN, joined=False)
        return Reply(True), self._set(visit, mode, by)

    def _set(self, visit: _Visit, mode: Mode, by: str) -> list[StationEffect]:
        self._show(visit, mode=mode, by=by)
        visit.toned = frozenset(dict(visit.order.tones).get(mode, ()))
        return [PlayTone()] if visit.toned else []

    def _show(self, visit: _Visit, **changes: object) -> None:
        self.line = visit.line = replace(visit.line, **changes)  # type: ignore[arg-type]  # fields of SupervisorLine
