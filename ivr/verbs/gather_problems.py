"""What contradicts itself in a ``gather``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivr.verbs.base import Problem

if TYPE_CHECKING:
    from ivr.verbs.gather import Gather


def gather_problems(verb: Gather) -> Iterator[Problem]:
    """Answers that cannot be given, and ways out that are missing."""
    if not verb.input:
        yield Problem(("input",), "gather takes no input", "write input: [digits]")
    if bool(verb.choices) == (verb.next is not None):
        yield Problem((), "gather needs either choices or next", "name a node for each choice, or one next node")
    if verb.no_input is None:
        yield Problem((), "gather has no noInput path", "write noInput: and the node for a caller who stays silent")
    if verb.num_digits and (verb.min_digits or verb.max_digits):
        yield Problem(("numDigits",), "numDigits excludes minDigits and maxDigits", "keep numDigits alone")
    elif verb.shortest > verb.longest:
        yield Problem((), f"minDigits {verb.shortest} is more than maxDigits {verb.longest}", "swap them")
    for choice in verb.choices:
        yield from _choice_problems(verb, choice)
    yield from _speech_problems(verb)


def _speech_problems(verb: Gather) -> Iterator[Problem]:
    if bool(verb.phrases) != ("speech" in verb.input and bool(verb.choices)):
        yield Problem((), "phrases belong to a menu that takes speech, and it needs them", "write both, or neither")
    if verb.choices and "digits" not in verb.input:
        yield Problem(("input",), "a menu that cannot be keyed", "write input: [digits, speech]")


def _choice_problems(verb: Gather, choice: str | int) -> Iterator[Problem]:
    key = ("choices", choice)
    if not isinstance(choice, str):
        yield Problem(key, f"choice {choice} is a number, not digits", f'put it in quotes: "{choice}"')
    elif not choice or set(choice) - set("0123456789*#"):
        yield Problem(key, f"choice {choice!r} cannot be keyed", "use the keys 0-9 * #")
    elif verb.finish_on_key and verb.finish_on_key in choice:
        yield Problem(key, f"choice {choice!r} holds the finishOnKey", 'write finishOnKey: ""')
    elif len(choice) > verb.longest:
        what = f"choice {choice!r} needs {len(choice)} digits, only {verb.longest} are taken"
        yield Problem(key, what, f"write numDigits: {len(choice)} or a shorter choice")
    elif len(choice) < verb.shortest:
        what = f"choice {choice!r} has {len(choice)} digit(s), at least {verb.shortest} are wanted"
        yield Problem(key, what, f"write minDigits: {len(choice)} or a longer choice")
