"""The flow within a contact: what the runner wants becomes events, and effects for the worker. Pure."""

from __future__ import annotations

from collections.abc import Container

from ivr import effects as flow
from ivr.contact_outward import Outward
from ivr.contact_ring import Ring
from ivr.contact_state import ContactState
from ivr.contacts import (
    CallbackRequested,
    ChoiceMade,
    ContactQueued,
    ContactTagged,
    FactsWanted,
    PlaceWanted,
    PromptStarted,
    SurveyAnswered,
)
from ivr.flow import FlowRunner
from ivr.schema import Flow
from ivr.self_service import KnowledgeWanted
from voice.hearing import Talk

FIRST = 9
"""The priority of a customer who waits again through no wish of her own."""


class Script:
    """Runs ``flow`` from ``start`` on; inputs before that lead to nothing. ``masked``: digits are not to be shown."""

    def __init__(self, script: Flow, state: ContactState, ring: Ring, outward: Outward) -> None:
        self._script = script
        self._state = state
        self._ring = ring
        self._outward = outward
        self._recorded: Container[str] | None = None
        self._banner = ""
        self._runner: FlowRunner | None = None
        self._playing = 0
        self.masked = True

    def use(self, script: Flow, recorded: Container[str] | None, banner: str) -> None:
        """What a caller who is not connected yet will go through, the prompts there are, and the banner raised."""
        self._script, self._recorded, self._banner = script, recorded, banner

    def start(self, now: float) -> None:
        """The caller is connected."""
        seen = self._state.snapshot
        self._runner = FlowRunner(self._script, {"caller": seen.caller, "called": seen.called}, self._recorded)
        self._perform(self._runner.start(now, self._banner), now)

    def tell(self, given: flow.Input, now: float) -> None:
        """Something the flow may act on."""
        if self._runner is not None:
            self._perform(self._runner.handle(self._outward.said(given), now), now)

    def prompt_finished(self, token: int, now: float) -> None:
        """The prompts of ``token`` were played to their end."""
        if token == self._playing:
            self._state.prompt(False)
        self.tell(flow.PromptFinished(token), now)

    def queue_again(
        self, now: float, *, queue: str = "", preferred: str = "", first: bool = True, apology: bool = False
    ) -> None:
        """The customer waits again, with music, from the place the first wait has earned; ``first``: before all others.
        Where there is no queue the flow goes on as after any agent.
        """
        state, seen = self._state, self._state.snapshot
        name = queue or seen.queue
        if not name:
            state.update(phase="flow", agent="", lease_id="")
            self.tell(flow.AgentLeft(), now)
            if self._runner is None:  # one we called: no flow goes on, and no queue has a place for her
                state.end("failed", "system", now)
            return
        skills = seen.skills if name == seen.queue else ()
        state.waits_since, state.talk = now, Talk.HELD
        state.update(
            phase="queued", agent="", lease_id="", queue=name, skills=skills, preferred=preferred, turn=seen.turn + 1,
            priority=FIRST if first else seen.priority, queued_at=seen.queued_at or seen.offered_at, talk=Talk.HELD,
        )  # fmt: skip
        waits = state.snapshot
        state.publish(ContactQueued(name, waits.priority, waits.queued_at, skills, waits.turn, preferred))
        self.tell(flow.BackInQueue(apology), now)
        state.set_paths()

    def _perform(self, found: tuple[flow.Effect, ...], now: float) -> None:
        for effect in found:
            match effect:
                case flow.PlayPrompts() | flow.StopPrompts() | flow.StartSpeech() | flow.StopSpeech():
                    self._sound(effect)
                case flow.StartTimer() | flow.CancelTimer() | flow.LookUp():
                    self._state.do(effect)
                case flow.MaskDigits(on):
                    self.masked = on
                case flow.JoinQueue() | flow.LeftQueue() | flow.RequestCallback():
                    self._queue(effect, now)
                case flow.DialOut():
                    self._outward.dial(effect, now)
                case flow.ConsentNoted():
                    self._state.consent(effect)
                case flow.MessageStarted(kind):
                    self._state.start_message(kind, now)
                case flow.MessageEnded():
                    self._state.end_message(now)
                case flow.HangUp(reason):
                    self._state.end(reason, "agent" if self._state.snapshot.answered_at else "flow", now)
                case _:
                    self._report(effect)

    def _sound(self, effect: flow.PlayPrompts | flow.StopPrompts | flow.StartSpeech | flow.StopSpeech) -> None:
        state = self._state
        match effect:
            case flow.PlayPrompts(token=token, node=node, prompts=prompts):
                self._playing = token
                state.prompt(True)
                state.do(effect)
                state.publish(PromptStarted(node, " ".join(prompt.text for prompt in prompts if prompt.text)))
            case flow.StopPrompts():
                state.do(effect)
                state.prompt(False)
            case flow.StartSpeech() | flow.StopSpeech():
                state.do(effect)
                state.hear_turn(isinstance(effect, flow.StartSpeech))

    def _queue(self, effect: flow.JoinQueue | flow.LeftQueue | flow.RequestCallback, now: float) -> None:
        state = self._state
        match effect:
            case flow.JoinQueue(queue, priority, skills):
                turn = state.snapshot.turn + 1 if state.snapshot.queued_at else 0
                state.update(
                    phase="queued",
                    queue=queue,
                    priority=priority,
                    queued_at=now,
                    skills=skills,
                    turn=turn,
                    preferred="",
                )
                state.waits_since = now
                state.publish(ContactQueued(queue, priority, now, skills, turn))
            case flow.LeftQueue():
                self._ring.withdraw()
            case flow.RequestCallback(queue, number):
                seen = state.snapshot
                waited = seen.queue == queue and seen.queued_at > 0
                state.called_back = True
                since = seen.queued_at if waited else now
                state.publish(CallbackRequested(number, queue, seen.priority if waited else 5, since))

    def _report(self, effect: flow.Effect) -> None:
        publish = self._state.publish
        match effect:
            case flow.ChoiceReported(node, value, by):
                publish(ChoiceMade(node, value, by))
            case flow.AskFacts(queues):
                publish(FactsWanted(queues))
            case flow.AskKnowledge(question):
                publish(KnowledgeWanted(question))
            case flow.AskPlace():
                publish(PlaceWanted())
            case flow.Tagged(name, value):
                publish(ContactTagged(name, value))
            case flow.Scored(kind, score):
                publish(SurveyAnswered(kind, score))
