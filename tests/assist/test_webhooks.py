"""Which webhooks an installation has, and what each is told of the log."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from assist.alerts import AlertCleared
from assist.store import Store
from assist.store.outbox import Outbox
from assist.vocabulary import EVENTS
from assist.webhook import SIGNATURE, signed
from assist.webhooks import webhooks
from ivr.contacts import ContactEnded
from tests.fakes.clock import VirtualClock
from voice.errors import DocumentError
from voice.events import EnvelopeFactory, Event
from voice.settings import SettingsFile, read_settings

SECRET = "sixteen characters and more"
ALERTS = f'[alerts]\nwebhook = "https://alerts.test/"\nwebhook_secret = "{SECRET}"\n'


def crm(name: str = "crm", event: str = "contact.ended", url: str = "https://crm.test/", secret: str = SECRET) -> str:
    return f'[[webhook]]\nname = "{name}"\nurl = "{url}"\nsecret = "{secret}"\nevents = ["{event}"]\n'


def written(tmp_path: Path, text: str) -> SettingsFile:
    file = tmp_path / "s.toml"
    file.write_text(text)
    return read_settings(file, {})


class Receivers:
    """The other systems: the alerts' is away. ``told``: where, what, of which contact."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str | None]] = []
        self._came = asyncio.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "alerts.test":
            raise httpx.ConnectError("away")
        at = request.headers[SIGNATURE].split(",")[0].removeprefix("t=")
        assert request.headers[SIGNATURE] == signed(request.content, SECRET, int(at))
        body = json.loads(request.content)
        self.told.append((request.url.host, body["type"], body["contact_id"]))
        self._came.set()
        return httpx.Response(204)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.told) < count:
                self._came.clear()
                await self._came.wait()


def test_each_is_told_its_own_events_signed_and_none_waits_for_another(tmp_path: Path) -> None:
    settings = written(tmp_path, ALERTS + crm() + crm("bi", "alert.cleared", "https://bi.test/"))

    async def main() -> None:
        clock, receivers = VirtualClock(), Receivers()
        factory = EnvelopeFactory("test", clock)
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 's.db'}")

        async def log(event: Event, contact: str) -> Event:
            await store.append(EVENTS.encode(factory.wrap(event, contact)))
            return event

        for name in ("webhook", "webhook crm", "webhook bi"):  # they have been here before
            await Outbox(store, name, ()).waiting()
        await log(AlertCleared("c1:hold", "over"), "c1")
        await log(ContactEnded("completed", "caller", 1.0, 1.0), "c1")
        async with httpx.AsyncClient(transport=httpx.MockTransport(receivers)) as client:
            hooks = webhooks(settings, store, clock, client)
            running = [asyncio.create_task(hook.run()) for hook in hooks]
            await receivers.until(2)
            again = await log(ContactEnded("completed", "caller", 1.0, 1.0), "c2")
            for hook in hooks:
                hook.stirred_by([again])
            await receivers.until(3)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await store.close()
        assert sorted(receivers.told[:2]) == [("bi.test", "alert.cleared", "c1"), ("crm.test", "contact.ended", "c1")]
        assert receivers.told[2:] == [("crm.test", "contact.ended", "c2")]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (crm(event="contact.endet"), r"s\.toml:\d: .*no log has 'contact.endet'"),
        (crm(event="transcript.partial"), "no log has 'transcript.partial'"),
        (crm() + crm(), "'crm' stands twice"),
        (crm(secret="short"), "at least 16"),
        (crm(url=""), "at least 1"),
        (crm(name="a b"), "webhook.0.name"),
    ],
)
def test_what_cannot_be_told_is_said_before_anything_is(tmp_path: Path, text: str, message: str) -> None:
    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 's.db'}")
        try:
            async with httpx.AsyncClient() as client:
                webhooks(written(tmp_path, text), store, VirtualClock(), client)
        finally:
            await store.close()

    with pytest.raises(DocumentError, match=message):
        asyncio.run(main())
