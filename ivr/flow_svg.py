"""A flow as an SVG picture: its nodes in rows, each as far down as the shortest way to it is long."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from ivr.drawing import said_first, way
from ivr.schema import Flow

WIDE, HIGH = 230, 50
_ACROSS, _DOWN, _EDGE, _LANE, _BEND = 26, 74, 20, 12, 14
_LETTERS = 32
_STYLE = (
    "text{font:12px sans-serif;fill:#1a1a1a}.name{font-weight:bold}.way{font-size:11px;fill:#0b5394}"
    "rect{fill:#f6f8fa;stroke:#57606a}.branch{fill:#fff4d6}.end{fill:#e6e6e6}"
    "path{fill:none;stroke:#57606a}.back{stroke:#b35900}"
)
_HEAD = '<marker id="to" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'


@dataclass(frozen=True, slots=True)
class _Box:
    """A node's upper left corner, in pixels, and its row."""

    x: float
    y: float
    row: int


def svg(flow: Flow) -> str:
    """``flow`` as SVG 1.1: a box per node, an arrow per way out. Ways that lead up again run in lanes on the right."""
    rows = _rows(flow)
    inner = max(len(row) for row in rows) * (WIDE + _ACROSS) - _ACROSS
    boxes = {
        name: _Box(_EDGE + (inner - len(row) * (WIDE + _ACROSS) + _ACROSS) / 2 + place * (WIDE + _ACROSS), y, number)
        for number, row in enumerate(rows)
        for place, name in enumerate(row)
        for y in (_EDGE + number * (HIGH + _DOWN),)
    }
    arrows, lanes = _arrows(flow, boxes, _EDGE + inner + _LANE)
    width, height = 2 * _EDGE + inner + (lanes + 1) * _LANE, 2 * _EDGE + len(rows) * (HIGH + _DOWN)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(flow.name)}</title><style>{_STYLE}</style>",
        f'<defs>{_HEAD}<path d="M0 0L8 4L0 8" fill="none"/></marker></defs>',
        *arrows,
        *(line for name, box in boxes.items() for line in _box(flow, name, box)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rows(flow: Flow) -> list[list[str]]:
    """The nodes by the number of steps from the start; within a row as their ways in leave the row above."""
    rows, seen = [[flow.start]], {flow.start}
    while rows[-1]:
        below = dict.fromkeys(target for name in rows[-1] for _, target in flow.nodes[name].targets())
        rows.append([name for name in below if name not in seen])
        seen.update(below)
    return rows[:-1]


def _arrows(flow: Flow, boxes: dict[str, _Box], right: float) -> tuple[list[str], int]:
    """The arrows, with what leads along them; and how many lanes on the right they take."""
    lines: list[str] = []
    lanes = 0
    for name, node in flow.nodes.items():
        source, ways = boxes[name], list(node.targets())
        for number, (key, target) in enumerate(ways, start=1):
            to = boxes[target]
            x, y, end = source.x + WIDE * number / (len(ways) + 1), source.y + HIGH, to.x + WIDE / 2
            if to.row > source.row:
                kind, low, above = "on", y + _DOWN / 2, to.y - _DOWN / 2
                course = f"C{x:.0f} {low:.0f} {end:.0f} {above:.0f} {end:.0f} {to.y:.0f}"
            else:
                kind, lane, lanes = "back", right + lanes * _LANE, lanes + 1
                course = f"v{_BEND}H{lane:.0f}V{to.y - _BEND:.0f}H{end:.0f}V{to.y:.0f}"
            lines.append(f'<path class="{kind}" marker-end="url(#to)" d="M{x:.0f} {y:.0f}{course}"/>')
            if label := way(key):
                lines.append(f'<text class="way" x="{x + 3:.0f}" y="{y + 12:.0f}">{escape(label)}</text>')
    return lines, lanes


def _box(flow: Flow, name: str, box: _Box) -> list[str]:
    node = flow.nodes[name]
    kind = "end" if node.terminal else "branch" if node.verb == "branch" else "node"
    said = said_first(node, _LETTERS)
    return [
        f'<rect class="{kind}" x="{box.x:.0f}" y="{box.y:.0f}" width="{WIDE}" height="{HIGH}" rx="6"/>',
        f'<text class="name" x="{box.x + 8:.0f}" y="{box.y + 20:.0f}">{escape(f"{node.verb}: {name}")}</text>',
        f'<text x="{box.x + 8:.0f}" y="{box.y + 38:.0f}">{escape(said)}</text>',
    ]
