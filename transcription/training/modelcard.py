"""What a model's card says: what was measured, on what, and what it is not for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcription.training.assess import Heard, of, wer

_ADVICE = (
    "A demonstration model: good on synthetic telephone speech, poor on people. Use a full model for real callers."
)
_DATA = "synthetic speech only (espeak-ng, flite, festival)"
_LICENCE = "GPL-3.0-or-later"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the test split and, if they were at hand, recordings of people gave.

    ``people``: WER of isolated digits with a digits grammar.
    """

    free: Sequence[Heard]
    grammar: Sequence[Heard]
    people: float | None


def write_cards(model: Path, companion: Path, words: int, measured: Measured, scale: float) -> None:
    """``card.json`` and ``MODEL_CARD.md`` of both directories."""
    domain = wer(of(measured.free, kind="domain"))
    digits = wer(measured.grammar)
    _write_json(
        model,
        words,
        domain,
        "synthetic telephone speech, held-out voices and texts, half over a bad line",
        measured.people,
        companion.name,
    )
    _write_json(
        companion, words, digits, "synthetic digit strings, held-out voices, digits grammar", measured.people, ""
    )
    (model / "MODEL_CARD.md").write_text(_text(model.name, words, measured, scale), encoding="utf-8")
    (companion / "MODEL_CARD.md").write_text(_companion_text(model.name, companion.name), encoding="utf-8")


def _write_json(model: Path, words: int, rate: float, on: str, people: float | None, companion: str) -> None:
    card = {
        "name": model.name,
        "language": "en",
        "rate": 8000,
        "words": words,
        "size_mb": size_mb(model),
        "wer": round(rate, 3),
        "wer_on": on,
        "wer_people": None if people is None else round(people, 3),
        "wer_people_on": "" if people is None else "real isolated digits of six speakers, digits grammar",
        "training_data": _DATA,
        "licence": _LICENCE,
        "advice": _ADVICE,
        "grammar_model": companion,
    }
    (model / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def size_mb(model: Path) -> float:
    """Megabytes of all its files."""
    return round(sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) / 1e6, 1)


def table(measured: Measured) -> list[tuple[str, float]]:
    """What was measured, in words, and its word error rate."""
    rows = [
        (
            f"{what}, {'clean line' if line == 'clean' else '300-3400 Hz and noise at 15 dB'}",
            wer(of(heard, kind=kind, line=line)),
        )
        for what, heard, kind in (
            ("call-centre sentences", measured.free, "domain"),
            ("digit strings, open vocabulary", measured.free, "digits"),
            ("digit strings, digits grammar", measured.grammar, "digits"),
        )
        for line in ("clean", "noisy")
    ]
    if measured.people is not None:
        rows.append(("**real people**: isolated digits of six speakers, digits grammar", measured.people))
    return rows


def _text(name: str, words: int, measured: Measured, scale: float) -> str:
    rows = "\n".join(f"| {what} | {100 * rate:.1f} % |" for what, rate in table(measured))
    count = len(of(measured.free, line="clean"))
    return f"""# {name}

A small English model for 8 kHz telephone speech in Vosk's format: {words} call-centre words. It exists so that the
demonstration and the tests run anywhere; it is **not** a general recogniser and is poor on people. Made by
`python -m transcription.training`.

| Measured on (8 kHz, mu-law; voices and texts that training did not have) | Word error rate |
|---|---|
{rows}

- {count} test sentences and strings, each over both lines. They come from the same grammar of sentences as the training
  texts, but no test text is among those or the language model's. The acoustic scale ({scale:g}) was chosen on a third
  split.
- Training data: {_DATA}; no recording of a person.
- Licence: {_LICENCE}, as callfloor.
"""


def _companion_text(name: str, companion: str) -> str:
    return f"""# {companion}

The acoustic model of {name} with a look-ahead graph, so that a gather can name its grammar at run time. `[unk]` in
a grammar matches anything else. Measured figures: the card of {name}.
"""
