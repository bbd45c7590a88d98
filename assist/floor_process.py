"""``python -m assist.floor_process``: the floor as a process of its own (``callfloor serve`` runs it)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import resource
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from assist.alarm import AlertSettings
from assist.alert_rules import BUILT_IN, load_alert_rules
from assist.api.access import Archives
from assist.api.app import create_app
from assist.api.quality import QualityDesk
from assist.api.server import WebSettings, serving
from assist.banners import Banners
from assist.content import BUILT_IN as CONTENT
from assist.content import Content, load_content
from assist.content_shelf import ContentShelf
from assist.customers import customers
from assist.desk import HOLD_LIMIT_S
from assist.desk_events import RecogniserChanged
from assist.due_calls import PromisedCallSettings
from assist.feed import Feed
from assist.floor import Floor
from assist.oidc import OidcSettings, Provider
from assist.quality.aside import Aside
from assist.quality.forms import load_forms
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.reports.settings import ReportSettings, house_zone, read_targets
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
from assist.vocabulary import COMMANDS, EVENTS
from assist.webhooks import webhooks
from ivr.acd import Acd, AcdTimes
from ivr.settings import IvrSettings, read_queues
from transcription.engines.choice import known_card
from transcription.settings import TranscriptionSettings
from voice.bus.local import LocalBus
from voice.clock import Clock, SystemClock
from voice.front.trunks import Trunks, TrunkSettings
from voice.process import add_parent_option, die_with_parent, exit_status, on_stop
from voice.rundir import RunDirectory
from voice.settings import AgentSettings, FrontSettings, RunSettings, SettingsFile, read_settings


def recogniser(words: TranscriptionSettings) -> RecogniserChanged:
    """What every page says of the recogniser. Raises DocumentError where the model is not there."""
    card = known_card(words.engine, words.model)
    wer, on = (card.wer_people, card.wer_people_on) if card.wer is None else (card.wer, card.wer_on)
    return RecogniserChanged("down", words.engine, card.name, wer, on, demo=card.name.startswith("demo"), behind_s=0.0)


@dataclass(frozen=True, slots=True)
class House:
    """What one floor is made of; closed together by the exit stack it was made with."""

    floor: Floor
    feed: Feed
    store: Store
    quality: QualityDesk
    client: httpx.AsyncClient


async def _house(settings: SettingsFile, clock: Clock, closing: contextlib.AsyncExitStack) -> House:
    where = RunDirectory.of(settings.section("run", RunSettings))
    where.create()
    assist, report = settings.section("assist", AssistSettings), settings.section("report", ReportSettings)
    content, zone = assist.content or CONTENT, house_zone(settings)

    def load(directory: Path) -> Content:
        return assist.applied(load_content(directory)).in_zone(zone)

    loaded = load(content)
    scores = Aside(store_url(settings), content, zone, assist)
    closing.callback(scores.close)
    client = await closing.enter_async_context(httpx.AsyncClient())
    known = settings.section("customers", CustomerSettings)
    store = await Store.open(store_url(settings), region=known.region, zone=zone)
    closing.push_async_callback(store.close)
    base = await closing.enter_async_context(customers(store, known, clock))
    bus = LocalBus(where.hub, "floor", clock, EVENTS, COMMANDS, where.spool)
    closing.push_async_callback(bus.close)
    ivr, feed = settings.section("ivr", IvrSettings), Feed(clock, hold_limit_s=loaded.hold_limit_s or HOLD_LIMIT_S)
    trunks = Trunks(settings.many("trunk", TrunkSettings))
    floor = Floor(
        bus, store, feed, _brain(settings, ivr), ContentShelf(loaded, content, clock, load),
        recogniser(settings.section("transcription", TranscriptionSettings)),
        settings.many("agent", AgentSettings), settings.section("front", FrontSettings).domain, clock, ivr.vip,
        _oversight(settings, report, clock, client, store), Banners(where, ivr.flow),
        lambda number: trunks.for_number(number) is not None, ivr.retries(),
        settings.section("promised_calls", PromisedCallSettings), base,
        Wordsmith(assist, client) if assist.llm_url else None,
    )  # fmt: skip
    reading = Quality(store, loaded, load_scorecard(loaded, content))
    return House(floor, feed, store, QualityDesk(reading, scores, dict(load_forms(content)), zone), client)


def _brain(settings: SettingsFile, ivr: IvrSettings) -> Acd:
    times = AcdTimes(
        ring_s=ivr.ring_s,
        wrap_up_s=ivr.wrap_up_s,
        wrap_up_more_s=ivr.wrap_up_more_s,
        wrap_up_limit_s=ivr.wrap_up_limit_s,
    )
    return Acd(times, queues=read_queues(settings))


def _oversight(
    settings: SettingsFile, report: ReportSettings, clock: Clock, client: httpx.AsyncClient, store: Store
) -> Oversight:
    alerts = settings.section("alerts", AlertSettings)
    rules = load_alert_rules(alerts.rules or BUILT_IN)
    supervision, targets = settings.section("supervision", SupervisionSettings), read_targets(settings)
    return Oversight(supervision, rules, webhooks(settings, store, clock, client), report, targets)


def _web(settings: SettingsFile, house: House, clock: Clock) -> FastAPI:
    where, agents = RunDirectory.of(settings.section("run", RunSettings)), settings.many("agent", AgentSettings)
    store, users = house.store, Users(house.store)
    key = signing_key(where.state / "keys" / "web.key")
    security = Security(agents, key, clock, users)
    archives = Archives(
        users, Audit(store), Archive(store), Tasks(store), CustomerBase(store), agents, where.recordings,
        where.recording_key,
    )  # fmt: skip
    web = settings.section("web", WebSettings)
    oidc = settings.section("oidc", OidcSettings)
    provider = Provider(oidc, house.client, clock, key) if oidc.issuer else None
    return create_app(house.floor, house.feed, security, clock, archives, web, house.quality, provider)


def _spare_the_collector() -> None:
    """The content (10,000 articles are a million objects) is not looked at again, and full collections become rare:
    with 200 contacts at work one holds every card for 150 ms. Nothing here depends on cycles being found soon.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 5, 200)


def _make_room() -> None:
    """As many connections as the system allows: services begin with 1,024, which a large house's pages come to."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(file: Path | None, listener: socket.socket | None) -> None:
    settings, clock = read_settings(file, os.environ), SystemClock()
    _make_room()
    async with contextlib.AsyncExitStack() as closing:
        house = await _house(settings, clock, closing)
        app = _web(settings, house, clock)
        await house.floor.recall()
        working = asyncio.create_task(house.floor.run(), name="floor")
        on_stop(working.cancel)
        await house.floor.settle()
        _spare_the_collector()
        async with serving(app, settings.section("web", WebSettings), listener) as url:
            sys.stdout.write(f"floor ready {url}\n")
            sys.stdout.flush()
            with contextlib.suppress(asyncio.CancelledError):
                await working


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
    return exit_status(_serve(given.settings, listener))


if __name__ == "__main__":
    sys.exit(main())
