"""``survey``: one question after the talk, answered by a number, keyed or said: CSAT 1-5, NPS 0-10 or CES 1-7.

The answer is published with the contact, unmasked. Who stays silent, or keys something else ``retries`` times, goes on
at ``next`` like the rest. An open comment is a ``record`` after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Texts, Verb, each
from ivr.verbs.gather import Gather, Gathering

SCORES = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}
NUMBERS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "de": ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
}
"""How a score is said, by language; elsewhere it is keyed."""


class Survey(Verb):
    """A node that asks for a score."""

    verb: Literal["survey"]
    kind: Literal["csat", "nps", "ces"]
    say: Texts = Field(min_length=1)
    help: Texts = ()
    timeout: float = Field(default=10.0, gt=0, le=60)
    retries: int = Field(default=1, ge=0, le=9)
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def texts(self) -> Iterator[tuple[Key, str]]:
        """The question and the help."""
        yield from each("say", self.say)
        yield from each("help", self.help)

    def slow_texts(self, slower: str) -> Iterator[tuple[Key, str]]:
        """The same, where the key that asks for it is no score."""
        if slower and not any(str(score).startswith(slower) for score in SCORES[self.kind]):
            yield from self.texts()

    def activity(self, stage: Stage) -> Activity:
        """Ask."""
        return _Surveying(stage, self)


class _Surveying(Gathering):
    def __init__(self, stage: Stage, verb: Survey) -> None:
        keys = {"say": verb.say, "help": verb.help, "timeout": verb.timeout, "retries": verb.retries, "mask": False}
        choices = {str(score): verb.next for score in SCORES[verb.kind]}
        asked = Gather.model_validate({"verb": "gather", **keys, "choices": choices, "noInput": verb.next})
        words = NUMBERS.get(stage.language.split("-")[0]) if stage.listening else None
        if words is not None:  # past the pattern of phrases, which is for what people write
            said = {words[score]: str(score) for score in SCORES[verb.kind]}
            asked = asked.model_copy(update={"input": ("digits", "speech"), "phrases": said})
        super().__init__(stage, asked)
        self._kind = verb.kind

    def answered(self, value: str, by: str = "digits") -> None:
        """Report the score."""
        self.stage.report_score(self._kind, int(value))
