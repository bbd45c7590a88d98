"""Who calls, as far as routing cares: declared here, known to whoever keeps customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Caller:
    """``known``: in the directory; ``vip``: a VIP to the shop; ``last_agent``: who talked with them last, if anyone;
    where the caller is not known, with whoever called from that number.
    """

    known: bool = False
    vip: bool = False
    last_agent: str = ""


STRANGER = Caller()


class CallerDirectory(Protocol):
    """Finds callers by their numbers."""

    async def caller(self, number: str) -> Caller:
        """Who calls from ``number``; a stranger where nobody, several, or nothing certain is found. Never raises."""
