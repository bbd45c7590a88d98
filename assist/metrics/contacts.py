"""One record for each stay of a contact in a queue: what the measures are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """What became of the contact in this queue (or in the flow, where it never queued)."""

    SELF_SERVICE = 0
    """Ended in the flow."""
    ANSWERED = 1
    ABANDONED = 2
    """The caller hung up while waiting, or while a station rang."""
    CALLBACK = 3
    """Left the queue with a promise to be called."""
    OVERFLOWED = 4
    """The queue did not keep it: the contact went on to another queue, or back to the flow."""
    FAILED = 5
    """Ended by a fault or by force; in no rate."""
    TRANSFERRED_IN = 6
    """Handed over by a colleague without queueing: handled, but neither offered nor answered again."""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """Times ``*_at`` are Unix seconds, 0.0 where it did not happen; the rest are seconds.

    ``talk_s`` excludes ``hold_s``. ``measured_s``: seconds in which speech was measured, and of it ``agent_speech_s``,
    ``caller_speech_s``, ``talk_over_s``, ``dead_air_s`` (``assist.metrics.talk`` defines them). ``response_s``: from
    the answer until the agent spoke, ``responses`` 1 where that is known. Scores are raw, None where not answered.
    ``resolved``: what the agent declared. ``issue``: the disposition. ``callback_kept``: agent and customer spoke.
    """

    contact_id: str
    customer: str
    offered_at: float
    queue: str = ""
    queued_at: float = 0.0
    answered_at: float = 0.0
    ended_at: float = 0.0
    agent: str = ""
    outcome: Outcome = Outcome.SELF_SERVICE
    wait_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    holds: int = 0
    transfers: int = 0
    measured_s: float = 0.0
    agent_speech_s: float = 0.0
    caller_speech_s: float = 0.0
    talk_over_s: float = 0.0
    dead_air_s: float = 0.0
    responses: int = 0
    response_s: float = 0.0
    csat: int | None = None
    nps: int | None = None
    ces: int | None = None
    resolved: bool | None = None
    issue: str = ""
    callback_kept: bool = False

    @property
    def counted_at(self) -> float:
        """The moment that decides which interval the contact belongs to: when it began to wait, else when it came."""
        return self.queued_at or self.offered_at
