from __future__ import annotations

import json
from pathlib import Path

import pytest

from assist.content import Content
from assist.direction import Direction
from assist.evaluate import Labels, Report, Score, evaluate, judge, read_labels
from assist.replay import Replayed, ShownCard
from assist.sentiment import Reading
from voice.errors import DocumentError


def card(t: float, kind: str = "next_step", rule: str = "billing_dispute") -> ShownCard:
    return ShownCard(t, kind, rule, "title", "evidence")


def judged(labels: dict[str, object], *cards: ShownCard, readings: tuple[Reading, ...] = ()) -> Report:
    report = Report()
    judge("x", Labels.model_validate(labels), Replayed(cards, readings, 60.0), report)
    return report


EXPECT = {"kind": "next_step", "id": "billing_dispute", "after": 5.0, "before": 10.0}


def test_a_card_in_its_window_is_right_and_its_delay_counts_from_after() -> None:
    score = judged({"expect": [EXPECT]}, card(7.0)).kinds["next_step"]
    assert (score.hits, score.misses, score.false) == (1, 0, 0)
    assert score.data() == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "delay_s": 2.0}


@pytest.mark.parametrize("t", [4.9, 10.1])
def test_outside_its_window_it_is_missed_and_wrong(t: float) -> None:
    report = judged({"expect": [EXPECT]}, card(t))
    score = report.kinds["next_step"]
    assert (score.hits, score.misses, score.false, score.f1) == (0, 1, 1, 0.0)
    assert len(report.mistakes) == 2


def test_one_card_meets_one_expectation() -> None:
    score = judged({"expect": [EXPECT, EXPECT]}, card(7.0)).kinds["next_step"]
    assert (score.hits, score.misses) == (1, 1)


def test_only_kinds_that_are_labelled_are_judged_but_all_cards_count_per_minute() -> None:
    report = judged({"forbid": [{"kind": "next_step", "id": "x"}]}, card(7.0), card(8.0, "knowledge", "y"))
    assert report.kinds.keys() == {"next_step"}
    assert report.kinds["next_step"].false == 1
    assert report.cards_per_minute == 2.0


def test_feeling_is_where_the_caller_was_going_at_that_second() -> None:
    readings = (
        Reading(3.0, -0.5, -0.3, Direction.FALLING, True),
        Reading(9.0, 0.8, 0.4, Direction.RISING, True),
    )
    wanted = [{"at": 4.0, "direction": "falling"}, {"at": 9.5, "direction": "falling"}]
    report = judged({"sentiment": wanted}, readings=readings)
    assert report.sentiment_accuracy == 0.5
    assert report.mistakes == ["x: feeling rising, not falling, 9.5 s"]


def test_f1_is_the_harmonic_mean() -> None:
    assert Score(hits=2, misses=2, false=0).f1 == pytest.approx(2 / 3)


def test_a_directory_is_scored(tmp_path: Path, content: Content) -> None:
    said = {"t": 6.0, "speaker": "caller", "text": "i was charged twice", "final": True, "confidence": 0.9}
    (tmp_path / "a.jsonl").write_text(json.dumps(said) + "\n")
    (tmp_path / "a.labels.json").write_text(json.dumps({"customer": None, "expect": [EXPECT]}))
    data = evaluate(tmp_path, content, lambda _: None).data()
    assert data.keys() == {"kinds", "cards_per_minute", "sentiment_accuracy", "mistakes"}
    assert data["kinds"] == {"next_step": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "delay_s": 1.0}}


def test_an_empty_directory_and_bad_labels_say_so(tmp_path: Path, content: Content) -> None:
    with pytest.raises(DocumentError, match="no labelled dialogues"):
        evaluate(tmp_path, content, lambda _: None)
    file = tmp_path / "a.labels.json"
    file.write_text('{"expect": [{"kind": "magic", "id": "x", "after": 0, "before": 1}]}')
    with pytest.raises(DocumentError, match=r"expect\.0\.kind"):
        read_labels(file)
