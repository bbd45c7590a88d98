"""Two fronts one after the other over the same file: what the second knows of the calls of the first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes.clock import VirtualClock
from tests.front.desk import STATION, TRUNK, Desk, answered, request_of, response_of, statuses, within, worker_flow
from voice.front.flows import Flow, Send, Side
from voice.front.logbook import OLDEST_S, SPARE_LINES, Logbook
from voice.front.message import Request, respond
from voice.front.pool import WorkerEnded, WorkerEntry, WorkersListed

TCP = Flow(Side.OUTER, "192.0.2.52", 41000, connection=7)
AGAIN = Flow(Side.OUTER, "192.0.2.52", 41001, connection=9)
CUSTOMERS, AGENTS = "worker-tag", f"tag-of-{worker_flow(1).port}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dialogs.jsonl"


def keeping(desk: Desk, file: Path) -> Logbook:
    logbook = Logbook(file, desk.board.dialogs, VirtualClock())
    desk.proxy.restore(logbook.read(), desk.now)
    return logbook


def restarted(desk: Desk, file: Path) -> Desk:
    """The next front, to which the zygote has not said anything yet."""
    new = Desk(workers=0, now=desk.now + 1)
    keeping(new, file).close()
    return new


def listed(desk: Desk, *numbers: int) -> list[Send]:
    """The zygote names its workers."""
    entries = [WorkerEntry(id=f"w{number}", port=worker_flow(number).port, state="busy") for number in numbers]
    return desk.take(desk.proxy.report(WorkersListed(type="workers", workers=tuple(entries)), desk.now))


def two_legs(file: Path, station: Flow = STATION) -> Desk:
    """A front whose worker 1 has a customer and anna, who talk; it has just been killed."""
    desk = Desk()
    logbook = keeping(desk, file)
    desk.call("c-1")
    assert desk.register(station).status == 200
    _, ringing = desk.dial(1)
    final = desk.put(answered(request_of(ringing), "anna-tag", "sip:anna@192.0.2.50:5062"), station)[-1]
    worker = worker_flow(1)
    desk.put(within(response_of(final), desk.request("ACK", worker, "a-1"), source=worker), worker)
    logbook.write()
    logbook.close()
    return desk


def byes(sent: list[Send]) -> dict[Flow, str]:
    """To whom a BYE goes, with its From tag."""
    requests = [(send.flow, send.message) for send in sent if isinstance(send.message, Request)]
    return {flow: request.from_.tag for flow, request in requests if request.method == "BYE"}


def test_legs_of_a_worker_that_died_while_no_front_was_there_get_their_byes(file: Path) -> None:
    new = restarted(two_legs(file), file)
    sent = listed(new, 2)
    assert byes(sent) == {TRUNK: CUSTOMERS, STATION: AGENTS}
    for send in sent:
        bye = request_of(send)
        assert bye.cseq.number > 1_000_000
        assert bye.to.tag in ("anna-tag", f"tag-of-{TRUNK.port}")
        assert new.put(respond(bye, 200), send.flow) == []
    assert new.wait(60) == []
    assert file.stat().st_mode & 0o077 == 0


def test_an_end_told_before_the_list_is_enough_and_byes_are_sent_once(file: Path) -> None:
    new = restarted(two_legs(file), file)
    ended = WorkerEnded(type="ended", id="w1", reason="signal 9")
    assert byes(new.take(new.proxy.report(ended, new.now))) == {TRUNK: CUSTOMERS, STATION: AGENTS}
    assert listed(new, 2) == []


def test_a_worker_that_lives_keeps_its_calls(file: Path) -> None:
    old = two_legs(file)
    new = restarted(old, file)
    assert listed(new, 1) == []
    assert byes(new.dies(1)) == {TRUNK: CUSTOMERS, STATION: AGENTS}


def test_who_hung_up_before_is_left_alone(file: Path) -> None:
    desk = Desk()
    logbook = keeping(desk, file)
    call = desk.call("c-1")
    logbook.write()
    desk.put(within(call.ok, desk.request("BYE", TRUNK, "c-1", 2), source=TRUNK), TRUNK)
    logbook.write()
    logbook.close()
    new = restarted(desk, file)
    assert listed(new) == []
    assert len(new.board.dialogs) == 0


def test_a_station_whose_connection_ended_with_the_front_is_told_on_its_next_one(file: Path) -> None:
    new = restarted(two_legs(file, TCP), file)
    assert TRUNK in byes(listed(new, 2))
    new.wait(20)
    before = len(new.sent)
    assert new.register(AGAIN).status == 200
    assert byes(new.sent[before:]) == {AGAIN: AGENTS}


def test_a_station_that_comes_back_to_a_living_worker_is_not_told_anything(file: Path) -> None:
    new = restarted(two_legs(file, TCP), file)
    listed(new, 1)
    before = len(new.sent)
    assert new.register(AGAIN).status == 200
    assert statuses(new.sent[before:]) == [401, 200]
    assert byes(new.dies(1)) == {TRUNK: CUSTOMERS, AGAIN: AGENTS}


def test_half_a_line_costs_that_line_only(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    old = two_legs(file)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines)[:-20])
    assert len(byes(listed(restarted(old, file)))) == 1
    assert "lines about calls from before that cannot be read: 1" in caplog.text


def test_calls_of_an_hour_ago_are_forgotten(file: Path) -> None:
    old = two_legs(file)
    then = VirtualClock().wall() - OLDEST_S - 1
    os.utime(file, (then, then))
    assert listed(restarted(old, file)) == []


def test_the_file_does_not_grow_with_the_calls(file: Path) -> None:
    desk = Desk()
    logbook = keeping(desk, file)
    for number in range(SPARE_LINES):
        call_id = f"c-{number}"
        dialog = desk.call(call_id)
        logbook.write()
        desk.put(within(dialog.ok, desk.request("BYE", TRUNK, call_id, 2), source=TRUNK), TRUNK)
        logbook.write()
        desk.dies(1)
        desk.ready(1)
        desk.wait(40)
    logbook.close()
    assert len(file.read_bytes().splitlines()) <= SPARE_LINES + 2


def test_a_disk_that_refuses_costs_a_warning(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    logbook = Logbook(file.parent / "missing" / "dialogs.jsonl", desk.board.dialogs, VirtualClock())
    desk.call("c-1")
    logbook.write()
    assert "calls would not survive a restart now" in caplog.text
