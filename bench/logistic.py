"""Logistic models for ``bench.direction`` and ``bench.opening``: multinomial, by Newton's method, small weights
preferred (Hastie, Tibshirani and Friedman 2009, 4.4.1).
"""

from __future__ import annotations

import numpy as np

_RIDGE = 10.0
_ROUNDS = 30


def fit(rows: np.ndarray, of: np.ndarray) -> np.ndarray:
    """(columns, classes - 1): the weights of each class against class 0. ``rows``: (moments, columns), the last column
    1; ``of``: their classes.
    """
    scale = rows.std(axis=0)
    scale[scale == 0.0] = 1.0
    scaled, count, classes = rows / scale, rows.shape[1], range(1, int(of.max()) + 1)
    weights = np.zeros((count, len(classes)))
    ridge = np.tile(np.append(np.full(count - 1, _RIDGE), 1e-6), len(classes))
    wanted = np.stack([of == each for each in classes], axis=1).astype(float)
    for _ in range(_ROUNDS):
        odds = np.exp(scaled @ weights)
        chances = odds / (1.0 + odds.sum(axis=1, keepdims=True))
        slope = (scaled.T @ (wanted - chances)).T.ravel() - ridge * weights.T.ravel()
        blocks = [
            [scaled.T @ (scaled * (chances[:, a] * ((a == b) - chances[:, b]))[:, None]) for b in range(len(classes))]
            for a in range(len(classes))
        ]
        weights += np.linalg.solve(np.block(blocks) + np.diag(ridge), slope).reshape(len(classes), count).T
    found: np.ndarray = weights / scale[:, None]
    return found
