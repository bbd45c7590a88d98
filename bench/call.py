"""``python -m bench.call [--calls 3]``: the demo call, again and again in one house; words and cards measured.

Budget: last word → card from partials p50 ≤ 500, p95 ≤ 900 ms; from finals p50 ≤ 800, p95 ≤ 1200 ms; hung up → summary
drafted on the page ≤ 3000 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path

from assist.cards import CardKind
from assist.demo.measure import Results, measure
from assist.demo.stage import stage
from assist.desk import Desk
from bench.figures import spread


class Nobody:
    """An audience that does not look."""

    def status(self, text: str) -> None:
        """Not shown."""

    def desk(self, desk: Desk) -> None:
        """Not shown."""


async def calls(count: int) -> dict[str, object]:
    """Make ``count`` calls; the line to print."""
    load = os.getloadavg()[0]
    results: list[Results] = []
    setups: list[float] = []
    drafted: list[float | None] = []
    with tempfile.TemporaryDirectory() as directory:
        async with stage(Path(directory), Nobody()) as cast:
            for _ in range(count):
                await cast.connect()
                await cast.talk(range(len(cast.script.turns)))
                await cast.hang_up()
                results.append(measure(cast.seen, cast.script))
                setups.append(round(1000 * (cast.seen.connected_at - cast.seen.dialled_at), 1))
                drafted.append(None if cast.seen.drafted_s is None else round(1000 * cast.seen.drafted_s, 1))
    return {
        "bench": "call",
        "calls": count,
        "load_before": round(load, 1),
        "wer": [found.wer for found in results],
        "setup_ms": setups,
        "drafted_ms": drafted,
        "word_to_card_ms": {trigger: _spread(results, trigger) for trigger in ("partial", "final", "call")},
        "budget_ms": {"partial": {"p50": 500, "p95": 900}, "final": {"p50": 800, "p95": 1200}, "drafted": 3000},
    }


def _spread(results: list[Results], trigger: str) -> dict[str, float | None]:
    """Number and spread of the latencies of cards set off by ``trigger``; the checklist asks the store nothing."""
    found = [
        card.latency_ms
        for result in results
        for card in result.cards
        if card.trigger == trigger and card.latency_ms is not None and card.kind != CardKind.CHECKLIST
    ]
    return {"n": len(found), **spread(found, shares=(50, 95))}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.call", description=__doc__)
    parser.add_argument("--calls", type=int, default=3)
    print(json.dumps(asyncio.run(calls(parser.parse_args().calls))))


if __name__ == "__main__":
    main()
