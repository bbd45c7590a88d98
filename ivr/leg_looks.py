"""Looks at the legs of a contact while they live: how many packets came, and whether the far end is still there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from voice.clock import Clock
from voice.phone import Phone, PhoneError, PhoneFailure

LOOK_S = 1.0
"""Seconds between two looks at a leg's packets."""


async def look(phone: Phone, leg_id: str, clock: Clock, heard: Callable[[int], None]) -> None:
    """Tell ``heard`` every second how many packets have come on a leg meanwhile, until it has ended. While it has no
    sound (its telephone holds it) nothing comes.
    """
    before = 0
    while True:
        received = before
        try:
            received = (await phone.quality(leg_id)).received
        except PhoneError as error:
            if error.failure is PhoneFailure.NO_SUCH_LEG:
                return
        heard(received - before)
        before = received
        await clock.sleep(LOOK_S)


async def is_there(phone: Phone, leg_id: str) -> bool | None:
    """Whether the far end of a leg still has the call; None where it cannot be asked, or the leg has just ended."""
    with contextlib.suppress(PhoneError):
        return await phone.probe(leg_id)
    return None
