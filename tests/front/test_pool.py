from __future__ import annotations

import pytest
from pydantic import ValidationError

from voice.front.pool import _REPORT, Pool, WorkerEntry


def entry(number: int, state: str = "idle") -> WorkerEntry:
    return WorkerEntry.model_validate({"id": f"w{number}", "port": 5000 + number, "state": state})


def test_the_longest_ready_worker_is_taken_first_and_once() -> None:
    pool = Pool(2)
    for number in (1, 2, 3):
        pool.ready(f"w{number}", 5000 + number)
    taken = [pool.take(), pool.take()]
    assert [worker.id for worker in taken if worker] == ["w1", "w2"]
    assert pool.full
    assert pool.take() is None
    assert pool.ended("w1")
    assert not pool.ended("w1")
    assert not pool.full


def test_a_list_tells_who_is_gone_and_who_was_never_told() -> None:
    pool = Pool(5)
    for number in (1, 2):
        pool.ready(f"w{number}", 5000 + number)
    pool.take()
    gone, untold = pool.listed((entry(1), entry(3, "busy")))
    assert (gone, untold) == (["w2"], ["w1"])
    assert pool.take() is None
    worker = pool.at(5003)
    assert worker is not None
    assert worker.busy


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b'{"type":"other"}',
        b'{"type":"ready","id":"w1","pid":1,"port":0}',
        b'{"type":"ready","id":"w1~9","pid":1,"port":5}',
        b'{"type":"workers","workers":[{"id":"w1","port":5,"state":"ill"}]}',
    ],
)
def test_reports_are_checked(line: bytes) -> None:
    with pytest.raises(ValidationError):
        _REPORT.validate_json(line)
