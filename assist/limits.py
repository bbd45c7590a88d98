"""How often somebody may ask, and how often she may be wrong; pure, with a clock."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from voice.clock import Clock

FAILURE_WINDOW_S = 60.0
MAX_REMEMBERED = 10_000
_ROUNDING = 1e-9
"""Whoever waited as long as she was told may ask."""
_OF_ONE = 64
"""Bits of an IPv6 address that say whose it is: whoever has one has all that begin like it (RFC 4291 section 2.5.4)."""


@lru_cache(MAX_REMEMBERED)
def source(address: str) -> str:
    """Whom an address is counted as: an IPv6 address as its network, one that carries an IPv4 address as that, anything
    else as itself.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found), _OF_ONE), strict=False))


class FailureWindow:
    """Counts failures per key over the last minute, ``most`` of which are allowed; remembers at most
    ``MAX_REMEMBERED`` keys, oldest forgotten.
    """

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def retry_after(self, key: str) -> float:
        """Seconds until ``key`` may try again; 0 where it may now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        now = self._clock.monotonic()
        while failures and failures[0] <= now - FAILURE_WINDOW_S:
            failures.popleft()
        if not failures:
            del self._failures[key]
        return failures[0] + FAILURE_WINDOW_S - now if len(failures) >= self._most else 0.0

    def failed(self, key: str) -> None:
        """Count a failure."""
        self._failures.setdefault(key, deque(maxlen=self._most)).append(self._clock.monotonic())
        self._failures.move_to_end(key)
        if len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)

    def forgiven(self, key: str) -> None:
        """The last one was none after all."""
        if failures := self._failures.get(key):
            failures.pop()


@dataclass(slots=True)
class RateLimit:
    """Per key: ``per_s`` for long, ``burst`` at once. Remembers MAX_REMEMBERED keys, oldest go first."""

    clock: Clock
    per_s: float
    burst: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, key: str) -> float:
        """Seconds until ``key`` may ask again; 0.0 where it may now (and has)."""
        now = self.clock.monotonic()
        left, then = self._left.pop(key, (self.burst, now))
        left = min(self.burst, left + (now - then) * self.per_s)
        allowed = left > 1.0 - _ROUNDING
        self._left[key] = (max(0.0, left - 1.0) if allowed else left, now)
        if len(self._left) > MAX_REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / self.per_s
