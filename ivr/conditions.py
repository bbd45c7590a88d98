"""Conditions of a ``branch``: a closed set, written as data. Nothing is evaluated but what stands here.

A condition is a mapping; all its keys must hold. What is not known (a queue the floor did not tell of, a variable
nobody set) makes a condition false, and ``not`` of it true.

    {hours: {days: [mon, tue], from: "09:00", to: "17:30"}}   in the flow's time zone; from > to runs past midnight
    {date: ["2026-12-25", "12-25"]}                           a day, or a day of every year
    {known: true}  {vip: true}                                what the caller directory says of the number
    {queue: {name: billing, waitingOver: 20}}                 also workingUnder: agents at work
    {variable: {name: account, in: ["1", "2"]}}               or is, startsWith, set (true or false)
    {any: [...]}  {all: [...]}  {not: {...}}
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[str, ...] = get_args(Day)
Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Date = Annotated[str, Field(pattern=r"^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """How a queue stands: contacts waiting, agents at work."""

    waiting: int
    working: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions are about: ``now`` in the flow's time zone, the caller, the queues the floor told of."""

    now: datetime.datetime
    variables: Mapping[str, str] = field(default_factory=dict)
    known: bool = False
    vip: bool = False
    queues: Mapping[str, QueueFacts] = field(default_factory=dict)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Hours(_Strict):
    """A span of the day on some days of the week; one that runs past midnight belongs to the day it begins on."""

    days: tuple[Day, ...] = Field(default=get_args(Day), min_length=1)
    from_: Time = Field(alias="from")
    to: Time

    def holds(self, now: datetime.datetime) -> bool:
        """Whether ``now`` lies in it; ``to`` does not."""
        time, today = now.strftime("%H:%M"), DAYS[now.weekday()]
        if self.from_ < self.to:
            return today in self.days and self.from_ <= time < self.to
        yesterday = DAYS[(now.weekday() - 1) % 7]
        return (today in self.days and time >= self.from_) or (yesterday in self.days and time < self.to)


class QueueState(_Strict):
    """A queue that is long, or thinly staffed; both where both are written."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    waiting_over: int | None = Field(default=None, ge=0)
    working_under: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _asks_something(self) -> QueueState:
        if self.waiting_over is None and self.working_under is None:
            raise ValueError("write waitingOver or workingUnder")
        return self

    def holds(self, facts: QueueFacts | None) -> bool:
        """Whether the queue is so."""
        if facts is None:
            return False
        long = self.waiting_over is None or facts.waiting > self.waiting_over
        thin = self.working_under is None or facts.working < self.working_under
        return long and thin


class Variable(_Strict):
    """A variable compared as text."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    is_: str | None = Field(default=None, alias="is")
    in_: tuple[str, ...] | None = Field(default=None, alias="in")
    starts_with: str | None = None
    set: bool | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Variable:
        asked = [self.is_, self.in_, self.starts_with, self.set]
        if sum(each is not None for each in asked) != 1:
            raise ValueError("write one of is, in, startsWith, set")
        return self

    def holds(self, variables: Mapping[str, str]) -> bool:
        """Whether the variable is so."""
        value = variables.get(self.name)
        if self.set is not None:
            return (value is not None) == self.set
        if value is None:
            return False
        if self.starts_with is not None:
            return value.startswith(self.starts_with)
        return value in (self.in_ if self.in_ is not None else (self.is_,))


class Condition(_Strict):
    """See the module."""

    hours: Hours | None = None
    date: tuple[Date, ...] | None = None
    known: bool | None = None
    vip: bool | None = None
    queue: QueueState | None = None
    variable: Variable | None = None
    any: tuple[Condition, ...] | None = None
    all: tuple[Condition, ...] | None = None
    not_: Condition | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _asks_something(self) -> Condition:
        if not self.model_fields_set:
            raise ValueError("write a condition")
        return self

    def holds(self, facts: Facts) -> bool:
        """Whether everything written holds."""
        return all(self._each(facts))

    def _each(self, facts: Facts) -> Iterator[bool]:
        if self.hours is not None:
            yield self.hours.holds(facts.now)
        if self.date is not None:
            yield bool({facts.now.strftime("%Y-%m-%d"), facts.now.strftime("%m-%d")} & set(self.date))
        if self.known is not None:
            yield facts.known == self.known
        if self.vip is not None:
            yield facts.vip == self.vip
        if self.queue is not None:
            yield self.queue.holds(facts.queues.get(self.queue.name))
        if self.variable is not None:
            yield self.variable.holds(facts.variables)
        if self.any is not None:
            yield any(each.holds(facts) for each in self.any)
        if self.all is not None:
            yield all(each.holds(facts) for each in self.all)
        if self.not_ is not None:
            yield not self.not_.holds(facts)

    def parts(self) -> Iterator[Condition]:
        """This condition and all inside it."""
        yield self
        for part in (*(self.any or ()), *(self.all or ()), *((self.not_,) if self.not_ else ())):
            yield from part.parts()
