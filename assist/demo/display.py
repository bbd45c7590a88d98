"""The demo in the terminal: the conversation in two columns, the cards beside it, the summary at the end."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from assist.demo.measure import Results
from assist.demo.observed import Observed
from assist.desk import Desk
from assist.desk_contact import DeskCard, Utterance
from assist.desk_events import SummaryDrafted
from ivr.contacts import ContactClosed

SHOWN_LINES = 14
MARK = {"history": "who", "sentiment": "feel", "next_step": "next"}
"""Short names of kinds; others are called by their own."""


class Display:
    """Shows a running demo; on a terminal live and in place, elsewhere as plain lines when something is settled."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._status = "starting"
        self._printed: set[str] = set()
        self._desk: Desk | None = None

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """While a call goes on: on a terminal, one picture that changes in place."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, refresh_per_second=8) as self._live:
            yield
        self._live = None

    def status(self, text: str) -> None:
        """What is going on, in a few words."""
        self._status = text
        if self._live is None:
            self.console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", highlight=False)
        self._draw()

    def desk(self, desk: Desk) -> None:
        """The agent's page as it is now."""
        self._desk = desk
        if self._live is None:
            self._print_news(desk)
        self._draw()

    def _print_news(self, desk: Desk) -> None:
        """Plain lines: each final once, each card once."""
        if desk.contact is None:
            return
        for line in desk.contact.transcript:
            if line.final and line.id not in self._printed:
                self._printed.add(line.id)
                self.console.print(f"  {line.party:>6}: {line.text}", highlight=False, markup=False)
        for entry in desk.contact.cards:
            if entry.card.id not in self._printed:
                self._printed.add(entry.card.id)
                title = escape(entry.card.title)
                self.console.print(f"  [bold]card[/bold] {entry.card.kind}: {title}", highlight=False)

    def _draw(self) -> None:
        if self._live is None:
            return
        contact = self._desk.contact if self._desk else None
        words = _conversation(contact.transcript if contact else ())
        cards = [_card(entry) for entry in (contact.cards if contact else ()) if entry.outcome != "retracted"]
        grid = Table.grid(expand=True)
        grid.add_column(ratio=5)
        grid.add_column(ratio=3)
        grid.add_row(Panel(words, title="caller | agent", height=SHOWN_LINES + 8), Group(*cards))
        self._live.update(Group(Text(f"● {self._status}", style="bold"), grid))


def _conversation(transcript: tuple[Utterance, ...]) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    for line in transcript[-SHOWN_LINES:]:
        said = Text(line.text, style="" if line.final else "dim italic")
        table.add_row(*((said, "") if line.party == "caller" else ("", said)))
    return table


def _card(entry: DeskCard) -> RenderableType:
    card = entry.card
    body = [Text(card.why, style="dim")]
    body += [Text(f"{'✓' if step.done else '○'} {step.text}") for step in card.steps]
    foot = f"{card.trigger}, engine {entry.latency_ms:.1f} ms, {card.rule} {card.version}"
    title = f"{MARK.get(card.kind, card.kind)}: {escape(card.title)}"
    return Panel(Group(*body), title=title, subtitle=escape(foot), subtitle_align="right")


def summary(console: Console, seen: Observed, desk: Desk, results: Results, state_dir: Path) -> None:
    """What happened, in numbers."""
    contact = desk.contact or desk.previous
    drafted = contact.summary if contact and contact.summary else SummaryDrafted("no summary was drafted")
    ended, closed = seen.ended, seen.closed
    table = Table(title="The contact", show_header=False, title_justify="left")
    table.add_row("Set-up", f"{1000 * (seen.connected_at - seen.dialled_at):.0f} ms from INVITE to the greeting")
    if ended is not None:
        table.add_row("Times", f"{ended.duration_s:.1f} s in all, {ended.talk_s:.1f} s with the agent ({ended.reason})")
    table.add_row(
        "Talk ratio", f"agent {100 * drafted.talk_ratio:.0f} %, caller {100 * (1 - drafted.talk_ratio):.0f} %"
    )
    table.add_row("Sentiment", f"{drafted.sentiment_start:+.2f} → {drafted.sentiment_end:+.2f}")
    table.add_row("Words", f"{100 * results.wer:.1f} % WER against the script (demo model)")
    table.add_row("Summary", drafted.headline)
    for card in results.cards:
        if card.latency_ms is not None:
            after = f"after “{card.word}”" if card.word else "after the station was rung"
            table.add_row(f"Card {card.kind}", f"{card.title} ({card.trigger}, {card.latency_ms:.0f} ms {after})")
    table.add_row("", f"and {sum(card.latency_ms is None for card in results.cards)} updates that follow the talk")
    console.print(table, highlight=False)
    if closed is not None and closed.recording:
        _tell_recording(console, closed, state_dir)


def _tell_recording(console: Console, closed: ContactClosed, state_dir: Path) -> None:
    """Unwrapped, so that a person can copy the lines."""
    program = "callfloor" if shutil.which("callfloor") else _short(sys.argv[0])
    file, state = _short(closed.recording), _short(state_dir)
    for line in (
        f"Recording  {file} ({closed.recorded_s:.1f} s, agent left, customer right, AES-256-GCM)",
        f"Listen     {program} recording play {file} --state-dir {state}",
        f"As WAV     {program} recording export {file} --state-dir {state} --out call.wav",
    ):
        console.print(line, highlight=False, soft_wrap=True)


def _short(path: Path | str) -> str:
    """The path as a person here would type it."""
    absolute = Path(path).absolute()
    here = absolute.is_relative_to(Path.cwd())
    return shlex.quote(str(absolute.relative_to(Path.cwd()) if here else absolute))
