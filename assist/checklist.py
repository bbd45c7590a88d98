"""The opening and closing checklist: what every contact begins and ends with, ticked as it is said. Pure.

It is there from ringing on and asks for nothing: it stands outside the budget of cards per minute, never takes the
focus, and says nothing about what is missed. That is for the rules, whose words an item can share (``rule``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assist.cards import Card, CardKind, Evidence
from assist.content_checks import check_steps, check_text, check_title
from assist.deck import Deck
from assist.effects import Effect
from assist.rules import RuleSpec
from assist.sightings import Sighting
from assist.steps import StepSpec, StepTicks
from assist.wording import fill
from voice.documents import Document, Key, load_yaml, validate

RULE = "checklist"
FILE = "checklist.yaml"
_PRIORITY = 100


class ItemSpec(StepSpec):
    """One item. ``rule``: what the rule of this id waits to hear does the item too, so that tick and warning agree.
    ``queues``: only contacts that came through one of these have it; empty: all.
    """

    done_when: tuple[str, ...] = ()
    rule: str = ""
    queues: tuple[str, ...] = ()


class ChecklistSpec(BaseModel):
    """``checklist.yaml``: what is said at the beginning and at the end of every contact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=80)
    why: str = Field(min_length=1, max_length=120)
    opening: tuple[ItemSpec, ...] = Field(min_length=1, max_length=9)
    closing: tuple[ItemSpec, ...] = Field(min_length=1, max_length=9)


@dataclass(frozen=True, slots=True)
class ItemSaid:
    """The agent said what does an item."""

    item_id: str


def load_checklist(file: Path, rules: Mapping[str, RuleSpec]) -> ChecklistSpec | None:
    """The checklist of a content directory with the words of its ``rules`` filled in; None where there is no file.
    Raises DocumentError.
    """
    if not file.exists():
        return None
    document = load_yaml(file)
    spec = validate(document, ChecklistSpec)
    check_title(document, ("title",), spec.title)
    check_text(document, ("why",), spec.why)
    opening = _items(document, "opening", spec.opening, rules, ())
    closing = _items(document, "closing", spec.closing, rules, {item.id for item in opening})
    return spec.model_copy(update={"opening": opening, "closing": closing})


def _items(
    document: Document, part: str, items: tuple[ItemSpec, ...], rules: Mapping[str, RuleSpec], taken: Collection[str]
) -> tuple[ItemSpec, ...]:
    check_steps(document, (part,), items, taken)
    return tuple(_with_rule(document, (part, index), item, rules) for index, item in enumerate(items))


def _with_rule(document: Document, at: Key, item: ItemSpec, rules: Mapping[str, RuleSpec]) -> ItemSpec:
    if not item.rule:
        if not item.done_when:
            what = f"nothing ticks item {item.id!r}"
            raise document.error((*at, "id"), what, "give it done_when, or the rule that misses it")
        return item
    rule = rules.get(item.rule)
    if rule is None or rule.missing is None or rule.missing.speaker != "agent" or not rule.missing.phrases:
        what = f"no rule {item.rule!r} that misses an agent's words"
        raise document.error((*at, "rule"), what, "name one with missing: {speaker: agent, phrases: [...]}")
    words = tuple(dict.fromkeys((*item.done_when, *rule.missing.phrases)))
    return item.model_copy(update={"done_when": words})


class Checklist:
    """The checklist of one contact that came through ``queue``. Without a ``spec`` there is none."""

    def __init__(self, spec: ChecklistSpec | None, deck: Deck, version: str, queue: str) -> None:
        parts = (spec.opening, spec.closing) if spec is not None else ()
        here = [tuple(item for item in items if not item.queues or queue in item.queues) for items in parts]
        self._spec, self._deck, self._version = spec if any(here) else None, deck, version
        self._ticks = tuple(map(StepTicks, here))
        self._name: str | None = None

    def present(self) -> tuple[Effect, ...]:
        """The card as things stand, if that is news."""
        return self._deck.present(RULE, partial(self._card, self._spec)) if self._spec is not None else ()

    def called(self, name: str | None) -> tuple[Effect, ...]:
        """Who is calling is known."""
        self._name = name
        return self.present()

    def said(self, key: ItemSaid, utterance_id: str) -> tuple[Effect, ...]:
        """Words of an item were said."""
        for ticks in self._ticks:
            ticks.said(key.item_id, utterance_id)
        return self.present()

    def settled(
        self, found: Iterable[Sighting[object]], withdrawn: Iterable[object], utterance_id: str
    ) -> tuple[Effect, ...]:
        """The final words of an utterance: what stands in them, and what was believed and does not."""
        gone = [key for key in withdrawn if isinstance(key, ItemSaid)]
        said = [sighting.key for sighting in found if isinstance(sighting.key, ItemSaid)]
        for ticks in self._ticks:
            for key in gone:
                ticks.withdraw_said(key.item_id, utterance_id)
            for key in said:
                ticks.said(key.item_id, utterance_id)
        return self.present()

    def tick(self, item_id: str, done: bool) -> tuple[Effect, ...]:
        """The agent's own tick."""
        for ticks in self._ticks:
            ticks.tick(item_id, done)
        return self.present()

    def _card(self, spec: ChecklistSpec, card_id: str) -> Card:
        parts = [ticks.on_card(self._name) for ticks in self._ticks]
        lines = tuple(
            f"{part}: {sum(step.done for step in steps)} of {len(steps)} said"
            for part, steps in zip(("Opening", "Closing"), parts, strict=True)
            if steps
        )
        return Card(
            card_id, CardKind.CHECKLIST, fill(spec.title, self._name), fill(spec.why, self._name),
            (Evidence(FILE),), RULE, self._version, "call", lines, (*parts[0], *parts[1]), priority=_PRIORITY,
        )  # fmt: skip
