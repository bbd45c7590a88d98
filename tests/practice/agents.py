"""The scripted agents of the scenarios: by scenario, ``good`` and ``bad``; lines said, or seconds of silence."""

from __future__ import annotations

from pathlib import Path

from assist.content import load_content
from assist.practice.debrief import Debrief, Judge, debrief
from assist.practice.persona import find_persona
from assist.practice.rehearsal import Rehearsal
from assist.quality.spec import load_scorecard
from assist.replay import START, TODAY
from assist.store.seed import demo_customer
from voice.documents import load_yaml

AGENTS: dict[str, dict[str, list[str | float]]] = load_yaml(Path(__file__).with_suffix(".yaml")).data
VOICE = {"flite": "slt", "espeak-ng": "en-us+f3"}
"""Who speaks them, by engine."""

CONTENT = load_content()


def lines(scenario: str, agent: str) -> list[str]:
    """What that agent says."""
    return [line for line in AGENTS[scenario][agent] if isinstance(line, str)]


def played(scenario: str, agent: str) -> Debrief:
    """The whole script in virtual time, typed."""
    persona = find_persona(scenario)
    judge = Judge(CONTENT, load_scorecard(CONTENT), demo_customer(persona.number, TODAY))
    call = Rehearsal(persona, CONTENT, START, judge.customer)
    for line in AGENTS[scenario][agent]:
        if isinstance(line, str):
            call.agent_says(line)
        else:
            call.wait(float(line))
        if call.over:
            break
    call.hang_up()
    assert call.summary is not None
    return debrief(call.mind, call.log, call.summary, judge)
