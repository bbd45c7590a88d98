"""Who was to do what when: a CSV file, for schedule adherence.

The header is ``agent,start,end,state``; each line is one stretch of an agent's day. ``start`` and ``end`` are ISO 8601,
in the report's zone where they name none; ``state`` is ``work``, or the pause she is to take: ``break``, ``meal``,
``meeting``, ``training`` or ``coaching``. The stretches of an agent do not overlap.
"""

from __future__ import annotations

import csv
import itertools
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from assist.metrics.agents_time import WORK, Shift
from voice.errors import DocumentError

HEADER = ("agent", "start", "end", "state")
STATES = (WORK, "break", "meal", "meeting", "training", "coaching")


def read_schedule(file: Path, zone: ZoneInfo) -> tuple[Shift, ...]:
    """The stretches, by agent and time. Raises DocumentError naming the line."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.reader(opened, strict=True)
            if tuple(next(rows, ())) != HEADER:
                raise DocumentError(file, 1, "not the header of a schedule", f"write {','.join(HEADER)}")
            found = [(rows.line_num, _shift(file, rows.line_num, row, zone)) for row in rows if row]
    except OSError as error:
        raise DocumentError(file, None, f"cannot be read ({error.strerror})", "name a schedule in CSV") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DocumentError(file, None, f"no CSV in UTF-8 ({error})", "save it as such") from None
    found.sort(key=lambda each: (each[1].agent, each[1].start))
    for (_, before), (line, after) in itertools.pairwise(found):
        if before.agent == after.agent and after.start < before.end:
            what = f"{after.agent} is to do two things at once, {before.activity} and {after.activity}"
            raise DocumentError(file, line, what, "end the one where the other begins")
    return tuple(shift for _, shift in found)


def _shift(file: Path, line: int, row: list[str], zone: ZoneInfo) -> Shift:
    if len(row) != len(HEADER):
        raise DocumentError(file, line, f"{len(row)} fields instead of {len(HEADER)}", f"write {','.join(HEADER)}")
    agent, begins, ends, state = (field.strip() for field in row)
    if not agent:
        raise DocumentError(file, line, "no agent is named", "write her user name")
    if state not in STATES:
        raise DocumentError(file, line, f"{state!r} is no state", f"write {', '.join(STATES[:-1])} or {STATES[-1]}")
    start, end = (_moment(file, line, text, zone) for text in (begins, ends))
    if end <= start:
        raise DocumentError(file, line, f"it ends ({ends}) before it begins ({begins})", "swap them")
    return Shift(agent, state, start, end)


def _moment(file: Path, line: int, text: str, zone: ZoneInfo) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DocumentError(file, line, f"{text!r} is no date and time", "write 2026-11-23T09:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()
