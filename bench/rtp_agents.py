"""Agents of ``bench.floor``: linked to the floor and registered at the front as stations are, each with an RTP player
instead of a headset. A real station costs a seventh of a core (``bench.station``), and thirty of them are no part of a
server.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from bench.rtp_callers import Stream, sdp, stream_address
from tests.fakes.sip_peer import SipPeer
from voice.clock import SystemClock
from voice.front.digest import digest_response, parse_credentials
from voice.front.message import Headers, Request, respond
from voice.station_link import WebsocketFloorLink, login
from voice.station_state import StationState

EXPIRES_S = 3600


class Agent:
    """Answers every call with ``sound`` (mu-law, 8 kHz)."""

    def __init__(self, name: str, stream: Stream, sound: bytes) -> None:
        self._name = name
        self._stream = stream
        self._sound = sound
        self._speaking: asyncio.Task[None] | None = None

    def take(self, peer: SipPeer, request: Request) -> None:
        """A request of the house (``tests.fakes.sip_peer.Handler``)."""
        if request.method != "INVITE":
            peer.accept(request)
            if request.method == "BYE":
                self.fall_silent()
            return
        extra = [("Record-Route", value) for value in request.headers.all("Record-Route")]
        extra += [("Contact", f"<{peer.uri}>"), ("Content-Type", "application/sdp")]
        body = sdp(peer.address[0], self._stream.port)
        peer.reply(request, replace(respond(request, 200, extra), body=body))
        if self._speaking is None:  # else it is a re-INVITE
            talk = self._stream.speak(stream_address(request.body), self._sound, 5000)
            self._speaking = asyncio.create_task(talk)

    def fall_silent(self) -> None:
        """The call is over."""
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None

    async def register(self, peer: SipPeer, front: tuple[str, int], secret: str) -> None:
        """For an hour. Raises SystemExit where the front refuses."""
        uri, who = "sip:callfloor", f"<sip:{self._name}@callfloor>"
        request = peer.request("REGISTER", uri, f"register-{self._name}", user=self._name, Expires=str(EXPIRES_S))
        peer.send(replace(request, headers=request.headers.put("To", who)), front)
        challenge = (await peer.final()).headers.all("WWW-Authenticate")[0]
        fields = parse_credentials(challenge) | {"username": self._name, "uri": uri, "nc": "00000001", "cnonce": "b"}
        fields["response"] = digest_response(fields, "REGISTER", secret)
        bare = ("nc", "qop", "algorithm")
        credentials = ", ".join(f"{key}={text}" if key in bare else f'{key}="{text}"' for key, text in fields.items())
        again = peer.request("REGISTER", uri, f"register-{self._name}", 2, user=self._name, Expires=str(EXPIRES_S))
        headers = Headers([*again.headers.put("To", who), ("Authorization", f"Digest {credentials}")])
        peer.send(replace(again, headers=headers), front)
        if (answer := await peer.final()).status != 200:
            raise SystemExit(f"{self._name} is not registered: {answer.status} {answer.reason}")


@contextlib.asynccontextmanager
async def agents(
    host: str, names: Sequence[str], secret: str, front: tuple[str, int], web: str, sound: bytes
) -> AsyncIterator[None]:
    """All of them at work: they take calls until the block is left."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        links = []
        for name in names:
            transport, stream = await loop.create_datagram_endpoint(Stream, local_addr=(host, 0))
            stack.callback(transport.close)
            agent = Agent(name, stream, sound)
            stack.callback(agent.fall_silent)
            peer = await stack.enter_async_context(SipPeer.open(host, agent.take))
            await agent.register(peer, front, secret)
            link = WebsocketFloorLink(web, name, login(web, name, secret), SystemClock())
            link.report(StationState(registered=True))
            links.append(tasks.create_task(link.run(lambda command: None)))
        yield
        for task in links:
            task.cancel()
