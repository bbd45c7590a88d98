"""``callfloor replay``: a written-down contact through the assist engine, and its cards. Pure but for ``read``.

Input, one JSON object a line:
``{"t": s, "speaker": "caller"|"agent", "text": "...", "final": true, "confidence": 0.9}``, where ``t`` is the media
second at which the words had been said, never falling. ``final`` false is a running hypothesis, replaced by the
speaker's next line. ``start`` (optional, media second) says when an utterance began; without it the words are taken to
have been spoken at 150 a minute, beginning when the line before ended at the earliest. A final may carry measures of
its sound: ``level_db`` (dB of full scale, -120..0) and ``rate`` (words per second); without them there are no cues.

The checklist is not among the cards: it is there in every contact, whatever is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assist.cards import Card, CardKind
from assist.content import Content
from assist.direction import Direction
from assist.effects import Effect, ShowCard
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound, Input, TimePassed
from assist.history import CustomerProfile
from assist.sentiment import Reading
from transcription.utterances import UtteranceFinal, UtterancePartial, Word
from voice.documents import read_text
from voice.errors import DocumentError

START = 1_767_600_000.0
"""Unix seconds at which every replayed contact begins (5 Jan 2026), so that the same file gives the same cards."""
TODAY = date(2026, 1, 5)
"""The day of ``START``."""
_WORD_S = 0.4
_AGENT = "replay"


class Line(BaseModel):
    """One line of the input."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    t: float = Field(ge=0.0)
    speaker: Literal["caller", "agent"]
    text: str
    final: bool = True
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    start: float | None = Field(default=None, ge=0.0)
    level_db: float | None = Field(default=None, ge=-120.0, le=0.0)
    rate: float | None = Field(default=None, gt=0.0)


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One line of the output. ``t``: media second; ``id``: playbook, rule or article."""

    t: float
    kind: str
    id: str
    title: str
    evidence: str

    def json(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A whole contact: the cards in order, and what the caller's words felt like."""

    cards: tuple[ShownCard, ...]
    readings: tuple[Reading, ...]
    duration_s: float

    def direction_at(self, at_s: float) -> Direction:
        """Where the caller's feeling was going at that media second."""
        heard = [reading for reading in self.readings if reading.at_s <= at_s]
        return heard[-1].direction if heard else Direction.FLAT


def read(file: Path) -> tuple[Line, ...]:
    """The lines of a replay file. Raises DocumentError naming the line."""
    lines: list[Line] = []
    # Not splitlines(): a string of JSON may hold what else Python takes for the end of a line (U+2028).
    for number, written in enumerate(read_text(file).split("\n"), start=1):
        if not written.strip():
            continue
        try:
            line = Line.model_validate_json(written)
        except ValidationError as errors:
            first = errors.errors()[0]
            name = ".".join(str(step) for step in first["loc"])
            what = f"{name}: {first['msg']}" if name else first["msg"]
            raise DocumentError(file, number, what[:1].lower() + what[1:], "see `callfloor replay --help`") from None
        if lines and line.t < lines[-1].t:
            raise DocumentError(file, number, f"t goes back from {lines[-1].t} to {line.t}", "order the lines by t")
        lines.append(line)
    return tuple(lines)


def replay(
    lines: Iterable[Line], content: Content, number: str = "", customer: CustomerProfile | None = None
) -> Replayed:
    """Play a contact from ``number``, which is ``customer``'s where there is one. Always gives the same cards."""
    assistant = ContactAssistant(content, _AGENT)
    cards: list[ShownCard] = []

    def feed(event: Input, at_s: float) -> None:
        cards.extend(_shown(assistant.handle(event, START + at_s), at_s))

    def pass_to(at_s: float) -> None:
        while (due := assistant.next_due()) is not None and due <= at_s:
            feed(TimePassed(due), due)

    feed(ContactRang("replay", number, ""), 0.0)
    feed(CustomerFound(customer, number), 0.0)
    end_s = 0.0
    for event in events(lines):
        pass_to(event.start_s)
        feed(event, event.end_s)
        end_s = max(end_s, event.end_s)
    feed(ContactOver("completed", end_s, end_s), end_s)
    return Replayed(tuple(cards), assistant.readings, end_s)


def events(lines: Iterable[Line]) -> Iterator[UtterancePartial | UtteranceFinal]:
    """The recogniser's events behind the lines."""
    before = 0.0
    open_since: dict[str, float] = {}
    revisions: dict[str, int] = {}
    for number, line in enumerate(lines):
        words = line.text.split()
        spoken = line.start if line.start is not None else max(before, line.t - _WORD_S * len(words))
        start = min(open_since.setdefault(line.speaker, round(spoken, 3)), line.t)
        revisions[line.speaker] = revisions.get(line.speaker, 0) + 1
        uttered = f"{line.speaker}-{start:.3f}"
        if line.final:
            uttered_words = _words(words, start, line.t, line.confidence)
            yield UtteranceFinal(
                f"{uttered}-{number}" if line.t == start else uttered,
                line.speaker, line.text, uttered_words, start, line.t, line.confidence, "replay", "written",
                level_db=line.level_db, words_per_s=line.rate,
            )  # fmt: skip
            del open_since[line.speaker]
        else:
            yield UtterancePartial(uttered, line.speaker, line.text, start, line.t, revisions[line.speaker])
        before = line.t


def _words(words: list[str], start: float, end: float, confidence: float) -> tuple[Word, ...]:
    each = (end - start) / max(1, len(words))
    return tuple(
        Word(word, start + index * each, start + (index + 1) * each, confidence) for index, word in enumerate(words)
    )


def _shown(effects: Iterable[Effect], at_s: float) -> Iterator[ShownCard]:
    for effect in effects:
        if isinstance(effect, ShowCard) and effect.card.kind is not CardKind.CHECKLIST:
            card = effect.card
            yield ShownCard(round(at_s, 2), str(card.kind), card.rule, card.title, _evidence(card))


def _evidence(card: Card) -> str:
    quoted = next((each for each in card.evidence if each.quote), None)
    if quoted is not None:
        cues = [each.source for each in card.evidence if card.kind is CardKind.SENTIMENT and not each.quote]
        return "; ".join([f"{quoted.party or quoted.source}: {quoted.quote}", *cues])
    return card.evidence[0].source if card.evidence else card.why
