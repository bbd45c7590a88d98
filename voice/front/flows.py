"""Where SIP comes from and goes to: flows, and the effects of the pure parts. A vocabulary; no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from voice.front.message import Request, Response

WORKERS: Final = "127.0.0.1"
"""Where every contact worker's SIP is."""


class Side(Enum):
    """Which of our sockets: trust in a message comes from the side it arrived on."""

    OUTER = "outer"
    INNER = "inner"


@dataclass(frozen=True, slots=True)
class Flow:
    """One far end as our socket sees it. ``connection`` numbers a TCP or TLS (``tls``) connection; 0 means UDP.

    Numbers are never used again, not even after a restart: what remembers one finds that connection or none.
    """

    side: Side
    host: str
    port: int
    connection: int = 0
    tls: bool = False

    @property
    def transport(self) -> str:
        """``UDP``, ``TCP`` or ``TLS``."""
        if self.tls:
            return "TLS"
        return "TCP" if self.connection else "UDP"


@dataclass(frozen=True, slots=True)
class Effect:
    """Base of what the proxy wants done."""


@dataclass(frozen=True, slots=True)
class Send(Effect):
    """Put ``message`` on ``flow``."""

    flow: Flow
    message: Request | Response


@dataclass(frozen=True, slots=True)
class Assign(Effect):
    """Tell the zygote that this worker has its contact now."""

    worker_id: str
