"""Playbooks: what a good agent does in a situation, as a state machine that follows the talk.

A playbook starts when the words of its trigger are said, ticks its steps by what the agent says, and always shows the
next open step. Steps may be done in any order; the agent may tick one by hand, and un-tick one that was ticked wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assist.cards import Card, CardKind, CardStep, Evidence
from assist.sightings import Sighting
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


class StepSpec(_Model):
    """``text``: imperative, at most nine words. ``say``: words to borrow; ``done_when``: what, said, does it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    text: str = Field(min_length=1, max_length=80)
    say: str = Field(default="", max_length=240)
    done_when: tuple[str, ...] = Field(min_length=1)
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


@dataclass(slots=True)
class PlaybookRun:
    """A playbook at work in one contact."""

    spec: PlaybookSpec
    _triggers: dict[str, Sighting[object]] = field(default_factory=dict)
    _set_off_by: str = ""
    _said: dict[str, set[str]] = field(default_factory=dict)
    _ticked: dict[str, bool] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether something said still bears the playbook out."""
        return bool(self._triggers)

    @property
    def complete(self) -> bool:
        """Whether every step is done."""
        return self.next_open() is None

    def triggered(self, sighting: Sighting[object]) -> None:
        """Its trigger was said; the same utterance heard better replaces the quote."""
        self._set_off_by = self._set_off_by or sighting.trigger
        self._triggers[sighting.utterance_id] = sighting

    def withdraw_trigger(self, utterance_id: str) -> None:
        """That utterance did not hold the trigger after all."""
        self._triggers.pop(utterance_id, None)

    def said(self, step_id: str, utterance_id: str) -> None:
        """The agent said what does the step."""
        self._said.setdefault(step_id, set()).add(utterance_id)

    def withdraw_said(self, step_id: str, utterance_id: str) -> None:
        """That utterance did not do the step after all."""
        self._said.get(step_id, set()).discard(utterance_id)

    def tick(self, step_id: str, done: bool) -> None:
        """The agent's own tick, which outranks what was heard. An unknown step changes nothing."""
        if any(step.id == step_id for step in self.spec.steps):
            self._ticked[step_id] = done

    def done(self, step_id: str) -> bool:
        """Whether the step is done."""
        return self._ticked.get(step_id, bool(self._said.get(step_id)))

    def next_open(self) -> StepSpec | None:
        """The first step that is not done."""
        return next((step for step in self.spec.steps if not self.done(step.id)), None)

    def card(self, card_id: str, version: str, name: str | None) -> Card:
        """The next-step card as things stand."""
        spec = self.spec
        step = self.next_open()
        steps = tuple(CardStep(each.id, each.text, fill(each.say, name), self.done(each.id)) for each in spec.steps)
        count = sum(each.done for each in steps)
        lines = (f"{count} of {len(steps)} steps done", *((f"Goodwill: {spec.goodwill}",) if spec.goodwill else ()))
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
