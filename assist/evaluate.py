"""``callfloor evaluate-cards``: the cards of labelled dialogues against what a person said should appear.

``NAME.jsonl`` is a dialogue as ``assist.replay`` reads it, ``NAME.labels.json`` beside it:
``{"customer": "+1..."|null, "expect": [{"kind", "id", "after", "before"}], "forbid": [{"kind", "id"}],
"sentiment": [{"at", "direction"}]}``, times in media seconds. A card counts if it appears between ``after`` and
``before``; each expectation is met once. A card of a kind named in ``expect`` or ``forbid`` of that dialogue that meets
no expectation is a false positive of the kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from pydantic import BaseModel, ConfigDict, ValidationError

from assist.cards import CardKind
from assist.content import Content
from assist.direction import Direction
from assist.history import CustomerProfile
from assist.replay import Replayed, ShownCard, read, replay
from voice.errors import DocumentError

CLEAN, NOISY = ".jsonl", ".noisy.jsonl"
"""What a dialogue's file is called after its name: as written, and as a recogniser heard it (``bench.noisy_twins``)."""

FindCustomer = Callable[[str], CustomerProfile | None]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Expectation(_Model):
    """A card of ``kind`` and ``id`` appears between the media seconds ``after`` and ``before``."""

    kind: CardKind
    id: str
    after: float
    before: float


class Forbidden(_Model):
    """A card that must not appear."""

    kind: CardKind
    id: str


class Feeling(_Model):
    """Where the caller's feeling goes at media second ``at``."""

    at: float
    direction: Direction


class Labels(_Model):
    """What a person says of one dialogue. ``customer``: the number that calls, null for an unknown one."""

    customer: str | None = None
    expect: tuple[Expectation, ...] = ()
    forbid: tuple[Forbidden, ...] = ()
    sentiment: tuple[Feeling, ...] = ()


@dataclass(slots=True)
class Score:
    """Counts of one kind. ``delays``: seconds from ``after`` to the card, of those that met an expectation."""

    hits: int = 0
    misses: int = 0
    false: int = 0
    delays: list[float] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Cards that met an expectation ÷ all cards of the kind; 1 without any card."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        """Expectations met ÷ expectations; 1 without any."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        total = self.precision + self.recall
        return 2.0 * self.precision * self.recall / total if total else 0.0

    def data(self) -> dict[str, float | None]:
        """As the report shows it; ``delay_s`` is null where no expectation was met."""
        delay = round(fmean(self.delays), 2) if self.delays else None
        return {
            "precision": round(self.precision, 3),
            "recall": round(self.recall, 3),
            "f1": round(self.f1, 3),
            "delay_s": delay,
        }


@dataclass(slots=True)
class Report:
    """The scores of a directory. ``mistakes``: one line each, naming the dialogue and the second."""

    kinds: dict[str, Score] = field(default_factory=dict)
    dialogues: int = 0
    cards: int = 0
    seconds: float = 0.0
    felt_right: int = 0
    felt: int = 0
    mistakes: list[str] = field(default_factory=list)

    @property
    def cards_per_minute(self) -> float:
        """All cards shown ÷ minutes of dialogue."""
        return 60.0 * self.cards / self.seconds if self.seconds else 0.0

    @property
    def sentiment_accuracy(self) -> float | None:
        """Directions right ÷ directions labelled; None without labels."""
        return self.felt_right / self.felt if self.felt else None

    def data(self) -> dict[str, object]:
        """The report as JSON data."""
        accuracy = self.sentiment_accuracy
        return {
            "kinds": {kind: score.data() for kind, score in sorted(self.kinds.items())},
            "cards_per_minute": round(self.cards_per_minute, 2),
            "sentiment_accuracy": None if accuracy is None else round(accuracy, 3),
            "mistakes": self.mistakes,
        }

    def text(self) -> str:
        """The report as a person reads it."""
        lines = [f"{self.dialogues} dialogues, {self.seconds / 60.0:.1f} minutes, {self.cards} cards"]
        for kind, score in sorted(self.kinds.items()):
            each = score.data()
            delay = "" if each["delay_s"] is None else f", after {each['delay_s']} s"
            lines.append(
                f"{kind:<12} precision {score.precision:.2f}  recall {score.recall:.2f}  F1 {score.f1:.2f}"
                f"  ({score.hits} right, {score.misses} missed, {score.false} wrong{delay})"
            )
        lines.append(f"{self.cards_per_minute:.2f} cards a minute")
        if self.sentiment_accuracy is not None:
            lines.append(f"feeling right {self.felt_right} of {self.felt} times ({self.sentiment_accuracy:.0%})")
        return "\n".join([*lines, *(f"  {mistake}" for mistake in self.mistakes)])


def evaluate(directory: Path, content: Content, find: FindCustomer, heard: str = CLEAN) -> Report:
    """Replay every labelled dialogue in ``directory`` (not below it); ``heard``: CLEAN or NOISY. Raises
    DocumentError.
    """
    files = sorted(directory.glob("*.labels.json")) if directory.is_dir() else []
    if not files:
        raise DocumentError(directory, None, "no labelled dialogues", "name them NAME.jsonl and NAME.labels.json")
    report = Report()
    for file in files:
        name = file.name.removesuffix(".labels.json")
        labels = read_labels(file)
        customer = find(labels.customer) if labels.customer else None
        replayed = replay(read(file.with_name(f"{name}{heard}")), content, labels.customer or "", customer)
        judge(name, labels, replayed, report)
    return report


def read_labels(file: Path) -> Labels:
    """The labels of one dialogue. Raises DocumentError."""
    try:
        return Labels.model_validate_json(file.read_text(encoding="utf-8"))
    except ValidationError as errors:
        first = errors.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the document"
        raise DocumentError(file, None, f"{where}: {first['msg']}", "write the labels as documented") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(file, None, f"cannot be read ({error})", "check the file") from None


def judge(name: str, labels: Labels, replayed: Replayed, report: Report) -> None:
    """Add what one dialogue led to."""
    report.dialogues += 1
    report.cards += len(replayed.cards)
    report.seconds += replayed.duration_s
    judged = {str(each.kind) for each in labels.expect} | {str(each.kind) for each in labels.forbid}
    left = [card for card in replayed.cards if card.kind in judged]
    for expected in sorted(labels.expect, key=lambda each: each.before):
        score = report.kinds.setdefault(str(expected.kind), Score())
        met = _take(left, expected)
        if met is None:
            score.misses += 1
            report.mistakes.append(f"{name}: {expected.kind} {expected.id} missed, {expected.after:.1f} s")
        else:
            score.hits += 1
            score.delays.append(max(0.0, met.t - expected.after))
    for card in left:
        report.kinds.setdefault(card.kind, Score()).false += 1
        report.mistakes.append(f"{name}: {card.kind} {card.id} wrong, {card.t:.1f} s, {card.evidence}")
    _judge_feeling(name, labels.sentiment, replayed, report)


def _take(cards: list[ShownCard], expected: Expectation) -> ShownCard | None:
    for card in cards:
        if (card.kind, card.id) == (expected.kind, expected.id) and expected.after <= card.t <= expected.before:
            cards.remove(card)
            return card
    return None


def _judge_feeling(name: str, feelings: Iterable[Feeling], replayed: Replayed, report: Report) -> None:
    for feeling in feelings:
        found = replayed.direction_at(feeling.at)
        report.felt += 1
        report.felt_right += found is feeling.direction
        if found is not feeling.direction:
            report.mistakes.append(f"{name}: feeling {found}, not {feeling.direction}, {feeling.at:.1f} s")


def as_json(report: Report) -> str:
    """The report as indented JSON."""
    return json.dumps(report.data(), indent=2, ensure_ascii=False)
