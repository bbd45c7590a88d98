"""A REFER waiting for its answer: PJSIP wants it inside the callback, the owner decides on the asyncio loop."""

from __future__ import annotations

import threading


class Referral:
    """Held by the callback, which waits, and by the engine's table of legs, which answers from any thread."""

    def __init__(self) -> None:
        self._answered = threading.Event()
        self._lock = threading.Lock()
        self._over = False
        self._accepted: tuple[str, int] | None = None

    def answer(self, accepted: tuple[str, int] | None) -> bool:
        """(leg id, serial) of the call to make, or None to decline. False where it came too late."""
        with self._lock:
            if self._over:
                return False
            self._over, self._accepted = True, accepted
        self._answered.set()
        return True

    def wait(self, patience_s: float) -> tuple[str, int] | None:
        """The answer; None (decline) where none comes. Blocks PJSIP's one SIP thread meanwhile, sound goes on."""
        self._answered.wait(patience_s)
        self.answer(None)
        return self._accepted
