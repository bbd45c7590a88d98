"""One leg's hold as asked for and as agreed: one re-INVITE at a time, repeated after glare. Pure.

PJSIP itself refuses a re-INVITE while another transaction of the dialog is open, so wishes wait here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import Final

GLARE: Final = 491
MAX_GLARE: Final = 3
CHALLENGES: Final = (401, 407)


class Next(Enum):
    """What to do about the wish now."""

    NOTHING = "nothing"
    SEND = "send a re-INVITE"
    RETRY = "send one later"
    REFUSED = "say that it is refused"


@dataclass(slots=True)
class Holding:
    """``held`` and ``held_by_peer`` are as last negotiated; ``wanted`` is what we were asked for."""

    incoming: bool
    held: bool = False
    held_by_peer: bool = False
    wanted: bool = False
    open: bool = False
    """A re-INVITE of ours is on its way, or waits to be sent again."""
    glares: int = 0
    moving: bool = False
    """Our own address has changed, and the far end has not agreed to the new one yet."""
    moves: bool = False
    """Whether the re-INVITE that is on its way says so."""

    def want(self, held: bool) -> Next:
        """The owner's wish."""
        self.wanted = held
        if self.open or (held == self.held and not self.moving):
            return Next.NOTHING
        self.open, self.glares = True, 0
        return Next.SEND

    def move(self) -> Next:
        """Our address has changed: offer the new one, held or not as before."""
        self.moving = True
        return self.want(self.wanted)

    def sent(self) -> None:
        """A re-INVITE of ours has left."""
        self.moves = self.moving

    def negotiated(self, held: bool, held_by_peer: bool) -> bool:
        """A negotiation ended so; whether that is news."""
        changed = (held, held_by_peer) != (self.held, self.held_by_peer)
        self.held, self.held_by_peer = held, held_by_peer
        return changed

    def answered(self, code: int) -> Next:
        """The final answer to a re-INVITE; an answer to one that is not ours (a session refresh) means nothing."""
        if not self.open or code in CHALLENGES:
            return Next.NOTHING
        if code == GLARE:
            return self.collided()
        self.open = False
        moved, self.moves = self.moves, False
        self.moving = self.moving and not moved
        if code >= 300:
            refused = self.wanted != self.held or moved
            self.wanted = self.held
            return Next.REFUSED if refused else Next.NOTHING
        return self.want(self.wanted)

    def collided(self) -> Next:
        """Both sides sent a re-INVITE, or another transaction is still open."""
        self.glares += 1
        if self.glares <= MAX_GLARE:
            return Next.RETRY
        self.open, self.wanted, self.moving, self.moves = False, self.held, False, False
        return Next.REFUSED

    def retry_s(self) -> float:
        """How long to wait after glare (RFC 3261 14.1): who made the call waits longer."""
        return random.uniform(0.0, 2.0) if self.incoming else random.uniform(2.1, 4.0)  # noqa: S311 - spreads, guards nothing
