"""``gather``: ask, and take digits, speech or both. A menu names ``choices``; an account number, say, has
``next`` instead.

The caller is asked with ``say``; after silence or a wrong answer with ``help`` (else ``say``) up to ``retries`` times;
then goes to ``noInput`` or ``noMatch``. Times are seconds: ``timeout`` from the end of the prompt to the first digit or
word, ``interDigitTimeout`` between digits, ``speechTimeout`` from the last words heard to the end of the utterance.
Digits are masked outside this process unless ``mask: false``.

With ``speech`` in ``input`` a menu's ``phrases`` say which words mean which choice, and only they are recognised. A
gather with ``next`` and a number of digits takes them said, too ("four two, one seven"), in one breath or in several;
only number words are recognised then. With ``next`` alone it takes any words, as text into ``variable``. A prompt is
silenced by ``minBargeinWordCount`` recognised words. Write phrases as callers say them: a word inside a sentence that
is no phrase is easily missed (an unheard choice is asked again). A menu taken by speech can always be keyed, too. Tell
callers first that a computer listens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.spoken_digits import digit_words, numbers_said
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Phrases, Problem, Texts, Verb, choice_of, each, not_said
from ivr.verbs.gather_problems import gather_problems

NO_INPUT = "no-input"
INTER_DIGIT = "inter-digit"
SPEECH = "speech"
PATIENCE = 1.5
"""Factor on the times to answer, once the question was wanted slowly."""


class Gather(Verb):
    """A node that asks."""

    verb: Literal["gather"]
    input: tuple[Literal["digits", "speech"], ...] = ("digits",)
    say: Texts = Field(min_length=1)
    help: Texts = ()
    num_digits: int | None = Field(default=None, ge=1, le=32)
    min_digits: int | None = Field(default=None, ge=1, le=32)
    max_digits: int | None = Field(default=None, ge=1, le=32)
    finish_on_key: Literal["", "#", "*"] = "#"
    timeout: float = Field(default=10.0, gt=0, le=60)
    inter_digit_timeout: float = Field(default=5.0, gt=0, le=60)
    speech_timeout: float = Field(default=10.0, gt=0, le=60)
    bargein: bool = True
    retries: int = Field(default=2, ge=0, le=9)
    mask: bool = True
    variable: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,31}$")
    choices: dict[str | int, str] = Field(default_factory=dict)
    phrases: Phrases = Field(default_factory=dict)
    min_bargein_word_count: int = Field(default=1, ge=1, le=10)
    next: str | None = None
    no_input: str | None = None
    no_match: str | None = None

    @property
    def shortest(self) -> int:
        """The fewest digits that can be an answer."""
        return self.num_digits or self.min_digits or min((len(str(choice)) for choice in self.choices), default=1)

    @property
    def longest(self) -> int:
        """The most digits taken; the answer is complete with them."""
        if self.num_digits or self.max_digits:
            return self.num_digits or self.max_digits or 0
        return max((len(str(choice)) for choice in self.choices), default=32)

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Every way out."""
        for choice, node in self.choices.items():
            yield ("choices", choice), node
        for key, target in (("next", self.next), ("noInput", self.no_input), ("noMatch", self.no_match)):
            if target is not None:
                yield (key,), target

    def texts(self) -> Iterator[tuple[Key, str]]:
        """The question and the help."""
        yield from each("say", self.say)
        yield from each("help", self.help)

    def offers_slower(self, key: str) -> bool:
        """Whether ``key`` repeats the question slowly here."""
        keyed = "digits" in self.input and bool(self.choices) and key not in ("", self.finish_on_key)
        return keyed and not any(str(choice).startswith(key) for choice in self.choices)

    def slow_texts(self, slower: str) -> Iterator[tuple[Key, str]]:
        """The same, where they may be asked for slowly."""
        if self.offers_slower(slower):
            yield from self.texts()

    def phrase_problems(self, slower: str) -> Iterator[Problem]:
        """Phrases that mean no choice."""
        for phrase, choice in self.phrases.items():
            if choice not in self.choices and not (choice == slower and self.offers_slower(slower)):
                yield Problem(("phrases", phrase), f"phrase {phrase!r} means {choice!r}, no choice", "name a choice")

    def said_by_callers(self) -> Iterator[str]:
        """The phrases."""
        yield from self.phrases

    def unspeakable(self) -> Iterator[Problem]:
        """Choices without words, in a menu that takes no speech or not for all."""
        if self.choices and "digits" in self.input:
            yield from not_said(self.choices, self.phrases)

    def problems(self) -> Iterator[Problem]:
        """Answers that cannot be given, and ways out that are missing."""
        return gather_problems(self)

    @property
    def hears_number(self) -> bool:
        """Whether digits may be said: where their number is bounded, and no menu takes them."""
        bounded = self.num_digits or self.min_digits or self.max_digits
        return "speech" in self.input and not self.choices and bounded is not None

    def activity(self, stage: Stage) -> Activity:
        """Ask."""
        return Gathering(stage, self)


class Gathering(Activity):
    """Asking; also the ground of verbs that ask for something particular."""

    def __init__(self, stage: Stage, verb: Gather) -> None:
        super().__init__(stage)
        self._verb = verb
        self._digits = ""
        self._spoken = False
        self._failures = 0
        self._asking = False
        self._listening = False
        self._slow = False
        self._phrases = stage.phrases(verb.phrases)

    def begin(self) -> None:
        """Take what was typed ahead, or ask."""
        typed = self.stage.take_typed()
        self.stage.mask(self._verb.mask)
        if not (typed and self._verb.bargein):
            self._ask(self._verb.say)
            return
        for index, digit in enumerate(typed):
            self._take(digit)
            if self.stage.destination is not None:
                for later in typed[index + 1 :]:
                    self.stage.type_ahead(later)
            if self.stage.destination is not None or self._asking:
                return

    def prompt_finished(self) -> None:
        """Asked: now the caller's time runs."""
        self._asking = False
        self.stage.start_timer(NO_INPUT, self._verb.timeout * self._patience)

    @property
    def _patience(self) -> float:
        """Who asked for a slow question is not hurried to answer."""
        return PATIENCE if self._slow else 1.0

    @property
    def _digit_words(self) -> tuple[str, ...] | None:
        return (digit_words(self.stage.language) or None) if self._verb.hears_number else None

    def answered(self, value: str, by: str = "digits") -> None:
        """What was keyed or said is an answer: report it."""
        self.stage.report_choice(value, by)

    def digit(self, digit: str) -> None:
        """A digit: silence, at once."""
        if self._asking and not self._verb.bargein:
            return
        if "digits" not in self._verb.input:
            return
        self._asking = False
        self.stage.stop()
        self.stage.cancel_timer(NO_INPUT)
        self.stage.cancel_timer(SPEECH)
        if self._spoken:  # who takes to the keys in mid-number begins it anew
            self._digits, self._spoken = "", False
        self._take(digit)

    def timer_fired(self, name: str) -> None:
        """No more digits, or none at all."""
        if name == INTER_DIGIT or self._digits:
            self._evaluate()
        else:
            self._failed(self._verb.no_input)

    def speech_heard(self, text: str, final: bool) -> None:
        """Words: enough of them silence the prompt; those of a whole utterance are the answer."""
        words = [word for word in text.split() if word != "[unk]"]
        if self._asking and (not self._verb.bargein or len(words) < self._verb.min_bargein_word_count):
            return
        keyed = bool(self._digits) and not self._spoken
        if words and not keyed:
            self._asking = False
            self.stage.stop()
            self.stage.cancel_timer(NO_INPUT)
            self.stage.cancel_timer(INTER_DIGIT)
            # Should the recogniser die in mid-sentence, the end of the utterance never comes.
            self.stage.start_timer(SPEECH, self._verb.speech_timeout)
        if final and text and not keyed:
            self.stage.cancel_timer(SPEECH)
            if self._verb.hears_number:
                self._number_said(text)
            else:
                self._said(" ".join(words))

    def _number_said(self, text: str) -> None:
        """The number, or the next part of it: callers take a breath in the middle."""
        numbers = numbers_said(text, self.stage.language)
        digits = self._digits + "".join(numbers)
        if len(numbers) != 1 or not numbers[0] or len(digits) > self._verb.longest:
            self._failed(self._verb.no_match or self._verb.no_input)
            return
        self._digits, self._spoken = digits, True
        self._await_digits()

    def _said(self, text: str) -> None:
        verb = self._verb
        if verb.choices:
            choice = choice_of(self._phrases, text)
            target = verb.choices.get(choice) if choice is not None else None
            if choice is not None and self._asks_slowly(choice):
                return
        else:
            choice, target = text, verb.next if text else None
        if choice is None or target is None:
            self._failed(verb.no_match or verb.no_input)
            return
        self.answered(choice, "speech")
        if verb.variable is not None:
            self.stage.variables[verb.variable] = choice
        self.stage.go(target)

    def _ask(self, texts: tuple[str, ...]) -> None:
        self._digits, self._spoken = "", False
        self._asking = True
        for timer in (NO_INPUT, INTER_DIGIT, SPEECH):  # what was not understood may have stopped none of them
            self.stage.cancel_timer(timer)
        if "speech" in self._verb.input and not self._listening:
            self._listening = True
            self.stage.listen(tuple(self._phrases) or self._digit_words)
        self.stage.say(texts, slow=self._slow)

    def _take(self, digit: str) -> None:
        self.stage.cancel_timer(INTER_DIGIT)
        if digit == self._verb.finish_on_key:
            self._evaluate()
            return
        if not self._digits and self._asks_slowly(digit):
            return
        self._digits += digit
        self._await_digits()

    def _await_digits(self) -> None:
        if self._complete():
            self._evaluate()
        else:
            self.stage.start_timer(INTER_DIGIT, self._verb.inter_digit_timeout * self._patience)

    def _asks_slowly(self, choice: str) -> bool:
        """Where that is what the caller wants: the question again, slowly. It is no failure."""
        if choice != self.stage.slower or not self._verb.offers_slower(choice):
            return False
        self._slow = True
        self._ask(self._verb.say)
        return True

    def _complete(self) -> bool:
        if len(self._digits) >= self._verb.longest:
            return True
        longer = [choice for choice in map(str, self._verb.choices) if choice.startswith(self._digits)]
        return bool(self._verb.choices) and longer in ([], [self._digits])

    def _evaluate(self) -> None:
        verb, digits = self._verb, self._digits
        target = verb.choices.get(digits) if verb.choices else verb.next
        if target is None or not verb.shortest <= len(digits) <= verb.longest:
            self._failed(verb.no_match or verb.no_input)
            return
        self.answered(digits, "speech" if self._spoken else "digits")
        if verb.variable is not None:
            self.stage.variables[verb.variable] = digits
        self.stage.go(target)

    def _failed(self, way_out: str | None) -> None:
        self._failures += 1
        if self._failures > self._verb.retries and way_out is not None:
            self.stage.go(way_out)
        else:
            self._ask(self._verb.help or self._verb.say)
