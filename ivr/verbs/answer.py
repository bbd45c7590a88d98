"""``answer``: the caller asks in words and hears the answer of the knowledge base the agents use.

What was heard goes to the floor, which answers with an article's first paragraph; only what is recorded is said
(``callfloor prompts build`` renders every article for a flow with this verb). Nothing found, nothing heard or nobody to
ask: once more after ``notFound``, up to ``retries`` times, then on to ``person``.

At every step, also while an answer is spoken, the key ``personKey`` or one of ``personWords`` leads to ``person``. Say
so in ``say``. After an answer the flow goes on at ``next``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Phrases, Texts, Verb, choice_of, each

NO_INPUT = "no-input"
KNOWLEDGE = "knowledge"
KNOWLEDGE_S = 1.5
"""Seconds the floor has to answer."""
PERSON_WORDS = ("person", "agent", "operator", "human", "somebody", "representative")


class Answer(Verb):
    """A node that answers questions. ``timeout``: seconds from the end of the question to the first word."""

    verb: Literal["answer"]
    say: Texts = Field(min_length=1)
    not_found: Texts = Field(min_length=1)
    timeout: float = Field(default=10.0, gt=0, le=60)
    retries: int = Field(default=1, ge=0, le=9)
    person_key: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"] = "0"
    person_words: tuple[str, ...] = PERSON_WORDS
    person: str
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Both ways out."""
        yield ("person",), self.person
        yield ("next",), self.next

    def texts(self) -> Iterator[tuple[Key, str]]:
        """What is said but the answers."""
        yield from each("say", self.say)
        yield from each("notFound", self.not_found)

    def said_by_callers(self) -> Iterator[str]:
        """The words that lead to a person."""
        yield from self.person_words

    def activity(self, stage: Stage) -> Activity:
        """Ask, and answer."""
        return _Answering(stage, self)


class _Answering(Activity):
    def __init__(self, stage: Stage, verb: Answer) -> None:
        super().__init__(stage)
        self._verb = verb
        self._person: Phrases = stage.phrases(dict.fromkeys(verb.person_words, "person"))
        self._failures = 0
        self._answered = False

    def begin(self) -> None:
        typed = self.stage.take_typed()
        if self._verb.person_key in typed:
            self.stage.go(self._verb.person)
            return
        if self.stage.listening:
            self.stage.listen(None)
        self.stage.say(self._verb.say)

    def prompt_finished(self) -> None:
        if self._answered:
            self.stage.go(self._verb.next)
        else:
            self.stage.start_timer(NO_INPUT, self._verb.timeout)

    def digit(self, digit: str) -> None:
        if digit == self._verb.person_key:
            self.stage.go(self._verb.person)

    def timer_fired(self, name: str) -> None:
        self._failed()

    def speech_heard(self, text: str, final: bool) -> None:
        words = [word for word in text.split() if word != "[unk]"]
        if not words or not final:
            return
        if choice_of(self._person, " ".join(words)) is not None:
            self.stage.go(self._verb.person)
        elif not self._answered and not self.stage.timer_runs(KNOWLEDGE):
            self.stage.stop()
            self.stage.cancel_timer(NO_INPUT)
            self.stage.ask_knowledge(" ".join(words))
            self.stage.start_timer(KNOWLEDGE, KNOWLEDGE_S)

    def knowledge_told(self, article: str, text: str) -> None:
        """What the knowledge base says."""
        if not self.stage.timer_runs(KNOWLEDGE):
            return  # too late
        self.stage.cancel_timer(KNOWLEDGE)
        if not text or not self.stage.can_say(text):
            self._failed()
            return
        self._answered = True
        self.stage.tag("answer", article)
        self.stage.say((text,))

    def _failed(self) -> None:
        self._failures += 1
        if self._failures > self._verb.retries:
            self.stage.go(self._verb.person)
        else:
            self.stage.say(self._verb.not_found)
