"""Engines by name. Imports an engine's own libraries only when it is asked for."""

from __future__ import annotations

from typing import Final

from transcription.models import DEMO_MODEL, find_model
from transcription.recogniser import Engine
from voice.errors import DocumentError

ENGINES: Final = ("vosk",)


def load_engine(name: str, model: str = "") -> Engine:
    """The engine of that name on ``model`` (name or path; empty: the engine's own). Raises DocumentError."""
    if name == "vosk":
        from transcription.engines.vosk import VoskEngine

        return VoskEngine(find_model(model or DEMO_MODEL))
    raise DocumentError(name, None, "no such engine", f"choose from: {', '.join(ENGINES)}")
