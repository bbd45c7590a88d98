"""The flow runner: walks one contact through a flow. Pure: inputs in, effects out, no clock, no audio, no I/O.

    runner = FlowRunner(flow, {"caller": "2025550142"})
    perform(runner.start())
    perform(runner.handle(DigitPressed("1")))

Late ``PromptFinished`` and ``TimerFired`` (an old token), digits nobody asked for and anything after the end are
harmless. Effects are to be performed in order.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from ivr.effects import (
    AgentConnected,
    AgentFailed,
    AgentLeft,
    AgentRinging,
    AskPlace,
    BackInQueue,
    BannerRaised,
    CallerLeft,
    CancelTimer,
    ChoiceReported,
    DialAnswered,
    DialEnded,
    DialFailed,
    DigitPressed,
    Effect,
    FactsTold,
    HangUp,
    Input,
    JoinQueue,
    KnowledgeTold,
    LeftQueue,
    LookedUp,
    MaskDigits,
    PlaceTold,
    PlayPrompts,
    Prompt,
    PromptFinished,
    SpeechHeard,
    StartSpeech,
    StartTimer,
    StopPrompts,
    StopSpeech,
    TimerFired,
    TurnedAway,
)
from ivr.schema import Flow, load_flow
from ivr.stage import Stage
from ivr.verbs import Activity, Say

__all__ = [
    "AgentConnected",
    "AgentFailed",
    "AgentLeft",
    "AgentRinging",
    "AskPlace",
    "BackInQueue",
    "CallerLeft",
    "CancelTimer",
    "ChoiceReported",
    "DigitPressed",
    "Effect",
    "Flow",
    "FlowRunner",
    "HangUp",
    "Input",
    "JoinQueue",
    "LeftQueue",
    "MaskDigits",
    "PlaceTold",
    "PlayPrompts",
    "Prompt",
    "PromptFinished",
    "SpeechHeard",
    "StartSpeech",
    "StartTimer",
    "StopPrompts",
    "StopSpeech",
    "TimerFired",
    "TurnedAway",
    "load_flow",
]  # fmt: skip


class FlowRunner:
    """One contact's way through ``flow``. ``variables`` are copied; gathers add to the copy. ``recorded``: the keys of
    the prompts there are (None: all); everything in the flow is among them, a knowledge base's answer need not be.
    """

    def __init__(self, flow: Flow, variables: Mapping[str, str], recorded: Container[str] | None = None) -> None:
        self._flow = flow
        self._stage = Stage(
            flow.prompt,
            dict(variables),
            flow.timezone,
            slower=flow.slower,
            listening=flow.speech,
            language=flow.language,
            languages=flow.languages,
            recorded=recorded,
        )
        self._activity: Activity | None = None

    @property
    def node(self) -> str:
        """The node the caller is at; empty before ``start``."""
        return self._stage.node

    @property
    def finished(self) -> bool:
        """Whether it is over: hung up, or the caller left."""
        return self._stage.finished

    @property
    def variables(self) -> Mapping[str, str]:
        """The contact's variables, with what was gathered (unmasked: never publish them)."""
        return self._stage.variables

    def start(self, now: float = 0.0, banner: str = "") -> tuple[Effect, ...]:
        """Begin at the flow's start, with the banner that is raised, if it has that; ``now`` is Unix seconds.
        Raises RuntimeError when called twice.
        """
        if self._activity is not None:
            raise RuntimeError("the flow runs already")
        self._stage.now = now
        self._stage.mask(True)
        if (text := self._flow.banners.get(banner)) is not None:
            self._stage.node = "banner"
            self._stage.tag("banner", banner)
            self._activity = Say(verb="say", text=(text,), next=self._flow.start).activity(self._stage)
            self._activity.begin()
        else:
            self._stage.go(self._flow.start)
        self._follow()
        return self._stage.drain()

    def handle(self, given: Input, now: float = 0.0) -> tuple[Effect, ...]:
        """Take one input, at ``now`` (Unix seconds). Returns no effects for what is stale or comes after the end."""
        if self._activity is None or self._stage.finished:
            return ()
        self._stage.now = now
        self._dispatch(self._activity, given)
        self._follow()
        return self._stage.drain()

    def _dispatch(self, activity: Activity, given: Input) -> None:
        match given:
            case PromptFinished(token):
                if self._stage.prompt_over(token):
                    activity.prompt_finished()
            case TimerFired(name, token):
                if self._stage.timer_over(name, token):
                    activity.timer_fired(name)
            case DigitPressed(digit):
                activity.digit(digit)
            case AgentRinging():
                activity.agent_ringing()
            case AgentConnected():
                activity.agent_connected()
            case AgentFailed(reason):
                activity.agent_failed(reason)
            case AgentLeft():
                activity.agent_left()
            case DialAnswered():
                activity.dial_answered()
            case DialFailed(reason):
                activity.dial_failed(reason)
            case DialEnded():
                activity.dial_ended()
            case BackInQueue(apology):
                activity.back_in_queue(apology=apology)
            case PlaceTold(ahead, low_s, high_s):
                activity.place_told(ahead, low_s, high_s)
            case KnowledgeTold(article, text):
                activity.knowledge_told(article, text)
            case BannerRaised(name):
                if name in self._flow.banners:
                    self._stage.tag("banner", name)
                    activity.banner_raised(self._flow.banners[name])
                elif not name:
                    if self._stage.notice:
                        self._stage.tag("banner", "")  # lowered before this caller heard of it
                    self._stage.notice = ""
            case FactsTold(known, vip, queues):
                activity.facts_told(known, vip, dict(queues))
            case SpeechHeard(token, text, final):
                if self._stage.listens(token):
                    activity.speech_heard(text, final)
            case LookedUp(token, answer):
                activity.looked_up(token, answer)
            case TurnedAway(reason):
                activity.turned_away(reason)
            case CallerLeft():
                self._stage.clear()
                self._stage.finished = True

    def _follow(self) -> None:
        """Go where the activity wants to; ends because ``load_flow`` refuses nodes that lead to no end."""
        while (node := self._stage.destination) is not None and not self._stage.finished:
            self._stage.clear()
            self._stage.destination = None
            self._stage.node = node
            self._activity = self._flow.nodes[node].activity(self._stage)
            self._activity.begin()
