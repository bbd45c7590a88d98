"""Account numbers by voice: what was said is read as digits and held to the same bounds as what is keyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.effects import ChoiceReported, PlayPrompts, SpeechHeard, StartSpeech, TimerFired
from ivr.spoken_digits import digit_words, numbers_said
from tests.ivr.test_accessible import caller, say
from tests.ivr.test_flow import Caller

NUMBER = """
flow: number
start: account
nodes:
  account:
    verb: gather
    input: [digits, speech]
    say: What is your account number?
    help: Please say or key the four digits of your account.
    BOUNDS
    retries: 1
    variable: account
    next: done
    noInput: silent
    noMatch: lost
  done: {verb: enqueue, queue: billing}
  silent: {verb: enqueue, queue: silent}
  lost: {verb: enqueue, queue: lost}
"""
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def account(tmp_path: Path, bounds: str = "numDigits: 4") -> Caller:
    return caller(tmp_path, NUMBER.replace("BOUNDS", bounds))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("four two one seven", ("4217",)),
        ("my number is forty two seventeen", ("4217",)),
        ("double four seven oh", ("4470",)),
        ("triple zero and uh one", ("0001",)),
        ("twenty oh one twenty two", ("200122",)),
        ("4217", ("4217",)),
        ("4111-1111", ("41111111",)),
        ("for two one ate three", ("2183",)),  # misheard digits count between digits only
        ("i have two cars four two one seven", ("2", "4217")),
        ("four hundred and six", ("",)),
        ("four two one [unk] one seven six", ("",)),  # what was not understood may have been a digit
        ("hello there", ()),
    ],
)
def test_english_numbers_are_read(text: str, numbers: tuple[str, ...]) -> None:
    assert numbers_said(text, "en") == numbers


@given(st.text("0123456789", min_size=1, max_size=16))
def test_digits_said_one_by_one_are_read_as_they_were_said(digits: str) -> None:
    assert numbers_said(" ".join(WORDS[int(digit)] for digit in digits), "en-GB") == (digits,)


def test_other_languages_say_digits_one_by_one() -> None:
    assert numbers_said("meine nummer ist vier zwo eins sieben", "de") == ("4217",)
    assert numbers_said("cuatro dos uno siete", "es-MX") == ("4217",)
    assert (numbers_said("quatre deux", "fr"), digit_words("fr")) == ((), ())


def test_only_number_words_are_listened_for(tmp_path: Path) -> None:
    (turn,) = (effect for effect in account(tmp_path).seen if isinstance(effect, StartSpeech))
    assert turn.phrases is not None
    assert {"four", "seventeen", "double"} <= set(turn.phrases)


def test_a_number_that_is_said_is_taken_as_digits(tmp_path: Path) -> None:
    asked = account(tmp_path)
    say(asked, "four two", final=False)
    say(asked, "four two one seven")
    assert (asked.runner.node, asked.runner.variables["account"]) == ("done", "4217")
    (choice,) = (effect for effect in asked.seen if isinstance(effect, ChoiceReported))
    assert (choice.value, choice.by) == ("****", "speech")


def test_a_number_said_in_two_breaths_is_one(tmp_path: Path) -> None:
    asked = account(tmp_path)
    say(asked, "forty two")
    assert asked.runner.node == "account"
    say(asked, "seventeen")
    assert asked.runner.variables["account"] == "4217"


@pytest.mark.parametrize("said", ["hello there", "four two one seven three", "four hundred and six", "[unk]"])
def test_what_is_no_such_number_is_asked_again_and_then_goes_its_way(tmp_path: Path, said: str) -> None:
    asked = account(tmp_path)
    asked.hear_out()
    say(asked, said)
    assert asked.runner.node == "account"
    assert len([effect for effect in asked.seen if isinstance(effect, PlayPrompts)]) == 2
    asked.hear_out()
    say(asked, said)
    assert (asked.runner.node, asked.runner.variables.get("account")) == ("lost", None)


def test_a_number_that_stays_too_short_is_asked_for_again(tmp_path: Path) -> None:
    asked = account(tmp_path, "minDigits: 3\n    maxDigits: 6")
    say(asked, "four two")
    asked.run_out("inter-digit")
    assert asked.runner.node == "account"
    say(asked, "four two one")
    assert asked.runner.node == "account"
    asked.run_out("inter-digit")
    assert (asked.runner.node, asked.runner.variables["account"]) == ("done", "421")


def test_who_takes_to_the_keys_begins_the_number_anew(tmp_path: Path) -> None:
    asked = account(tmp_path)
    say(asked, "four two one")
    asked.press("4217")
    assert asked.runner.variables["account"] == "4217"


def test_a_sound_between_keys_is_no_digit(tmp_path: Path) -> None:
    asked = account(tmp_path)
    asked.press("42")
    say(asked, "nine nine")
    asked.press("17")
    assert asked.runner.variables["account"] == "4217"


def test_the_time_to_answer_begins_anew_with_the_question(tmp_path: Path) -> None:
    asked = account(tmp_path)
    asked.hear_out()
    old = asked.timers["no-input"]
    say(asked, "[unk]")  # a cough: nothing was understood, the question is asked again
    asked.give(TimerFired("no-input", old.token))
    assert (asked.runner.node, len([each for each in asked.seen if isinstance(each, PlayPrompts)])) == ("account", 2)


def test_without_a_number_of_digits_any_words_are_an_answer(tmp_path: Path) -> None:
    asked = account(tmp_path, "mask: false")
    (turn,) = (effect for effect in asked.seen if isinstance(effect, StartSpeech))
    assert turn.phrases is None
    asked.give(SpeechHeard(turn.token, "the blue house", True))
    assert asked.runner.variables["account"] == "the blue house"
