"""Notices that a far end has died without a BYE: it sends no sound, and asked, it does not answer. Pure.

Silence alone proves nothing: a telephone that holds the call, or suppresses silence, sends no packets either. So a leg
that has been quiet for two seconds is asked (``voice.phone.Phone.probe``), and only who neither speaks nor answers is
dead: 4.5 s after its last packet at most, of which one is the second between two looks.
"""

from __future__ import annotations

QUIET_S = 2.0
"""Seconds without a packet, after which the far end is asked. Our own stations send all the time, muted or not."""
LONGEST_S = 30.0
"""How far apart a customer is asked at last who answers and says nothing: each time after twice as long."""
UNASKED_S = 10.0
"""Seconds without a packet, after which an agent's telephone that takes no OPTIONS counts as dead."""


class Watchdog:
    """Of one leg. ``longest_s``: how far apart the questions may become while each is answered."""

    def __init__(self, longest_s: float = QUIET_S) -> None:
        self._longest_s = longest_s
        self._wait_s = QUIET_S
        self._sound_at: float | None = None
        self._sign_at = 0.0
        self._asking = False

    def looked(self, packets: int | bool, now: float) -> bool:
        """``packets`` of RTP have come since the last look, at ``now``: whether the far end is to be asked."""
        if packets or self._sound_at is None:
            self._sound_at = self._sign_at = now
            self._wait_s = QUIET_S
        if self._asking or now - self._sign_at < self._wait_s:
            return False
        self._asking = True
        return True

    def answered(self, there: bool | None, now: float) -> bool:
        """What came of the question (None: it cannot be asked): whether the far end is dead."""
        self._asking = False
        if there:
            self._sign_at, self._wait_s = now, min(2 * self._wait_s, self._longest_s)
            return False
        return self.silent_s(now) >= (QUIET_S if there is False else UNASKED_S)

    def silent_s(self, now: float) -> float:
        """Seconds since the last packet."""
        return now - self._sound_at if self._sound_at is not None else 0.0
