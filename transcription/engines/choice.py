"""Engines by name. Imports an engine's own libraries only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from transcription.models import DEMO_MODEL, find_model
from transcription.recogniser import Engine
from voice.errors import DocumentError

ENGINES: Final = ("vosk", "pocketsphinx")


def load_engine(name: str, model: str = "", domain: Sequence[str] = ()) -> Engine:
    """The engine of that name on ``model`` (name or path; empty: the engine's own); ``domain``: sentences such as may
    be said, for an engine that can make a language model of them. Raises DocumentError.
    """
    if name == "vosk":
        from transcription.engines.vosk import VoskEngine

        if domain:
            raise DocumentError("--domain", None, "vosk has its own sentences", "callfloor models add-words")
        return VoskEngine(find_model(model or DEMO_MODEL))
    if name == "pocketsphinx":
        from transcription.engines.pocketsphinx import PocketsphinxEngine

        if model:
            raise DocumentError(model, None, "pocketsphinx comes with its own model", "leave the model out")
        return PocketsphinxEngine(domain)
    raise DocumentError(name, None, "no such engine", f"choose from: {', '.join(ENGINES)}")
