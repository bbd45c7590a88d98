"""The scripted agents of the scenarios: by scenario, ``good`` and ``bad``; lines said, or seconds of silence."""

from __future__ import annotations

from pathlib import Path

from voice.documents import load_yaml

AGENTS: dict[str, dict[str, list[str | float]]] = load_yaml(Path(__file__).with_suffix(".yaml")).data
