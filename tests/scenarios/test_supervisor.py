"""A supervisor listens, whispers and barges in from her own telephone, moves on to a caller who waits, and leaves.

Everything is real: the command comes from her page, the INVITE through the front to her registered telephone, the modes
by her keys. Who hears whom in every arrangement is proved in ``tests.sip.test_hearing_by_tones``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assist.demo.puppet import Puppet
from assist.demo.stage import Cast
from assist.webhook import signed
from ivr.contacts import ContactEnded, ContactQueued, PromptStarted
from ivr.supervision import SupervisionEnded, SupervisionModeChanged, SupervisionStarted
from tests.scenarios.theatre import caller, contact_of, happened, on_stage
from tests.sip.ends import TONES, RemoteEnd
from voice.hearing import Mode
from voice.phone import IncomingLeg, LegConnected, LegDisconnected, PhoneConfig, RegistrationChanged

pytestmark = pytest.mark.live

HOST, SECRET, WAITING = "127.0.0.9", "sara-kestrel", "2025550171"
SARA = f'\n[[agent]]\nuser = "sara"\nname = "Sara Lind"\nsecret = "{SECRET}"\nrole = "supervisor"\n'


SHARED = "sixteen characters and more"
RULES = "rules:\n  - {id: waits, kind: queue_wait, severity: warning, seconds: 1}\n"


class Receiver:
    """The other system alerts are posted to."""

    def __init__(self) -> None:
        self.posts: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        body = await reader.readexactly(int(headers["content-length"]))
        self.posts.put_nowait((headers["x-callfloor-signature"], body))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def alert(self, contact: str) -> None:
        """The alert about this contact, signed as agreed."""
        async with asyncio.timeout(20):
            while True:
                signature, body = await self.posts.get()
                message = json.loads(body)
                if message["contact_id"] == contact and message["type"] == "alert.raised":
                    break
        at = signature.split(",")[0].removeprefix("t=")
        assert signature == signed(body, SHARED, int(at))
        assert (message["data"]["rule"], message["data"]["queue"]) == ("waits", "billing")


@contextlib.asynccontextmanager
async def receiver(directory: Path) -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver, and the settings that send alerts to it."""
    (directory / "alerts.yaml").write_text(RULES)
    found = Receiver()
    async with await asyncio.start_server(found.serve, "127.0.0.1", 0) as server:
        url = "http://{}:{}/alerts".format(*server.sockets[0].getsockname())
        rules = json.dumps(str(directory / "alerts.yaml"))
        yield found, f'\n[alerts]\nrules = {rules}\nwebhook = "{url}"\nwebhook_secret = "{SHARED}"\n'


class Supervisor:
    """Her telephone, which answers by itself as ``Answer-Mode`` asks, and her page."""

    def __init__(self, phone: RemoteEnd, page: Puppet, cast: Cast) -> None:
        self.phone = phone
        self.page = page
        self._cast = cast

    def order(self, name: str, **data: object) -> None:
        self.page.order("command", name=name, data=data)

    async def answers(self) -> IncomingLeg:
        """Her telephone is called, and she is connected."""
        incoming: IncomingLeg = await self.phone.expect(IncomingLeg)
        await self.phone.do("answer", incoming.leg_id)
        await self.phone.expect(LegConnected)
        leg = f"leg:{incoming.leg_id}"
        await self.phone.do("set_paths", [("voice", leg, 1.0), (leg, "ear", 1.0)])
        return incoming

    async def presses(self, leg: IncomingLeg, keys: str, mode: Mode, contact: str) -> None:
        """Keys on her telephone, until the contact is in that mode."""
        await self.phone.do("send_digits", leg.leg_id, keys)
        seen = self._cast.seen

        def there() -> bool:
            changes = [e.event for e in happened(self._cast, contact, SupervisionModeChanged)]
            return bool(changes) and isinstance(changes[-1], SupervisionModeChanged) and changes[-1].mode is mode

        await seen.until(there, f"{mode} by {keys}")


@contextlib.asynccontextmanager
async def supervisor(cast: Cast) -> AsyncIterator[Supervisor]:
    phone = RemoteEnd(PhoneConfig(host=HOST, rtp_host=HOST))
    await phone.open()
    page = await Puppet.start(
        "assist.demo.watcher", "--url", cast.house.addresses.web, "--agent", "sara", "--secret", SECRET
    )
    told: list[dict[str, Any]] = []
    connected = asyncio.Event()

    def hears(message: dict[str, Any]) -> None:
        told.append(message)
        connected.set()

    listening = asyncio.create_task(page.listen(hears))
    try:
        await phone.do("start")
        await phone.do("register", "sip:sara@callfloor", f"sip:{cast.sip};lr", "sara", SECRET)
        assert (await phone.expect(RegistrationChanged)).active
        await phone.do("add_tone", "voice", TONES[3])
        await phone.do("add_ear", "ear")
        async with asyncio.timeout(20):
            await connected.wait()  # what she clicks before is lost
        yield Supervisor(phone, page, cast)
    finally:
        await page.stop()
        await listening
        assert await phone.shut() == 0
    assert any(each["message"]["type"] == "supervision.started" for each in told), json.dumps(told)[:500]


async def listens(cast: Cast, sara: Supervisor, contact: str, turns: list[int]) -> IncomingLeg:
    """Her telephone is called, and she hears what is said in these turns of the script."""
    sara.order("supervise", contact_id=contact)
    leg = await sara.answers()
    assert leg.headers["x-callfloor-supervise"] == contact
    assert leg.headers["answer-mode"] == "Auto"
    await cast.seen.until(lambda: bool(happened(cast, contact, SupervisionStarted)), "her to listen")
    listening = asyncio.create_task(sara.phone.do("hear_burst", "ear", 800))
    await cast.talk(turns)
    assert await listening, "she hears them"
    return leg


async def hears_more(cast: Cast, party: str) -> None:
    before = cast.seen.heard_s.get(party, 0.0)
    await cast.seen.until(lambda: cast.seen.heard_s.get(party, 0.0) > before, f"{party} to hear something")


async def _only_the_agent_hears(cast: Cast) -> None:
    """Three seconds of the whisper and more. The telephones tell whole seconds; what the customer may yet be told of is
    the end of the sentence before.
    """
    before = {party: int(seconds) for party, seconds in cast.seen.heard_s.items()}
    await cast.seen.until(lambda: cast.seen.heard_s["agent"] >= before["agent"] + 4, "the agent to hear her whisper")
    assert int(cast.seen.heard_s["caller"]) <= before["caller"] + 1, "no whisper reaches the customer"


def test_from_listening_to_leaving(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            receiver(tmp_path) as (post, alerts),
            on_stage(tmp_path, more=alerts + SARA) as cast,
            caller(cast, WAITING) as other,
            supervisor(cast) as sara,
        ):
            await cast.connect()
            first = cast.seen.contact_id
            other.call()
            await cast.seen.until(lambda: bool(happened(cast, contact_of(cast, WAITING), PromptStarted)), "the menu")
            second = contact_of(cast, WAITING)
            other.puppet.order("digits", digits="1")
            await cast.seen.until(lambda: bool(happened(cast, second, ContactQueued)), "the second caller to wait")
            await post.alert(second)

            leg = await listens(cast, sara, first, [0])
            await sara.presses(leg, "#5", Mode.WHISPER, first)
            await _only_the_agent_hears(cast)
            await sara.presses(leg, "#6", Mode.BARGE, first)
            await hears_more(cast, "caller")

            sara.order("supervise", contact_id=second)
            await cast.seen.until(lambda: bool(happened(cast, second, SupervisionStarted)), "her to move on")
            calls = [event for event in sara.phone.inbox.seen if isinstance(event, IncomingLeg | LegDisconnected)]
            assert calls == [leg], "her own call goes on, and no other comes"
            await sara.phone.do("hear_burst", "ear", 800)  # the music the caller hears
            await cast.seen.until(
                lambda: bool(happened(cast, first, SupervisionEnded)), "her to be gone from the first"
            )
            await cast.talk([1])  # the first two never noticed
            assert not cast.seen.hung_up

            sara.order("leave", contact_id=second)
            await sara.phone.expect(LegDisconnected)
            await cast.hang_up()
            assert [e.contact_id for e in cast.seen.events(ContactEnded)] == [first]

    asyncio.run(main())
