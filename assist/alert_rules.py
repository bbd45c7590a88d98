"""The rules of alerts, as they are written in a YAML file: thresholds, severity, queues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assist.alerts import Severity
from assist.content_checks import check_phrases
from assist.playbook import Party
from assist.sightings import Rule
from voice.documents import load_yaml, validate

BUILT_IN = Path(__file__).parent / "content" / "alerts.yaml"

ASKED = "asked:"
"""Before the id of a rule: not its own phrases were heard but those after which it counts."""

Seconds = Annotated[float, Field(gt=0.0, le=86400.0)]


class _Rule(BaseModel):
    """``id``: unique; ``queues``: where it applies (none named: everywhere)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    severity: Severity = "warning"
    queues: tuple[str, ...] = ()


class SentimentFalls(_Rule):
    """The level of the caller's words (-1..1) is ``below``, and has fallen by ``drop`` within ``within_s`` seconds."""

    kind: Literal["sentiment"]
    below: float = Field(ge=-1.0, le=1.0)
    drop: float = Field(gt=0.0, le=2.0)
    within_s: Seconds


class TalkOver(_Rule):
    """Both speak at once (300 ms or more at a time) for ``seconds`` of the last ``within_s``."""

    kind: Literal["talk_over"]
    seconds: Seconds
    within_s: Seconds


class DeadAir(_Rule):
    """Neither speaks for ``seconds`` while they are connected and nobody is on hold."""

    kind: Literal["dead_air"]
    seconds: Seconds


class HoldTooLong(_Rule):
    """The customer is on hold for ``seconds``."""

    kind: Literal["hold"]
    seconds: Seconds


class Keyword(_Rule):
    """``party`` says one of ``phrases``, in an utterance that holds none of ``unless``."""

    kind: Literal["keyword"]
    party: Party = "caller"
    phrases: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()


class NotSaid(_Rule):
    """The agent has said none of ``phrases`` by ``by_s`` seconds after answering or, with ``after``, after the customer
    has said one of those. ``what``: what the alert calls it.
    """

    kind: Literal["not_said"]
    phrases: tuple[str, ...] = Field(min_length=1)
    by_s: Seconds
    after: tuple[str, ...] = ()
    what: str = Field(default="", max_length=60)

    @property
    def missed(self) -> str:
        """What is missing, as the alert says it."""
        return f"{self.what or f'“{self.phrases[0]}”'} not said within {self.by_s:.0f} s"


class QueueWait(_Rule):
    """A contact waits for an agent for ``seconds``."""

    kind: Literal["queue_wait"]
    seconds: Seconds


class AgentStuck(_Rule):
    """An agent is in ``state`` for ``seconds``."""

    kind: Literal["agent_state"]
    state: str = Field(pattern=r"^[A-Z_]{2,20}$")
    seconds: Seconds


class PoorSound(_Rule):
    """A leg's MOS (E-model, either direction) is ``below`` in ``reports`` reports one after the other."""

    kind: Literal["mos"]
    below: float = Field(gt=1.0, lt=4.5)
    reports: int = Field(default=2, ge=1, le=100)


class BrokenFlow(_Rule):
    """The flow's file cannot be used as it is now: new contacts go through the last good one."""

    kind: Literal["flow"]


class MessageLeft(_Rule):
    """A caller has left a message of one of ``messages``; it is open until somebody acknowledges it."""

    kind: Literal["message"]
    messages: tuple[Literal["voicemail", "comment"], ...] = ("voicemail",)


AlertRule = Annotated[
    SentimentFalls
    | TalkOver
    | DeadAir
    | HoldTooLong
    | Keyword
    | NotSaid
    | QueueWait
    | AgentStuck
    | PoorSound
    | BrokenFlow
    | MessageLeft,
    Field(discriminator="kind"),
]


class AlertFile(BaseModel):
    """The file: ``rules``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[AlertRule, ...]


def load_alert_rules(file: Path = BUILT_IN) -> tuple[AlertRule, ...]:
    """The rules of a file. Raises DocumentError: a shape that is wrong, an id twice, a phrase that cannot match."""
    document = load_yaml(file)
    rules = validate(document, AlertFile).rules
    for index, rule in enumerate(rules):
        if any(rule.id == other.id for other in rules[:index]):
            raise document.error(("rules", index, "id"), f"rule {rule.id!r} stands here twice", "choose another id")
        if isinstance(rule, Keyword | NotSaid):
            check_phrases(document, ("rules", index, "phrases"), rule.phrases)
        if isinstance(rule, Keyword):
            check_phrases(document, ("rules", index, "unless"), rule.unless)
        if isinstance(rule, NotSaid):
            check_phrases(document, ("rules", index, "after"), rule.after)
    return rules


def spoken(rules: tuple[AlertRule, ...]) -> Iterator[Rule[str]]:
    """What rules listen for, by their ids (see ``ASKED``)."""
    for rule in rules:
        match rule:
            case Keyword(id=key, party=party, phrases=phrases, unless=unless):
                yield Rule(key, party, phrases, unless)
            case NotSaid(id=key, phrases=phrases, after=after):
                yield Rule(key, "agent", phrases)
                if after:
                    yield Rule(ASKED + key, "caller", after)
