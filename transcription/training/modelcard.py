"""What a model's card says: what was measured, on what, and what it is not for."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcription.models import find_model
from transcription.training import phones
from transcription.training.assess import Heard, of, wer
from transcription.training.profiles import Profile

_ADVICE = (
    "A demonstration model: good on synthetic telephone speech, poor on people. Use a full model for real callers."
)
_DATA = "synthetic speech only (espeak-ng, flite, festival)"
_LICENCE = "GPL-3.0-or-later"
_TRIED = {
    "demo-en-8k": """
What was tried, on the tune split unless said otherwise (all kinds and lines together, one run each):

| Change | Before | After |
|---|---|---|
| language model of 84,000 sentences, trigrams kept by their worth, not 20,000 and by their count | 7.9 % | 7.0 % |
| 8-bit matrices instead of 16-bit ones | 6.9 % | 7.0 % |
| crops disturbed anew each time, 256 units for 192, six epochs for four, no dropout | 7.0 % | 5.5 % |
| 0.8 of the log priors taken from the outputs, not 0.4 (real digits, digits grammar: 24.0 to 20.3 %) | 5.5 % | 5.2 % |
| beam 13 for 11, when words were searched one by one | 5.6 % | 5.3 % |
| words searched as a tree that pays early, at beam 11 and a lattice beam of 3 (half the CPU) | 5.2 % | 5.0 % |
| the same at beams of 7, 8, 9, 10, 12 | 5.0 % | 4.9-5.1 % |
| 50 paths kept at least instead of 100 (another tenth of the CPU) | 5.0 % | 5.2-5.5 % |
| pruned 4-grams: 0.3 MB larger | 5.5 % | 5.4 % |
| 8,000 sentences of the built-in pack in the network's training, too (sentences of the test split) | 6.5 % | 5.5 % |

Filter banks, online normalisation of the mean, a wider network and stronger disturbance were compared on a smaller
recipe: docs/recognition.md of callfloor. Not tried: training on sequences. The hardest voice is festival's ked: few of
the voices trained with were recorded from people, and the two hard held-out ones were. The tune split's kal and the
training's kal16 are one speaker.
"""
}
"""What helped and what did not, by model: written by hand, from runs that differed in that alone."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the test split and, if they were at hand, recordings of people gave.

    ``people`` and ``people_grammar``: WER of isolated digits, open vocabulary and with a digits grammar.
    """

    free: Sequence[Heard]
    grammar: Sequence[Heard]
    people: float | None = None
    people_grammar: float | None = None


def write_card(
    model: Path, words: int, measured: Measured, profile: Profile, corpus: str, *, talk: bool = False
) -> None:
    """``card.json`` and ``MODEL_CARD.md``. ``corpus``: what tells this corpus from others (``stages.Plan.digest``);
    ``talk``: whether a content pack's sentences were trained with.
    """
    people = None if measured.people is None else round(measured.people, 3)
    grammar = "" if measured.people_grammar is None else f"; {measured.people_grammar:.0%} with a digits grammar"
    card = {
        "name": model.name,
        "language": "en",
        "rate": 8000,
        "words": words,
        "training_data": _DATA,
        "licence": _LICENCE,
        "advice": _ADVICE,
        "wer": round(wer(of(measured.free, kind="domain")), 3),
        "wer_on": "synthetic telephone speech, held-out voices and texts, half over a bad line",
        "wer_people": people,
        "wer_people_on": "" if people is None else f"real isolated digits of six speakers, open vocabulary{grammar}",
    }
    (model / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (model / "MODEL_CARD.md").write_text(_text(model, words, measured, profile, corpus, talk), encoding="utf-8")


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
    for how, rate in (("open vocabulary", measured.people), ("digits grammar", measured.people_grammar)):
        if rate is not None:
            rows.append((f"**real people**: isolated digits of six speakers, {how}", rate))
    return rows


def _text(model: Path, words: int, measured: Measured, profile: Profile, corpus: str, talk: bool) -> str:
    rows = "\n".join(f"| {what} | {100 * rate:.1f} % |" for what, rate in table(measured))
    count = len(of(measured.free, line="clean"))
    scale = (model / "conf" / "model.conf").read_text(encoding="utf-8").partition("--acoustic-scale=")[2].split()[0]
    size = find_model(model).size_mb
    return f"""# {model.name}

A small English model for 8 kHz telephone speech in Vosk's format: {words} call-centre words, {size} MB. It
exists so that the demonstration and the tests run anywhere; it is **not** a general recogniser and is poor on people.
Made by `python -m transcription.training --profile {profile.name}{" --content PACK" if talk else ""}`.

| Measured on (8 kHz, mu-law; voices and texts that training did not have) | Word error rate |
|---|---|
{rows}

- {count} test sentences and strings, each over both lines. They come from the same grammar of sentences as the training
  texts, but no test text is among those or the language model's. The acoustic scale ({scale}) was chosen on a third
  split.
- Network: five-layer TDNN of {profile.width} units, {phones.PDFS} outputs every 30 ms; pruned trigrams.
- Training data: {_DATA}; no recording of a person.
- Corpus {corpus}, drawn by Python {platform.python_version()}, seed {profile.seed} (another Python may draw another
  from it).
- Licence: {_LICENCE}, as callfloor.
{_TRIED.get(model.name, "")}"""
