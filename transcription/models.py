"""Models on disk in Vosk's format: found by path or by installed name, checked before libvosk sees them.

A model may carry ``card.json`` (see ModelCard). The models shipped with callfloor lie beside this module.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice.errors import DocumentError

SHIPPED = Path(__file__).parent / "models"
DOWNLOADED = Path(os.path.expanduser("~")) / ".local" / "share" / "callfloor" / "models"
"""Where ``callfloor models get`` puts them, for the user who asks."""
DEMO_MODEL = "demo-en-8k"
_KALDI_DEFAULT_RATE = 16000
_KALDI_DEFAULT_CHUNK = 20


class ModelCard(BaseModel):
    """What is known of a model and shown beside its words.

    ``rate``: Hz it was trained at; ``wer`` and ``wer_people``: measured word error rates, 0..1 (None: not measured),
    with what they were measured on; ``grammar_model``: the model beside it that takes run-time grammars.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    name: str = Field(min_length=1)
    language: str = "unknown"
    rate: int = Field(default=_KALDI_DEFAULT_RATE, ge=8000, le=48000)
    words: int | None = Field(default=None, ge=0)
    wer: float | None = Field(default=None, ge=0)
    wer_on: str = ""
    wer_people: float | None = Field(default=None, ge=0)
    wer_people_on: str = ""
    training_data: str = "unknown"
    licence: str = "unknown"
    advice: str = "Not measured: try it on your own calls before relying on it."
    grammar_model: str = ""


@dataclass(frozen=True)
class InstalledModel:
    """A checked model directory. ``chunk``: 10 ms frames decoded at a time, which is how often partial words move."""

    path: Path
    card: ModelCard
    chunk: int

    @property
    def takes_grammars(self) -> bool:
        """Whether it has a look-ahead graph (``HCLr.fst``, ``Gr.fst``), which libvosk ignores beside a ``HCLG.fst``."""
        graph = self.path / "graph"
        return (graph / "HCLr.fst").is_file() and (graph / "Gr.fst").is_file() and not (graph / "HCLG.fst").is_file()

    @property
    def size_mb(self) -> float:
        """Megabytes of all its files."""
        return round(sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file()) / 1e6, 1)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words it can write."""
        text = (self.path / "graph" / "words.txt").read_text(encoding="utf-8")
        return frozenset(line.split()[0] for line in text.splitlines() if line and not line.startswith(("<", "#")))


def installed() -> tuple[str, ...]:
    """Names of the models that can be asked for by name: those shipped, and those downloaded."""
    places = [place for place in (SHIPPED, DOWNLOADED) if place.is_dir()]
    return tuple(
        sorted({entry.name for place in places for entry in place.iterdir() if entry.is_dir() and entry.name[0] != "."})
    )


def find_model(name_or_path: str | Path) -> InstalledModel:
    """The model of that installed name, or in that directory. Raises DocumentError saying what is missing."""
    text = str(name_or_path)
    named = [place / text for place in (SHIPPED, DOWNLOADED) if Path(text).name == text and (place / text).is_dir()]
    path = named[0] if named else Path(text).expanduser()
    if not path.is_dir():
        have = f"give a directory or one of {', '.join(installed())}, or have it: callfloor models get {path.name}"
        raise DocumentError(path, None, "no such model", have)
    for part in (("am/final.mdl",), ("conf/mfcc.conf",), ("graph/HCLG.fst", "graph/HCLr.fst"), ("graph/words.txt",)):
        if not any((path / file).is_file() and (path / file).stat().st_size for file in part):
            raise DocumentError(
                path, None, f"not a Vosk model: {' or '.join(part)} is missing or empty", "unpack it again"
            )
    options = _options(path / "conf" / "mfcc.conf")
    rate = _whole(path / "conf" / "mfcc.conf", options, "sample-frequency", _KALDI_DEFAULT_RATE)
    return InstalledModel(path, _card(path, rate), _chunk(path))


def grammar_model(model: InstalledModel) -> InstalledModel | None:
    """The model that takes run-time grammars for ``model``: itself, or the one its card names beside it, or none."""
    if model.takes_grammars:
        return model
    name = model.card.grammar_model
    return find_model(model.path.parent / name) if name else None


def _card(path: Path, rate: int) -> ModelCard:
    file = path / "card.json"
    if not file.is_file():
        return ModelCard(name=path.resolve().name, rate=rate)
    try:
        card = ModelCard.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DocumentError(file, None, f"{where}: {first['msg']}", "correct the card") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise DocumentError(file, line, f"not JSON: {error}", "correct the card") from None
    if card.rate != rate:
        raise DocumentError(file, None, f"rate {card.rate} differs from conf/mfcc.conf ({rate})", "correct the card")
    return card


def _chunk(path: Path) -> int:
    file = path / "conf" / "model.conf"
    options = _options(file) if file.is_file() else {}
    return _whole(file, options, "frames-per-chunk", _KALDI_DEFAULT_CHUNK)


def _options(file: Path) -> dict[str, tuple[int, str]]:
    """Kaldi's ``--name=value`` lines: name → (line number, value)."""
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if option := re.match(r"\s*--([\w.-]+)=(\S+)", line):
            found[option.group(1)] = (number, option.group(2))
    return found


def _whole(file: Path, options: dict[str, tuple[int, str]], name: str, default: int) -> int:
    number, value = options.get(name, (None, str(default)))
    try:
        whole = int(float(value))
    except (ValueError, OverflowError):
        whole = 0
    if whole <= 0:
        raise DocumentError(file, number, f"--{name}={value} is not a positive number", "restore the model's own file")
    return whole
