"""The station's link to the floor: a websocket to ``/api/station``, kept up for as long as the station runs.

Station to floor: ``{"type": "hello", "agent", "token", "state"}`` first on every connection, ``{"type": "state",
"state"}`` at each change, ``{"type": "reply", "id", "ok", "reason"}``. Floor to station: ``{"type": "command", "id",
"command", "leg_id", "argument"}``, the last two empty or left out where nothing is to be said.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from enum import Enum
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from voice.clock import Clock
from voice.commands import Reply
from voice.errors import CallfloorError
from voice.station_messages import FloorCommand
from voice.station_state import StationState

log = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 0.5
LAST_RETRY_S: Final = 5.0
REPLACED_RETRY_S: Final = 60.0
STEADY_S: Final = 10.0
MAX_REPLIES: Final = 64
REPLACED: Final = 4409
"""Close code of a floor that another station of this agent reached."""
ABNORMAL: Final = 1006
OPEN_TIMEOUT_S: Final = 5.0
LOGIN_TIMEOUT_S: Final = 5.0
MAX_MESSAGE: Final = 64 * 1024

TokenSource = Callable[[], Awaitable[str]]
"""Gives a token the floor accepts; asked for each connection. Raises FloorUnreachableError."""

CommandListener = Callable[[FloorCommand], None]
"""Takes a command, on the event loop; answered later through ``FloorLink.reply``."""


class FloorUnreachableError(CallfloorError):
    """The floor does not answer, or does not let this agent in."""


class FloorLink(Protocol):
    """The way to the floor. Nothing here waits: a floor that was away is told the newest state when it is back."""

    async def run(self, on_command: CommandListener) -> None:
        """Keep the link up until cancelled."""

    def report(self, state: StationState) -> None:
        """The station's newest state. Overflow policy: only the newest waits to be sent."""

    def reply(self, command_id: str, reply: Reply) -> None:
        """Answer a command. Lost with the connection it came on: the floor repeats the command, the station the
        reply.
        """


class NoFloor:
    """A station alone: nobody commands, nobody listens."""

    async def run(self, on_command: CommandListener) -> None:
        """Nothing, until cancelled."""
        await asyncio.get_running_loop().create_future()

    def report(self, state: StationState) -> None:
        """Nothing."""

    def reply(self, command_id: str, reply: Reply) -> None:
        """Nothing."""


class WebsocketFloorLink:
    """A FloorLink over a websocket; reconnects after 0.5 s, doubling to 5 s."""

    def __init__(
        self, url: str, agent: str, token: TokenSource, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        """``url``: the floor's base, ``http://HOST:PORT`` or ``ws://``, with or without the path. ``tls``: whom to
        trust where it is ``https://`` or ``wss://``; None: whom the system trusts.
        """
        self._tls = tls
        self._url = station_url(url)
        self._agent = agent
        self._token = token
        self._clock = clock
        self._state = StationState()
        self._replies: list[dict[str, Any]] = []
        self._state_due = False
        self._due = asyncio.Event()
        self.connected = asyncio.Event()
        """Set while the floor has our hello."""
        self.dropped_replies = 0

    def report(self, state: StationState) -> None:
        """The station's newest state."""
        self._state = state
        self._state_due = True
        self._due.set()

    def reply(self, command_id: str, reply: Reply) -> None:
        """Answer a command."""
        if len(self._replies) >= MAX_REPLIES:
            self._replies.pop(0)
            self.dropped_replies += 1
        self._replies.append({"type": "reply", "id": command_id, "ok": reply.ok, "reason": reply.reason})
        self._due.set()

    async def run(self, on_command: CommandListener) -> None:
        """Keep the link up until cancelled. Where another station took this agent over, try again every minute only."""
        retry_s = FIRST_RETRY_S
        while True:
            began = self._clock.monotonic()
            replaced = False
            try:
                replaced = await self._connect_once(on_command) == REPLACED
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, FloorUnreachableError) as error:
                log.warning("no link to the floor at %s: %s", self._url, error)
            finally:
                self.connected.clear()
            if self._clock.monotonic() - began >= STEADY_S:
                retry_s = FIRST_RETRY_S
            await self._clock.sleep(REPLACED_RETRY_S if replaced else retry_s)
            retry_s = min(2 * retry_s, LAST_RETRY_S)

    async def _connect_once(self, on_command: CommandListener) -> int:
        """One connection, from hello to the floor's close code (RFC 6455; 1006 where it gave none)."""
        token = await self._token()
        tls = (self._tls or True) if self._url.startswith("wss:") else None
        async with connect(self._url, open_timeout=OPEN_TIMEOUT_S, max_size=MAX_MESSAGE, proxy=None, ssl=tls) as socket:
            self._replies.clear()
            self._state_due = False
            hello = {"type": "hello", "agent": self._agent, "token": token, "state": state_message(self._state)}
            await socket.send(json.dumps(hello))
            self.connected.set()
            sender = asyncio.create_task(self._send(socket), name="station link sender")
            try:
                async for message in socket:
                    self._received(message, on_command)
            except ConnectionClosed:
                pass  # with any code but 1000 and 1001
            finally:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)
        log.warning("the floor closed the link: %s %s", socket.close_code, socket.close_reason)
        return socket.close_code or ABNORMAL

    async def _send(self, socket: ClientConnection) -> None:
        """Replies in order, then the newest state, whenever there is something."""
        while True:
            await self._due.wait()
            self._due.clear()
            while self._replies:
                await socket.send(json.dumps(self._replies.pop(0)))
            if self._state_due:
                self._state_due = False
                await socket.send(json.dumps({"type": "state", "state": state_message(self._state)}))

    @staticmethod
    def _received(message: str | bytes, on_command: CommandListener) -> None:
        command = parse_command(message)
        if command is None:
            log.warning("ignored what is not a command: %.80r", message)
            return
        on_command(command)


def parse_command(message: str | bytes) -> FloorCommand | None:
    """The command in a message of the floor; None for anything else, which newer floors may send."""
    try:
        data = json.loads(message)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.get("type") != "command":
        return None
    values = (data.get("id"), data.get("command"), data.get("leg_id") or "", data.get("argument") or "")
    command_id, verb, leg_id, argument = values
    if not all(isinstance(value, str) for value in values):
        return None
    return FloorCommand(str(command_id), str(verb), str(leg_id), str(argument))


def state_message(state: StationState) -> dict[str, Any]:
    """A state as JSON: the fields of ``StationState``, phases by their values."""
    return asdict(state, dict_factory=lambda items: {k: v.value if isinstance(v, Enum) else v for k, v in items})


def station_url(server: str) -> str:
    """The websocket address of ``/api/station`` at ``server`` (http, https, ws, wss). Raises FloorUnreachableError."""
    parts = urlsplit(server if "://" in server else f"http://{server}")
    scheme = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise FloorUnreachableError(f"{server!r} is not the address of a floor, such as http://HOST:PORT")
    return urlunsplit((scheme, parts.netloc, "/api/station", "", ""))


def login(server: str, agent: str, secret: str, tls: ssl.SSLContext | None = None) -> TokenSource:
    """Logs the agent in at the floor for each connection (POST /api/login); tokens live for minutes only. ``tls``: as
    WebsocketFloorLink's.
    """

    def post() -> str:
        body = json.dumps({"user": agent, "secret": secret}).encode()
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked by station_url, the address is a setting
            f"{server.rstrip('/')}/api/login", body, {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))
        try:
            with opener.open(request, timeout=LOGIN_TIMEOUT_S) as answer:
                return str(json.load(answer)["token"])
        except urllib.error.HTTPError as error:
            with error:
                raise FloorUnreachableError(f"the floor does not let {agent} in: {error.code} {error.reason}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FloorUnreachableError(f"no login at {server}: {error}") from None

    async def token() -> str:
        return await asyncio.to_thread(post)

    return token
