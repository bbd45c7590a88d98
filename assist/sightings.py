"""What was really said: a phrase in a partial is believed once the decoder has moved on, and judged at the final.

A *sighting* is a rule's phrase in one utterance. From partials it counts when the phrase stood in two revisions (the
decoder advanced between them) or when words already follow it. The final has the last word: it bears the sighting out
or withdraws it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from assist.spotting import Hit, Spotter
from transcription.utterances import UtteranceFinal, UtterancePartial

Key = TypeVar("Key", bound=Hashable)
KeyCo = TypeVar("KeyCo", bound=Hashable, covariant=True)

EITHER = "either"
MIN_CONFIDENCE = 0.4
"""Mean confidence (0..1) of the words of a phrase below which a final does not set anything off."""
_QUOTE_WORDS = 16
_OPEN_UTTERANCES = 16
"""Two parties have one open each; more are left over from recognisers that went away: the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Key]):
    """``key`` is sighted when ``party`` (``caller``, ``agent`` or ``either``) says one of ``phrases`` in an utterance
    that holds none of ``unless``.
    """

    key: Key
    party: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting(Generic[KeyCo]):
    """``quote``: the speaker's own words around the phrase, at most 16; ``phrase``: those that met the rule; ``at_s``:
    media seconds; ``trigger``: ``partial`` or ``final``; ``weight`` as in ``assist.spotting.Hit``.
    """

    key: KeyCo
    utterance_id: str
    party: str
    quote: str
    phrase: str
    at_s: float
    trigger: str
    weight: int = 2


@dataclass(frozen=True, slots=True)
class Settled(Generic[Key]):
    """What a final says: ``new`` was not known from partials, ``confirmed`` was, ``withdrawn`` was and is not there;
    ``kept_quiet``: keys whose do-not-trigger phrases it holds.
    """

    new: tuple[Sighting[Key], ...] = ()
    confirmed: tuple[Sighting[Key], ...] = ()
    withdrawn: tuple[Key, ...] = ()
    kept_quiet: frozenset[Key] = frozenset()


@dataclass(slots=True)
class _OpenUtterance(Generic[Key]):
    revision: int = -1
    seen: set[Key] = field(default_factory=set)
    believed: set[Key] = field(default_factory=set)


class SightingTracker(Generic[Key]):
    """Follows the utterances of one contact. A second final of one, or a partial after it, says nothing."""

    def __init__(self, compiled: CompiledRules[Key]) -> None:
        self._rules = compiled
        self._open: dict[str, _OpenUtterance[Key]] = {}
        self._settled: set[str] = set()

    def partial(self, event: UtterancePartial) -> tuple[Sighting[Key], ...]:
        """The sightings this revision makes believable."""
        if event.utterance_id in self._settled:
            return ()
        utterance = self._utterance(event.utterance_id)
        if event.revision <= utterance.revision:
            return ()
        utterance.revision = event.revision
        believable = []
        hits = self._rules.hits(event.text, event.party)
        for hit in hits:
            if hit.key not in utterance.believed and (hit.key in utterance.seen or not hit.last):
                utterance.believed.add(hit.key)
                believable.append(_sighting(event, hit, event.start_s, "partial"))
        utterance.seen = {hit.key for hit in hits}
        return tuple(believable)

    def final(self, event: UtteranceFinal) -> Settled[Key]:
        """What the settled words say about everything believed so far."""
        if event.utterance_id in self._settled:
            return Settled()
        self._settled.add(event.utterance_id)
        utterance = self._open.pop(event.utterance_id, None) or _OpenUtterance()
        new: list[Sighting[Key]] = []
        confirmed: list[Sighting[Key]] = []
        hits, kept_quiet = self._rules.judge(event.text, event.party)
        for hit in hits:
            believed = hit.key in utterance.believed
            if not believed and _confidence(event, hit) < MIN_CONFIDENCE:
                continue
            at_s = event.words[hit.start].start_s if _aligned(event) else event.start_s
            sighting = _sighting(event, hit, at_s, "final")
            (confirmed if believed else new).append(sighting)
        still_there = {sighting.key for sighting in confirmed}
        withdrawn = sorted(utterance.believed - still_there, key=repr)
        return Settled(tuple(new), tuple(confirmed), tuple(withdrawn), kept_quiet)

    def _utterance(self, utterance_id: str) -> _OpenUtterance[Key]:
        if utterance_id not in self._open:
            while len(self._open) >= _OPEN_UTTERANCES:
                del self._open[next(iter(self._open))]
            self._open[utterance_id] = _OpenUtterance()
        return self._open[utterance_id]


class CompiledRules(Generic[Key]):
    """The rules of a content directory, compiled once and shared by all contacts."""

    def __init__(self, rules: Iterable[Rule[Key]]) -> None:
        phrases: list[tuple[str, tuple[Key, bool]]] = []
        self._party: dict[Key, str] = {}
        for rule in rules:
            self._party[rule.key] = rule.party
            phrases += [(phrase, (rule.key, True)) for phrase in rule.phrases]
            phrases += [(phrase, (rule.key, False)) for phrase in rule.unless]
        self._spotter = Spotter(phrases)

    def hits(self, text: str, party: str) -> list[Hit[Key]]:
        """The rules ``party`` meets by saying ``text``."""
        return self.judge(text, party)[0]

    def judge(self, text: str, party: str) -> tuple[list[Hit[Key]], frozenset[Key]]:
        """As ``hits``, and the keys that do-not-trigger phrases in ``text`` keep quiet."""
        found = self._spotter.find(text)
        kept_quiet = frozenset(hit.key[0] for hit in found if not hit.key[1])
        met = [
            Hit(hit.key[0], hit.start, hit.end, hit.exact, hit.last, hit.weight)
            for hit in found
            if hit.key[1] and hit.key[0] not in kept_quiet and self._party[hit.key[0]] in (party, EITHER)
        ]
        return met, kept_quiet


def sighted(key: Key, event: UtteranceFinal, start: int, end: int) -> Sighting[Key]:
    """What no phrase but a model found in the words ``start``..``end`` (end exclusive) of a final."""
    at_s = event.words[start].start_s if _aligned(event) else event.start_s
    return _sighting(event, Hit(key, start, end, exact=False, last=False), at_s, "final")


def _sighting(event: UtterancePartial | UtteranceFinal, hit: Hit[Key], at_s: float, trigger: str) -> Sighting[Key]:
    phrase = " ".join(event.text.split()[hit.start : hit.end])
    quote = _quote(event.text, hit)
    return Sighting(hit.key, event.utterance_id, event.party, quote, phrase, at_s, trigger, hit.weight)


def _aligned(event: UtteranceFinal) -> bool:
    return len(event.words) == len(event.text.split())


def _confidence(event: UtteranceFinal, hit: Hit[Key]) -> float:
    if not _aligned(event):
        return event.confidence
    words = event.words[hit.start : hit.end]
    return sum(word.confidence for word in words) / len(words)


def _quote(text: str, hit: Hit[Key]) -> str:
    words = text.split()
    if len(words) <= _QUOTE_WORDS:
        return " ".join(words)
    first = max(0, min(hit.start - 4, len(words) - _QUOTE_WORDS))
    last = first + _QUOTE_WORDS
    before, after = "… " if first else "", " …" if last < len(words) else ""
    return f"{before}{' '.join(words[first:last])}{after}"
