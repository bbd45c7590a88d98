"""What every verb is: a validated node of a flow (``Verb``) that begins an ``Activity`` when the caller gets there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ivr.conditions import QueueFacts
from ivr.stage import Stage

Key = tuple[str | int, ...]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


_ARTICLES = frozenset({"a", "an", "the"})

Text = Annotated[str, Field(min_length=1, max_length=1000)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
"""One sentence or a list of them; each is a prompt of its own, so sentences used twice are recorded once."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a node that its types do not show; ``key`` is the path inside the node."""

    key: Key
    what: str
    fix: str


class Verb(BaseModel):
    """Base of all nodes. Keys are camelCase in YAML, as jambonz writes them; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    terminal: ClassVar[bool] = False
    """Whether the contact's way may end here."""

    verb: str

    @property
    def hears_number(self) -> bool:
        """Whether callers may say digits to it."""
        return False

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The nodes it may go to, each with the key that names it."""
        yield from ()

    def texts(self) -> Iterator[tuple[Key, str]]:
        """The sentences it may say, each with its key."""
        yield from ()

    def slow_texts(self, slower: str) -> Iterator[tuple[Key, str]]:
        """Those of them it may also say slowly, where the key ``slower`` asks for it."""
        yield from ()

    def announcements(self, language: str) -> Iterator[tuple[Key, str]]:
        """The ready-made sentences of ``language`` it may say, each with its key."""
        yield from ()

    def said_by_callers(self) -> Iterator[str]:
        """The words it understands."""
        yield from ()

    def phrase_problems(self, slower: str) -> Iterator[Problem]:
        """Phrases that mean nothing, where the key ``slower`` means something."""
        yield from ()

    def unspeakable(self) -> Iterator[Problem]:
        """What a caller who cannot press keys is kept from."""
        yield from ()

    def audio(self) -> Iterator[tuple[Key, str]]:
        """The named recordings it may play, each with its key."""
        yield from ()

    def problems(self) -> Iterator[Problem]:
        """What contradicts itself."""
        yield from ()

    def activity(self, stage: Stage) -> Activity:
        """What happens when the caller gets here."""
        raise NotImplementedError


class Activity:
    """A verb at work. The runner calls it with what happened, already freed from the stale; it acts on the stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def begin(self) -> None:
        """The caller got here."""

    def prompt_finished(self) -> None:
        """What was playing ended by itself."""

    def digit(self, digit: str) -> None:
        """The caller pressed a digit; kept for the next gather unless the verb wants it."""
        self.stage.type_ahead(digit)

    def timer_fired(self, name: str) -> None:
        """A timer ran out."""

    def agent_ringing(self) -> None:
        """An agent's station rings."""

    def agent_connected(self) -> None:
        """Caller and agent are connected."""

    def agent_failed(self, reason: str) -> None:
        """The agent did not answer."""

    def place_told(self, ahead: int, low_s: float | None, high_s: float | None) -> None:
        """The floor said how many are ahead and how long it will take."""

    def speech_heard(self, text: str, final: bool) -> None:
        """The caller says something, or with ``final`` has said it."""

    def facts_told(self, known: bool, vip: bool, queues: dict[str, QueueFacts]) -> None:
        """The floor said what it knows of the caller and of queues."""

    def looked_up(self, token: int, answer: Mapping[str, object] | None) -> None:
        """The look-up ``token`` gave an object, or nothing."""

    def turned_away(self, reason: str) -> None:
        """The queue does not take, or keep, the caller."""

    def agent_left(self) -> None:
        """The connected agent is gone."""

    def knowledge_told(self, article: str, text: str) -> None:
        """The knowledge base answered, or has no answer."""

    def banner_raised(self, text: str) -> None:
        """There is something everyone should know: it is said before the next thing that is said."""
        self.stage.notice = text

    def dial_answered(self) -> None:
        """Whom the verb rang has answered."""

    def dial_failed(self, reason: str) -> None:
        """Whom the verb rang has not."""

    def dial_ended(self) -> None:
        """Whom the verb rang has hung up after the talk."""

    def back_in_queue(self, *, apology: bool) -> None:
        """The caller waits for an agent again. Where the verb plays nothing, music on hold is heard."""


def not_said(choices: Mapping[str | int, str], phrases: Mapping[str, str]) -> Iterator[Problem]:
    """Choices for which there are no words."""
    for choice in choices:
        if choice not in phrases.values():
            fix = f'write phrases: {{WORDS: "{choice}"}}, or speech: false at the top where nothing listens'
            yield Problem(("choices", choice), f"choice {choice!r} cannot be said", fix)


def choice_of(phrases: Mapping[str, str], text: str) -> str | None:
    """The one choice ``text`` means; None for none or several. Articles do not count: recognisers lose them."""
    said = _without_articles(text)
    meant = {choice for phrase, choice in phrases.items() if f" {_without_articles(phrase)} " in f" {said} "}
    return meant.pop() if len(meant) == 1 else None


def is_one_of(phrases: Iterable[str], text: str) -> bool:
    """Whether ``text`` is a phrase and nothing else; articles do not count."""
    return _without_articles(text) in map(_without_articles, phrases)


def _without_articles(text: str) -> str:
    return " ".join(word for word in text.split() if word not in _ARTICLES) or text


Phrase = Annotated[str, Field(pattern=r"^[a-z']+( [a-z']+)*$", max_length=80)]
Phrases = dict[Phrase, str]
"""What callers say, in lower case, and which choice it means."""


def each(name: str, texts: tuple[str, ...]) -> Iterator[tuple[Key, str]]:
    """The sentences under ``name`` with their keys. One written without a list is found by its key's prefix."""
    for index, text in enumerate(texts):
        yield (name, index), text
