"""A scenario: who calls, what she wants, what she knows, what calms or angers her. YAML, one file each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assist.content_checks import check_phrases
from voice.documents import Document, load_yaml, validate
from voice.errors import DocumentError

SCENARIOS = Path(__file__).parent / "scenarios"

Mood = Annotated[float, Field(ge=-1.0, le=1.0)]
Said = Annotated[str, Field(min_length=1, max_length=200)]
Phrases = Annotated[tuple[str, ...], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Fact(_Strict):
    """Something she knows. Asked in one of the ways of ``asked`` she says it, and minds being asked a second time."""

    asked: Phrases
    say: Said


class Reaction(_Strict):
    """What the agent's words do to her: one of ``phrases`` and none of ``unless`` in what the agent said.

    ``mood`` is added to hers; ``say`` is her answer (none: the words only work on her). It happens ``times`` times at
    most, and not before the reactions named in ``needs`` have, and the facts named there are told. ``goal``: this is
    what she called for, or a part of it. ``why``: what the debrief calls it.
    """

    why: str = Field(min_length=1, max_length=80)
    phrases: Phrases
    unless: tuple[str, ...] = ()
    mood: float = Field(default=0.0, ge=-1.0, le=1.0)
    say: Said | None = None
    times: int = Field(default=1, ge=1, le=9)
    needs: tuple[str, ...] = ()
    goal: bool = False


class Replies(_Strict):
    """Her lines that answer nothing in particular; each list is gone through in turn, ``upset`` where her mood is below
    -0.3. ``silence``: when nobody has spoken for ``patience_s``. ``not_yet``: she is asked whether there is anything
    else and has not got what she called for. ``leaving``: she has had enough. ``thanks``, ``bye``: content or not.
    """

    calm: Annotated[tuple[Said, ...], Field(min_length=1)]
    upset: Annotated[tuple[Said, ...], Field(min_length=1)]
    silence: Annotated[tuple[Said, ...], Field(min_length=1)]
    not_yet: Said
    leaving: Said
    thanks: Said
    bye: Said


class Persona(_Strict):
    """``level`` 1 (easy) .. 6 (furious); ``mood`` -1 (furious) .. 1 (delighted) when she is connected; she hangs up
    once it is below ``leaves_below``. ``voices``: by engine, the first that is installed speaks. ``choice``: what she
    keys in the menu. ``patience_s``: seconds of silence she bears. ``wearing``: what a turn costs her mood that does
    not bring her further, and being asked again what she has said. ``facts`` (what she knows) and ``reactions`` (what
    calms and angers her) work in the order written; at most two of their answers are said in one turn.
    """

    title: str = Field(min_length=1, max_length=80)
    level: int = Field(ge=1, le=6)
    name: str = Field(min_length=1, max_length=64)
    number: str = Field(pattern=r"^\+[0-9]{6,15}$")
    goal: str = Field(min_length=1, max_length=200)
    voices: Mapping[str, str] = Field(min_length=1)
    choice: str = Field(default="1", pattern=r"^[0-9*#]$")
    mood: Mood
    leaves_below: Mood = -0.95
    patience_s: float = Field(default=12.0, ge=3.0, le=120.0)
    wearing: float = Field(default=0.05, ge=0.0, le=1.0)
    opening: Annotated[tuple[Said, ...], Field(min_length=1, max_length=4)]
    facts: Mapping[str, Fact] = Field(min_length=1)
    reactions: Mapping[str, Reaction] = Field(min_length=1)
    replies: Replies

    @property
    def goals(self) -> tuple[str, ...]:
        """The reactions that are what she called for."""
        return tuple(key for key, reaction in self.reactions.items() if reaction.goal)

    def lines(self) -> Iterator[str]:
        """Everything she may say, each line once."""
        replies = self.replies
        said = [
            *self.opening, *(fact.say for fact in self.facts.values()),
            *(reaction.say for reaction in self.reactions.values() if reaction.say),
            *replies.calm, *replies.upset, *replies.silence,
            replies.not_yet, replies.leaving, replies.thanks, replies.bye,
        ]  # fmt: skip
        return iter(dict.fromkeys(said))


def scenarios(directory: Path = SCENARIOS) -> dict[str, Path]:
    """The scenarios that come with callfloor, by name."""
    return {file.stem: file for file in sorted(directory.glob("*.yaml"))}


def find_persona(scenario: str) -> Persona:
    """The scenario of that name, or of that file. Raises DocumentError."""
    known = scenarios()
    if scenario not in known and not scenario.endswith(".yaml"):
        raise DocumentError(scenario, None, "no such scenario", f"name a .yaml file or one of {', '.join(known)}")
    return load_persona(known.get(scenario, Path(scenario)))


def load_persona(file: Path) -> Persona:
    """Read and check a scenario. Raises DocumentError."""
    document = load_yaml(file)
    if not isinstance(document.data, dict):
        raise document.error((), "a scenario is a mapping of keys", "see the scenarios that come with callfloor")
    persona = validate(document, Persona)
    for name, fact in persona.facts.items():
        check_phrases(document, ("facts", name, "asked"), fact.asked)
    for name, reaction in persona.reactions.items():
        _check(document, persona, name, reaction)
    if not persona.goals:
        raise document.error(("reactions",), "nothing is what she called for", "give one reaction goal: true")
    return persona


def _check(document: Document, persona: Persona, name: str, reaction: Reaction) -> None:
    check_phrases(document, ("reactions", name, "phrases"), reaction.phrases)
    check_phrases(document, ("reactions", name, "unless"), reaction.unless)
    if name in persona.facts:
        raise document.error(("reactions", name), f"{name!r} is a fact of hers too", "give one of them another name")
    earlier = [*persona.facts, *itertools.takewhile(lambda other: other != name, persona.reactions)]
    for needed in reaction.needs:
        if needed not in earlier:
            at = ("reactions", name, "needs")
            raise document.error(
                at, f"no fact, and no reaction above this one, is {needed!r}", "name one that is written before it"
            )
