"""What supervisors did to others by way of the board: for the log, which says who did what to whom, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voice.events import Event


@dataclass(frozen=True, slots=True)
class StateForced(Event):
    """``supervisor`` put ``agent`` into ``state``: ready or not_ready (``reason`` says why)."""

    type: ClassVar[str] = "supervision.state_forced"
    supervisor: str
    agent: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ContactGiven(Event):
    """``supervisor`` wants ``agent`` to have the contact, which waits, before anyone else."""

    type: ClassVar[str] = "supervision.contact_given"
    supervisor: str
    agent: str


@dataclass(frozen=True, slots=True)
class DeskWatched(Event):
    """``supervisor`` opened the desk of ``agent`` to read along (transcript, cards, customer); said at each reload."""

    type: ClassVar[str] = "supervision.desk_watched"
    supervisor: str
    agent: str


BOARD_EVENTS: tuple[type[Event], ...] = (StateForced, ContactGiven, DeskWatched)
