"""A million contacts rolled up: ``python -m bench.metrics`` prints one JSON line.

The same contacts, a year of 12 queues and 300 agents, lie in one SQLite file, a row each. Two processes, one after the
other, begin with that file and nothing else: ours reads it into columns and rolls them up, the other one lets SQLite
group and sum. Both sum, by queue and 15-minute interval, what service level, ASA, abandon rate, AHT and CSAT are
computed from; ours everything else too (``fields`` against ``sql_fields``), and it finds repeat contacts. The results
are compared before anything is printed. Of each side: wall and CPU seconds from opening the file to the sums, and by
how much its peak of resident memory (VmHWM) lies above what it had when it began; of ours also the CPU
seconds that are reading.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from assist.metrics.columns import NAMES, NUMBERS, Columns
from assist.metrics.contacts import Outcome
from assist.metrics.repeats import with_repeats
from assist.metrics.rollup import INTERVAL_S, by_interval
from assist.metrics.targets import Targets
from assist.metrics.totals import CONTRIBUTIONS

QUEUES = tuple(f"q{number}" for number in range(12))
AGENTS = tuple(f"agent{number}" for number in range(300))
YEAR_S = 365 * 86_400.0
SUMMED = (
    "offered", "answered", "answered_in_time", "abandoned", "abandoned_in_time", "abandoned_short", "wait_answered_s",
    "talk_s", "hold_s", "wrap_up_s", "csat_answers", "csat_satisfied",
)  # fmt: skip
SQL = f"""
SELECT CAST(queued_at AS INTEGER) / {INTERVAL_S} AS start, queue, COUNT(*), SUM(outcome = 1),
  SUM(outcome = 1 AND wait_s <= 20), SUM(outcome = 2), SUM(outcome = 2 AND wait_s <= 20),
  SUM(outcome = 2 AND wait_s <= 5), SUM(CASE WHEN outcome = 1 THEN wait_s ELSE 0 END), SUM(talk_s), SUM(hold_s),
  SUM(wrap_up_s), COUNT(csat), SUM(csat >= 4)
FROM contacts GROUP BY start, queue ORDER BY start, queue
"""
BATCH = 20_000
"""Rows read at a time."""
Sums = list[tuple[float | str, ...]]
Side = Callable[[Path], tuple[Sums, dict[str, float]]]


def invent(contacts: int, seed: int) -> Columns:
    """A year of ``contacts``: waits, talks and scores at random, whole seconds so that sums are exact."""
    chance = np.random.default_rng(seed)
    numbers = {field: np.zeros(contacts) for field in NUMBERS}
    queued = np.sort(chance.uniform(1.7e9, 1.7e9 + YEAR_S, contacts)).round()
    wait = chance.exponential(18, contacts).round()
    answered = chance.random(contacts) < 0.94
    talk = np.where(answered, chance.exponential(240, contacts).round(), 0.0)
    hold = np.where(answered & (chance.random(contacts) < 0.2), chance.exponential(40, contacts).round(), 0.0)
    scored = answered & (chance.random(contacts) < 0.15)
    numbers |= {
        "counted_at": queued,
        "queued_at": queued,
        "answered_at": np.where(answered, queued + wait, 0.0),
        "ended_at": queued + wait + talk + hold,
        "wait_s": wait,
        "talk_s": talk,
        "hold_s": hold,
        "wrap_up_s": np.where(answered, chance.exponential(20, contacts).round(), 0.0),
        "outcome": np.where(answered, float(Outcome.ANSWERED), float(Outcome.ABANDONED)),
        "csat": np.where(scored, chance.integers(1, 6, contacts).astype(float), np.nan),
        "nps": np.full(contacts, np.nan),
        "ces": np.full(contacts, np.nan),
        "resolved": np.full(contacts, np.nan),
    }
    tables = {
        "queue": QUEUES,
        "agent": AGENTS,
        "customer": tuple(f"+{number}" for number in range(1, contacts // 4 + 2)),
        "issue": ("billing", "outage", "move", "other"),
    }
    codes = {field: chance.integers(0, len(tables[field]), contacts) for field in NAMES}
    return Columns(numbers, codes, tables)


def write(columns: Columns, file: Path) -> None:
    """The contacts as a table, a row each; names as text, NULL for what is not known."""
    with sqlite3.connect(file) as database:
        database.execute(f"CREATE TABLE contacts ({', '.join((*NUMBERS, *NAMES))})")
        for start in range(0, len(columns), BATCH):
            part = slice(start, start + BATCH)
            values = [[None if each != each else each for each in columns[field][part].tolist()] for field in NUMBERS]
            values += [[columns.names[field][code] for code in columns.codes[field][part].tolist()] for field in NAMES]
            places = ", ".join("?" * len(values))
            database.executemany(f"INSERT INTO contacts VALUES ({places})", zip(*values, strict=True))
    database.close()


def ours(file: Path) -> tuple[Sums, dict[str, float]]:
    """Read into columns, find repeats, roll up."""
    began = time.process_time()
    columns = read(file)
    read_s = time.process_time() - began
    intervals = by_interval(with_repeats(columns, 7, 1e12), Targets())
    sums: Sums = [
        (interval.start // INTERVAL_S, interval.group, *(getattr(interval.totals, name) for name in SUMMED))
        for interval in intervals
    ]
    return sums, {"read_cpu_s": round(read_s, 2)}


def read(file: Path) -> Columns:
    """The table as columns."""
    database = sqlite3.connect(file)
    (count,) = database.execute("SELECT COUNT(*) FROM contacts").fetchone()
    numbers = {field: np.empty(count) for field in NUMBERS}
    codes = {field: np.empty(count, np.int64) for field in NAMES}
    tables: dict[str, dict[str, int]] = {field: {} for field in NAMES}
    rows, start = database.execute(f"SELECT {', '.join((*NUMBERS, *NAMES))} FROM contacts"), 0
    while batch := rows.fetchmany(BATCH):
        values = list(zip(*batch, strict=True))
        for field, column in zip(NUMBERS, values, strict=False):
            numbers[field][start : start + len(batch)] = np.array(column, np.float64)
        for field, column in zip(NAMES, values[len(NUMBERS) :], strict=True):
            table = tables[field]
            codes[field][start : start + len(batch)] = [table.setdefault(name, len(table)) for name in column]
        start += len(batch)
    database.close()
    return Columns(numbers, codes, {field: tuple(table) for field, table in tables.items()})


def in_sql(file: Path) -> tuple[Sums, dict[str, float]]:
    """SQLite groups and sums."""
    database = sqlite3.connect(file)
    rows = database.execute(SQL).fetchall()
    database.close()
    return [(*row[:2], *(float(value or 0) for value in row[2:])) for row in rows], {}


def _measured(side: Side, file: Path, told: Connection) -> None:
    before, wall, cpu = _memory_mib("VmRSS"), time.perf_counter(), time.process_time()
    sums, parts = side(file)
    found = {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        **parts,
        "peak_mib": round(_memory_mib("VmHWM") - before),
    }
    told.send((found, len(sums), hashlib.sha256(repr(sums).encode()).hexdigest()))


def alone(side: Side, file: Path) -> tuple[dict[str, float], int, str]:
    """What ``side`` takes in a process of its own; how many sums it found, and their digest."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(side, file, there))
    process.start()
    there.close()
    try:
        found: tuple[dict[str, float], int, str] = here.recv()
    finally:
        process.join()
    return found


def _memory_mib(field: str) -> float:
    """``VmRSS`` or ``VmHWM`` of this process; what getrusage says is inherited from the parent."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status has no {field}")


def measure(contacts: int, seed: int) -> dict[str, Any]:
    """Both ways, once each. Raises SystemExit where they disagree."""
    with tempfile.TemporaryDirectory(prefix="bench-metrics-") as directory:
        file = Path(directory) / "contacts.db"
        write(invent(contacts, seed), file)
        size = file.stat().st_size
        rolled, intervals, digest = alone(ours, file)
        grouped, _, expected = alone(in_sql, file)
    if digest != expected:
        raise SystemExit("bench.metrics: the roll-up and the SQL disagree")
    return {
        "contacts": contacts, "file_mib": round(size / 2**20), "intervals": intervals, "ours": rolled,
        "fields": len(CONTRIBUTIONS), "sql": grouped, "sql_fields": len(SUMMED),
    }  # fmt: skip


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.metrics", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(json.dumps({"bench": "metrics", **measure(given.contacts, given.seed)}))


if __name__ == "__main__":
    main()
