"""Knowledge: articles found by how customers say it, the answer first. In memory and pure.

An article is found through its best alias: the share of the alias's weight (inverse document frequency of its stems
over all aliases) that stands in what was said. What agents think of an article (accepted less dismissed) moves it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assist.content_checks import check_text, check_title
from assist.spotting import stem, tokenise
from ivr.self_service import KnowledgeAnswer
from voice.documents import load_front_matter, validate
from voice.errors import DocumentError

MIN_COVERAGE = 0.62
"""Share of an alias's weight that must be said for its article to be an answer."""
CLEARLY = 0.1
"""By how much an article must be better than the next to be told to a caller, who cannot choose."""
WORD_FOR_WORD = 0.75
"""Share of all an alias's words that tells apart two articles about the same thing."""
MIN_WORDS = 2
"""Content words of the alias that must be said."""
_VOTE = 0.02
_MOST_VOTES = 5
_MAX_ANSWER = 320
_SHORT_QUESTION = 3

_STOP_WORDS = """
a an the and or but so if to of in on at for from by with as is am are was were be been being it its this that
these those there here i me my mine we us our you your yours he she they them their do does did done can could will
would shall should may might must have has had having get got just only also too very now then than some any all
what how when where who which why please thanks thank okay ok hello hi hey yes no not well oh um uh want need like
know tell ask about up out off whether
"""
_STOP = frozenset(_STOP_WORDS.split())
_QUESTIONS = frozenset({"what", "how", "when", "where", "who", "which", "why", "whether"})
_WISHES = frozenset({"want", "wanted", "need", "like"})
_INVERTED = frozenset(
    {"do", "does", "did", "can", "could", "will", "would", "is", "are", "am", "may", "should", "must"}
)
_LINKING = frozenset({"is", "are", "am"})
_ASKED_BY = frozenset({"i", "you", "it", "we", "there", "they", "that", "this", "the", "my", "your", "somebody"})

_BEFORE = frozenset(
    {"", "and", "but", "so", "or", "ok", "okay", "hi", "hello", "then", "now", "well", "oh", "please", "yes"}
)
"""What "is the ..." may follow when it begins a question: "my address is the same" asks nothing."""


class ArticleSpec(BaseModel):
    """The front matter. ``review``: the day by which ``owner`` must have looked at it again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=80)
    owner: str = Field(min_length=1, max_length=60)
    review: date
    aliases: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Article:
    """``answer``: the first paragraph, to be said as it stands; ``details``: the rest."""

    id: str
    spec: ArticleSpec
    answer: str
    details: str

    def stale(self, today: date) -> bool:
        """Whether its review is overdue."""
        return today > self.spec.review


@dataclass(frozen=True, slots=True)
class Found:
    """An article, the alias it was found by, and its score: 0..1, moved by feedback."""

    article: Article
    alias: str
    score: float


class Library:
    """The articles of a content directory, indexed once and shared by all contacts."""

    def __init__(self, articles: Iterable[Article] = ()) -> None:
        self.articles: Mapping[str, Article] = {article.id: article for article in articles}
        self._aliases: list[tuple[Article, str, frozenset[str]]] = []
        for article in self.articles.values():
            self._aliases += [(article, alias, words) for alias in article.spec.aliases if (words := stems(alias))]
        holding = Counter(word for _, _, words in self._aliases for word in words)
        self._weights = {word: math.log(1.0 + len(self._aliases) / count) for word, count in holding.items()}
        self._whole = [sum(self._weights[word] for word in sorted(words)) for _, _, words in self._aliases]
        self._index: dict[str, list[int]] = {}
        for number, (_, _, words) in enumerate(self._aliases):
            for word in sorted(words):
                self._index.setdefault(word, []).append(number)

    def answer(self, question: str) -> KnowledgeAnswer | None:
        """``ivr.self_service.AnswerBook``: what a caller is told. One article stands out, or nothing is said."""
        found = self.find(question)
        near = [each.article for each in found if found[0].score - each.score < CLEARLY]
        if len(near) > 1:  # "how" and "when" do not say what it is about, but tell two questions about it apart
            near = _in_those_words(near, question)
        return KnowledgeAnswer(near[0].id, near[0].answer) if len(near) == 1 else None

    def texts(self) -> tuple[str, ...]:
        """Every answer."""
        return tuple(article.answer for article in self.articles.values())

    def find(self, text: str, votes: Mapping[str, int] | None = None) -> tuple[Found, ...]:
        """The articles that answer ``text``, the best first. ``votes``: accepted less dismissed, by article."""
        covered: dict[int, float] = {}
        both: Counter[int] = Counter()
        for word in sorted(stems(text)):
            numbers, weight = self._index.get(word, ()), self._weights.get(word, 0.0)
            both.update(numbers)
            for number in numbers:
                covered[number] = covered.get(number, 0.0) + weight
        enough = (number for number, weight in covered.items() if weight >= MIN_COVERAGE * self._whole[number])
        best: dict[str, Found] = {}
        for number in sorted(number for number in enough if both[number] >= MIN_WORDS):
            article, alias, _ = self._aliases[number]
            coverage = covered[number] / self._whole[number]
            vote = max(-_MOST_VOTES, min(_MOST_VOTES, (votes or {}).get(article.id, 0)))
            # of two aliases said in full, the longer one says more
            score = coverage + _VOTE * vote + 0.001 * both[number]
            if article.id not in best or score > best[article.id].score:
                best[article.id] = Found(article, alias, score)
        return tuple(sorted(best.values(), key=lambda found: (-found.score, found.article.id)))


def is_question(text: str, *, polite: bool = True) -> bool:
    """Whether the words ask something: a question word or an inverted verb; ``polite``: or "I would like to"."""
    words = [token.text for token in tokenise(text)]
    asks = any(word in _QUESTIONS for word in words) or any(
        first in _INVERTED and second in _ASKED_BY and (first not in _LINKING or second == "there" or before in _BEFORE)
        for before, first, second in zip(("", *words), words, words[1:], strict=False)
    )
    wishes = "question" in words or any(first in _WISHES and second == "to" for first, second in pairwise(words))
    return (asks or (polite and wishes)) and len(words) > _SHORT_QUESTION


def load_articles(files: Sequence[Path], taken: Collection[str] = ()) -> tuple[Article, ...]:
    """Read articles, named by their files. Raises DocumentError."""
    return tuple(_article(file, taken) for file in files)


def _article(file: Path, taken: Collection[str]) -> Article:
    document, body = load_front_matter(file)
    spec = validate(document, ArticleSpec)
    check_title(document, ("title",), spec.title)
    if file.stem in taken:
        raise DocumentError(file, None, f"id {file.stem!r} is taken", "rename the file")
    for index, alias in enumerate(spec.aliases):
        if len(stems(alias)) < MIN_WORDS:
            what = f"alias {alias!r} has fewer than {MIN_WORDS} words that matter"
            raise document.error(("aliases", index), what, "say what it is about")
    answer, _, details = body.partition("\n\n")
    answer = " ".join(answer.split())
    if not answer or len(answer) > _MAX_ANSWER:
        raise DocumentError(
            file,
            None,
            f"an answer of {len(answer)} characters",
            f"begin with 1 to {_MAX_ANSWER} that can be said as they are",
        )
    check_text(document, ("title",), answer)
    return Article(file.stem, spec, answer, details.strip())


def _in_those_words(articles: Sequence[Article], question: str) -> list[Article]:
    """The one of them asked for almost word for word, clearly more so than the others; else none."""
    said = {token.text for token in tokenise(question)}

    def share(alias: str) -> float:
        words = {token.text for token in tokenise(alias)}
        return len(words & said) / len(words)

    shares = {article.id: max(map(share, article.spec.aliases)) for article in articles}
    best, second = sorted(shares.values(), reverse=True)[:2]
    if best < WORD_FOR_WORD or best - second < CLEARLY:
        return []
    return [article for article in articles if shares[article.id] == best]


def stems(text: str) -> frozenset[str]:
    """The words of ``text`` that matter, each without its ending."""
    return frozenset(stem(token.text) for token in tokenise(text) if token.text not in _STOP)
