from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from assist.content import Content, load_content
from assist.direction import Direction, Felt
from assist.sentiment import Reading, SentimentSettings, SentimentTrack, VaderScorer, trajectory
from assist.valence import Feelings, fit_feelings
from assist.watch import SentimentWatch
from tests.assist.dialogue import final
from voice.errors import DocumentError

GOOD = Path(__file__).parent.parent / "golden" / "content" / "good"
CALLERS = Path(__file__).parent.parent / "golden" / "sentiment" / "callers.yaml"


def label(score: float) -> str:
    if abs(score) < 0.05:
        return "neutral"
    return "positive" if score > 0 else "negative"


@pytest.mark.parametrize(("part", "at_least"), [("known", 0.95), ("later", 0.65)])
def test_callers_words_are_read_as_a_person_reads_them(content: Content, part: str, at_least: float) -> None:
    cases = [(text, wanted) for wanted, texts in yaml.safe_load(CALLERS.read_text())[part].items() for text in texts]
    wrong = [(text, wanted) for text, wanted in cases if label(content.scorer.score(text)) != wanted]
    print(f"{part}: {len(cases) - len(wrong)} of {len(cases)}; wrong: {wrong}")
    assert 1 - len(wrong) / len(cases) >= at_least


def test_what_the_lexicon_does_not_know_is_missed_never_turned_round(content: Content) -> None:
    later = yaml.safe_load(CALLERS.read_text())["later"]
    assert not [text for text in later["negative"] if label(content.scorer.score(text)) == "positive"]
    assert not [text for text in later["positive"] if label(content.scorer.score(text)) == "negative"]


def test_the_longest_phrase_is_consumed_first() -> None:
    scorer = VaderScorer({}, {"third time": 3.0, "third time lucky": -3.0})
    assert scorer.score("third time lucky") == pytest.approx(-3.0 / math.sqrt(9.0 + 15.0))


def test_scores_stay_within_bounds(content: Content) -> None:
    awful = "unacceptable ridiculous useless " * 40
    assert -1.0 <= content.scorer.score(awful) < -0.9
    assert content.scorer.score("") == 0.0


def hear(track: SentimentTrack, *scores: float, cap: float | None = None) -> list[Reading]:
    return [track.hear(score, 10.0 * index, 2.0, 1.0, cap) for index, score in enumerate(scores, start=1)]


def turns(track: SentimentTrack, *scores: float) -> list[tuple[bool, Direction]]:
    return [(hear(track, score)[0].turned, track.last_turn) for score in scores]


def test_one_odd_utterance_is_not_a_turn_but_two_are() -> None:
    found = turns(SentimentTrack(SentimentSettings(alpha=0.35, turn=0.25)), -0.6, -0.6)
    assert found == [(False, Direction.FLAT), (True, Direction.FALLING)]


def test_hysteresis_holds_the_turn_until_the_level_comes_back_far_enough() -> None:
    track = SentimentTrack(SentimentSettings(alpha=0.5, turn=0.3))
    found = [turn for _, turn in turns(track, -0.8, -0.8, -0.3, -0.9, 0.9, 0.9)]
    assert found[:4] == [Direction.FALLING] * 4
    assert found[4:] == [Direction.RISING] * 2


def test_what_examples_feel_moves_the_direction_only() -> None:
    track = SentimentTrack(SentimentSettings())
    assert track.hear(0.0, 5.0, 2.0, 1.0, None, Felt(0.5, -0.1, 0.0)).direction is Direction.FALLING
    assert track.hear(0.0, 12.0, 2.0, 1.0, None, Felt(-0.1, 0.6, 0.0)).direction is Direction.RISING
    assert track.level == 0.0


def test_a_hard_trigger_bypasses_the_smoothing() -> None:
    (reading,) = hear(SentimentTrack(SentimentSettings()), 0.2, cap=-0.6)
    assert (reading.level, reading.direction, reading.turned) == (-0.6, Direction.FALLING, True)


def test_short_or_unclear_utterances_weigh_less() -> None:
    full, short, unclear = (SentimentTrack(SentimentSettings()) for _ in range(3))
    full.hear(-1.0, 1.0, 2.0, 1.0, None)
    short.hear(-1.0, 1.0, 0.5, 1.0, None)
    unclear.hear(-1.0, 1.0, 2.0, 0.3, None)
    assert full.level == pytest.approx(-0.35)
    assert short.level == pytest.approx(-0.35 / 4)
    assert unclear.level == pytest.approx(-0.35 * 0.3)


FEELINGS = {"bad": ("three weeks and not a word",), "neutral": ("the white one",), "good": ("oh it is free",)}


def test_examples_hear_what_has_no_strong_word_and_strong_words_still_count() -> None:
    lexicon = VaderScorer({"awful": -3.0}, {})
    feelings = Feelings(fit_feelings(FEELINGS))

    assert lexicon.score("two weeks and not a single word") == 0.0
    heard = feelings.felt("two weeks and not a single word", 0.0)
    assert heard.bad > 0.1 > 0.0 > heard.good
    assert feelings.felt("it is free then", 0.0).good > 0.1
    assert feelings.felt("nobody knows", -0.4).by_words == -0.4


def test_the_lexicon_reads_an_utterance_once(content: Content) -> None:
    read: list[str] = []

    class Counting:
        def score(self, text: str) -> float:
            read.append(text)
            return 0.0

    assert content.feelings is not None, "the built-in content teaches by examples, too"
    watch = SentimentWatch(replace(content, scorer=Counting()))
    watch.hear(final("u1", "caller", "three weeks and not a word"), ())
    assert read == ["three weeks and not a word"]


@pytest.mark.parametrize(
    ("name", "wanted"), [("sad", "no feeling 'sad'. Fix: the files are bad.txt"), ("bad", "a feeling is missing")]
)
def test_feelings_are_three_files(tmp_path: Path, name: str, wanted: str) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "feelings").mkdir()
    (tmp_path / "feelings" / f"{name}.txt").write_text("not again\n")
    with pytest.raises(DocumentError) as caught:
        load_content(tmp_path)
    assert wanted in str(caught.value)


def test_trajectory_by_hand() -> None:
    readings = [
        Reading(0.0, -0.9, 0, Direction.FLAT, False),  # at the start: weighs nothing
        Reading(50.0, -0.2, 0, Direction.FLAT, False),  # -0.5
        Reading(80.0, 0.01, 0, Direction.FLAT, False),  # neutral
        Reading(100.0, 0.4, 0, Direction.FLAT, False),  # +1
    ]
    assert trajectory(readings, 100.0) == pytest.approx(100 * math.tanh(0.75 * 0.5))
    assert trajectory(readings, 0.0) == 0.0
