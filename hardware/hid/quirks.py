"""What single devices need beyond the rules of ``callcontrol``, as data.

An entry says who it is for (``product`` None: the whole vendor) and where it is known from; the most exact entry wins.
Whatever the report descriptor tells (reject as a toggle, one report per light) is read from there and is no quirk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Quirks:
    """Times in seconds.

    ``ack_window_s``: how long the acknowledgement of an off-hook report already replaced by a newer one may arrive.
    ``ignore_hook_s``: after our off-hook report changed, no hook change is the user's for so long (0: none is ignored).
    ``microphone_light``: answer a mute with the microphone light too.
    """

    ack_window_s: float = 0.5
    ignore_hook_s: float = 0.0
    microphone_light: bool = False


@dataclass(frozen=True, slots=True)
class QuirkEntry:
    """Whose quirks, and from where they are known."""

    vendor: int
    product: int | None
    quirks: Quirks
    source: str


DEFAULT: Final = Quirks()

TABLE: Final[tuple[QuirkEntry, ...]] = ()
"""No entry yet: all that the devices tried so far need is in their descriptors. A reported device gets a line here."""


def quirks_of(vendor: int, product: int, table: tuple[QuirkEntry, ...] = TABLE) -> Quirks:
    """The quirks of a device; DEFAULT where the table does not know it."""
    for wanted in (product, None):
        for entry in table:
            if entry.vendor == vendor and entry.product == wanted:
                return entry.quirks
    return DEFAULT
