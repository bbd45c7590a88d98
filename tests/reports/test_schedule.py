"""Schedules: what is read, and the line of what cannot be."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assist.metrics.agents_time import Shift
from assist.reports.schedule import read_schedule
from voice.errors import DocumentError

BERLIN = ZoneInfo("Europe/Berlin")
NINE = 1_795_420_800.0  # 2026-11-23 09:00 in Berlin


def written(tmp_path: Path, *lines: str, header: str = "agent,start,end,state") -> Path:
    file = tmp_path / "plan.csv"
    file.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return file


def test_stretches_are_read_in_the_zone_and_in_order(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "ben,2026-11-23T09:00,2026-11-23T10:00,work",
        "anna,2026-11-23T10:00,2026-11-23T10:15,break",
        "",
        "anna,2026-11-23T08:00+00:00,2026-11-23T10:00,work",
    )
    assert read_schedule(file, BERLIN) == (
        Shift("anna", "work", NINE, NINE + 3600),
        Shift("anna", "break", NINE + 3600, NINE + 4500),
        Shift("ben", "work", NINE, NINE + 3600),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("anna,2026-11-23T09:00,2026-11-23T10:00", r"plan.csv:3: 3 fields instead of 4. Fix: write agent,start,end,st"),
        ("anna,nine,2026-11-23T10:00,work", r"plan.csv:3: 'nine' is no date and time. Fix: write 2026-11-23T09:00"),
        ("anna,2026-11-23T10:00,2026-11-23T09:00,work", "plan.csv:3: it ends .* before it begins"),
        ("anna,2026-11-23T12:00,2026-11-23T13:00,brake", "plan.csv:3: 'brake' is no state. Fix: write work, break"),
        (",2026-11-23T12:00,2026-11-23T13:00,work", "plan.csv:3: no agent is named"),
        ("anna,2026-11-23T09:59,2026-11-23T13:00,meal", "plan.csv:3: anna is to do two things at once, work and meal"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        read_schedule(written(tmp_path, "anna,2026-11-23T09:00,2026-11-23T10:00,work", line), BERLIN)


def test_another_file_is_no_schedule(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"not the header of a schedule. Fix: write agent,start,end,state"):
        read_schedule(written(tmp_path, header="name,from,to"), BERLIN)
    with pytest.raises(DocumentError, match="cannot be read"):
        read_schedule(tmp_path / "nowhere.csv", BERLIN)
    (tmp_path / "latin.csv").write_bytes(b"agent,start,end,state\nJ\xfcrgen,a,b,c\n")
    with pytest.raises(DocumentError, match="no CSV in UTF-8"):
        read_schedule(tmp_path / "latin.csv", BERLIN)
