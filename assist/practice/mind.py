"""What the simulated customer says next, and how she feels. Pure: events in, effects out; seconds of any one clock.

She waits for the agent's greeting, says why she calls, and then answers once the agent has been quiet for ``REPLY_S``.
Words the scenario knows move her mood; words that bring her no further, silence and being interrupted wear it down. She
hangs up when she has said goodbye, or has had enough.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

from assist.practice.persona import Persona, Reaction
from assist.sightings import CompiledRules, Rule

REPLY_S = 0.8
"""After the agent's last final, which itself comes half a second after her last word."""
UPSET = -0.3
_INTERRUPTED = -0.1
_BEGINS_TOGETHER_S = 0.5
"""Who begins within this of each other has not interrupted."""
_SILENCE = -0.15
_ANSWERS = 2

ANYTHING_ELSE = ("anything else", "something else", "anything more", "help with anything")
FAREWELL = ("goodbye", "bye bye", "have a nice day", "have a good day", "have a great day")
_CLOSING, _GOODBYE = "(closing)", "(goodbye)"
"""Beside the names of reactions."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Agent and customer hear each other."""


@dataclass(frozen=True, slots=True)
class AgentSpeaks:
    """The agent is in the middle of an utterance that began at ``since``."""

    since: float


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """An utterance of the agent's is over; ``text`` as recognised, empty where nothing was."""

    text: str


@dataclass(frozen=True, slots=True)
class LineSpoken:
    """The customer has finished her line."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened until now."""


Happening = Connected | AgentSpeaks | AgentSaid | LineSpoken | TimePassed


@dataclass(frozen=True, slots=True)
class Say:
    """She begins this line, one of ``Persona.lines``."""

    line: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """She puts the receiver down. ``content``: she got what she called for, and feels no worse than neutral."""

    content: bool


Effect = Say | HangUp


@dataclass(frozen=True, slots=True)
class Felt:
    """Her mood (-1..1) from ``at`` on, and ``why`` it changed by ``change``."""

    at: float
    mood: float
    change: float
    why: str


class Mind:
    """One customer in one call."""

    def __init__(self, persona: Persona) -> None:
        self.persona = persona
        self.mood = persona.mood
        self.course: list[Felt] = []
        self.happened: Counter[str] = Counter()
        self.over = False
        self._rules = CompiledRules(_rules(persona))
        self._heard: list[str] = []
        self._lines: deque[str] = deque()
        self._opened = False
        self._leaving = False
        self._talking_since: float | None = None
        self._interrupted = False
        self._reply_at: float | None = None
        self._quiet_since: float | None = None
        self._calm = itertools.cycle(persona.replies.calm)
        self._upset = itertools.cycle(persona.replies.upset)
        self._silence = itertools.cycle(persona.replies.silence)

    @property
    def helped(self) -> bool:
        """Everything she called for has happened."""
        return all(self.happened[goal] for goal in self.persona.goals)

    @property
    def content(self) -> bool:
        """She was helped and feels no worse than neutral."""
        return self.helped and self.mood >= 0.0

    def next_due(self) -> float | None:
        """When ``TimePassed`` leads to something if nothing else happens; None: never."""
        if self.over or self._talking_since is not None:
            return None
        if self._reply_at is not None:
            return self._reply_at
        return None if self._quiet_since is None else self._quiet_since + self.persona.patience_s

    def handle(self, event: Happening, at: float) -> tuple[Effect, ...]:
        """What she does about it."""
        if self.over:
            return ()
        match event:
            case Connected():
                self._quiet_since = at
            case AgentSpeaks(since):
                self._agent_speaks(since, at)
            case AgentSaid(text):
                if text:
                    self._heard.append(text)
                self._quiet_since, self._reply_at = at, at + REPLY_S if self._heard else None
            case LineSpoken():
                return self._spoken(at)
            case TimePassed():
                return self._due(at)
        return ()

    def _agent_speaks(self, since: float, at: float) -> None:
        self._quiet_since, self._reply_at = None, None
        talking = self._talking_since
        if talking is not None and not self._interrupted and since > talking + _BEGINS_TOGETHER_S:
            self._interrupted = True
            self._feel(_INTERRUPTED, "interrupted", at)

    def _spoken(self, at: float) -> tuple[Effect, ...]:
        self._talking_since = None
        if self._lines:
            return self._begin(at)
        if self._leaving:
            self.over = True
            return (HangUp(self.content),)
        if self._quiet_since is not None:
            self._quiet_since = at
        return ()

    def _due(self, at: float) -> tuple[Effect, ...]:
        due = self.next_due()
        if due is None or at < due:
            return ()
        if self._reply_at is not None:
            self._reply_at = None
            self._answer(at)
        else:
            self._feel(_SILENCE, "silence", at)
            self._lines.append(next(self._silence))
            self._leave_if_fed_up(at)
        return self._begin(at)

    def _answer(self, at: float) -> None:
        """Put what she says to the words heard into ``_lines``."""
        said, self._heard = self._heard, []
        keys = {hit.key for text in said for hit in self._rules.hits(text, "agent")}
        answers = self._react(keys, at)
        if not self._opened:
            self._opened = True
            self._lines += self.persona.opening
        elif keys & {_CLOSING, _GOODBYE} and (self.helped or _GOODBYE in keys):
            self._end()
        elif _CLOSING in keys:
            self._feel(-self.persona.wearing, "not helped yet", at)
            self._lines.append(self.persona.replies.not_yet)
        elif answers:
            self._lines += answers
        else:
            if not keys:
                self._feel(-self.persona.wearing, "no further", at)
            self._lines.append(next(self._upset if self.mood < UPSET else self._calm))
        self._leave_if_fed_up(at)

    def _react(self, keys: set[str], at: float) -> list[str]:
        """Her answers: to the last of what she called for alone, where that happened, else to the first few."""
        answers = [self._tell(name, at) for name in self.persona.facts if name in keys]
        reached: list[str] = []
        for name, reaction in self.persona.reactions.items():
            if name in keys and self._may(name, reaction):
                self.happened[name] += 1
                self._feel(reaction.mood, reaction.why, at)
                if reaction.say is not None:
                    (reached if reaction.goal else answers).append(reaction.say)
        return reached[-1:] or answers[:_ANSWERS]

    def _tell(self, fact: str, at: float) -> str:
        self.happened[fact] += 1
        if self.happened[fact] > 1:
            self._feel(-self.persona.wearing, "asked again what she had said", at)
        return self.persona.facts[fact].say

    def _may(self, name: str, reaction: Reaction) -> bool:
        return self.happened[name] < reaction.times and all(self.happened[needed] for needed in reaction.needs)

    def _leave_if_fed_up(self, at: float) -> None:
        if self.mood < self.persona.leaves_below and not self._leaving:
            self._lines.clear()
            self._lines.append(self.persona.replies.leaving)
            self._leaving = True
            self.course.append(Felt(at, self.mood, 0.0, "had enough"))

    def _end(self) -> None:
        self._lines.append(self.persona.replies.thanks if self.content else self.persona.replies.bye)
        self._leaving = True

    def _begin(self, at: float) -> tuple[Effect, ...]:
        self._talking_since, self._interrupted, self._quiet_since = at, False, at
        return (Say(self._lines.popleft()),)

    def _feel(self, change: float, why: str, at: float) -> None:
        before, self.mood = self.mood, round(max(-1.0, min(1.0, self.mood + change)), 3)
        if self.mood != before:
            self.course.append(Felt(at, self.mood, round(self.mood - before, 3), why))


def _rules(persona: Persona) -> Iterator[Rule[str]]:
    for name, fact in persona.facts.items():
        yield Rule(name, "agent", fact.asked)
    for name, reaction in persona.reactions.items():
        yield Rule(name, "agent", reaction.phrases, reaction.unless)
    yield Rule(_CLOSING, "agent", ANYTHING_ELSE)
    yield Rule(_GOODBYE, "agent", FAREWELL)
