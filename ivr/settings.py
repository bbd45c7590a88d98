"""``[ivr]``: the flow callers go through and where its prompts are. ``[[queue]]``: how each queue is served."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ivr.callback import RetryPolicy
from ivr.prompts import RATE, WIDE_RATE
from ivr.strategies import Strategy
from voice.settings import Section, SettingsFile

HERE = Path(__file__).parent

QueueName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Level = Annotated[int, Field(ge=1, le=10)]


class IvrSettings(Section):
    """``ring_s``: how long a station rings; ``wrap_up_s``: time after a contact before the next one. An agent may take
    ``wrap_up_more_s`` more at a time, up to ``wrap_up_limit_s`` in all. Seconds. ``callback_*``: see
    ``ivr.callback.RetryPolicy``. ``vip``: words of a customer's value in the store that make a VIP. ``notice``: said to
    customers whom we call, before they are recorded; it must be among the prompts. ``prompts``: the directory that
    holds one for each language. ``wideband``: the bridge of each contact runs at 16 kHz, and callers whose telephones
    speak G.722 hear prompts so (``callfloor prompts build --wide``); recognition and recording stay at 8 kHz.
    """

    flow: Path = HERE / "flows" / "demo.yaml"
    notice: str = "This call is recorded, and what is said is written down by a computer, to help us help you."
    prompts: Path = HERE / "audio"
    wideband: bool = False
    ring_s: float = Field(default=15.0, gt=0, le=120)
    vip: tuple[str, ...] = ()
    callback_attempts: int = Field(default=3, ge=1, le=20)
    callback_gap_s: float = Field(default=900.0, gt=0, le=86400)
    callback_ring_s: float = Field(default=30.0, gt=0, le=120)
    callback_expires_s: float = Field(default=43200.0, gt=0, le=604800)
    wrap_up_s: float = Field(default=10.0, ge=0, le=3600)
    wrap_up_more_s: float = Field(default=30.0, gt=0, le=3600)
    wrap_up_limit_s: float = Field(default=180.0, ge=0, le=3600)

    @property
    def rate(self) -> int:
        """Hz of prompts and bridge."""
        return WIDE_RATE if self.wideband else RATE

    def retries(self) -> RetryPolicy:
        """How promised calls are tried."""
        return RetryPolicy(self.callback_attempts, self.callback_gap_s, self.callback_ring_s, self.callback_expires_s)


class Empty(StrEnum):
    """When a queue counts as having nobody."""

    NEVER = "never"
    NOBODY_LOGGED_IN = "nobody-logged-in"
    NOBODY_WORKING = "nobody-working"


class Widening(Section):
    """After ``after_s`` seconds of waiting every level asked for is ``lower`` levels lower; 0 asks for nothing."""

    after_s: float = Field(gt=0, le=86400)
    lower: int = Field(ge=1, le=10)


class QueueSettings(Section):
    """One queue. Times are seconds of waiting, counted from joining, whatever happened meanwhile.

    ``skills``: levels (1-10) an agent needs, less as ``widen`` says. ``sticky_s``: how long a caller waits for the
    agent of the last contact alone, if that agent is working. ``join_empty``/``leave_empty``: when callers are not
    taken in, or (30 s later) sent on, because there is nobody. ``max_waiting``: how many may wait (0: any number).
    ``overflow_to``: the queue whose agents serve who has waited ``overflow_after_s``. ``autofill`` false: one contact
    is offered at a time. ``model``: a recogniser model (name or directory) with this queue's vocabulary (see
    ``callfloor models add-words``) instead of the house's. ``handle_s``: how long a contact takes an agent, believed
    until enough were measured. ``target`` per cent of callers are to be answered within ``answer_s``, as service
    level ``variant`` (1..5) counts; without them, what ``[supervision]`` and ``[report]`` say.
    """

    name: QueueName
    strategy: Strategy = Strategy.LONGEST_IDLE
    skills: dict[str, Level] = Field(default_factory=dict)
    widen: tuple[Widening, ...] = ()
    sticky_s: float = Field(default=0.0, ge=0, le=3600)
    join_empty: Empty = Empty.NEVER
    leave_empty: Empty = Empty.NEVER
    max_waiting: int = Field(default=0, ge=0)
    overflow_to: QueueName | None = None
    overflow_after_s: float = Field(default=300.0, ge=0, le=86400)
    autofill: bool = True
    model: str = Field(default="", max_length=256)
    handle_s: float = Field(default=240.0, gt=0, le=86400)
    answer_s: float | None = Field(default=None, gt=0, le=3600)
    target: float | None = Field(default=None, gt=0, le=100)
    variant: int | None = Field(default=None, ge=1, le=5)


def by_name(queues: Iterable[QueueSettings]) -> dict[str, QueueSettings]:
    """Queues by their names."""
    return {queue.name: queue for queue in queues}


def read_queues(settings: SettingsFile) -> dict[str, QueueSettings]:
    """Every ``[[queue]]``, by name. Raises DocumentError: a name twice, overflow to itself or to no queue."""
    queues = settings.many("queue", QueueSettings)
    names = [queue.name for queue in queues]
    for number, queue in enumerate(queues):
        if queue.name in names[:number]:
            raise settings.error(("queue", number, "name"), f"queue {queue.name!r} stands here twice", "keep one")
        if queue.overflow_to is not None and queue.overflow_to not in set(names) - {queue.name}:
            what = f"queue {queue.name!r} overflows to {queue.overflow_to!r}, which is no other queue"
            raise settings.error(("queue", number, "overflow_to"), what, "name another [[queue]]")
    return by_name(queues)
