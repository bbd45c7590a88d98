"""Notices that a far end has died without a BYE: it sends no sound, and asked, it does not answer. Pure.

Silence alone proves nothing: a telephone that holds the call, or suppresses silence, sends no packets either. So a leg
that has been quiet for two seconds is asked (``voice.phone.Phone.probe``), and only who neither speaks nor answers is
dead: an agent's station 4.5 s after its last packet at most, of which one is the second between two looks. A customer
is asked again and again for ten seconds first: a moment's trouble on the way to the telephone company must not hang up
on everybody.
"""

from __future__ import annotations

QUIET_S = 2.0
"""Seconds without a packet, after which the far end is asked. Our own stations send all the time, muted or not."""
LONGEST_S = 30.0
"""How far apart a customer is asked at last who answers and says nothing: each time after twice as long."""
PATIENCE_S = 10.0
"""Seconds for which a customer is asked in vain until she is given up. The SIP stack would do so after 32 (RFC 3261
17.1.2.2, timer F), in which an agent waits, or a queue."""
UNASKED_S = 10.0
"""Seconds without a packet, after which an agent's telephone counts as dead that cannot even be asked."""


class Watchdog:
    """Of one leg. ``longest_s``: how far apart the questions may become while each is answered; ``patience_s``: how
    long they go on while none is.
    """

    def __init__(self, longest_s: float = QUIET_S, patience_s: float = 0.0) -> None:
        self._longest_s = longest_s
        self._patience_s = patience_s
        self._in_vain_since: float | None = None
        self._wait_s = QUIET_S
        self._sound_at: float | None = None
        self._sign_at = 0.0
        self._asking = False

    def looked(self, packets: int | bool, now: float) -> bool:
        """``packets`` of RTP have come since the last look, at ``now``: whether the far end is to be asked."""
        if packets or self._sound_at is None:
            self._sound_at = self._sign_at = now
            self._wait_s, self._in_vain_since = QUIET_S, None
        if self._asking or now - self._sign_at < self._wait_s:
            return False
        self._asking = True
        if self._in_vain_since is None:
            self._in_vain_since = now
        return True

    def answered(self, there: bool | None, now: float) -> bool:
        """What came of the question (None: it cannot be asked): whether the far end is dead."""
        self._asking = False
        if there:
            self._sign_at, self._wait_s = now, min(2 * self._wait_s, self._longest_s)
            self._in_vain_since = None
            return False
        if self._in_vain_since is None:
            return False  # it has spoken meanwhile
        patient = now - self._in_vain_since < self._patience_s
        return not patient and self.silent_s(now) >= (QUIET_S if there is False else UNASKED_S)

    def silent_s(self, now: float) -> float:
        """Seconds since the last packet."""
        return now - self._sound_at if self._sound_at is not None else 0.0
