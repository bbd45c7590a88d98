"""What a metric is: a function of sums, with its unit, and its formula and source in its docstring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assist.metrics.totals import Totals


@dataclass(frozen=True, slots=True)
class Metric:
    """``unit``: ``%``, ``s``, ``score`` or empty (a count). ``definition``: the docstring of what computes it."""

    name: str
    title: str
    unit: str
    compute: Callable[[Totals], float | None]

    @property
    def definition(self) -> str:
        """Formula and source, as the reports print them."""
        return " ".join((self.compute.__doc__ or "").split())

    def __call__(self, totals: Totals) -> float | None:
        """The value; None where there is nothing to compute it from, which is never the same as 0."""
        return self.compute(totals)


class Registry:
    """The metrics by name, in the order they were defined."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def metric(
        self, title: str, unit: str = ""
    ) -> Callable[[Callable[[Totals], float | None]], Callable[[Totals], float | None]]:
        """Decorator: the function is a metric under its own name. Raises ValueError for a second of that name."""

        def register(compute: Callable[[Totals], float | None]) -> Callable[[Totals], float | None]:
            name = compute.__name__
            if name in self._metrics:
                raise ValueError(f"the metric {name!r} is defined twice")
            self._metrics[name] = Metric(name, title, unit, compute)
            return compute

        return register

    @property
    def all(self) -> Mapping[str, Metric]:
        """Every metric by name."""
        return self._metrics


REGISTRY = Registry()


def share(part: float, whole: float) -> float | None:
    """``part`` of ``whole`` in per cent; None of nothing."""
    return 100.0 * part / whole if whole else None


def mean(total: float, count: float) -> float | None:
    """The arithmetic mean; None of nothing."""
    return total / count if count else None
