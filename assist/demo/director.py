"""``callfloor demo``: one real call on loopback, shown live, measured, and judged."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from assist.cards import CardKind
from assist.demo import display, report
from assist.demo.measure import measure
from assist.demo.stage import THINKING_S, Cast, stage

HEARD_S = 3.0
"""Seconds of speech each side must have heard of the other for the two to count as connected."""

PROMISED = frozenset({CardKind.HISTORY.value, CardKind.SENTIMENT.value, CardKind.NEXT_STEP.value})
"""The kinds of card a demo call must show; others may appear beside them."""


async def run_demo(json_file: Path | None, *, keep: bool, state_dir: Path) -> int:
    """Run the demo; returns the exit status: 0 only if both were connected and all three kinds of cards appeared."""
    console = Console()
    show = display.Display(console)
    async with stage(state_dir, show) as cast:
        good = await _call(cast, show, json_file, state_dir)
        while keep and await _again(console):
            good = await _call(cast, show, json_file, state_dir)
    return 0 if good else 1


async def _call(cast: Cast, show: display.Display, json_file: Path | None, state_dir: Path) -> bool:
    with show.live():
        try:
            await cast.connect()
            await cast.talk(range(len(cast.script.turns)))
            await asyncio.sleep(THINKING_S)
            cast.seen.usage = report.usage(cast.house.pids, {"customer": cast.customer, "station": cast.agent})
            await cast.hang_up()
        except TimeoutError as error:
            show.status(f"gave up: {error}")
    return _report(cast, json_file, show.console, state_dir)


async def _again(console: Console) -> bool:
    """Wait for Enter; False at the end of input."""
    console.print("Enter: the customer calls again. Ctrl-D: the end.")
    return bool(await asyncio.to_thread(sys.stdin.readline))


def _report(cast: Cast, json_file: Path | None, console: Console, state_dir: Path) -> bool:
    """Print and write what happened; whether it was what a demo promises."""
    results = measure(cast.seen, cast.script)
    kinds = {card.kind for card in results.cards}
    connected = cast.seen.answered and min(cast.seen.heard_s.values()) >= HEARD_S
    good = connected and kinds >= PROMISED and cast.seen.closed is not None
    display.summary(console, cast.seen, cast.desk, results, state_dir)
    if json_file is not None:
        document = report.document(cast.seen, cast.desk, results, connected=connected, good=good)
        json_file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not good:
        console.print(f"[red]not good: connected={connected}, heard={cast.seen.heard_s}, kinds={sorted(kinds)}[/red]")
    return good
