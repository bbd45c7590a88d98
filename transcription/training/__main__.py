"""``python -m transcription.training``: make a model. See the package's docstring."""

from __future__ import annotations
