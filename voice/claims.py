"""Claiming a contact worker for a call that we begin, the front's one command; and how workers call workers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from voice.commands import Command

FRONT_ADDRESS = "front"
_BRIDGE = "bridge-"
_ORDER = re.compile(r"[A-Za-z0-9]{0,32}")


@dataclass(frozen=True, slots=True)
class ClaimWorker(Command):
    """To ``front``: give an idle worker to ``order`` (at most 32 letters and digits), which the worker is told."""

    type: ClassVar[str] = "front.claim_worker"
    order: str


def bridge_user(worker_id: str) -> str:
    """The user of the URI by which other workers reach a supervisor's bridge. Workers come before stations there."""
    return f"{_BRIDGE}{worker_id}"


def bridge_of(user: str) -> str:
    """The worker that ``user`` of a URI means; empty: none."""
    return user.removeprefix(_BRIDGE) if user.startswith(_BRIDGE) else ""


def is_order(text: object) -> bool:
    """Whether ``text`` can name an order; empty is none."""
    return isinstance(text, str) and _ORDER.fullmatch(text) is not None
