"""Steps that tick themselves when they are said, and which the agent may tick too. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from assist.cards import CardStep
from assist.wording import fill


class StepSpec(BaseModel):
    """``text``: imperative, at most nine words. ``say``: words to borrow; ``done_when``: what, said, does it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    text: str = Field(min_length=1, max_length=80)
    say: str = Field(default="", max_length=240)
    done_when: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()


class StepTicks:
    """Which of ``steps`` are done in one contact. They may be done in any order."""

    def __init__(self, steps: Sequence[StepSpec]) -> None:
        self._steps = tuple(steps)
        self._said: dict[str, set[str]] = {}
        self._ticked: dict[str, bool] = {}

    def said(self, step_id: str, utterance_id: str) -> None:
        """The agent said what does the step."""
        self._said.setdefault(step_id, set()).add(utterance_id)

    def withdraw_said(self, step_id: str, utterance_id: str) -> None:
        """That utterance did not do the step after all."""
        self._said.get(step_id, set()).discard(utterance_id)

    def tick(self, step_id: str, done: bool) -> None:
        """The agent's own tick, which outranks what was heard. An unknown step changes nothing."""
        if any(step.id == step_id for step in self._steps):
            self._ticked[step_id] = done

    def done(self, step_id: str) -> bool:
        """Whether the step is done."""
        return self._ticked.get(step_id, bool(self._said.get(step_id)))

    def next_open(self) -> StepSpec | None:
        """The first step that is not done."""
        return next((step for step in self._steps if not self.done(step.id)), None)

    def on_card(self, name: str | None) -> tuple[CardStep, ...]:
        """All of them as a card shows them to an agent who talks to ``name``."""
        return tuple(
            CardStep(each.id, fill(each.text, name), fill(each.say, name), self.done(each.id)) for each in self._steps
        )
