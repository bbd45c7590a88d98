"""Many arrays of different length in one file: sounds, features, labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of different length along the first axis: row i is ``values[ends[i - 1] : ends[i]]``."""

    values: npt.NDArray[Any]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, rows: Iterable[npt.NDArray[Any]]) -> Ragged:
        """Those rows, at least one, all of one type and width."""
        kept = list(rows)
        return cls(np.concatenate(kept), np.cumsum([len(row) for row in kept], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> npt.NDArray[Any]:
        if not 0 <= index < len(self.ends):
            raise IndexError(index)
        start = 0 if index == 0 else int(self.ends[index - 1])
        return self.values[start : int(self.ends[index])]

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return (self[index] for index in range(len(self)))

    def save(self, file: Path) -> None:
        """Write it whole, or not at all."""
        part = file.with_suffix(".part.npz")
        np.savez(part, values=self.values, ends=self.ends)
        part.replace(file)

    @classmethod
    def load(cls, file: Path) -> Ragged:
        """What ``save`` wrote."""
        with np.load(file) as stored:
            return cls(stored["values"], stored["ends"])
