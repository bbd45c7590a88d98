"""Limits on strangers: datagrams per source, bans that grow, connections that have not shown who they are. Pure.

A datagram's source can be forged, so a ban silences that address's datagrams only: its connections, which a handshake
has proven, go on. A trunk is never limited here (its INVITEs are, ``trunks``), and a host with a registered station is
limited but never banned. On connections nothing is dropped: one that sends too fast is read more slowly.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MALFORMED_COSTS = 10
"""What is no SIP counts as that many messages."""
MAX_SOURCES = 4096
LONGEST_BAN_S = 3600.0
FORGIVEN_AFTER_S = 3600.0
UNPROVEN_PER_HOST = 32


@dataclass(frozen=True)
class Limits:
    """``messages_per_s`` per source, twice that at once; ``ban_s``: the first ban, doubled each time. 0: off."""

    messages_per_s: float = 100.0
    ban_s: float = 60.0

    @property
    def burst(self) -> float:
        """Messages at once."""
        return 2 * self.messages_per_s


@dataclass
class _Source:
    tokens: float
    at: float
    banned_until: float = 0.0
    bans: int = 0


class Guard:
    """Counts per source address; bounded, forgets the one silent longest. ``counts``: what was dropped, by reason."""

    def __init__(self, limits: Limits, counts: Counter[str]) -> None:
        self._limits = limits
        self._counts = counts
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._unproven: Counter[str] = Counter()

    def admits(self, host: str, now: float, known: Callable[[], bool]) -> bool:
        """Whether one more datagram of ``host`` is read; ``known``: a registered station's, never banned."""
        if not self._limits.messages_per_s:
            return True
        source = self._source(host, now)
        if now < source.banned_until and not known():
            self._counts["banned"] += 1
            return False
        source.tokens -= 1.0
        if source.tokens >= 0.0:
            return True
        self._counts["too fast"] += 1
        if source.tokens <= -self._limits.burst:
            source.tokens = -self._limits.burst
            if not known():
                self._ban(source, now)
        return False

    def malformed(self, host: str, now: float) -> None:
        """What ``admits`` let in was no SIP."""
        if self._limits.messages_per_s:
            self._source(host, now).tokens -= MALFORMED_COSTS - 1

    def _source(self, host: str, now: float) -> _Source:
        source = self._sources.get(host)
        if source is None:
            source = self._sources[host] = _Source(self._limits.burst, now)
            if len(self._sources) > MAX_SOURCES:
                self._sources.popitem(last=False)
            return source
        self._sources.move_to_end(host)
        if now - source.at > 0:
            source.tokens = min(self._limits.burst, source.tokens + (now - source.at) * self._limits.messages_per_s)
            source.at = now
        if source.bans and now > source.banned_until + FORGIVEN_AFTER_S:
            source.bans = 0
        return source

    def _ban(self, source: _Source, now: float) -> None:
        if self._limits.ban_s:
            source.banned_until = now + min(self._limits.ban_s * 2**source.bans, LONGEST_BAN_S)
            source.bans = min(source.bans + 1, 16)
            source.tokens = self._limits.burst
            self._counts["bans"] += 1

    # ── connections ───────────────────────────────────────────────────────────────────────────────────────────────

    def opened(self, host: str) -> bool:
        """A connection was made; whether it may stay. It counts as unproven until ``proven`` or ``closed``."""
        if self._unproven[host] >= UNPROVEN_PER_HOST:
            self._counts["connections refused"] += 1
            return False
        self._unproven[host] += 1
        return True

    def proven(self, host: str) -> None:
        """One of its connections belongs to a registered station, a trunk or a call now; or it is closed."""
        self._unproven[host] -= 1
        if self._unproven[host] <= 0:
            del self._unproven[host]
