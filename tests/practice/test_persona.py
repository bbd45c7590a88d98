"""Scenarios: those that come with callfloor, and what is wrong with others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assist.practice.persona import SCENARIOS, find_persona, load_persona, scenarios
from transcription.models import DEMO_MODEL, find_model
from voice.errors import DocumentError

GOOD = (SCENARIOS / "late_parcel.yaml").read_text()


@pytest.mark.parametrize("scenario", scenarios())
def test_the_demo_model_knows_every_word_she_says(scenario: str) -> None:
    listed = (find_model(DEMO_MODEL).path / "graph" / "words.txt").read_text().splitlines()
    known = {line.split()[0] for line in listed}
    said = {word for line in find_persona(scenario).lines() for word in re.findall(r"[a-z0-9']+", line.lower())}
    assert said <= known


def test_a_scenario_is_found_by_name_or_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    assert find_persona(str(file)) == find_persona("late_parcel")
    with pytest.raises(DocumentError, match="one of charged_twice"):
        find_persona("nobody")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("level: 2", "level: 7", "level"),
        ("goal: true", "goal: false", "nothing is what she called for"),
        ("mood: 0.3", "mood: 3", "mood"),
        ("  sorry:", "  sorry:\n    needs: [day]", "no fact, and no reaction above this one, is 'day'"),
        ("  sorry:", "  who:", "'who' is a fact of hers too"),
        ("[order number, tracking number, customer number]", "['*']", "no words"),
        ("facts:", "facts: {}\nfigures:", "facts"),
        ("[sorry, apologize, inconvenience]", "['*']", "no words"),
        ("patience_s: 15", "patience: 15", "patience"),
        ("title: A parcel that has not arrived", "", "title"),
    ],
)
def test_a_bad_scenario_is_refused_with_its_line(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert old in GOOD
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DocumentError, match=re.escape(what)) as raised:
        load_persona(file)
    assert raised.value.file == file


def test_a_list_is_no_scenario(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("- a\n")
    with pytest.raises(DocumentError, match="a mapping of keys"):
        load_persona(file)
