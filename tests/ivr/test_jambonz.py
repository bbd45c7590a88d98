"""jambonz applications become flows that load, or are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ivr.jambonz import import_application
from ivr.schema import load_flow
from ivr.verbs import Dial, Gather, Transfer
from voice.errors import DocumentError

GOLDEN = Path(__file__).parents[1] / "golden" / "jambonz"
BAD = {
    "not_json": "not JSON",
    "not_array": "an application is an array of verbs",
    "unknown_verb": "verb 2: 'dub' is not imported",
    "unknown_key": "say_1: 'loop' is not imported",
    "ssml": "say_1: SSML is not imported",
    "input": "gather_1: input ['video'] is not imported",
    "two_targets": "dial_1: only one target is imported",
    "sip_target": "dial_1: target 'sip' is not imported",
    "no_text": "say_1: text is missing",
    "no_url": "play_1_2: url is missing",
    "priority": "enqueue_1: priority 'high' is not 0 to 999",
}


def test_an_application_becomes_a_flow_that_loads(tmp_path: Path) -> None:
    written = import_application(GOLDEN / "good" / "menu.json", "imported")
    assert written == (GOLDEN / "good" / "menu.yaml").read_text()
    (tmp_path / "flow.yaml").write_text(written)
    assert load_flow(tmp_path / "flow.yaml").queues() == {"sales-eu"}


def test_speech_and_outside_numbers_are_imported(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(import_application(GOLDEN / "good" / "dial.json", "imported"))
    nodes = load_flow(tmp_path / "flow.yaml").nodes
    asked, rung, gone = nodes["gather_1"], nodes["dial_2"], nodes["refer_4"]
    assert isinstance(asked, Gather)
    assert (asked.input, asked.min_bargein_word_count) == (("digits", "speech"), 2)
    assert isinstance(rung, Dial)
    assert (rung.number, rung.timeout, rung.time_limit, rung.failed) == ("+35315550100", 20, 600, "dial_3")
    assert isinstance(gone, Transfer)
    assert (gone.number, gone.failed) == ("+35315550199", "end")


def test_recordings_played_one_after_the_other_are_as_many_nodes() -> None:
    nodes = yaml.safe_load(import_application(GOLDEN / "good" / "plays.json", "imported"))["nodes"]
    played = [(name, node["recording"], node["next"]) for name, node in nodes.items() if node["verb"] == "play"]
    assert played == [("play_1", "welcome", "play_1_2"), ("play_1_2", "opening-hours", "hangup_2")]


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_cannot_be_imported_is_named(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        import_application(GOLDEN / "bad" / f"{name}.json", "imported")
    assert caught.value.what.startswith(BAD[name])
    assert caught.value.fix


def test_every_bad_application_is_tried() -> None:
    assert {file.stem for file in (GOLDEN / "bad").glob("*.json")} == set(BAD)


def test_an_empty_application_hangs_up(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("[]")
    (tmp_path / "flow.yaml").write_text(import_application(tmp_path / "empty.json", "nothing"))
    assert list(load_flow(tmp_path / "flow.yaml").nodes) == ["end"]
