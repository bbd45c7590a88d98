"""A flow walked in the terminal: what the caller hears and does, without SIP, sound or time.

Prompts are printed and over at once; a line of input is a digit or several, a line of words is what happens:

    say WORDS                speak
    (empty)                  stay silent: the next timer runs out
    agent / busy / left      an agent answers, does not answer, or goes
    answered / refused / over  who was dialled answers, does not, or hangs up
    place AHEAD [LOW HIGH]   the floor tells the place and the wait in seconds
    facts [known] [vip] [QUEUE WAITING WORKING]...
    knows [TEXT]             what the knowledge base answers, if anything
    banner NAME              a supervisor raises a banner
    full / empty             the queue does not take the caller
    answer JSON / fail       what a look-up gives
    hangup                   the caller goes
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from ivr import effects as flow
from ivr.conditions import QueueFacts
from ivr.flow import FlowRunner
from ivr.schema import Flow


class Simulation:
    """One caller's way through a flow. ``now`` is Unix seconds: what hours and dates are judged by; ``called``: the
    number dialled; ``banner``: the one that is raised when the call comes in.
    """

    def __init__(
        self, script: Flow, caller: str, now: float, tell: Callable[[str], object], called: str = "", banner: str = ""
    ) -> None:
        self._runner = FlowRunner(script, {"caller": caller, "called": called})
        self._banner = banner
        self._now = now
        self._tell = tell
        self._playing: int | None = None
        self._timers: dict[str, flow.StartTimer] = {}
        self._look_up = 0
        self._turn = 0
        self._node = ""

    @property
    def finished(self) -> bool:
        """Whether the contact is over."""
        return self._runner.finished

    def start(self) -> None:
        """Begin."""
        self._perform(self._runner.start(self._now, self._banner))

    def line(self, text: str) -> None:
        """What the caller, the agent or the floor does; see the module. Nonsense is named and changes nothing."""
        words = text.split()
        if not words:
            self._silence()
        elif words[0] == "say":
            self._give(flow.SpeechHeard(self._turn, " ".join(words[1:]), True))
        elif words[0] in ("answer", "fail"):
            self._answer(text.removeprefix("answer").strip() if words[0] == "answer" else "null")
        elif set(text.strip()) <= set("0123456789*#ABCD"):
            for digit in text.strip():
                self._give(flow.DigitPressed(digit))
        elif (given := _event(words)) is not None:
            for each in given:
                self._give(each)
        else:
            self._tell(f"? {text.strip()}: digits, or one of {', '.join(_WORDS)}, place, facts, say, answer, fail")

    def _silence(self) -> None:
        if not self._timers:
            self._tell("  (nothing is waited for)")
            return
        timer = min(self._timers.values(), key=lambda timer: timer.seconds)
        self._timers = {
            name: replace(other, seconds=other.seconds - timer.seconds)
            for name, other in self._timers.items()
            if other is not timer
        }
        self._now += timer.seconds
        self._tell(f"  ({timer.seconds:g} s later: {timer.name})")
        self._give(flow.TimerFired(timer.name, timer.token))

    def _answer(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError as error:
            self._tell(f"? not JSON: {error}")
            return
        self._give(flow.LookedUp(self._look_up, answer if isinstance(answer, dict) else None))

    def _give(self, given: flow.Input) -> None:
        self._perform(self._runner.handle(given, self._now))

    def _perform(self, effects: Iterable[flow.Effect]) -> None:
        """Show effects; then, as prompts take no time here, end what plays until something is waited for."""
        for effect in effects:
            self._show(effect)
        while self._playing is not None and not self.finished:
            token, self._playing = self._playing, None
            for effect in self._runner.handle(flow.PromptFinished(token), self._now):
                self._show(effect)

    def _show(self, effect: flow.Effect) -> None:
        if self._runner.node != self._node:
            self._node = self._runner.node
            self._tell(f"[{self._node}]")
        match effect:
            case flow.PlayPrompts(token, _, prompts, loop):
                self._playing = None if loop else token
                for prompt in prompts:
                    self._tell(f"  ♪ {prompt.audio}" if not prompt.text else f"  “{prompt.text}”")
            case flow.StopPrompts():
                self._playing = None
            case flow.StartTimer(name):
                self._timers[name] = effect
            case flow.CancelTimer(name):
                self._timers.pop(name, None)
            case flow.LookUp(token, method, url):
                self._look_up = token
                self._tell(f"  → {method} {url}")
            case flow.HangUp(reason):
                self._tell(f"  hung up: {reason}")
            case flow.StartSpeech(token, phrases):
                self._turn = token
                self._tell(f"  (listens for {', '.join(phrases) if phrases else 'any words'})")
            case flow.AskKnowledge(question):
                self._tell(f"  → the knowledge base is asked: {question}")
            case flow.MaskDigits() | flow.StopSpeech():
                pass
            case _:
                self._tell(f"  → {effect}")


_WORDS: dict[str, tuple[flow.Input, ...]] = {
    "agent": (flow.AgentRinging(), flow.AgentConnected()),
    "busy": (flow.AgentRinging(), flow.AgentFailed("busy")),
    "left": (flow.AgentLeft(),),
    "answered": (flow.DialAnswered(),),
    "refused": (flow.DialFailed("busy"),),
    "over": (flow.DialEnded(),),
    "full": (flow.TurnedAway("full"),),
    "empty": (flow.TurnedAway("empty"),),
    "hangup": (flow.CallerLeft(),),
}


def _event(words: list[str]) -> tuple[flow.Input, ...] | None:
    if len(words) == 1 and words[0] in _WORDS:
        return _WORDS[words[0]]
    try:
        match words:
            case ["knows", *said]:
                return (flow.KnowledgeTold("article" if said else "", " ".join(said)),)
            case ["banner", name]:
                return (flow.BannerRaised(name),)
            case ["place", ahead]:
                return (flow.PlaceTold(int(ahead), None, None),)
            case ["place", ahead, low, high]:
                return (flow.PlaceTold(int(ahead), float(low), float(high)),)
            case ["facts", *rest]:
                return (_facts(rest),)
    except ValueError:
        pass
    return None


def _facts(words: list[str]) -> flow.FactsTold:
    known, vip = "known" in words, "vip" in words
    rest = [word for word in words if word not in ("known", "vip")]
    if len(rest) % 3:
        raise ValueError("a queue is its name, how many wait, and how many work")
    triples = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return flow.FactsTold(known, vip, {name: QueueFacts(int(one), int(other)) for name, one, other in triples})
