"""The verbs that set, tag, branch, look up, record, promise and survey, as a caller meets them."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ivr.conditions import QueueFacts
from ivr.effects import (
    AskFacts,
    Effect,
    FactsTold,
    HangUp,
    Input,
    LookedUp,
    LookUp,
    MessageEnded,
    MessageStarted,
    RequestCallback,
    Scored,
    SpeechHeard,
    StartSpeech,
    Tagged,
)
from ivr.flow import FlowRunner
from ivr.http_client import LONGEST, look_up
from ivr.schema import load_flow
from tests.ivr.test_flow import Caller, caller_in

CALL_CENTRE = Path(__file__).parents[1] / "golden" / "flows" / "good" / "call_centre.yaml"
ENDS = """
  long: {verb: say, text: Long., next: bye}
  short: {verb: say, text: Short., next: bye}
  bye: {verb: hangup}
"""


def test_variables_are_filled_in_from_before_the_node(tmp_path: Path) -> None:
    caller = caller_in(
        tmp_path,
        """
  first: {verb: set, variables: {a: "${caller}", b: "a is ${a}, c is ${c}"}, next: second}
  second: {verb: set, variables: {c: "${a}!"}, next: third}
  third: {verb: tag, data: {who: "${c}", nobody: "${unknown}"}, next: bye}
  bye: {verb: hangup}
""",
    )
    assert caller.runner.variables["b"] == "a is , c is "
    assert [effect for effect in caller.seen if isinstance(effect, Tagged)] == [
        Tagged("who", "2025550142!"),
        Tagged("nobody", ""),
    ]
    assert caller.seen[-1] == HangUp("self_service")


@pytest.mark.parametrize(("hour", "node"), [(10, "line"), (20, "voicemail")])
def test_business_hours_are_those_of_the_flows_time_zone(hour: int, node: str) -> None:
    runner = FlowRunner(load_flow(CALL_CENTRE), {"caller": "1"})
    now = datetime.datetime(2026, 6, 1, hour, 0, tzinfo=datetime.UTC).timestamp()
    effects = runner.start(now)
    assert AskFacts(("billing",)) in effects
    runner.handle(FactsTold(False, False, {}), now)
    assert runner.node == node


BRANCH = (
    """
  first:
    verb: branch
    cases: [{when: {queue: {name: billing, waitingOver: 3}}, next: long}]
    otherwise: short
"""
    + ENDS
)


@pytest.mark.parametrize(("waiting", "hears"), [(4, "Long."), (3, "Short.")])
def test_a_branch_waits_for_what_the_floor_knows(tmp_path: Path, waiting: int, hears: str) -> None:
    caller = caller_in(tmp_path, BRANCH)
    assert AskFacts(("billing",)) in caller.seen
    assert caller.hears == []
    caller.give(FactsTold(True, False, {"billing": QueueFacts(waiting, 1)}))
    assert caller.hears == [hears]


def test_a_branch_does_not_wait_long_for_a_floor_that_is_away(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, BRANCH)
    caller.run_out("facts")
    assert caller.hears == ["Short."]


LOOK_UP = """
  first:
    verb: http
    url: https://orders.example/by/${caller}?x=${strange}
    filler: hold
    timeout: 4
    save: {status: order.status, first: items.0.name, paid: order.paid}
    next: good
    failed: bad
  good: {verb: say, text: Good., next: bye}
  bad: {verb: say, text: Bad., next: bye}
  bye: {verb: hangup}
"""
ORDER = {"order": {"status": "sent", "paid": True}, "items": [{"name": "lamp"}]}


def looking_up(tmp_path: Path) -> tuple[Caller, int]:
    caller = caller_in(tmp_path, LOOK_UP)
    (wanted,) = (effect for effect in caller.seen if isinstance(effect, LookUp))
    assert (wanted.url, wanted.timeout_s) == ("https://orders.example/by/2025550142?x=", 4.0)
    assert caller.hears == ["hold"]
    return caller, wanted.token


def test_a_look_up_keeps_parts_of_the_answer(tmp_path: Path) -> None:
    caller, token = looking_up(tmp_path)
    assert caller.give(LookedUp(token + 100, ORDER)) == (), "another's answer"
    caller.give(LookedUp(token, ORDER))
    assert caller.hears == ["Good."]
    assert dict(caller.runner.variables) == {
        "caller": "2025550142", "status": "sent", "first": "lamp", "paid": "true"
    }  # fmt: skip


@pytest.mark.parametrize("answer", [None, {}, {"order": {"status": None}}, {"order": [], "items": {}}])
def test_a_look_up_without_its_parts_has_failed(tmp_path: Path, answer: dict[str, object] | None) -> None:
    caller, token = looking_up(tmp_path)
    caller.give(LookedUp(token, answer))
    assert caller.hears == ["Bad."]


def test_a_slow_look_up_has_failed(tmp_path: Path) -> None:
    caller, token = looking_up(tmp_path)
    caller.run_out("http")
    assert caller.hears == ["Bad."]
    assert caller.give(LookedUp(token, ORDER)) == ()


def test_variables_are_encoded_in_urls(tmp_path: Path) -> None:
    text = "flow: t\nstart: first\nnodes:\n" + LOOK_UP.lstrip("\n")
    (tmp_path / "f.yaml").write_text(text)
    runner = FlowRunner(load_flow(tmp_path / "f.yaml"), {"caller": "a/b", "strange": "c&d=#"})
    (wanted,) = (effect for effect in runner.start() if isinstance(effect, LookUp))
    assert wanted.url == "https://orders.example/by/a%2Fb?x=c%26d%3D%23"


SURVEY = """
  first: {verb: survey, kind: KIND, say: How was it., help: Once more., next: bye}
  bye: {verb: hangup}
"""


@pytest.mark.parametrize(
    ("kind", "keys", "score"), [("csat", "4", 4), ("nps", "10", 10), ("nps", "9", 9), ("ces", "7", 7), ("nps", "1#", 1)]
)
def test_a_survey_takes_a_score(tmp_path: Path, kind: str, keys: str, score: int) -> None:
    caller = caller_in(tmp_path, SURVEY.replace("KIND", kind))
    caller.press(keys)
    assert Scored(kind, score) in caller.seen
    assert caller.runner.finished


def test_a_survey_asks_again_once_and_lets_go(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, SURVEY.replace("KIND", "csat"))
    caller.press("9")
    assert caller.hears == ["Once more."]
    caller.hear_out()
    caller.run_out("no-input")
    assert not [effect for effect in caller.seen if isinstance(effect, Scored)]
    assert caller.runner.finished


MESSAGE = """
  first: {verb: record, say: Speak., beep: hold, maxLength: 60, next: bye}
  bye: {verb: hangup}
"""


def messages(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, MessageStarted | MessageEnded)]


@pytest.mark.parametrize("end", ["#", "limit"])
def test_a_message_begins_after_the_beep_and_ends_by_key_or_time(tmp_path: Path, end: str) -> None:
    caller = caller_in(tmp_path, MESSAGE)
    caller.press("#")
    caller.hear_out()
    assert messages(caller.seen) == []
    caller.hear_out()
    assert messages(caller.seen) == [MessageStarted("voicemail")]
    caller.press("5")
    assert not caller.runner.finished
    caller.press("#") if end == "#" else caller.run_out("limit")
    assert messages(caller.seen) == [MessageStarted("voicemail"), MessageEnded("voicemail")]
    assert caller.runner.finished


def test_a_message_ends_by_words_said_by_themselves(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    record = MESSAGE.replace("maxLength", "finishPhrases: [that is all], maxLength").lstrip("\n")
    file.write_text(f"flow: test\nslower: ''\nstart: first\nnodes:\n{record}")
    caller = Caller(load_flow(file))
    caller.hear_out()
    caller.hear_out()
    started, turn = caller.seen.index(MessageStarted("voicemail")), caller.seen[-1]
    assert isinstance(turn, StartSpeech)
    assert turn.phrases == ("that is all",)
    assert started < caller.seen.index(turn), "the message's ears are open before the word's, which listen beside them"
    caller.give(SpeechHeard(turn.token, "that is all", False))
    for text in ("[unk] that is all [unk]", "that is all that is all"):
        caller.give(SpeechHeard(turn.token, text, True))
    assert messages(caller.seen) == [MessageStarted("voicemail")], "unfinished, or in a sentence"
    caller.give(SpeechHeard(turn.token, "that is a all", True))  # recognisers hear and lose articles
    assert messages(caller.seen) == [MessageStarted("voicemail"), MessageEnded("voicemail")]
    assert caller.runner.finished


@pytest.mark.parametrize(
    ("number", "called"),
    [("${caller}", "2025550142"), ("+353 (1) 555-0100", "+35315550100"), ("anonymous", None), ("12", None)],
)
def test_a_call_back_is_promised_to_numbers_that_can_be_called(tmp_path: Path, number: str, called: str | None) -> None:
    caller = caller_in(
        tmp_path,
        f"""
  first: {{verb: callback, queue: billing, number: "{number}", next: promised, failed: sorry}}
  promised: {{verb: say, text: Promised., next: bye}}
  sorry: {{verb: say, text: Sorry., next: bye}}
  bye: {{verb: hangup}}
""",
    )
    wanted = [effect for effect in caller.seen if isinstance(effect, RequestCallback)]
    assert wanted == ([RequestCallback("billing", called)] if called else [])
    assert caller.hears == ["Promised." if called else "Sorry."]


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/good": (200, b'{"a": 1}'),
            "/list": (200, b"[1]"),
            "/bad": (200, b"<html>"),
            "/long": (200, b'"' + b"x" * LONGEST + b'"'),
            "/moved": (302, b"{}"),
        }
        self._send(answers.get(self.path, (404, b"{}")))

    def do_POST(self) -> None:
        self._send((200, self.rfile.read(int(self.headers["Content-Length"]))))

    def _send(self, answer: tuple[int, bytes]) -> None:
        self.send_response(answer[0])
        self.send_header("Location", "/good")
        self.send_header("Content-Length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def test_only_an_object_is_an_answer() -> None:
    with server() as url:
        assert look_up("GET", f"{url}/good", {}, 5.0) == {"a": 1}
        for path in ("list", "bad", "long", "moved", "missing"):
            assert look_up("GET", f"{url}/{path}", {}, 5.0) is None
        assert look_up("POST", url, {"a": "b"}, 5.0) == json.loads('{"a": "b"}')
    assert look_up("GET", f"{url}/good", {}, 1.0) is None


def test_inputs_nobody_waits_for_are_harmless() -> None:
    runner = FlowRunner(load_flow(CALL_CENTRE), {"caller": "1"})
    runner.start()
    stray: tuple[Input, ...] = (LookedUp(99, {}), FactsTold(True, True, {}))
    for each in stray:
        runner.handle(each)
    assert not runner.finished
