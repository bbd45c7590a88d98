"""A good and a bad agent play every scenario in virtual time; the debrief tells them apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assist.practice.persona import find_persona, scenarios
from assist.quality.spec import load_scorecard
from tests.practice.agents import CONTENT, played


@pytest.mark.parametrize("scenario", scenarios())
def test_a_good_and_a_bad_agent_are_told_apart(scenario: str) -> None:
    good, bad = played(scenario, "good"), played(scenario, "bad")
    assert good.helped
    assert good.content
    assert not bad.helped
    assert not bad.content
    assert good.mood_end >= good.mood_start + 0.3
    assert bad.mood_end <= bad.mood_start - 0.2
    assert good.overall is not None
    assert bad.overall is not None
    assert good.overall > bad.overall + 5
    assert sum(steps.done for steps in good.steps) >= sum(steps.done for steps in bad.steps)


def test_there_are_six_from_easy_to_furious() -> None:
    levels = sorted(find_persona(name).level for name in scenarios())
    assert levels == [1, 2, 3, 4, 5, 6]


def test_the_measures_are_those_of_a_real_contact() -> None:
    bad = {each.name: each.value for each in played("charged_twice", "bad").measures}
    good = {each.name: each.value for each in played("charged_twice", "good").measures}
    assert bad["dead_air"] == pytest.approx(12.0 / bad["average_talk"] * 100, abs=0.1)  # type: ignore[operator]
    assert good["dead_air"] == 0.0
    assert good["talk_ratio"] is not None
    assert 40 < good["talk_ratio"] < 65


def test_the_course_names_what_moved_her() -> None:
    why = [felt.why for felt in played("charged_twice", "bad").course]
    assert why[:3] == ["silence", "refused", "refused"]


def test_what_was_advised_and_left_open_is_there() -> None:
    bad = played("charged_twice", "bad")
    assert [(steps.playbook, steps.done) for steps in bad.steps if steps.playbook == "billing_dispute"] == [
        ("billing_dispute", 0)
    ]
    assert any("James" in step or "charge" in step for steps in bad.steps for step in steps.open)
    assert not any("{name}" in step for steps in bad.steps for step in steps.open)
    assert [advised.rule for advised in played("forgotten_password", "bad").advice] == ["opening_greeting"]


def test_the_debrief_is_data_too(tmp_path: Path) -> None:
    found = json.loads(json.dumps(played("late_parcel", "good").document()))
    assert found["helped"] is True
    assert found["promises"]
    assert {score["principle"] for score in found["scorecard"]["scores"]} >= {"empathy", "clarity", "compliance"}


def test_the_weakest_principle_is_what_to_practise() -> None:
    found = played("slow_connection", "bad")
    assert found.scorecard is not None
    weakest = min((s for s in found.scorecard.scores if s.value is not None), key=lambda score: score.value or 0.0)
    assert found.exercise == load_scorecard(CONTENT).principles[weakest.principle].exercise
