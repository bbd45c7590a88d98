"""For every caller: questions repeated slowly, time to answer, menus by keys alone and by words alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.effects import (
    AgentConnected,
    ChoiceReported,
    LeftQueue,
    PlayPrompts,
    Scored,
    SpeechHeard,
    StartSpeech,
    StartTimer,
    StopSpeech,
)
from ivr.prompts import PromptSource
from ivr.schema import SLOW, load_flow
from ivr.verbs.base import choice_of
from tests.ivr.test_flow import Caller

MENU = """
flow: menu
start: menu
nodes:
  menu:
    verb: gather
    input: [digits, speech]
    say: Choose.
    help: Really choose.
    mask: false
    retries: 1
    choices: {"1": line, "2": bye}
    phrases: {bill: "1", goodbye: "2", repeat: "9"}
    noInput: bye
  line: {verb: enqueue, queue: billing, choices: {"1": bye}, phrases: {message: "1"}}
  bye: {verb: hangup}
"""


def caller(tmp_path: Path, text: str = MENU) -> Caller:
    (tmp_path / "flow.yaml").write_text(text)
    return Caller(load_flow(tmp_path / "flow.yaml"))


def say(caller: Caller, text: str, *, final: bool = True) -> None:
    turn = [effect.token for effect in caller.seen if isinstance(effect, StartSpeech)][-1]
    caller.give(SpeechHeard(turn, text, final))


def key_of(caller: Caller) -> str:
    played = [effect for effect in caller.seen if isinstance(effect, PlayPrompts)][-1]
    return played.prompts[0].audio


@pytest.mark.parametrize("by", ["key", "word"])
def test_a_question_is_repeated_slowly_and_the_caller_has_more_time(tmp_path: Path, by: str) -> None:
    someone = caller(tmp_path)
    usual = key_of(someone)
    someone.press("9") if by == "key" else say(someone, "repeat")
    assert someone.hears == ["Choose."]
    assert key_of(someone) == PromptSource("Choose.", "slt", SLOW).key != usual
    someone.hear_out()
    assert someone.timers["no-input"].seconds == 15.0, "10 s usually"
    someone.press("3")
    assert someone.hears == ["Really choose."], "it was no failure, this is the first"
    someone.press("1")
    assert someone.runner.node == "line"


def test_slow_recordings_are_asked_for_when_the_flow_is_checked(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(MENU)
    slowly = [source.text for source in load_flow(tmp_path / "flow.yaml").sources() if source.stretch == SLOW]
    assert slowly == ["Choose.", "Really choose."]
    (tmp_path / "flow.yaml").write_text(MENU.replace("start:", 'slower: ""\nstart:').replace(', repeat: "9"', ""))
    assert not [source for source in load_flow(tmp_path / "flow.yaml").sources() if source.stretch == SLOW]


def test_a_key_that_is_a_choice_stays_one(tmp_path: Path) -> None:
    text = MENU.replace('"2": bye', '"9": bye').replace('"2"', '"9"')
    someone = caller(tmp_path, text)
    someone.press("9")
    assert someone.runner.finished


def test_there_is_no_rush_by_default(tmp_path: Path) -> None:
    someone = caller(tmp_path, MENU.replace('"2": bye', '"22": bye').replace('"2"', '"22"'))
    someone.hear_out()
    assert someone.timers["no-input"].seconds == 10.0
    someone.press("2")
    assert someone.timers["inter-digit"].seconds == 5.0


def test_who_waits_leaves_the_queue_by_word_and_is_not_listened_to_in_the_talk(tmp_path: Path) -> None:
    someone = caller(tmp_path)
    say(someone, "bill")
    assert ChoiceReported("menu", "1", "speech") in someone.seen
    say(someone, "message", final=False)
    assert someone.runner.node == "line"
    say(someone, "i want to leave a message")
    assert LeftQueue() in someone.seen
    assert someone.runner.finished
    other = caller(tmp_path)
    other.press("1")
    assert isinstance(other.seen[-1], PlayPrompts | StartTimer)
    other.give(AgentConnected())
    assert StopSpeech() in other.seen[-2:]
    say(other, "message")
    assert not other.runner.finished


@pytest.mark.parametrize(
    ("kind", "words", "score"),
    [("csat", "five", 5), ("nps", "a ten", 10), ("nps", "zero", 0), ("ces", "seven please", 7)],
)
def test_a_survey_is_answered_by_word(tmp_path: Path, kind: str, words: str, score: int) -> None:
    flow = (
        f"flow: s\nstart: a\nnodes:\n  a: {{verb: survey, kind: {kind}, say: Well., next: b}}\n  b: {{verb: hangup}}\n"
    )
    someone = caller(tmp_path, flow)
    say(someone, words)
    assert Scored(kind, score) in someone.seen
    assert someone.runner.finished


@pytest.mark.parametrize("words", ["eight", "four five", "hello"])
def test_a_survey_takes_no_score_that_is_none(tmp_path: Path, words: str) -> None:
    flow = "flow: s\nstart: a\nnodes:\n  a: {verb: survey, kind: csat, say: Well., next: b}\n  b: {verb: hangup}\n"
    someone = caller(tmp_path, flow)
    say(someone, words)
    assert someone.hears == ["Well."]
    assert not [effect for effect in someone.seen if isinstance(effect, Scored)]


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("i want a refund", "1"), ("i want refund please", "1"), ("well i want the refund", "1"), ("refund", None),
        ("an agent", "2"), ("agent i want a refund", None), ("reagent", None), ("a", "3"),
    ],
)  # fmt: skip
def test_articles_that_a_recogniser_loses_change_no_choice(text: str, choice: str | None) -> None:
    assert choice_of({"i want a refund": "1", "agent": "2", "a": "3"}, text) == choice


def test_without_a_recogniser_nothing_listens(tmp_path: Path) -> None:
    flow = "flow: s\nspeech: false\nstart: a\nnodes:\n  a: {verb: survey, kind: csat, say: Well., next: b}\n"
    someone = caller(tmp_path, flow + "  b: {verb: hangup}\n")
    assert not [effect for effect in someone.seen if isinstance(effect, StartSpeech)]
