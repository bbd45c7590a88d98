"""What the websockets share: who is let in, how often and for how long, the first message, sending."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from assist.api.guard import own_origin
from assist.api.messages import FORBIDDEN, MALFORMED, TRY_AGAIN, UNAUTHORISED, WRONG_ORIGIN, MalformedMessageError
from assist.limits import RateLimit, source
from assist.security import AccountsUnavailableError, Identity, Security, TokenError
from voice.clock import Clock
from voice.errors import CallfloorError

HELLO_S = 5.0
CHECK_S = 30.0
"""Between two looks at an account somebody is connected by."""
MAX_REASON_BYTES = 120

Begun = TypeVar("Begun")


class NotAllowedError(CallfloorError):
    """This user may not have what the socket is for; it closes with 4405 and this reason."""


@dataclass(frozen=True, slots=True)
class Door:
    """Who may open a socket: pages of ours and of ``origins``, as often as ``limit`` lets one address."""

    limit: RateLimit
    origins: Collection[str] = ()


async def admit(socket: WebSocket, begin: Callable[[], Awaitable[Begun]], door: Door) -> Begun | None:
    """Accept the socket if it may come in, and give what ``begin`` makes of it, from the hello on. None: it was
    closed with the code and reason of what ``begin`` raised, or its peer left.
    """
    if not same_origin(socket, door.origins):
        await socket.close(WRONG_ORIGIN, "the page is not from here")
        return None
    if wait := door.limit.wait_s(source(socket.client.host if socket.client else "")):
        await socket.send_denial_response(Response(status_code=429, headers={"Retry-After": str(int(wait) + 1)}))
        return None
    await socket.accept()
    try:
        return await begin()
    except MalformedMessageError as error:
        await socket.close(MALFORMED, closing_reason(error))
    except TokenError as error:
        await socket.close(UNAUTHORISED, closing_reason(error))
    except AccountsUnavailableError as error:
        await socket.close(TRY_AGAIN, closing_reason(error))
    except NotAllowedError as error:
        await socket.close(FORBIDDEN, closing_reason(error))
    except WebSocketDisconnect:
        pass
    return None


async def shut_out(
    socket: WebSocket, identity: Identity, security: Security, clock: Clock, *, by_hand: bool = True
) -> None:
    """Closes the socket when who is at it may not be here any more: at once for a change made at this floor, within
    CHECK_S for one made by the command line, and when a login ``by_hand`` is too long ago (a station logs in by
    itself). Runs until then; cancel it when the socket is done.
    """
    while True:
        await _next_look(security.change_of(identity.user), clock)
        try:
            if by_hand:
                security.still_logged_in(identity)
            await security.still_here(identity)
        except TokenError as error:
            await socket.close(UNAUTHORISED, closing_reason(error))
            return
        except AccountsUnavailableError:
            continue  # who was let in stays while the store is away


async def _next_look(changed: asyncio.Event, clock: Clock) -> None:
    waiting = [asyncio.ensure_future(changed.wait()), asyncio.ensure_future(clock.sleep(CHECK_S))]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


def same_origin(socket: WebSocket, allowed: Collection[str] = ()) -> bool:
    """Whether a browser opened the socket from a page of this server, or of an ``allowed`` origin (RFC 6455 section
    10.2). Programs that are no browser (stations) send no Origin and carry a token.
    """
    return own_origin(socket.headers.get("origin"), socket.headers.get("host"), allowed)


async def receive_hello(socket: WebSocket) -> str:
    """The first text message. Raises MalformedMessageError after 5 s, WebSocketDisconnect when the peer left."""
    try:
        async with asyncio.timeout(HELLO_S):
            return await receive_text(socket)
    except TimeoutError:
        raise MalformedMessageError(f"no hello within {HELLO_S:.0f} s") from None


async def receive_text(socket: WebSocket) -> str:
    """The next text message. Raises MalformedMessageError for a binary one, WebSocketDisconnect when the peer left."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"], message.get("reason"))
    if not isinstance(text := message.get("text"), str):
        raise MalformedMessageError("binary message where text was agreed")
    return text


async def send_text(socket: WebSocket, text: str) -> None:
    """Send, waiting while the peer's buffers are full. Raises WebSocketDisconnect when either side has closed."""
    if socket.application_state is not WebSocketState.CONNECTED:
        raise WebSocketDisconnect(1006)
    await socket.send_text(text)


def closing_reason(error: Exception) -> str:
    """The error as a close reason: at most 123 bytes of UTF-8 (RFC 6455 section 5.5)."""
    return str(error).encode()[:MAX_REASON_BYTES].decode(errors="ignore")
