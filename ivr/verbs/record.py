"""``record``: a message from the caller (voicemail, a comment): recorded encrypted, written down, given to the floor.

It ends with ``finishOnKey``, with one of ``finishPhrases`` said by itself after a pause (it stays in the message),
after ``maxLength`` seconds, or when the caller hangs up; then goes on at ``next``. The caller must have been told of
the recording before: say so in ``say``, or earlier in the flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from ivr.effects import Prompt
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Phrase, Texts, Verb, each, is_one_of

LIMIT = "limit"


class Record(Verb):
    """A node that takes a message. ``kind`` is what it is to the floor; ``beep`` a named recording."""

    terminal: ClassVar[bool] = False

    verb: Literal["record"]
    kind: Literal["voicemail", "comment"] = "voicemail"
    say: Texts = Field(min_length=1)
    beep: str | None = None
    finish_on_key: Literal["#", "*"] = "#"
    finish_phrases: tuple[Phrase, ...] = ()
    max_length: float = Field(default=120.0, gt=0, le=600)
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def texts(self) -> Iterator[tuple[Key, str]]:
        """What is said before."""
        yield from each("say", self.say)

    def said_by_callers(self) -> Iterator[str]:
        """The words that end it."""
        yield from self.finish_phrases

    def audio(self) -> Iterator[tuple[Key, str]]:
        """The beep."""
        if self.beep is not None:
            yield ("beep",), self.beep

    def activity(self, stage: Stage) -> Activity:
        """Take the message."""
        return _Recording(stage, self)


class _Recording(Activity):
    def __init__(self, stage: Stage, verb: Record) -> None:
        super().__init__(stage)
        self._verb = verb
        self._beeping = False
        self._recording = False
        self._finish_phrases = stage.phrases(dict.fromkeys(verb.finish_phrases, ""))

    def begin(self) -> None:
        self.stage.say(self._verb.say)

    def prompt_finished(self) -> None:
        if self._verb.beep is not None and not self._beeping:
            self._beeping = True
            self.stage.play((Prompt("", self._verb.beep),))
            return
        self._recording = True
        self.stage.start_message(self._verb.kind)
        self.stage.start_timer(LIMIT, self._verb.max_length)
        if self._finish_phrases and self.stage.listening:
            self.stage.listen(tuple(self._finish_phrases))

    def digit(self, digit: str) -> None:
        if self._recording and digit == self._verb.finish_on_key:
            self._finish()

    def speech_heard(self, text: str, final: bool) -> None:
        """Only the words by themselves: in a sentence they are the message's."""
        if self._recording and final and is_one_of(self._finish_phrases, text):
            self._finish()

    def timer_fired(self, name: str) -> None:
        self._finish()

    def _finish(self) -> None:
        self.stage.end_message(self._verb.kind)
        self.stage.go(self._verb.next)
