"""Many contact records as numpy columns: a million of them are summed in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assist.metrics.contacts import ContactRecord

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

NUMBERS: tuple[str, ...] = (
    "counted_at", "queued_at", "answered_at", "ended_at", "wait_s", "talk_s", "hold_s", "wrap_up_s", "holds",
    "transfers", "measured_s", "agent_speech_s", "caller_speech_s", "talk_over_s", "dead_air_s", "responses",
    "response_s", "csat", "nps", "ces", "resolved", "callback_kept", "outcome",
)  # fmt: skip
"""What is kept of a record as a number; NaN where it is None."""

NAMES: tuple[str, ...] = ("queue", "agent", "customer", "issue")
"""What is kept of a record as a code into a table of names."""


@dataclass(frozen=True, slots=True)
class Columns:
    """``numbers[field]``: (n,) float64. ``codes[field]``: (n,) int64 into ``names[field]``."""

    numbers: dict[str, Floats]
    codes: dict[str, Codes]
    names: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, records: Iterable[ContactRecord]) -> Self:
        """The columns of ``records``, in their order."""
        kept = list(records)
        numbers = {field: _numbers(kept, field) for field in NUMBERS}
        codes, names = {}, {}
        for field in NAMES:
            codes[field], names[field] = encode([getattr(record, field) for record in kept])
        return cls(numbers, codes, names)

    def __len__(self) -> int:
        return len(self.numbers["counted_at"])

    def __getitem__(self, field: str) -> Floats:
        """The numbers of ``field``. Raises KeyError."""
        return self.numbers[field]

    def where(self, mask: NDArray[np.bool_]) -> Columns:
        """The records ``mask`` (n,) picks."""
        numbers = {field: values[mask] for field, values in self.numbers.items()}
        return Columns(numbers, {field: values[mask] for field, values in self.codes.items()}, self.names)

    def named(self, field: str, name: str) -> NDArray[np.bool_]:
        """Which records have ``name`` in ``field``: a mask (n,), all False for a name nobody has."""
        names = self.names[field]
        found: NDArray[np.bool_] = self.codes[field] == (names.index(name) if name in names else -1)
        return found


def encode(values: Sequence[str]) -> tuple[Codes, tuple[str, ...]]:
    """Codes (n,) and the table they point into, names in the order they first appear."""
    table: dict[str, int] = {}
    codes = np.fromiter((table.setdefault(value, len(table)) for value in values), np.int64, len(values))
    return codes, tuple(table)


def _numbers(records: Sequence[ContactRecord], field: str) -> Floats:
    return np.fromiter((_number(getattr(record, field)) for record in records), np.float64, len(records))


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
