"""``callfloor station --tui``: the station in a terminal, for work without a browser.

The thin driver around ``station_keys`` and ``station_screen``: keys from standard input as they are pressed, the screen
drawn anew at each change.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.live import Live

from assist.station_keys import Keyboard, Order, Press
from assist.station_screen import screen
from voice.errors import CallfloorError
from voice.events import new_identifier
from voice.phone import SipAccount
from voice.station import Station
from voice.station_messages import FloorCommand

_SEQUENCES: Final = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O.)")
"""Cursor and function keys: not Escape and a letter."""


class NoTerminalError(CallfloorError):
    """Standard input is no terminal, so it has no keys."""


class StationTerminal:
    """One station on one terminal, until ``q`` or the station ends."""

    def __init__(self, agent: str, station: Station, console: Console) -> None:
        self._agent = agent
        self._station = station
        self._keyboard = Keyboard()
        self._answer = ""
        self._live = Live(console=console, auto_refresh=False, screen=console.is_terminal)
        self._quit = asyncio.Event()

    async def run(self, account: SipAccount, keys: int) -> None:
        """Run the station, keys read from the descriptor ``keys``. Raises what ``Station.run`` raises."""
        loop = asyncio.get_running_loop()
        with self._live:
            loop.add_reader(keys, self._read, keys)
            tasks = [
                asyncio.create_task(self._station.run(account), name="station"),
                asyncio.create_task(self._draw_changes(), name="station screen"),
                asyncio.create_task(self._quit.wait(), name="station quit"),
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                loop.remove_reader(keys)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    def pressed(self, key: str) -> None:
        """One key."""
        self._keyboard, meant = self._keyboard.press(key, self._station.state)
        if meant is Press.QUIT:
            self._quit.set()
        if isinstance(meant, Order):
            reply = self._station.command(FloorCommand(new_identifier(), meant.verb, argument=meant.argument))
            self._answer = "" if reply.ok else reply.reason
        self._draw()

    def _read(self, keys: int) -> None:
        pressed = os.read(keys, 64).decode(errors="ignore")
        if not pressed:  # the terminal is gone; the station goes on until it is ended
            asyncio.get_running_loop().remove_reader(keys)
        for key in _SEQUENCES.sub("", pressed):
            self.pressed(key)

    async def _draw_changes(self) -> None:
        async for _ in self._station.changes():
            self._draw()

    def _draw(self) -> None:
        self._live.update(screen(self._agent, self._station.state, self._keyboard, self._answer), refresh=True)


@contextlib.contextmanager
def keys_as_pressed() -> Iterator[int]:
    """Standard input without echo and without waiting for Enter. Raises NoTerminalError."""
    descriptor = sys.stdin.fileno()
    if not os.isatty(descriptor):
        raise NoTerminalError("--tui needs a terminal")
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


async def run_in_terminal(agent: str, station: Station, account: SipAccount) -> None:
    """Run a station in this terminal. Raises NoTerminalError, and what ``Station.run`` raises."""
    with keys_as_pressed() as keys:
        await StationTerminal(agent, station, Console()).run(account, keys)
