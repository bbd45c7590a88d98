"""Engines by name. Imports an engine's own libraries only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from transcription.models import DEMO_MODEL, ModelCard, find_model
from transcription.recogniser import Engine
from voice.errors import DocumentError

ENGINES: Final = ("vosk", "pocketsphinx")


def known_card(name: str, model: str = "", domain: str = "") -> ModelCard:
    """What is known of the model that ``load_engine`` would load, without loading it. ``domain``: the file of its
    sentences. Raises DocumentError for whatever ``load_engine`` would refuse at once.
    """
    sentences = read_domain(Path(domain) if domain else None)
    if name == "pocketsphinx":
        from transcription.engines.pocketsphinx import CARD, installed_version

        _no_model(model)
        installed_version()
        return CARD
    _no_domain(sentences)
    return find_model(model or DEMO_MODEL).card


def packaged(name: str) -> ModelCard | None:
    """What is known of a model that comes with its engine and lies in no directory of ours; None for other names."""
    from transcription.engines.pocketsphinx import CARD

    return CARD if name == CARD.name else None


def read_domain(file: Path | None) -> tuple[str, ...]:
    """The sentences of a file, one a line; none without a file. Raises DocumentError."""
    if file is None:
        return ()
    try:
        return tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(file, None, f"the sentences cannot be read ({error})", "check the path") from None


def load_engine(name: str, model: str = "", domain: Sequence[str] = ()) -> Engine:
    """The engine of that name on ``model`` (name or path; empty: the engine's own); ``domain``: sentences such as may
    be said, for an engine that can make a language model of them. Raises DocumentError.
    """
    if name == "vosk":
        from transcription.engines.vosk import VoskEngine

        _no_domain(domain)
        return VoskEngine(find_model(model or DEMO_MODEL))
    if name == "pocketsphinx":
        from transcription.engines.pocketsphinx import PocketsphinxEngine

        _no_model(model)
        return PocketsphinxEngine(domain)
    raise DocumentError(name, None, "no such engine", f"choose from: {', '.join(ENGINES)}")


def _no_domain(sentences: Sequence[str]) -> None:
    if sentences:
        raise DocumentError("domain", None, "vosk has its own sentences", "callfloor models add-words")


def _no_model(model: str) -> None:
    if model:
        raise DocumentError(model, None, "pocketsphinx comes with its own model", "leave the model out")
