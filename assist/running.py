"""What the command line runs until it is stopped: a house of processes, or one station."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assist.people import FIRST_ADMIN, first_admin
from assist.serve import House
from assist.store.opening import opened
from voice.clock import SystemClock
from voice.documents import Document, validate
from voice.process import on_stop
from voice.settings import SettingsFile, read_settings


async def serve_until_stopped(file: Path | None, environment: Mapping[str, str]) -> None:
    """Run a house until SIGINT or SIGTERM. Raises DocumentError for bad settings."""
    stopped = asyncio.Event()
    on_stop(stopped.set)
    absolute = file.absolute() if file is not None else None
    settings = read_settings(absolute, environment)
    async with House(settings, absolute, SystemClock(), environment) as house:
        await _ready_or_stopped(house, stopped)
        table = Table(show_header=False, box=None)
        host, port = house.addresses.sip
        table.add_row("SIP (UDP, TCP)", f"{host}:{port}")
        table.add_row("Agents' page", house.addresses.web)
        table.add_row("State", str(house.where.state))
        if (password := await _first_admin(settings)) is not None:
            table.add_row("First start", f"administrator: {FIRST_ADMIN}, password, told once: {password}")
        Console().print(table)
        await stopped.wait()


async def _first_admin(settings: SettingsFile) -> str | None:
    async with opened(settings) as store:
        return await first_admin(store)


async def _ready_or_stopped(house: House, stopped: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(house.ready()), asyncio.ensure_future(stopped.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        if task.done():
            task.result()
        task.cancel()


async def run_agent_station(options: Mapping[str, object], *, tui: bool = False) -> None:
    """Run an agent's softphone with this machine's headset until stopped, in a terminal where ``tui``. ``options``:
    keys of ``[station]``; those that are None are left out. Raises DocumentError for one that cannot be meant,
    HardwareError, PhoneError, NoTerminalError.
    """
    from assist.headset_choice import read_choice
    from assist.station_capture import StationCapture
    from assist.station_terminal import run_in_terminal
    from ivr.music import hold_music
    from ivr.supervision_tone import supervision_tone
    from voice.relay.wire import client_tls
    from voice.station_build import build_station
    from voice.station_settings import StationSettings

    given = {key: value for key, value in options.items() if value is not None} | read_choice(os.environ).model_dump()
    settings = validate(Document(Path("command line"), given, {}), StationSettings)
    clock, capture = SystemClock(), None
    if settings.policy.capture:
        tls = client_tls(settings.ca) if settings.transcription.startswith("wss:") else None
        capture = StationCapture(settings.transcription, settings.state, clock, tls)
    station = build_station(settings, clock, music=hold_music(), capture=capture, tone=supervision_tone())
    try:
        if capture is not None:
            await capture.start(settings.ca)
        if tui:
            await run_in_terminal(settings.agent, station, settings.account)
        else:
            await station.run(settings.account)
    finally:
        if capture is not None:
            await capture.close()
