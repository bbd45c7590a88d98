"""A flow in several languages: its sentences are written in its own and translated at the top of the file.

languages:
  es:
    voice: es
    engine: espeak-ng
    texts: {"Thank you for calling.": "Gracias por llamar."}

A contact's variable ``language`` says which it is in: ``set`` it by a menu's choice or by the number ``called``. A
value nobody offers is the flow's own language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VARIABLE = "language"
Engine = Literal["flite", "espeak-ng", "recorded"]
Sentence = Annotated[str, Field(min_length=1, max_length=1000)]
Voice = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+-]{1,32}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Phrase = Annotated[str, Field(pattern=r"^[^\W\d_A-Z']+([ '][^\W\d_A-Z']+)*$", max_length=80)]


class Spoken(BaseModel):
    """One more language. With ``speech`` callers may say ``phrases`` (ours: theirs) in it: only where the recogniser
    that listens knows the language. Without, menus are keyed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    voice: Voice
    engine: Engine = "espeak-ng"
    speech: bool = False
    texts: Mapping[str, Sentence]
    phrases: Mapping[str, Phrase] = Field(default_factory=dict)


def offered(language: str, languages: Iterable[str]) -> str | None:
    """Which of ``languages`` a contact in ``language`` is spoken to in: that, or the same of another region."""
    known = tuple(languages)
    if language in known:
        return language
    return next((each for each in known if each.split("-")[0] == language.split("-")[0]), None)
