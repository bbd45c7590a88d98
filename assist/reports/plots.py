"""Plots as inline SVG: bars and lines, with a title a screen reader says. No script, no outside file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 24
_ROW, _NAMES, _NUMBER, _LONGEST = 24, 240, 48, 36
"""Of bars that lie: a row's height, the room for names and for the number, and the most characters of a name."""
_LETTER, _GAP = 8, 12
"""Of labels under a plot: the width of a character, about, and what lies between two labels."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a plot: ``kind`` is its CSS class; a None value leaves a hole."""

    name: str
    kind: str
    values: Sequence[float | None]


def stacked_bars(title: str, labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """Bars, one a label, each the sum of its series, the first at the bottom."""
    heights = [sum(one.values[i] or 0.0 for one in series) for i in range(len(labels))]
    top = _round_up(max(heights, default=0.0))
    step = _step(labels)
    marks = []
    for i in range(len(labels)):
        base = 0.0
        for one in series:
            value = one.values[i] or 0.0
            if value:
                y, height = _y(base + value, top), _y(base, top) - _y(base + value, top)
                hint = f"{labels[i]}: {one.name} {value:g}"
                marks.append(
                    f'<rect class="{one.kind}" x="{_LEFT + i * step + step * 0.1:.1f}" y="{y:.1f}" '
                    f'width="{step * 0.8:.1f}" height="{height:.1f}"><title>{escape(hint)}</title></rect>'
                )
            base += value
    return _plot(title, labels, top, "".join(marks), series)


def lines(title: str, labels: Sequence[str], series: Sequence[Series], top: float, target: float | None) -> Markup:
    """Lines over the labels from 0 to ``top``, with ``target`` drawn across."""
    step = _step(labels)
    marks = []
    if target is not None:
        y = _y(target, top)
        marks.append(f'<line class="target" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    for one in series:
        for run in _runs(one.values):
            points = [(_LEFT + (i + 0.5) * step, _y(value, top)) for i, value in run]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            marks.append(f'<polyline class="{one.kind} line" points="{path}"/>')
            marks += [f'<circle class="{one.kind}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points]
    return _plot(title, labels, top, "".join(marks), series)


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Values beside each other, with their places: what lies between is not known, and no line leads over it."""
    for known, group in itertools.groupby(enumerate(values), key=lambda each: each[1] is not None):
        if known:
            yield [(i, value) for i, value in group if value is not None]


def rows(title: str, labels: Sequence[str], series: Sequence[Series], top: float | None = None) -> Markup:
    """Bars that lie, one a label, each the sum of its series from the left; ``top``: the end of the scale, without it
    the longest bar's. The sum stands at a bar's end, a dash where every value is None.
    """
    sums = [sum(one.values[i] or 0.0 for one in series) for i in range(len(labels))]
    top = top or max(1.0, *sums)
    height = _TOP + _ROW * len(labels) + 4
    marks = []
    for i, label in enumerate(labels):
        y, x = _TOP + i * _ROW, float(_NAMES)
        marks.append(f'<text x="{_NAMES - 8}" y="{y + 15}" text-anchor="end">{escape(_short(label))}</text>')
        for one in series:
            width = (one.values[i] or 0.0) / top * (WIDTH - _NAMES - _NUMBER)
            if width:
                hint = f"{label}: {one.name} {one.values[i]:g}"
                marks.append(
                    f'<rect class="{one.kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 6}">'
                    f"<title>{escape(hint)}</title></rect>"
                )
            x += width
        known = any(one.values[i] is not None for one in series)
        marks.append(f'<text x="{x + 6:.1f}" y="{y + 15}">{f"{sums[i]:g}" if known else "–"}</text>')
    return _framed(title, height, "".join(marks), series)


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _plot(title: str, labels: Sequence[str], top: float, marks: str, series: Sequence[Series]) -> Markup:
    step, ticks = _step(labels), []
    for share in (0.0, 0.5, 1.0):
        y = _y(top * share, top)
        ticks.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        ticks.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * share:g}</text>')
    every = max(1, -(-len(labels) // _fitting(labels)))
    for i in range(0, len(labels), every):
        x = _LEFT + (i + 0.5) * step
        ticks.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(labels[i])}</text>')
    return _framed(title, HEIGHT, "".join(ticks) + marks, series)


def _framed(title: str, height: int, marks: str, series: Sequence[Series]) -> Markup:
    legend = " ".join(f'<span class="key {one.kind}">{escape(one.name)}</span>' for one in series)
    return Markup(  # noqa: S704 - every text in it was escaped before
        f'<figure><figcaption>{escape(title)} <span class="legend">{legend}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">{marks}</svg></figure>'
    )


def _fitting(labels: Sequence[str]) -> int:
    """How many of them stand beside each other."""
    longest = max((len(label) for label in labels), default=0)
    return int((WIDTH - _LEFT - _RIGHT) // (longest * _LETTER + _GAP))


def _step(labels: Sequence[str]) -> float:
    return (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))


def _y(value: float, top: float) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - min(1.0, value / top if top else 0.0))


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    size = 1.0
    while size * 10 <= value:
        size *= 10
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= value)
