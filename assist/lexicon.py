"""The lexicon file: how callers' words feel, and which of them count at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Valence = Annotated[float, Field(ge=-4.0, le=4.0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TitlesSpec(_Model):
    """Titles of the sentiment card: the level fell, rose, or rose so far that the matter seems settled."""

    falling: str
    rising: str
    settled: str


class HardTriggerSpec(_Model):
    """Words that count without smoothing: the level (-1..1) is at most ``level`` after them."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    phrases: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    level: float = Field(ge=-1.0, le=0.0)
    title: str


class AcousticsSpec(_Model):
    """What is worth telling of how a caller sounds against her own start: from ``louder_db`` dB above it, from a share
    of ``pace`` (0.35: 35 %) above or below it. ``strengthen``: see ``assist.acoustics.strengthened``; 0: tell only.
    """

    louder_db: float = Field(default=6.0, ge=3.0, le=40.0)
    pace: float = Field(default=0.35, ge=0.1, lt=1.0)
    strengthen: float = Field(default=0.1, ge=0.0, le=0.25)


class LexiconSpec(_Model):
    """Valences are VADER's, -4..4. ``turn`` and ``alpha``: see ``assist.sentiment.SentimentSettings``."""

    turn: float = Field(default=0.2, gt=0.0, le=1.0)
    alpha: float = Field(default=0.35, gt=0.0, le=1.0)
    acoustics: AcousticsSpec = AcousticsSpec()
    titles: TitlesSpec
    hard: tuple[HardTriggerSpec, ...] = ()
    words: dict[str, Valence] = {}
    phrases: dict[str, Valence] = {}
