"""A million contacts rolled up: ``python -m bench.metrics`` prints one JSON line.

The same contacts, a year of 12 queues and 300 agents, lie in numpy columns and in an SQLite table in memory:
both then sum, by queue and 15-minute interval, what service level, ASA, abandon rate, AHT and
CSAT are computed from. Ours sums everything else too (39 fields against 12) and finds repeat contacts. The results of
both are compared before anything is printed. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import time

import numpy as np

from assist.metrics.columns import NAMES, NUMBERS, Columns
from assist.metrics.contacts import Outcome
from assist.metrics.repeats import with_repeats
from assist.metrics.rollup import INTERVAL_S, RollUp, by_interval
from assist.metrics.targets import Targets
from assist.metrics.totals import FIELDS

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


def in_sql(columns: Columns) -> sqlite3.Connection:
    """The same contacts as a table."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE contacts (queued_at, queue, outcome, wait_s, talk_s, hold_s, wrap_up_s, csat)")
    fields = ("queued_at", "outcome", "wait_s", "talk_s", "hold_s", "wrap_up_s", "csat")
    values = [columns[field].tolist() for field in fields]
    queues = [QUEUES[code] for code in columns.codes["queue"].tolist()]
    rows = (
        (queued, queue, int(outcome), wait, talk, hold, wrap, None if csat != csat else csat)
        for queue, (queued, outcome, wait, talk, hold, wrap, csat) in zip(
            queues, zip(*values, strict=True), strict=True
        )
    )
    database.executemany("INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.commit()
    return database


def same(intervals: RollUp, rows: list[tuple[float, ...]]) -> bool:
    """Whether both found the same sums in the same intervals."""
    ours = [
        (interval.start // INTERVAL_S, interval.group, *(getattr(interval.totals, name) for name in SUMMED))
        for interval in intervals
    ]
    theirs = [(*row[:2], *(float(value or 0) for value in row[2:])) for row in rows]
    return ours == theirs


def measure(contacts: int, seed: int) -> dict[str, object]:
    """Both ways, once each. Raises SystemExit where they disagree."""
    columns = invent(contacts, seed)
    before = _peak_mib()
    began = time.process_time()
    intervals = by_interval(with_repeats(columns, 7, 1e12), Targets())
    ours = time.process_time() - began
    ours_mib = _peak_mib() - before
    database = in_sql(columns)
    began = time.process_time()
    rows = database.execute(SQL).fetchall()
    theirs = time.process_time() - began
    if not same(intervals, rows):
        raise SystemExit("bench.metrics: the roll-up and the SQL disagree")
    return {
        "contacts": contacts,
        "intervals": len(intervals),
        "cpu_s": round(ours, 2),
        "fields": len(FIELDS),
        "extra_mib": round(ours_mib),
        "columns_mib": round(
            sum(each.nbytes for kept in (columns.numbers, columns.codes) for each in kept.values()) / 2**20
        ),
        "sql_cpu_s": round(theirs, 2),
        "sql_fields": len(SUMMED),
        "sql_over_ours": round(theirs / ours, 2),
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.metrics", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(json.dumps({"bench": "metrics", **measure(given.contacts, given.seed)}))


if __name__ == "__main__":
    main()
