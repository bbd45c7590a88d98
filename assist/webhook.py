"""Alerts to another system: HTTPS POST, signed, tried again while it is away, in order, never in anybody's way.

The body is one JSON object: ``type``, ``id`` (of the event; the same on every try), ``at`` (Unix seconds),
``contact_id``, ``data``. ``X-Callfloor-Signature: t=<Unix seconds>,v1=<hex>`` where v1 is the HMAC-SHA256 (RFC 2104) of
``<t>.<body>`` under the shared secret: the receiver refuses a wrong one, and an old ``t``.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

import httpx

from voice.clock import Clock

log = logging.getLogger(__name__)

SIGNATURE = "X-Callfloor-Signature"
WAITING = 1000
"""Messages that wait while the other system is away; the oldest gives way, and is counted in ``dropped``."""
PAUSES_S = (1.0, 5.0, 30.0, 120.0, 300.0)
"""Between tries; after the last try the message is given up, and counted in ``failed``."""
TIMEOUT_S = 10.0


def signed(body: bytes, secret: str, at: int) -> str:
    """The signature's header value."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={digest}"


class Webhook:
    """One receiver. ``put`` never waits; ``run`` delivers until cancelled (what waits then is lost).

    A 2xx answer is delivered, 408, 429 and 5xx and no answer at all are tried again, anything else is given up at once.
    """

    def __init__(
        self, url: str, secret: str, clock: Clock, client: httpx.AsyncClient, pauses_s: Sequence[float] = PAUSES_S
    ) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._client = client
        self._pauses_s = pauses_s
        self._waiting: deque[bytes] = deque()
        self._ready = asyncio.Event()
        self.delivered = self.dropped = self.failed = 0

    def put(self, message: dict[str, Any]) -> None:
        """Deliver a message, after those before it."""
        if len(self._waiting) >= WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(json.dumps(message, separators=(",", ":")).encode())
        self._ready.set()

    async def run(self) -> None:
        """Deliver what is put."""
        while True:
            while self._waiting:
                await self._deliver(self._waiting.popleft())
            self._ready.clear()
            await self._ready.wait()

    async def _deliver(self, body: bytes) -> None:
        for pause_s in (*self._pauses_s, None):
            outcome = await self._try(body)
            if outcome == "":
                self.delivered += 1
                return
            if outcome.startswith("refused") or pause_s is None:
                self.failed += 1
                log.error("alert not delivered to %s: %s", self._url, outcome)
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
