"""``python -m assist.floor_process``: the floor as a process of its own (``callfloor serve`` runs it)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from assist.alarm import AlertSettings
from assist.alert_rules import BUILT_IN, load_alert_rules
from assist.api.access import Archives
from assist.api.app import create_app
from assist.api.quality import QualityDesk
from assist.api.server import WebSettings, serving
from assist.banners import Banners
from assist.content import BUILT_IN as CONTENT
from assist.content import load_content
from assist.content_shelf import ContentShelf
from assist.customers import customers
from assist.desk_events import RecogniserChanged
from assist.due_calls import PromisedCallSettings
from assist.feed import Feed
from assist.floor import COMMANDS, EVENTS, Floor
from assist.quality.aside import Aside
from assist.quality.forms import load_forms
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.reports.settings import ReportSettings
from assist.rewording import Wordsmith
from assist.security import Security, signing_key
from assist.settings import AssistSettings
from assist.store import Store
from assist.store.archive import Archive
from assist.store.customers import CustomerBase
from assist.store.settings import CustomerSettings, store_url
from assist.store.tasks import Tasks
from assist.store.users import Audit, Users
from assist.supervision import SupervisionSettings
from assist.supervisors import Oversight
from assist.webhook import Webhook
from ivr.acd import Acd, AcdTimes
from ivr.settings import IvrSettings, read_queues
from transcription.models import find_model
from transcription.settings import TranscriptionSettings
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.errors import CallfloorError
from voice.front.trunks import Trunks, TrunkSettings
from voice.process import add_parent_option, die_with_parent
from voice.rundir import RunDirectory
from voice.settings import AgentSettings, FrontSettings, RunSettings, SettingsFile, read_settings


def recogniser(model_name: str) -> RecogniserChanged:
    """What every page says of the recogniser. Raises DocumentError where the model is not there."""
    card = find_model(model_name).card
    return RecogniserChanged(
        "down", "vosk", card.name, card.wer, card.wer_on, demo=card.name.startswith("demo"), behind_s=0.0
    )


async def _serve(settings: SettingsFile, listener: socket.socket | None) -> None:
    clock = SystemClock()
    where = RunDirectory.of(settings.section("run", RunSettings))
    where.create()
    ivr = settings.section("ivr", IvrSettings)
    agents = settings.many("agent", AgentSettings)
    bus = LocalBus(where.hub, "floor", clock, EVENTS, COMMANDS, where.spool)
    known = settings.section("customers", CustomerSettings)
    store = await Store.open(store_url(settings), region=known.region)
    feed = Feed(clock)
    times = AcdTimes(
        ring_s=ivr.ring_s,
        wrap_up_s=ivr.wrap_up_s,
        wrap_up_more_s=ivr.wrap_up_more_s,
        wrap_up_limit_s=ivr.wrap_up_limit_s,
    )
    brain = Acd(times, queues=read_queues(settings))
    model = recogniser(settings.section("transcription", TranscriptionSettings).model)
    assist = settings.section("assist", AssistSettings)
    content = assist.content or CONTENT
    loaded = load_content(content)
    shelf = ContentShelf(loaded, content, clock)
    scores = Aside(store_url(settings), content)
    domain = settings.section("front", FrontSettings).domain
    alerts = settings.section("alerts", AlertSettings)
    client = httpx.AsyncClient()
    webhook = Webhook(alerts.webhook, alerts.webhook_secret, clock, client) if alerts.webhook else None
    trunks = Trunks(settings.many("trunk", TrunkSettings))
    supervision = settings.section("supervision", SupervisionSettings)
    report = settings.section("report", ReportSettings)
    oversight = Oversight(supervision, load_alert_rules(alerts.rules or BUILT_IN), webhook, report)
    connections = contextlib.AsyncExitStack()
    floor = Floor(
        bus, store, feed, brain, shelf, model, agents, domain, clock, ivr.vip, oversight,
        Banners(where, ivr.flow), lambda number: trunks.for_number(number) is not None, ivr.retries(),
        settings.section("promised_calls", PromisedCallSettings),
        await connections.enter_async_context(customers(store, known, clock)),
        Wordsmith(assist, client) if assist.llm_url else None,
    )  # fmt: skip
    users, web = Users(store), settings.section("web", WebSettings)
    security = Security(agents, signing_key(where.state / "keys" / "web.key"), clock, users)
    archives = Archives(
        users,
        Audit(store),
        Archive(store),
        Tasks(store),
        CustomerBase(store),
        agents,
        where.recordings,
        where.recording_key,
    )
    reading = Quality(store, loaded, load_scorecard(loaded, content))
    desk = QualityDesk(reading, scores, dict(load_forms(content)), ZoneInfo(report.zone))
    app = create_app(floor, feed, security, clock, archives, web, desk)
    try:
        await floor.recall()
        working = asyncio.create_task(floor.run(), name="floor")
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        await floor.settle()
        async with serving(app, web, listener) as url:
            sys.stdout.write(f"floor ready {url}\n")
            sys.stdout.flush()
            with contextlib.suppress(asyncio.CancelledError):
                await working
    finally:
        await bus.close()
        await connections.aclose()
        await store.close()
        await client.aclose()
        scores.close()


def main() -> int:
    """Exit status 0 after SIGTERM, 2 with one line on stderr for wrong settings."""
    logging.basicConfig(level=logging.WARNING, format="floor: %(name)s: %(message)s")
    parser = argparse.ArgumentParser(prog="python -m assist.floor_process", description=__doc__)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--fd", type=int, help="a listening socket inherited from the parent")
    add_parent_option(parser)
    given = parser.parse_args()
    die_with_parent(given.parent)
    listener = socket.socket(fileno=given.fd) if given.fd is not None else None
    try:
        asyncio.run(_serve(read_settings(given.settings, os.environ), listener))
    except CallfloorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
