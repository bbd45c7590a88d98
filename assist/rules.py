"""Rules: what is said, not said in time, felt, interrupted, left silent or on hold, and the advice it leads to. Pure.

A rule has one *trigger* (``said``, ``sequence``, ``sentiment``, ``silence_s``, ``talk_over``, ``hold_s``,
``monologue_s``, ``words_per_minute``; without any: the start of the talk, or the look-up of the customer where only
``attributes`` are given) and any number of *guards* (``attributes``, ``missing``). Time is media seconds, so a recorded
contact replays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assist.playbook import Party

TRIGGERS = ("said", "sequence", "sentiment", "silence_s", "talk_over", "hold_s", "monologue_s", "words_per_minute")
Seconds = float


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SaidSpec(_Model):
    """``speaker`` says one of ``phrases`` in an utterance that holds none of ``unless``; ``by_s``: within so many
    seconds of the first word of the talk, later it is nothing.
    """

    speaker: Party = "agent"
    phrases: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    by_s: Seconds | None = Field(default=None, gt=0.0, le=3600.0)


class MissingSpec(_Model):
    """None of ``phrases`` (or, with ``name``, not the customer's name) is said by ``speaker`` within ``within_s``
    seconds of the trigger. ``ever``: having said it earlier in the contact counts too.
    """

    speaker: Party = "agent"
    phrases: tuple[str, ...] = ()
    name: bool = False
    within_s: Seconds = Field(default=0.0, ge=0.0, le=3600.0)
    ever: bool = True

    @model_validator(mode="after")
    def _something(self) -> MissingSpec:
        if not self.phrases and not self.name:
            raise ValueError("missing needs phrases, or name: true")
        return self


class SequenceSpec(_Model):
    """The parts are said one after the other, the last at most ``within_s`` after the first."""

    parts: tuple[SaidSpec, ...] = Field(min_length=2, max_length=5)
    within_s: Seconds = Field(default=60.0, gt=0.0, le=3600.0)


class SentimentSpec(_Model):
    """The caller's level (-1..1) stays at or below ``below`` for ``for_s`` seconds."""

    below: float = Field(ge=-1.0, le=1.0)
    for_s: Seconds = Field(default=0.0, ge=0.0, le=600.0)


class TalkOverSpec(_Model):
    """The agent begins at least ``seconds`` before the caller has ended, ``count`` times within ``over_s``."""

    count: int = Field(default=2, ge=1, le=20)
    seconds: Seconds = Field(default=0.3, ge=0.1, le=10.0)
    over_s: Seconds = Field(default=60.0, gt=0.0, le=3600.0)


class AttributesSpec(_Model):
    """What must be known of the contact: its queue, who calls whom, what the flow tagged it with (name → one of these
    values), and of the customer style, value or an open issue whose title holds one of the phrases.
    """

    known: bool | None = None
    queue: tuple[str, ...] = ()
    direction: Literal["inbound", "outbound"] | None = None
    tags: dict[str, tuple[str, ...]] = {}
    style: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    open_issue: tuple[str, ...] = ()


class RuleSpec(_Model):
    """One rule. ``cooldown_s`` between two cards of it, ``max_per_call`` of them (``once``: one); after ``expiry_s`` an
    unanswered card goes away (0: it stays). ``critical`` cards ignore the budget.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    title: str = Field(min_length=1, max_length=80)
    why: str = Field(min_length=1, max_length=120)
    say: str = Field(default="", max_length=240)
    said: SaidSpec | None = None
    sequence: SequenceSpec | None = None
    sentiment: SentimentSpec | None = None
    silence_s: Seconds | None = Field(default=None, gt=0.0, le=600.0)
    talk_over: TalkOverSpec | None = None
    hold_s: Seconds | None = Field(default=None, gt=0.0, le=3600.0)
    monologue_s: Seconds | None = Field(default=None, gt=0.0, le=600.0)
    words_per_minute: float | None = Field(default=None, gt=60.0, le=600.0)
    missing: MissingSpec | None = None
    attributes: AttributesSpec | None = None
    priority: int = Field(default=500, ge=0, le=1000)
    critical: bool = False
    cooldown_s: Seconds = Field(default=60.0, ge=0.0, le=3600.0)
    max_per_call: int = Field(default=3, ge=1, le=20)
    once: bool = False
    expiry_s: Seconds = Field(default=45.0, ge=0.0, le=3600.0)

    @model_validator(mode="after")
    def _one_trigger(self) -> RuleSpec:
        given = [name for name in TRIGGERS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"one trigger to a rule, not {' and '.join(given)}")
        if not given and self.missing is None and self.attributes is None:
            raise ValueError("a rule needs a trigger, something missing, or attributes")
        return self

    @property
    def trigger(self) -> str:
        """The name of its trigger; ``start`` or ``customer`` for a rule without one."""
        given = next((name for name in TRIGGERS if getattr(self, name) is not None), None)
        return given or ("start" if self.missing is not None else "customer")

    @property
    def most(self) -> int:
        """Cards of it in one contact, at most."""
        return 1 if self.once else self.max_per_call


class RulePack(_Model):
    """One file of rules, all of one kind of card."""

    category: Literal["compliance", "soft_skill", "proactive", "next_step"]
    rules: tuple[RuleSpec, ...] = Field(min_length=1)


class RuleTable(Mapping[str, RuleSpec]):
    """The rules of a content directory by id, and by what sets them off: made once and shared by all contacts, so that
    one with thousands of rules costs a contact only what it touches.
    """

    def __init__(self, rules: Mapping[str, RuleSpec]) -> None:
        self._rules = dict(rules)
        self._order = {rule_id: place for place, rule_id in enumerate(self._rules)}
        by_trigger: defaultdict[str, list[RuleSpec]] = defaultdict(list)
        for rule in self._rules.values():
            by_trigger[rule.trigger].append(rule)
        self._by_trigger = {trigger: tuple(found) for trigger, found in by_trigger.items()}
        self.named = tuple(rule for rule in self._rules.values() if rule.missing is not None and rule.missing.name)
        """Rules that miss the customer's name."""
        self.lasting = tuple(
            rule for rule in self._rules.values() if rule.trigger in ("silence_s", "hold_s", "monologue_s", "sentiment")
        )
        """Rules about something that has lasted for a while, in the order of the files."""

    def __getitem__(self, rule_id: str) -> RuleSpec:
        return self._rules[rule_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def of(self, trigger: str) -> tuple[RuleSpec, ...]:
        """Those with ``trigger`` (as in ``RuleSpec.trigger``), in the order of the files."""
        return self._by_trigger.get(trigger, ())

    def place(self, rule_id: str) -> int:
        """Where it stands among all."""
        return self._order[rule_id]
