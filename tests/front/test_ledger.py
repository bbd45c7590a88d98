from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.desk import STATION, Desk, statuses
from voice.front.flows import Flow, Side
from voice.front.ledger import Ledger

TCP = Flow(Side.OUTER, "192.0.2.52", 41000, connection=7)


def keeping(desk: Desk, file: Path) -> Ledger:
    ledger = Ledger(file, desk.proxy.registrar)
    ledger.read(desk.now)
    return ledger


def restarted(desk: Desk, file: Path, after_s: float = 1.0) -> Desk:
    new = Desk(now=desk.now + after_s)
    keeping(new, file)
    return new


def test_the_next_front_rings_the_same_station(tmp_path: Path) -> None:
    file, desk = tmp_path / "registrations.json", Desk()
    ledger = keeping(desk, file)
    desk.register(expires="120")
    ledger.write()
    new = restarted(desk, file)
    assert new.dial(1)[1].flow == STATION
    new.wait(120)
    assert statuses([new.dial(1, "a-2")[1]]) == [480]
    assert file.stat().st_mode & 0o077 == 0


def test_what_ended_with_the_front_or_before_the_next_is_left_out(tmp_path: Path) -> None:
    file, desk = tmp_path / "registrations.json", Desk()
    ledger = keeping(desk, file)
    desk.register(TCP)
    ledger.write()
    assert statuses([restarted(desk, file).dial(1)[1]]) == [480]
    desk.register(expires="60")
    ledger.write()
    assert statuses([restarted(desk, file, after_s=61).dial(1)[1]]) == [480]
    assert statuses([restarted(desk, file, after_s=-900_000).dial(1)[1]]) == [480]  # the machine was started anew


def test_who_unregistered_is_not_rung(tmp_path: Path) -> None:
    file, desk = tmp_path / "registrations.json", Desk()
    ledger = keeping(desk, file)
    desk.register()
    ledger.write()
    desk.register(expires="0")
    ledger.write()
    assert statuses([restarted(desk, file).dial(1)[1]]) == [480]


def test_only_changes_are_written(tmp_path: Path) -> None:
    file, desk = tmp_path / "registrations.json", Desk()
    ledger = keeping(desk, file)
    ledger.write()
    assert not file.exists()
    desk.register()
    ledger.write()
    file.unlink()
    desk.proxy.connection_closed(TCP)  # nobody's
    ledger.write()
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "[]", '{"anna": [{"contact": "x"}]}', '{"zed": []}', "\x00"])
def test_a_damaged_file_is_reported_and_left_out(tmp_path: Path, text: str) -> None:
    file, desk = tmp_path / "registrations.json", Desk()
    file.write_text(text)
    keeping(desk, file)
    assert statuses([desk.dial(1)[1]]) == [480]
    desk.register()
    assert desk.dial(1, "a-2")[1].flow == STATION


def test_a_disk_that_refuses_does_not_stop_the_front(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    ledger = keeping(desk, tmp_path / "nowhere" / "registrations.json")
    desk.register()
    ledger.write()
    assert "would not survive" in caplog.text
    assert desk.dial(1)[1].flow == STATION
