from __future__ import annotations

import json
import os
import subprocess
import sys

from assist.demo.measure import measure
from assist.demo.observed import Observed
from assist.demo.report import document, usage
from assist.desk import AgentLine, Desk
from assist.vocabulary import EVENTS
from tests.demo.calls import SCRIPT, card, observed, row, told
from tests.demo.desks import DESK


def test_the_document_is_json_and_holds_what_happened() -> None:
    seen = observed()
    seen.told = [told("card.shown", 4.02, card("history", "call", row("customers: 7")))]
    found = json.loads(json.dumps(document(seen, DESK, measure(seen, SCRIPT), connected=True, good=True)))
    assert (found["good"], found["connected"], found["contact_id"]) == (True, True, "c1")
    assert found["setup_ms"] == 150.0
    assert (found["duration_s"], found["talk_s"], found["talk_ratio_agent"]) == (30.0, 21.0, 0.4)
    assert found["sentiment"] == [-0.5, 0.5]
    assert [turn["speaker"] for turn in found["turns"]] == ["agent", "caller", "agent"]
    assert found["utterances"][0]["words"][0]["text"] == "hello"
    assert found["cards"][0]["kind"] == "history"
    assert found["recording"]["recorded_s"] == 21.0
    assert [EVENTS.decode(wire) for wire in found["events"]] == seen.envelopes


def test_a_call_that_came_to_nothing_is_a_document_too() -> None:
    seen, desk = Observed(), Desk(AgentLine("anna", "Anna"))
    found = document(seen, desk, measure(seen, SCRIPT), connected=False, good=False)
    assert (found["good"], found["contact_id"], found["recording"], found["cards"]) == (False, "", None, [])
    assert (found["duration_s"], found["talk_ratio_agent"], found["sentiment"]) == (None, None, None)


def test_what_processes_have_used() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    found = usage({"floor": os.getpid(), "front": ended.pid, "zygote": ended.pid}, {})
    assert found["floor"]["cpu_s"] > 0
    assert found["floor"]["peak_mib"] >= found["floor"]["rss_mib"] > 1
    assert (found["front"], found["zygote"]) == ({}, {})


def test_the_zygotes_children_are_workers() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = usage({"zygote": os.getpid()}, {})
        assert set(found) >= {"zygote", "worker-0"}
        child.communicate(b"\n")
