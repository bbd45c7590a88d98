"""Claiming a contact worker for a call that we begin: the one command the front takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from voice.commands import Command

FRONT_ADDRESS = "front"
_ORDER = re.compile(r"[A-Za-z0-9]{0,32}")


@dataclass(frozen=True, slots=True)
class ClaimWorker(Command):
    """To ``front``: give an idle worker to ``order`` (at most 32 letters and digits), which the worker is told."""

    type: ClassVar[str] = "front.claim_worker"
    order: str


def is_order(text: object) -> bool:
    """Whether ``text`` can name an order; empty is none."""
    return isinstance(text, str) and _ORDER.fullmatch(text) is not None
