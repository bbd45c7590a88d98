"""The sentiment card of one contact: shown when the direction turns, kept up to date, with the words that moved it
and how they sounded beside the caller's own start.
"""

from __future__ import annotations

from dataclasses import dataclass

from assist.acoustics import Cue, OwnStart, strengthened
from assist.cards import Card, CardKind, Evidence
from assist.content import Content
from assist.direction import Direction
from assist.lexicon import HardTriggerSpec
from assist.sentiment import Reading, SentimentTrack
from assist.sightings import Sighting
from assist.wording import fill
from transcription.utterances import UtteranceFinal, UtterancePartial

RULE = "sentiment"
_PRIORITY = 600
_HARD_PRIORITY = 800
_WARM = 0.6
"""An utterance this positive settles the matter, however low the smoothed level still is."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the card says until the next turn."""

    title: str
    quote: str
    phrase: str
    utterance_id: str
    at_s: float
    trigger: str
    rule: str
    level_before: float
    priority: int


class SentimentWatch:
    """Listens to the caller only."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._track = SentimentTrack(content.sentiment)
        self._own_start = OwnStart(content.lexicon.acoustics)
        self._sounds: tuple[Evidence, ...] = ()
        self._strengthened = False
        self._basis: _Basis | None = None
        self._provisional: tuple[_Basis, tuple[float, float]] | None = None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every caller utterance heard so far."""
        return tuple(self._track.readings)

    @property
    def level(self) -> float:
        """The caller's smoothed level, -1..1."""
        return self._track.level

    @property
    def visible(self) -> bool:
        """Whether there is anything to show."""
        return self._basis is not None or self._provisional is not None

    def believe(self, event: UtterancePartial, hard: HardTriggerSpec, sighting: Sighting[object]) -> None:
        """A hard trigger stands in a running hypothesis: show it now, settle it at the final."""
        if self._provisional is not None and self._provisional[1][1] <= hard.level:
            return  # something at least as bad is on the screen already
        basis = self._hard_basis(hard, sighting, self._track.level)
        self._provisional = (basis, (event.end_s, min(self._track.level, hard.level)))

    def hear(self, event: UtteranceFinal, hard: tuple[tuple[HardTriggerSpec, Sighting[object]], ...]) -> bool:
        """Take in a settled utterance and the hard triggers in it; True when the card has something new to say.

        A caller who is content from the start needs no card: rising is news only after a fall.
        """
        provisional, self._provisional = self._provisional, None
        if not event.text.strip():
            return False
        before = self._track.level
        worst = min(hard, key=lambda each: each[0].level, default=None)
        cap = worst[0].level if worst is not None else None
        cues = self._sounding(event)
        by_words, feelings = self._content.scorer.score(event.text), self._content.feelings
        score = self._weighed(by_words, cues)
        felt = feelings.felt(event.text, score) if feelings is not None else None
        reading = self._track.hear(score, event.end_s, event.end_s - event.start_s, event.confidence, cap, felt)
        if worst is not None:
            known = provisional is not None and provisional[0].utterance_id == event.utterance_id
            basis = self._hard_basis(worst[0], worst[1], before)
            self._basis = _as_shown(basis, provisional[0]) if known and provisional is not None else basis
            return True
        news = reading.turned and (self._track.last_turn is Direction.FALLING or self._basis is not None)
        if news:
            self._basis = self._turn_basis(event, reading, before)
        return news

    def _sounding(self, event: UtteranceFinal) -> tuple[Cue, ...]:
        """The cues of an utterance. One that cannot be measured ("yes") leaves on the card what stands there."""
        cues = self._own_start.hear(event)
        if cues is None:
            return ()
        self._sounds = tuple(Evidence(cue.text, party="caller", at_s=event.start_s) for cue in cues)
        return cues

    def _weighed(self, score: float, cues: tuple[Cue, ...]) -> float:
        weighed = strengthened(score, cues, self._content.lexicon.acoustics)
        self._strengthened = self._strengthened or weighed != score
        return weighed

    def card(self, card_id: str, version: str, name: str | None) -> Card:
        """The card as things stand; only while ``visible``."""
        basis, points = self._basis, self._track.points()
        level = self._track.level
        if self._provisional is not None:
            basis, point = self._provisional
            points, level = (*points, point), point[1]
        if basis is None:
            raise ValueError("no sentiment to show yet")
        turn = Direction.FALLING if level < basis.level_before else Direction.RISING
        now = turn if self._provisional is not None else self._track.direction
        moved = f"{turn.capitalize()} from {basis.level_before:+.1f} to {level:+.1f}"
        by = "words, a little more where louder or faster" if self._strengthened else "words alone"
        why = f"{moved}{'' if now is turn else f', now {now}'}, by the caller's {by}"
        spoken = Evidence("transcript", basis.quote, basis.utterance_id, "caller", basis.at_s, basis.phrase)
        evidence = (spoken, *self._sounds)
        return Card(
            card_id, CardKind.SENTIMENT, fill(basis.title, name), why, evidence, basis.rule, version, basis.trigger,
            points=points, priority=basis.priority,
        )  # fmt: skip

    def _hard_basis(self, hard: HardTriggerSpec, sighting: Sighting[object], before: float) -> _Basis:
        return _Basis(
            hard.title, sighting.quote, sighting.phrase, sighting.utterance_id, sighting.at_s, sighting.trigger,
            f"lexicon.{hard.id}", before, _HARD_PRIORITY,
        )  # fmt: skip

    def _turn_basis(self, event: UtteranceFinal, reading: Reading, before: float) -> _Basis:
        titles = self._content.lexicon.titles
        if self._track.last_turn is Direction.FALLING:
            title = titles.falling
        else:
            title = titles.settled if max(reading.level, reading.score - _WARM) >= 0.0 else titles.rising
        return _Basis(
            title,
            event.text,
            "",
            event.utterance_id,
            event.start_s,
            "final",
            f"lexicon.{self._track.last_turn}",
            before,
            _PRIORITY,
        )


def _as_shown(settled: _Basis, shown: _Basis) -> _Basis:
    """The settled words under the trigger that first set the card off."""
    return _Basis(
        settled.title, settled.quote, settled.phrase, settled.utterance_id, settled.at_s, shown.trigger, settled.rule,
        settled.level_before, settled.priority,
    )  # fmt: skip
