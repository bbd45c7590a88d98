"""The contact's own decisions: pure, one per contact; the worker (``ivr.contact``) performs what comes out.

In: what the phone reports, prompts and timers that ended, commands from the floor. Out: phone operations, prompts,
timers, events. Ties together the call's legs (``voice.calls``), the flow (``ivr.flow``) and the phase the floor sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ivr import effects as flow
from ivr.conditions import QueueFacts
from ivr.contacts import (
    AgentOffered,
    AgentUnreachable,
    CallbackRequested,
    ChoiceMade,
    ConnectAgent,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    ContactTagged,
    EndContact,
    FactsWanted,
    LeaveQueue,
    MessageTaken,
    PlaceWanted,
    PromptStarted,
    SurveyAnswered,
    TellFacts,
    TellPlace,
)
from ivr.flow import FlowRunner
from ivr.schema import Flow
from voice.calls import Call, LegJoined, LegLeft, LegRang, LegState, Role
from voice.commands import Reply
from voice.events import DigitReceived, Event, LegAnswered, LegEnded, LegRinging
from voice.hearing import paths
from voice.phone import AudioPath, IncomingLeg, LegDigit, PhoneEvent

CONTACT_HEADER = "X-Callfloor-Contact"
"""Carries the contact's id on the INVITE to the agent; the front strips it from what leaves the building."""

RING_TIMER = "ring"


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Answer an incoming leg with 200."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class DialLeg:
    """Send an INVITE."""

    leg_id: str
    address: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    """End a leg; ``code`` is the final response where it was never answered."""

    leg_id: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class SetPaths:
    """Make these the audio paths."""

    paths: frozenset[AudioPath]


@dataclass(frozen=True, slots=True)
class StartListening:
    """Open recognition and recording: both parties speak from now on."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Put an event on the bus."""

    event: Event


@dataclass(frozen=True, slots=True)
class Finish:
    """All legs have ended: flush, report, and end the process."""


ContactEffect = (
    AnswerLeg
    | DialLeg
    | HangUpLeg
    | SetPaths
    | StartListening
    | Publish
    | Finish
    | flow.PlayPrompts
    | flow.StopPrompts
    | flow.StartTimer
    | flow.CancelTimer
    | flow.LookUp
    | flow.StartSpeech
    | flow.StopSpeech
)


@dataclass(frozen=True, slots=True)
class _Offer:
    """The station being rung, or talked to, and the reservation it is held by."""

    agent: str
    lease_id: str
    leg_id: str
    given_up: bool = False
    """We are hanging up: an answer that crosses it comes too late."""


class ContactCore:
    """One contact. Every method takes ``now`` (Unix seconds) and returns the effects, to be performed in order."""

    def __init__(self, contact_id: str, worker_id: str, script: Flow) -> None:
        self.contact_id = contact_id
        self.call = Call()
        self._script = script
        self._runner: FlowRunner | None = None
        self._snapshot = ContactSnapshot(worker_id, "", "", "flow", 0.0)
        self._offer: _Offer | None = None
        self._legs_dialled = 0
        self._masked = True
        self._prompting = False
        self._playing = 0
        self._listening = False
        self._hearing = False
        self._message: tuple[str, float] | None = None
        self._called_back = False
        self._ended = False
        self._ring_token = 0
        self._out: list[ContactEffect] = []

    @property
    def snapshot(self) -> ContactSnapshot:
        """What a floor that has just started needs to know."""
        return self._snapshot

    @property
    def running(self) -> bool:
        """An offered contact that has not ended."""
        return bool(self.call.legs) and not self._ended

    def phone_event(self, event: PhoneEvent, now: float) -> tuple[ContactEffect, ...]:
        """Something happened to a leg."""
        match event:
            case IncomingLeg():
                self._incoming(event, now)
            case LegDigit(leg_id=leg_id, digit=digit) if leg_id == self._caller_leg:
                self._publish(DigitReceived(leg_id, "*" if self._masked else digit))
                self._flow(flow.DigitPressed(digit), now)
            case _:
                self.call, change = self.call.apply(event)
                match change:
                    case LegRang(leg):
                        self._publish(LegRinging(leg.id, leg.role, leg.address))
                        self._flow(flow.AgentRinging(), now)
                    case LegJoined(leg):
                        self._publish(LegAnswered(leg.id, leg.role, leg.address))
                        self._joined(leg.role, now)
                    case LegLeft():
                        self._left(change, now)
        return self._drain()

    def prompt_finished(self, token: int, now: float) -> tuple[ContactEffect, ...]:
        """The prompts of ``token`` were played to their end."""
        if token == self._playing:
            self._prompt(False)
        self._flow(flow.PromptFinished(token), now)
        return self._drain()

    def timer_fired(self, name: str, token: int, now: float) -> tuple[ContactEffect, ...]:
        """A timer ran out."""
        if name == RING_TIMER:
            if self._offer is not None and token == self._ring_token and self._snapshot.phase == "ringing":
                self._offer = replace(self._offer, given_up=True)
                self._out.append(HangUpLeg(self._offer.leg_id))
        else:
            self._flow(flow.TimerFired(name, token), now)
        return self._drain()

    def connect_agent(self, command: ConnectAgent) -> tuple[Reply, tuple[ContactEffect, ...]]:
        """Ring an agent's station, if the contact waits for one; the same reservation twice is one."""
        phase = self._snapshot.phase
        if self._offer is not None and self._offer.lease_id == command.lease_id:
            return Reply(True), ()
        if phase != "queued" or self._ended:
            return Reply(False, f"the contact is {'over' if self._ended else phase}, not queued"), ()
        self._legs_dialled += 1
        leg_id = f"agent-{self._legs_dialled}"
        self._offer = _Offer(command.agent, command.lease_id, leg_id)
        self._snapshot = replace(self._snapshot, phase="ringing", agent=command.agent, lease_id=command.lease_id)
        self.call = self.call.dialled(leg_id, Role.AGENT, command.address)
        self._publish(AgentOffered(command.agent, command.lease_id))
        self._out.append(DialLeg(leg_id, command.address, {CONTACT_HEADER: self.contact_id}))
        self._ring_token += 1
        self._out.append(flow.StartTimer(RING_TIMER, command.ring_s, self._ring_token))
        return Reply(True), self._drain()

    def tell_place(self, command: TellPlace, now: float) -> tuple[Reply, tuple[ContactEffect, ...]]:
        """What the floor answers to ``PlaceWanted``."""
        if self._snapshot.phase == "queued":
            self._flow(flow.PlaceTold(command.ahead, command.low_s, command.high_s), now)
        return Reply(True), self._drain()

    def tell_facts(self, command: TellFacts, now: float) -> tuple[Reply, tuple[ContactEffect, ...]]:
        """What the floor answers to ``FactsWanted``."""
        queues = {name: QueueFacts(waiting, working) for name, waiting, working in command.queues}
        self._flow(flow.FactsTold(command.known, command.vip, queues), now)
        return Reply(True), self._drain()

    def speech_heard(self, token: int, text: str, final: bool, now: float) -> tuple[ContactEffect, ...]:
        """The recogniser of a gather heard something."""
        self._flow(flow.SpeechHeard(token, text, final), now)
        return self._drain()

    def looked_up(self, token: int, answer: Mapping[str, object] | None, now: float) -> tuple[ContactEffect, ...]:
        """A look-up of the flow came to an end."""
        self._flow(flow.LookedUp(token, answer), now)
        return self._drain()

    def leave_queue(self, command: LeaveQueue, now: float) -> tuple[Reply, tuple[ContactEffect, ...]]:
        """The queue has nobody, or is full: the flow decides what becomes of the caller."""
        if self._snapshot.phase == "queued":
            self._flow(flow.TurnedAway(command.reason), now)
        return Reply(True), self._drain()

    def end(self, command: EndContact, now: float) -> tuple[Reply, tuple[ContactEffect, ...]]:
        """Hang up every leg."""
        self._end("completed" if self._snapshot.answered_at else "failed", command.by, now)
        return Reply(True), self._drain()

    @property
    def _caller_leg(self) -> str:
        leg = self.call.alive(Role.CALLER)
        return leg.id if leg is not None else ""

    def _incoming(self, event: IncomingLeg, now: float) -> None:
        if self.call.legs:
            self._out.append(HangUpLeg(event.leg_id, 486))
            return
        self.call = self.call.offered(event, Role.CALLER)
        caller, called = _user(event.from_uri), _user(event.to_uri)
        self._snapshot = replace(self._snapshot, caller=caller, called=called, offered_at=now)
        self._publish(ContactOffered(self._snapshot.worker_id, caller, called, self._script.name, self._script.version))
        self._out.append(AnswerLeg(event.leg_id))

    def _joined(self, role: Role, now: float) -> None:
        if role is Role.CALLER:
            self._runner = FlowRunner(self._script, {"caller": self._snapshot.caller})
            self._perform(self._runner.start(now), now)
        elif self._offer is not None and not self._offer.given_up and not self._ended:
            self._snapshot = replace(self._snapshot, phase="talking", answered_at=now)
            self._out.append(flow.CancelTimer(RING_TIMER))
            self._flow(flow.AgentConnected(), now)
            self._listen()
            waited = now - self._snapshot.queued_at
            self._publish(ContactAnswered(self._offer.agent, self._offer.lease_id, max(0.0, waited)))
        self._set_paths()

    def _left(self, change: LegLeft, now: float) -> None:
        leg = change.leg
        self._publish(LegEnded(leg.id, leg.role, change.code, change.reason))
        if leg.role is Role.CALLER:
            self._flow(flow.CallerLeft(), now)
            self._end(self._reason_caller_left(), "caller", now)
        elif self._offer is not None and self._offer.leg_id == leg.id:
            self._agent_left(change, now)
        self._set_paths()
        if self.call.over:
            self._out.append(Finish())

    def _agent_left(self, change: LegLeft, now: float) -> None:
        offer, self._offer = self._offer, None
        if self._ended or offer is None:
            return
        if change.was is LegState.CONNECTED and not offer.given_up:
            self._snapshot = replace(self._snapshot, phase="flow", agent="", lease_id="")
            self._flow(flow.AgentLeft(), now)
            if not self._ended:
                self._publish(self._snapshot)  # the caller stays: nothing else tells the floor that the agent is free
            return
        self._out.append(flow.CancelTimer(RING_TIMER))
        self._snapshot = replace(self._snapshot, phase="queued", agent="", lease_id="")
        self._publish(AgentUnreachable(offer.agent, offer.lease_id, change.code, change.reason))
        self._flow(flow.AgentFailed(change.reason), now)

    def _reason_caller_left(self) -> str:
        if self._snapshot.answered_at:
            return "completed"
        return "self_service" if self._snapshot.phase == "flow" else "abandoned"

    def _end(self, reason: str, by: str, now: float) -> None:
        """Report the end once and hang up whoever is still there."""
        if self._ended:
            return
        self._end_message(now)
        if self._called_back and not self._snapshot.answered_at:
            reason = "callback"
        self._ended = True
        talk = now - self._snapshot.answered_at if self._snapshot.answered_at else 0.0
        self._publish(ContactEnded(reason, by, now - self._snapshot.offered_at, talk))
        self._out.extend(HangUpLeg(leg.id) for leg in self.call.legs if leg.alive)

    def _flow(self, given: flow.Input, now: float) -> None:
        if self._runner is not None:
            self._perform(self._runner.handle(given, now), now)

    def _perform(self, found: tuple[flow.Effect, ...], now: float) -> None:
        for effect in found:
            match effect:
                case flow.PlayPrompts(token=token):
                    self._playing = token
                    self._prompt(True)
                    self._out.append(effect)
                    said = " ".join(prompt.text for prompt in effect.prompts if prompt.text)
                    self._publish(PromptStarted(effect.node, said))
                case flow.StopPrompts():
                    self._out.append(effect)
                    self._prompt(False)
                case flow.StartTimer() | flow.CancelTimer():
                    self._out.append(effect)
                case flow.MaskDigits(on):
                    self._masked = on
                case flow.ChoiceReported(node, value, by):
                    self._publish(ChoiceMade(node, value, by))
                case flow.JoinQueue(queue, priority, skills):
                    self._snapshot = replace(
                        self._snapshot, phase="queued", queue=queue, priority=priority, queued_at=now, skills=skills
                    )
                    self._publish(ContactQueued(queue, priority, now, skills))
                case flow.AskFacts(queues):
                    self._publish(FactsWanted(queues))
                case flow.StartSpeech() | flow.StopSpeech():
                    self._out.append(effect)
                    self._hearing = isinstance(effect, flow.StartSpeech)
                    self._set_paths()
                case flow.LookUp():
                    self._out.append(effect)
                case flow.Tagged(name, value):
                    self._publish(ContactTagged(name, value))
                case flow.Scored(kind, score):
                    self._publish(SurveyAnswered(kind, score))
                case flow.MessageStarted(kind):
                    self._message = (kind, now)
                    self._listen()
                case flow.MessageEnded():
                    self._end_message(now)
                case flow.RequestCallback(queue, number):
                    self._request_callback(queue, number, now)
                case flow.AskPlace():
                    self._publish(PlaceWanted())
                case flow.LeftQueue():
                    self._leave_queue()
                case flow.HangUp(reason):
                    self._end(reason, "agent" if self._snapshot.answered_at else "flow", now)

    def _listen(self) -> None:
        if not self._listening:
            self._listening = True
            self._out.append(StartListening())
            self._set_paths()

    def _end_message(self, now: float) -> None:
        """The message is over, by key, by time, or because the caller hung up."""
        if self._message is not None:
            (kind, since), self._message = self._message, None
            offered = self._snapshot.offered_at
            self._publish(MessageTaken(kind, since - offered, now - offered))

    def _request_callback(self, queue: str, number: str, now: float) -> None:
        seen = self._snapshot
        waited = seen.queue == queue and seen.queued_at > 0
        self._called_back = True
        self._publish(
            CallbackRequested(number, queue, seen.priority if waited else 5, seen.queued_at if waited else now)
        )

    def _leave_queue(self) -> None:
        """Back to the flow; a station that rings is hung up."""
        if self._offer is not None:
            self._out.append(HangUpLeg(self._offer.leg_id))
            self._out.append(flow.CancelTimer(RING_TIMER))
            self._offer = None
        self._snapshot = replace(self._snapshot, phase="flow", agent="", lease_id="")
        self._publish(self._snapshot)

    def _prompt(self, on: bool) -> None:
        if on != self._prompting:
            self._prompting = on
            self._set_paths()

    def _set_paths(self) -> None:
        self._out.append(
            SetPaths(paths(self.call, prompting=self._prompting, tapping=self._listening or self._hearing))
        )

    def _publish(self, event: Event) -> None:
        self._out.append(Publish(event))

    def _drain(self) -> tuple[ContactEffect, ...]:
        drained, self._out = tuple(self._out), []
        return drained


def _user(uri: str) -> str:
    """The user part of a SIP URI: the number, where there is one."""
    return uri.split(":", 1)[-1].split("@", 1)[0].split(";", 1)[0] if "@" in uri else ""
