"""``gather``: ask, and take digits. A menu names ``choices``; a number (an account, say) has ``next`` instead.

The caller is asked with ``say``; after silence or a wrong answer with ``help`` (else ``say``) up to ``retries`` times;
then goes to ``noInput`` or ``noMatch``. Times are seconds: ``timeout`` from the end of the prompt to the first digit,
``interDigitTimeout`` between digits. Digits are masked outside this process unless ``mask: false``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Problem, Texts, Verb, each

NO_INPUT = "no-input"
INTER_DIGIT = "inter-digit"


class Gather(Verb):
    """A node that asks."""

    verb: Literal["gather"]
    input: tuple[Literal["digits"], ...] = ("digits",)
    say: Texts = Field(min_length=1)
    help: Texts = ()
    num_digits: int | None = Field(default=None, ge=1, le=32)
    min_digits: int | None = Field(default=None, ge=1, le=32)
    max_digits: int | None = Field(default=None, ge=1, le=32)
    finish_on_key: Literal["", "#", "*"] = "#"
    timeout: float = Field(default=7.0, gt=0, le=60)
    inter_digit_timeout: float = Field(default=3.0, gt=0, le=60)
    bargein: bool = True
    retries: int = Field(default=2, ge=0, le=9)
    mask: bool = True
    variable: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,31}$")
    choices: dict[str | int, str] = Field(default_factory=dict)
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

    def problems(self) -> Iterator[Problem]:
        """Answers that cannot be given, and ways out that are missing."""
        if not self.input:
            yield Problem(("input",), "gather takes no input", "write input: [digits]")
        if bool(self.choices) == (self.next is not None):
            yield Problem((), "gather needs either choices or next", "name a node for each choice, or one next node")
        if self.no_input is None:
            yield Problem((), "gather has no noInput path", "write noInput: and the node for a caller who stays silent")
        if self.num_digits and (self.min_digits or self.max_digits):
            yield Problem(("numDigits",), "numDigits excludes minDigits and maxDigits", "keep numDigits alone")
        elif self.shortest > self.longest:
            yield Problem((), f"minDigits {self.shortest} is more than maxDigits {self.longest}", "swap them")
        for choice in self.choices:
            yield from self._choice_problems(choice)

    def _choice_problems(self, choice: str | int) -> Iterator[Problem]:
        key = ("choices", choice)
        if not isinstance(choice, str):
            yield Problem(key, f"choice {choice} is a number, not digits", f'put it in quotes: "{choice}"')
        elif not choice or set(choice) - set("0123456789*#"):
            yield Problem(key, f"choice {choice!r} cannot be keyed", "use the keys 0-9 * #")
        elif self.finish_on_key and self.finish_on_key in choice:
            yield Problem(key, f"choice {choice!r} holds the finishOnKey", 'write finishOnKey: ""')
        elif len(choice) > self.longest:
            what = f"choice {choice!r} needs {len(choice)} digits, only {self.longest} are taken"
            yield Problem(key, what, f"write numDigits: {len(choice)} or a shorter choice")
        elif len(choice) < self.shortest:
            what = f"choice {choice!r} has {len(choice)} digit(s), at least {self.shortest} are wanted"
            yield Problem(key, what, f"write minDigits: {len(choice)} or a longer choice")

    def activity(self, stage: Stage) -> Activity:
        """Ask."""
        return Gathering(stage, self)


class Gathering(Activity):
    """Asking; also the ground of verbs that ask for something particular."""

    def __init__(self, stage: Stage, verb: Gather) -> None:
        super().__init__(stage)
        self._verb = verb
        self._digits = ""
        self._failures = 0
        self._asking = False

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
        self.stage.start_timer(NO_INPUT, self._verb.timeout)

    def answered(self, digits: str) -> None:
        """What was keyed is an answer: report it, and go on."""
        self.stage.report_choice(digits)

    def digit(self, digit: str) -> None:
        """A digit: silence, at once."""
        if self._asking and not self._verb.bargein:
            return
        self._asking = False
        self.stage.stop()
        self.stage.cancel_timer(NO_INPUT)
        self._take(digit)

    def timer_fired(self, name: str) -> None:
        """No more digits, or none at all."""
        if name == INTER_DIGIT:
            self._evaluate()
        else:
            self._failed(self._verb.no_input)

    def _ask(self, texts: tuple[str, ...]) -> None:
        self._digits = ""
        self._asking = True
        self.stage.say(texts)

    def _take(self, digit: str) -> None:
        self.stage.cancel_timer(INTER_DIGIT)
        if digit == self._verb.finish_on_key:
            self._evaluate()
            return
        self._digits += digit
        if self._complete():
            self._evaluate()
        else:
            self.stage.start_timer(INTER_DIGIT, self._verb.inter_digit_timeout)

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
        self.answered(digits)
        if verb.variable is not None:
            self.stage.variables[verb.variable] = digits
        self.stage.go(target)

    def _failed(self, way_out: str | None) -> None:
        self._failures += 1
        if self._failures > self._verb.retries and way_out is not None:
            self.stage.go(way_out)
        else:
            self._ask(self._verb.help or self._verb.say)
