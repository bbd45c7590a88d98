"""What can go wrong while a model is made, for people: what happened and what to do about it."""

from __future__ import annotations

from voice.errors import CallfloorError


class TrainingError(CallfloorError):
    """A model cannot be made from this: a missing tool, a word without a pronunciation, an input that does not fit."""
