"""Flows drawn, and walked in the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from ivr.drawing import mermaid
from ivr.schema import load_flow
from ivr.simulation import Simulation

FLOWS = Path(__file__).parents[1] / "golden" / "flows" / "good"
SHIPPED = Path(__file__).parents[2] / "ivr" / "flows"
MONDAY_NOON = 1780315200.0
"""2026-06-01 12:00 UTC."""


def walk(file: Path, *lines: str, now: float = MONDAY_NOON) -> tuple[Simulation, list[str]]:
    told: list[str] = []
    simulation = Simulation(load_flow(file), "2025550142", now, told.append)
    simulation.start()
    for line in lines:
        simulation.line(line)
    return simulation, told


def test_a_caller_waits_hears_place_and_wait_talks_and_scores() -> None:
    simulation, told = walk(SHIPPED / "call_centre.yaml", "place 1 70 170", "", "agent", "left", "5")
    assert simulation.finished
    said = "\n".join(told)
    for expected in (
        "[line]",
        "You are number two in line.",
        "We expect a wait of one to three minutes.",
        "(45 s later: comfort)",
        "[score]",
        "Scored(kind='csat', score=5)",
        "hung up: completed",
    ):
        assert expected in said
        said = said[said.index(expected) :]


def test_at_night_a_caller_leaves_a_message() -> None:
    simulation, told = walk(SHIPPED / "call_centre.yaml", "#", now=MONDAY_NOON + 8 * 3600)
    assert simulation.finished
    assert [line for line in told if line.startswith("[")] == [
        "[greeting]", "[closed]", "[voicemail]", "[bye]", "[end]"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (("full", "#"), "hung up: self_service"),
        (("busy", "hangup"), None),
        (("1", "#"), "hung up: self_service"),
    ],
)
def test_other_ways_through(lines: tuple[str, ...], last: str | None) -> None:
    simulation, told = walk(SHIPPED / "call_centre.yaml", *lines)
    assert simulation.finished
    if last:
        assert told[-1] == f"  {last}"


@pytest.mark.parametrize("asks", ["2", "say call me back"])
def test_who_would_rather_be_called_keeps_the_place(asks: str) -> None:
    simulation, told = walk(SHIPPED / "call_centre.yaml", asks)
    assert simulation.finished
    promised = next(line for line in told if "RequestCallback" in line)
    assert "queue='billing', number='2025550142'" in promised
    assert [line for line in told if line.startswith("[")][-2:] == ["[promised]", "[end]"]


def test_a_caller_speaks() -> None:
    simulation, told = walk(FLOWS / "spoken.yaml", "say it is my bill", "hangup")
    assert simulation.finished
    assert "  (listens for bill, my bill, a fault)" in told
    assert "[line]" in told


def test_facts_and_answers_are_given_by_hand() -> None:
    good = FLOWS / "call_centre.yaml"
    answer = 'answer {"order": {"status": "sent"}, "items": [{"name": "lamp"}]}'
    told: list[str] = []
    simulation = Simulation(load_flow(good), "+353155501", MONDAY_NOON, told.append)
    simulation.start()
    for line in ("facts known billing 3 4", answer):
        simulation.line(line)
    assert "  → GET https://orders.example/by-number/%2B353155501" in told
    assert "  → Tagged(name='order', value='sent')" in told


@pytest.mark.parametrize("line", ["sing", "place", "place far", "facts billing 3", "answer {"])
def test_nonsense_changes_nothing(line: str) -> None:
    simulation, told = walk(SHIPPED / "call_centre.yaml", line)
    assert told[-1].startswith("? ")
    assert not simulation.finished


@pytest.mark.parametrize("file", sorted([*SHIPPED.glob("*.yaml"), *FLOWS.glob("*.yaml")]), ids=lambda file: file.stem)
def test_a_drawing_has_every_node_and_way(file: Path) -> None:
    flow = load_flow(file)
    lines = mermaid(flow).splitlines()
    arrows = [line for line in lines if "-->" in line]
    assert lines[0] == "flowchart TD"
    assert len(arrows) == 1 + sum(1 for node in flow.nodes.values() for _ in node.targets())
    assert len(lines) == 1 + len(arrows) + len(flow.nodes)
    for label in (label for line in lines for label in re.findall(r'"(.*?)"', line)):
        assert not set(label.replace("<br/>", "")) & set('[]{}<>|"')


def test_the_commands(tmp_path: Path) -> None:
    runner = CliRunner()
    file = str(SHIPPED / "demo.yaml")
    assert runner.invoke(app, ["flow", "draw", file]).output.startswith("flowchart TD\n")
    out = tmp_path / "demo.mmd"
    assert runner.invoke(app, ["flow", "draw", file, "--out", str(out)]).exit_code == 0
    assert '-->|"1"|' in out.read_text()
    walked = runner.invoke(app, ["flow", "simulate", file, "--at", "2026-06-01T12:00:00"], input="1\nagent\nleft\n")
    assert walked.exit_code == 0
    assert "hung up: completed" in walked.output
    ended = runner.invoke(app, ["flow", "simulate", file], input="")
    assert ended.exit_code == 0
    menu = Path(__file__).parents[1] / "golden" / "jambonz" / "good" / "menu.json"
    assert "verb: gather" in runner.invoke(app, ["flow", "import", str(menu)]).output


def heard(told: list[str]) -> list[str]:
    return [line[3:-1] for line in told if line.startswith("  “")]


def test_a_banner_before_the_flow_and_one_while_waiting() -> None:
    told: list[str] = []
    languages = load_flow(FLOWS / "languages.yaml")
    simulation = Simulation(languages, "2025550142", MONDAY_NOON, told.append, banner="outage")
    simulation.start()
    assert heard(told)[:2] == ["The network is down.", "Thank you for calling."]
    simulation.line("1")
    simulation.line("banner outage")
    assert heard(told)[-2:] == ["Please wait.", "The network is down."]


def test_the_number_called_chooses_the_language_and_the_survey_is_in_it() -> None:
    told: list[str] = []
    simulation = Simulation(load_flow(FLOWS / "languages.yaml"), "2025550142", MONDAY_NOON, told.append, "2025550199")
    simulation.start()
    for line in ("agent", "left", "say cuatro"):
        simulation.line(line)
    assert simulation.finished
    assert heard(told) == ["Espere, por favor.", "¿Cómo le hemos atendido, del 1 al 5?", "Adiós."]
    assert "  → Scored(kind='csat', score=4)" in told


@pytest.mark.parametrize(
    ("lines", "nodes"),
    [
        (("35315550100#", "refused", "answered", "over"), ["key_in", "ring", "anna", "away"]),
        (("015550100#", "answered", "over"), ["key_in", "ring", "bye"]),
        (("015550100#", "refused", "refused", "refused"), ["key_in", "ring", "anna", "away", "bye"]),
    ],
)
def test_whom_a_flow_dials_answers_or_does_not(lines: tuple[str, ...], nodes: list[str]) -> None:
    _, told = walk(FLOWS / "outside.yaml", *lines)
    assert [line[1:-1] for line in told if line.startswith("[")] == nodes


def test_who_declines_the_recording_is_tagged() -> None:
    _, told = walk(FLOWS / "consent.yaml", "say no")
    assert "  → ConsentNoted(recording=False, recognition=False)" in told
    assert "  → Tagged(name='consent', value='neither recorded nor transcribed')" in told
