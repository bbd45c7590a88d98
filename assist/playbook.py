"""Playbooks: what a good agent does in a situation, as a state machine that follows the talk.

A playbook starts when the words of its trigger are said, ticks its steps by what the agent says, and always shows the
next open step. Steps may be done in any order; the agent may tick one by hand, and un-tick one that was ticked wrongly.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assist.cards import Card, CardKind, Evidence
from assist.sightings import Sighting
from assist.steps import StepSpec, StepTicks
from assist.wording import fill

_QUOTED = 3
Party = Literal["caller", "agent", "either"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TriggerSpec(_Model):
    """Starts the playbook when ``speaker`` says one of ``phrases`` in an utterance that holds none of ``unless``. What
    callers say in other words is read by ``assist.subjects``, from examples.
    """

    speaker: Party = "caller"
    phrases: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()


class DispositionSpec(_Model):
    """The disposition suggested at the end: with every step done, and with steps left open."""

    done: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    open: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class PlaybookSpec(_Model):
    """One playbook file. ``why`` is the card's second line, ``goodwill`` what the agent may grant alone, ``closing``
    the title when every step is done. ``not_during``: playbooks that cover this one; it does not start beside them.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    name: str = Field(min_length=1, max_length=40)
    why: str = Field(min_length=1, max_length=120)
    trigger: TriggerSpec
    steps: tuple[StepSpec, ...] = Field(min_length=1, max_length=12)
    goodwill: str = Field(default="", max_length=120)
    closing: str = Field(min_length=1, max_length=80)
    disposition: DispositionSpec
    priority: int = Field(default=700, ge=0, le=1000)
    not_during: tuple[str, ...] = ()


class PlaybookRun(StepTicks):
    """A playbook at work in one contact."""

    def __init__(self, spec: PlaybookSpec) -> None:
        super().__init__(spec.steps)
        self.spec = spec
        self._triggers: dict[str, Sighting[object]] = {}
        self._set_off_by = ""

    @property
    def active(self) -> bool:
        """Whether something said still bears the playbook out."""
        return bool(self._triggers)

    @property
    def complete(self) -> bool:
        """Whether every step is done."""
        return self.next_open() is None

    @property
    def disposition(self) -> str:
        """The disposition to suggest as things stand."""
        return self.spec.disposition.done if self.complete else self.spec.disposition.open

    def triggered(self, sighting: Sighting[object]) -> None:
        """Its trigger was said; the same utterance heard better replaces the quote."""
        self._set_off_by = self._set_off_by or sighting.trigger
        self._triggers[sighting.utterance_id] = sighting

    def withdraw_trigger(self, utterance_id: str) -> None:
        """That utterance did not hold the trigger after all."""
        self._triggers.pop(utterance_id, None)

    def card(self, card_id: str, version: str, name: str | None) -> Card:
        """The next-step card as things stand."""
        spec = self.spec
        step = self.next_open()
        steps = self.on_card(name)
        lines = (f"Goodwill: {spec.goodwill}",) if spec.goodwill else ()
        evidence = tuple(
            Evidence(
                "transcript", sighting.quote, sighting.utterance_id, sighting.party, sighting.at_s, sighting.phrase
            )
            for sighting in list(self._triggers.values())[:_QUOTED]
        )
        title = fill(step.text if step is not None else spec.closing, name)
        return Card(
            card_id, CardKind.NEXT_STEP, title, fill(spec.why, name), evidence, spec.id, version,
            self._set_off_by or "final", lines, steps, priority=spec.priority,
        )  # fmt: skip
