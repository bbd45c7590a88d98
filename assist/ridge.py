"""Ridge regression over sparse rows: ``(XᵀX + ridge·I)·W = XᵀY`` by conjugate gradients, all targets at once.

Hestenes and Stiefel's method (1952) needs only products with ``X`` and ``Xᵀ``, so ten thousand examples of fifty
thousand features take seconds and no square matrix. No chance is in it: the same rows give the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
_ENOUGH = 1e-3
"""The residual, as a part of the first one, at which the weights are good enough: they are rounded to bytes later."""
_ROUNDS = 200
_TINY = np.float32(1e-30)


@dataclass(frozen=True)
class SparseRows:
    """A matrix by its entries, row after row; every row and every column has one at least. ``starts``: where each row
    begins among them.
    """

    values: Floats
    columns: Indices
    starts: Indices

    @classmethod
    def of(cls, rows: Sequence[Mapping[int, float]]) -> SparseRows:
        """Rows of values by column."""
        lengths = np.array([len(row) for row in rows])
        columns = np.fromiter((column for row in rows for column in row), np.int64, lengths.sum())
        values = np.fromiter((value for row in rows for value in row.values()), np.float32, lengths.sum())
        return cls(values, columns, np.concatenate(([0], np.cumsum(lengths)[:-1])))

    def times(self, dense: Floats) -> Floats:
        """(columns, targets) → (rows, targets)."""
        product: Floats = np.add.reduceat(dense[self.columns] * self.values[:, None], self.starts)
        return product

    def transposed(self) -> SparseRows:
        """The same matrix the other way round."""
        order = np.argsort(self.columns, kind="stable")
        lengths = np.diff(np.append(self.starts, len(self.columns)))
        rows = np.repeat(np.arange(len(lengths)), lengths)
        starts = np.flatnonzero(np.diff(self.columns[order], prepend=-1))
        return SparseRows(self.values[order], rows[order], starts)


def solve(rows: SparseRows, targets: Floats, ridge: float) -> Floats:
    """The weights, (columns, targets), for ``targets`` (rows, targets)."""
    across = rows.transposed()
    residual = across.times(targets)
    weights, direction = np.zeros_like(residual), residual.copy()
    left = _products(residual, residual)
    enough = _ENOUGH**2 * left
    for _ in range(_ROUNDS):
        if (left <= enough).all():
            break
        image = across.times(rows.times(direction)) + np.float32(ridge) * direction
        step = left / _products(direction, image)
        weights += step * direction
        residual -= step * image
        before, left = left, _products(residual, residual)
        direction = residual + left / before * direction
    return weights


def _products(some: Floats, other: Floats) -> Floats:
    """Of each target's columns; never 0, so that one may divide by it."""
    products: Floats = np.maximum((some * other).sum(axis=0), _TINY)
    return products
