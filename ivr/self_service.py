"""What the floor and contacts tell each other so that callers help themselves: answers, and notices of outages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from voice.commands import Command
from voice.events import Event


@dataclass(frozen=True, slots=True)
class KnowledgeAnswer:
    """``text`` of the article ``article``, to be said as it stands."""

    article: str
    text: str


class AnswerBook(Protocol):
    """Answers questions: declared here, known to whoever keeps the knowledge base."""

    def answer(self, question: str) -> KnowledgeAnswer | None:
        """The best answer; None where there is none that is certain enough to be said to a caller."""

    def texts(self) -> tuple[str, ...]:
        """Everything it may answer: what has to be recorded before."""


@dataclass(frozen=True, slots=True)
class KnowledgeWanted(Event):
    """The caller asks ``question`` (redacted): the floor answers with ``TellAnswer``, within a second or never."""

    type: ClassVar[str] = "contact.knowledge_wanted"
    durable: ClassVar[bool] = False
    question: str


@dataclass(frozen=True, slots=True)
class BannerChanged(Event):
    """From now on callers first hear the flow's banner ``name``, or none where it is empty; a supervisor, ``by``, says
    so.
    """

    type: ClassVar[str] = "banner.changed"
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class TellAnswer(Command):
    """To ``contact.<id>``: the answer of the knowledge base; both empty where it has none."""

    type: ClassVar[str] = "contact.tell_answer"
    article: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RaiseBanner(Command):
    """To ``contact.<id>``: the flow's banner ``name`` was raised, or lowered (empty). One who waits hears it now, one
    in a menu before the next thing that is said.
    """

    type: ClassVar[str] = "contact.raise_banner"
    name: str


SELF_SERVICE_EVENTS: tuple[type[Event], ...] = (KnowledgeWanted, BannerChanged)
SELF_SERVICE_COMMANDS: tuple[type[Command], ...] = (TellAnswer, RaiseBanner)
