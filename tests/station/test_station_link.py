from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from assist.api.app import create_app
from assist.api.ports import StationReport
from assist.api.server import WebSettings, serving
from assist.feed import Feed
from assist.security import Security
from tests.assist_web.test_people import certificate
from tests.fakes.clock import VirtualClock
from tests.fakes.floor import FakeFloor
from voice.clock import SystemClock
from voice.commands import Reply
from voice.relay.wire import client_tls
from voice.settings import AgentSettings
from voice.station_link import MAX_REPLIES, FloorUnreachableError, WebsocketFloorLink, login, parse_command, station_url
from voice.station_messages import FloorCommand
from voice.station_state import Phase, StationState

ANNA = AgentSettings(user="anna", name="Anna Kovacs", secret="sesame-1234")
KEY = b"a key that only this test has ..."
RINGING = StationState(phase=Phase.RINGING, registered=True, leg_id="leg-1", contact_id="c-1", headset="EVOLVE LINK")


class ListeningFloor(FakeFloor):
    """A FakeFloor that keeps what stations report."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed, SystemClock())
        self.reports: list[StationReport] = []
        self.told = asyncio.Event()

    def station_reported(self, agent: str, report: StationReport) -> None:
        self.reports.append(report)
        self.told.set()
        super().station_reported(agent, report)


def a_socket() -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


@contextlib.asynccontextmanager
async def a_floor(listening: socket.socket, web: WebSettings | None = None) -> AsyncIterator[ListeningFloor]:
    """The real web application over the fake floor, on a copy of the socket."""
    feed = Feed(SystemClock())
    floor = ListeningFloor(feed)
    app = create_app(floor, feed, Security([ANNA], KEY, SystemClock()))
    async with serving(app, web or WebSettings(), listening.dup()):
        yield floor


@contextlib.asynccontextmanager
async def a_link(
    url: str, commands: list[FloorCommand], secret: str = ANNA.secret
) -> AsyncIterator[WebsocketFloorLink]:
    link = WebsocketFloorLink(url, "anna", login(url, "anna", secret), SystemClock())

    def obey(command: FloorCommand) -> None:
        commands.append(command)
        link.reply(command.id, Reply(command.verb != "decline", "because" if command.verb == "decline" else ""))

    task = asyncio.create_task(link.run(obey))
    try:
        async with asyncio.timeout(20):
            yield link
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def url_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_state_goes_up_and_commands_come_down() -> None:
    async def main() -> None:
        commands: list[FloorCommand] = []
        with a_socket() as listening:
            async with a_floor(listening) as floor, a_link(url_of(listening), commands) as link:
                await floor.until(lambda: floor.link is not None)
                link.report(RINGING)
                await floor.until(lambda: floor.reports[-1].contact_id == "c-1")
                assert floor.reports[-1] == StationReport("ringing", True, "leg-1", "c-1", headset="EVOLVE LINK")
                assert floor.link is not None
                assert await floor.link.command("answer", "leg-1") == Reply(True, "")
                assert await floor.link.command("decline") == Reply(False, "because")
        assert [(command.verb, command.leg_id) for command in commands] == [("answer", "leg-1"), ("decline", "")]

    asyncio.run(main())


def test_a_floor_that_comes_back_gets_the_newest_state_first() -> None:
    async def main() -> None:
        with a_socket() as listening:
            async with a_link(url_of(listening), []) as link:
                async with a_floor(listening) as floor:
                    await floor.until(lambda: floor.link is not None)
                link.report(StationState())
                link.report(RINGING)
                async with a_floor(listening) as floor:
                    await floor.until(lambda: floor.link is not None)
                    assert [report.phase for report in floor.reports] == ["ringing"]

    asyncio.run(main())


def test_a_floor_that_refuses_is_asked_again_ever_more_slowly() -> None:
    async def main() -> None:
        clock = VirtualClock()
        asked: list[float] = []

        async def no_token() -> str:
            asked.append(clock.monotonic() - 1000.0)
            raise FloorUnreachableError("nobody is at home")

        task = asyncio.create_task(WebsocketFloorLink("127.0.0.1:1", "anna", no_token, clock).run(lambda command: None))
        await clock.advance(20.0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert asked == [0.0, 0.5, 1.5, 3.5, 7.5, 12.5, 17.5]

    asyncio.run(main())


class Sleepless:
    """A clock whose sleeps are told and never end."""

    def __init__(self) -> None:
        self.slept: asyncio.Queue[float] = asyncio.Queue()

    def monotonic(self) -> float:
        return 0.0

    def wall(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.put_nowait(seconds)
        await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(("code", "pause"), [(4409, 60.0), (1012, 0.5)])
def test_a_station_that_was_replaced_does_not_fight(code: int, pause: float) -> None:
    async def close(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.close(code, "as the test wants")

    async def token() -> str:
        return "token"

    async def main() -> None:
        clock = Sleepless()
        with a_socket() as listening:
            async with serve(close, sock=listening.dup()):
                link = WebsocketFloorLink(url_of(listening), "anna", token, clock)
                task = asyncio.create_task(link.run(lambda command: None))
                async with asyncio.timeout(10):
                    assert await clock.slept.get() == pause
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    asyncio.run(main())


def test_a_login_that_fails_says_why() -> None:
    async def main() -> None:
        with a_socket() as listening:
            async with a_floor(listening):
                with pytest.raises(FloorUnreachableError, match="does not let anna in: 401"):
                    await login(url_of(listening), "anna", "wrong-secret")()
        with pytest.raises(FloorUnreachableError, match="no login at"):
            await login(url_of_nobody(), "anna", ANNA.secret)()

    asyncio.run(main())


def url_of_nobody() -> str:
    with socket.socket() as unbound:
        unbound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unbound.getsockname()[1]}"


def test_replies_nobody_fetches_are_dropped_oldest_first_and_counted() -> None:
    async def main() -> None:
        link = WebsocketFloorLink("127.0.0.1:1", "anna", login("http://127.0.0.1:1", "anna", "x"), VirtualClock())
        for number in range(MAX_REPLIES + 2):
            link.reply(str(number), Reply(True))
        assert link.dropped_replies == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ('{"type": "command", "id": "1", "command": "mute", "leg_id": "l"}', FloorCommand("1", "mute", "l")),
        ('{"type": "command", "id": "1", "command": "mute", "new": 1}', FloorCommand("1", "mute", "")),
        ('{"type": "command", "id": 1, "command": "mute"}', None),
        ('{"type": "weather"}', None),
        ("[]", None),
        ("{", None),
        (b"\xff", None),
    ],
)
def test_only_commands_are_commands(message: str | bytes, command: FloorCommand | None) -> None:
    assert parse_command(message) == command


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("127.0.0.1:8080", "ws://127.0.0.1:8080/api/station"),
        ("http://floor:8080/", "ws://floor:8080/api/station"),
        ("https://floor", "wss://floor/api/station"),
        ("ws://floor/api/station", "ws://floor/api/station"),
    ],
)
def test_where_the_floor_listens(server: str, url: str) -> None:
    assert station_url(server) == url


@pytest.mark.parametrize("server", ["ftp://floor", "http://", ""])
def test_what_is_no_floor_is_refused(server: str) -> None:
    with pytest.raises(FloorUnreachableError, match="is not the address of a floor"):
        station_url(server)


def test_a_floor_with_tls_is_trusted_by_its_authority_alone(tmp_path: Path) -> None:
    public, private = certificate(tmp_path)

    async def main() -> None:
        with a_socket() as listening:
            url = f"https://127.0.0.1:{listening.getsockname()[1]}"
            web = WebSettings(tls_certificate=public, tls_key=private)
            async with asyncio.timeout(20), a_floor(listening, web) as floor:
                with pytest.raises(FloorUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
                    await login(url, "anna", ANNA.secret)()
                tls = client_tls(public)
                link = WebsocketFloorLink(url, "anna", login(url, "anna", ANNA.secret, tls), SystemClock(), tls)
                running = asyncio.create_task(link.run(lambda command: None))
                await floor.told.wait()
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

    asyncio.run(main())
