"""Practice in a terminal, by typing."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from assist.cli import app
from tests.practice.agents import AGENTS
from voice.errors import DocumentError


def typed(scenario: str, agent: str, *options: str) -> str:
    lines = "".join(f"{line}\n" if isinstance(line, str) else "\n" for line in AGENTS[scenario][agent])
    done = CliRunner().invoke(app, ["practice", scenario, "--typed", *options], input=lines, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_a_call_by_typing_ends_in_a_debrief(tmp_path: Path) -> None:
    file = tmp_path / "debrief.json"
    out = typed("charged_twice", "good", "--json", str(file))
    assert "James Smith: My bill is wrong, I was charged twice this month." in out
    assert "content" in out
    assert "6 of 6" in out
    assert json.loads(file.read_text())["content"] is True


def test_an_empty_line_waits_and_the_debrief_says_what_to_practise() -> None:
    out = typed("charged_twice", "bad")
    assert "Hello, is somebody there?" in out
    assert "not helped" in out
    assert "silence" in out
    assert "Practise:" in out


def test_a_debrief_that_cannot_be_written_is_refused_before_the_call(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["practice", "charged_twice", "--typed", "--json", str(tmp_path / "no" / "x.json")])
    assert isinstance(done.exception, DocumentError)
    assert "cannot be written" in str(done.exception)
    assert "You have answered" not in done.output


def test_without_a_name_the_scenarios_are_listed_easy_ones_first() -> None:
    out = CliRunner().invoke(app, ["practice"], env={"COLUMNS": "120"}).output
    assert out.index("forgotten_password") < out.index("charged_twice") < out.index("furious_cancellation")
