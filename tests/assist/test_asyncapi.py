from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import TypeAdapter

from assist.api.messages import COMMANDS
from assist.api.ports import StationLine, StationReport
from assist.asyncapi import document, main
from assist.board.view import wire
from assist.desk_events import FEED_EVENTS
from assist.feed import Feed
from tests.fakes import board_script
from tests.fakes import contact_script as script
from tests.fakes.clock import VirtualClock
from tests.fakes.floor import FakeFloor, Performance

COMMITTED = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def payload(name: str) -> Any:
    """A validator of one message's payload."""
    whole = document()
    reference = f"#/components/messages/{name}/payload"
    return jsonschema_rs.validator_for({"$ref": reference, "components": whole["components"]})


def test_every_event_and_command_stands_in_it() -> None:
    found = document()
    assert {kind.type for kind in FEED_EVENTS} < set(found["components"]["messages"])
    assert set(found["components"]["x-commands"]) == set(COMMANDS)
    named = {message["$ref"].rsplit("/", 1)[1] for message in found["operations"]["tell_feed"]["messages"]}
    assert {"snapshot", "welcome", "beat", "reply"} < named


def test_every_reference_leads_somewhere() -> None:
    found = document()

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [each for child in value.values() for each in references(child)]
        return [each for child in value for each in references(child)] if isinstance(value, list) else []

    for reference in set(references(found)):
        place: Any = found
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_what_a_page_is_really_told_is_what_the_document_says() -> None:
    clock = VirtualClock()
    feed = Feed(clock, queue=5000)
    floor = FakeFloor(feed, clock)
    connection = feed.connect(script.AGENT, None)
    performance = Performance(floor, clock.wall())
    performance.prepare()
    for mark in [mark for _, mark, _ in script.steps(0.0) if mark]:
        performance.until(mark)
    last = feed.connect(script.AGENT, None)  # a snapshot of a full desk
    told = []
    for source in (connection, last):
        while (message := source.outbox.take()) is not None:
            told.append(json.loads(message.wire()))
    kinds = {message["type"] for message in told}
    assert {"snapshot", "card.shown", "transcript.final", "agent.state"} <= kinds
    validators = {kind: payload(kind) for kind in kinds}
    for message in told:
        validators[message["type"]].validate(message)
    with pytest.raises(jsonschema_rs.ValidationError):
        validators["snapshot"].validate({**told[0], "seq": "one"})


def test_a_hello_is_what_the_document_says() -> None:
    hello = payload("hello")
    hello.validate({"type": "hello", "token": "t", "schema": 1, "resume_from": None})
    assert not hello.is_valid({"type": "hello", "token": "t"})


def test_a_board_and_a_station_are_told_what_the_document_says() -> None:
    clock = VirtualClock()
    board = FakeFloor(Feed(clock), clock).board
    board_script.populate(board, clock.wall())
    told = json.loads(wire(board.open("sara").take()))
    payload("board").validate(told)
    assert not payload("board").is_valid({**told, "at": "now"})
    link = payload("station.command")
    link.validate({"type": "command", "id": "1", "command": "mute", "leg_id": "", "argument": ""})
    assert not link.is_valid({"type": "command", "id": "1", "command": "explode", "leg_id": "", "argument": ""})
    report = StationReport("in_call", True, lines=(StationLine("l1", mos=4.1),))
    state = json.loads(TypeAdapter(StationReport).dump_json(report))
    payload("station.report").validate({"type": "state", "state": state})
    schema = {"$ref": "#/components/schemas/StationReport", "components": document()["components"]}
    jsonschema_rs.validator_for(schema).validate(state)


def test_the_committed_document_is_what_the_types_say() -> None:
    assert main(["--check", str(COMMITTED)]) == 0


def test_a_stale_or_missing_document_is_one_line_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "asyncapi.json"
    assert main(["--check", str(file)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main([str(file)]) == 0
    assert main(["--check", str(file)]) == 0
