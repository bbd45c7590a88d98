"""How the benches say what they have seen: one definition of a percentile (``transcription.evaluation``)."""

from __future__ import annotations

from collections.abc import Sequence

from transcription.evaluation import percentile

SHARES = (50, 95, 99)


def spread(values: Sequence[float], digits: int = 1, shares: Sequence[int] = SHARES) -> dict[str, float | None]:
    """``p50`` and so on, and ``max``, rounded; None of nothing."""
    found = {f"p{share}": percentile(values, share) for share in shares} | {"max": max(values, default=None)}
    return {name: None if value is None else round(value, digits) for name, value in found.items()}
