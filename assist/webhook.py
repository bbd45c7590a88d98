"""Events to another system: HTTPS POST, signed, tried again while it is away, in order, never in anybody's way.

The body is one JSON object: ``type``, ``id`` (of the event; the same on every try), ``at`` (Unix seconds),
``contact_id``, ``data``. ``X-Callfloor-Signature: t=<Unix seconds>,v1=<hex>`` where v1 is the HMAC-SHA256 (RFC 2104) of
``<t>.<body>`` under the shared secret: the receiver refuses a wrong one, and an old ``t``.

What waits, waits in the event log (``assist.store.outbox``): neither the receiver's absence nor the floor's end loses
it. An event is told at least once; the receiver knows a second time by its ``id``.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import httpx

from assist.store.errors import StoreError
from voice.clock import Clock
from voice.events import Event

log = logging.getLogger(__name__)

SIGNATURE = "X-Callfloor-Signature"
PAUSES_S = (1.0, 5.0, 30.0, 120.0, 300.0)
"""Between tries; the last one goes on."""
OLD_S = 86_400.0
"""An event that could not be told for so long is news to nobody: it is given up, and counted in ``failed``."""
TIMEOUT_S = 10.0


class Waiting(Protocol):
    """What is to be told (``assist.store.outbox.Outbox``)."""

    async def waiting(self) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """The next events as the log has them, each with its position."""

    async def taken(self, position: int) -> None:
        """So far all is told."""

    def rewind(self) -> None:
        """What was given and not taken is to be given again."""


def signed(body: bytes, secret: str, at: int) -> str:
    """The signature's header value."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={digest}"


class Webhook:
    """One receiver, of the events ``kinds``. ``stirred_by`` never waits; ``run`` delivers until cancelled.

    A 2xx answer is delivered, 408, 429 and 5xx and no answer at all are tried again, anything else is given up at once.
    """

    def __init__(
        self, url: str, secret: str, clock: Clock, client: httpx.AsyncClient, outbox: Waiting,
        pauses_s: Sequence[float] = PAUSES_S, kinds: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._kinds = frozenset(kinds)
        self._url = url
        self._secret = secret
        self._clock = clock
        self._client = client
        self._outbox = outbox
        self._pauses_s = pauses_s
        self._stirred = asyncio.Event()
        self.delivered = self.failed = 0

    def stir(self) -> None:
        """There may be something new in the log."""
        self._stirred.set()

    def stirred_by(self, logged: Iterable[Event]) -> None:
        """These are in the log now."""
        if any(event.type in self._kinds for event in logged):
            self.stir()

    async def run(self) -> None:
        """Deliver what waits, and what comes."""
        while True:
            try:
                await self._all()
            except StoreError as error:
                log.error("events that wait for a webhook cannot be read: %s", error)
                self._outbox.rewind()
                await self._clock.sleep(self._pauses_s[-1])
                continue
            await self._stirred.wait()

    async def _all(self) -> None:
        """Everything that waits now."""
        while True:
            self._stirred.clear()
            found = await self._outbox.waiting()
            for position, message in found:
                await self._deliver(message)
                await self._outbox.taken(position)
            if not found:
                return

    async def _deliver(self, message: Mapping[str, Any]) -> None:
        told = {name: message[name] for name in ("type", "id", "at")}
        told |= {"contact_id": message["contact_id"] or "", "data": message["data"]}
        body = json.dumps(told, separators=(",", ":")).encode()
        for pause_s in itertools.chain(self._pauses_s, itertools.repeat(self._pauses_s[-1])):
            outcome = await self._try(body)
            if outcome == "":
                self.delivered += 1
                return
            if outcome.startswith("refused") or self._clock.wall() - message["at"] > OLD_S:
                self.failed += 1
                log.error("%s %s not delivered to %s: %s", message["type"], message["id"], _host(self._url), outcome)
                return
            await self._clock.sleep(pause_s)

    async def _try(self, body: bytes) -> str:
        """Empty where it was taken, else why not."""
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: signed(body, self._secret, int(self._clock.wall())),
        }
        try:
            answer = await self._client.post(self._url, content=body, headers=headers, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            return f"no answer: {type(error).__name__}"
        if answer.is_success:
            return ""
        again = answer.status_code in (408, 429) or answer.status_code >= 500
        return f"{'failed' if again else 'refused'}: {answer.status_code}"


def _host(url: str) -> str:
    """Without its path, which may hold a secret."""
    return httpx.URL(url).host
