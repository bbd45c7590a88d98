"""A web side over a real store: two contacts of two agents, an account of each role, and a recording."""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from assist.api.access import Archives
from assist.api.app import create_app
from assist.api.quality import QualityDesk
from assist.api.server import WebSettings, serving
from assist.content import load_content
from assist.feed import Feed
from assist.people import new_account
from assist.quality.forms import load_forms
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.security import Security
from assist.store import Store
from assist.store.archive import Archive
from assist.store.customers import CustomerBase
from assist.store.tasks import Tasks
from assist.store.users import Account, Audit, Users
from assist.summary import ContactSummary
from ivr.contacts import ContactClosed
from tests.fakes import contact_script as script
from tests.fakes.floor import STAFF as AGENTS
from tests.fakes.floor import FakeFloor
from transcription.recording_format import RecordingHeader, RecordingWriter
from transcription.utterances import UtteranceFinal
from voice.clock import SystemClock
from voice.events import Envelope, Event, EventCodec

DEADLINE_S = 20.0
PASSWORD = "a password for tests"
ACCOUNTS = {"carl": "auditor", "ada": "admin", "olga": "agent", "sven": "supervisor"}
CODEC = EventCodec((UtteranceFinal, ContactClosed))
BEGAN = 1_760_000_000.0
KEY = b"a key only the kept house has .."
RECORDING_KEY = b"r" * 32
CONTENT = load_content()


@dataclass
class KeptHouse:
    """A running web side with a store behind it."""

    url: str
    http: httpx.AsyncClient
    store: Store
    archives: Archives
    security: Security

    async def bearer(self, user: str) -> dict[str, str]:
        """The header of somebody who is logged in."""
        secret = script.SECRET if self.security.named_in_settings(user) else PASSWORD
        token, _ = await self.security.login(user, secret, "127.0.0.1")
        return {"Authorization": f"Bearer {token}"}

    async def get(self, user: str, path: str) -> httpx.Response:
        return await self.http.get(path, headers=await self.bearer(user))

    async def audited(self) -> list[tuple[str, str, str]]:
        """Who did what to what, oldest first."""
        return [(one.user, one.action, one.subject) for _, one in reversed(await self.archives.audit.entries())]


def summary(contact_id: str, agent: str, began: float = BEGAN, customer_id: int | None = None) -> ContactSummary:
    return ContactSummary(
        contact_id, agent, customer_id, "", "+12025550142", "billing", "completed", began, began + 60.0, 60.0, 50.0,
        20.0, 20.0, 0.5, 0.0, 0.2, 20.0, "neutral", (), "a bill", "billing_follow_up", (), (), 0.0, "1", "",
    )  # fmt: skip


def said(utterance_id: str, party: str, text: str, start_s: float) -> UtteranceFinal:
    return UtteranceFinal(utterance_id, party, text, (), start_s, start_s + 1.0, 0.9, "vosk", "demo")


async def fill(store: Store, recordings: Path) -> None:
    """Contact ``c1`` of anna with words and sound, ``c2`` of ben without."""
    await store.record_contact(summary("c1", "anna"))
    await store.record_contact(summary("c2", "ben", BEGAN + 100))
    writer = RecordingWriter(RecordingHeader("c1", 8000, ("agent", "caller"), "ab" * 8), RECORDING_KEY)
    file = recordings / "c1.cfrec"
    file.write_bytes(writer.header + writer.audio(b"\x01\x00\x02\x00" * 800) + writer.end())
    events: list[Event] = [
        said("u2", "agent", "how can i help", 3.0),
        said("u1", "caller", "hello <there>", 1.0),
        said("u3", "caller", "", 5.0),
        ContactClosed(str(file), 0.1, 0.0, 0.1, 1.0),
    ]
    envelopes = [Envelope(f"e{n}", BEGAN + n, "w1", n, event, "c1") for n, event in enumerate(events, 1)]
    await store.append(*map(CODEC.encode, envelopes))


@functools.cache
def accounts() -> tuple[Account, ...]:
    """Made once: a password's hash takes its time, which is its point."""
    return tuple(new_account(user, user.title(), role, PASSWORD)[0] for user, role in ACCOUNTS.items())


def in_kept_house(
    test: Callable[[KeptHouse], Awaitable[None]], web: WebSettings | None = None,
    verify: ssl.SSLContext | bool = True, deadline_s: float = DEADLINE_S,
) -> None:  # fmt: skip
    async def main(directory: Path) -> None:
        clock, web_settings = SystemClock(), web or WebSettings(port=0)
        store = await Store.open(f"sqlite+aiosqlite:///{directory / 's.db'}")
        recordings, key = directory / "recordings", directory / "recording.key"
        recordings.mkdir()
        key.write_bytes(RECORDING_KEY)
        os.chmod(key, 0o600)
        users = Users(store)
        security = Security(AGENTS, KEY, clock, users)
        contacts, base = Archive(store), CustomerBase(store)
        archives = Archives(users, Audit(store), contacts, Tasks(store), base, AGENTS, recordings, key)
        feed = Feed(clock)
        reading = Quality(store, CONTENT, load_scorecard(CONTENT))
        desk = QualityDesk(reading, reading, dict(load_forms()), ZoneInfo("UTC"))
        app = create_app(FakeFloor(feed, clock), feed, security, clock, archives, web_settings, desk)
        try:
            await fill(store, recordings)
            for account in accounts():
                await users.add(account)
            async with (
                asyncio.timeout(deadline_s),
                serving(app, web_settings) as url,
                httpx.AsyncClient(base_url=url, verify=verify) as http,
            ):
                await test(KeptHouse(url, http, store, archives, security))
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(main(Path(directory)))
