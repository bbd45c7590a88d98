"""OpenFst's ``const`` and ``olabel_lookahead`` files, written without OpenFst.

Layout (OpenFst 1.7 to 1.8, little-endian): a header, states of 20 bytes (final weight, first arc, arcs, input and
output epsilons), arcs of 16 bytes (labels, weight, next state). A look-ahead file wraps such an FST and adds, for each
state, the intervals of output labels that can be read next, for composition with a grammar at run time. Weights are
negative natural logarithms.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from transcription.training.errors import TrainingError

EPSILON = 0
_MAGIC = 2125659606
_ADD_ON_MAGIC = 446681434
_EXPANDED, _ACCEPTOR, _INPUT_SORTED, _OUTPUT_SORTED = 0x1, 0x10000, 0x10000000, 0x40000000
_STATE = np.dtype([("final", "<f4"), ("first", "<u4"), ("arcs", "<u4"), ("in_eps", "<u4"), ("out_eps", "<u4")])
_ARC = np.dtype([("ilabel", "<i4"), ("olabel", "<i4"), ("weight", "<f4"), ("next", "<i4")])

Arc = tuple[int, int, float, int]
"""Input label, output label, weight, next state."""


@dataclass
class Fst:
    """A transducer being built. State 0 is the start."""

    arcs: list[list[Arc]] = field(default_factory=lambda: [[]])
    finals: dict[int, float] = field(default_factory=dict)

    def add_state(self) -> int:
        """A new state's number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def add(self, source: int, ilabel: int, olabel: int, weight: float, target: int) -> None:
        """An arc."""
        self.arcs[source].append((ilabel, olabel, weight, target))

    def connected(self) -> Fst:
        """Without states that the start does not reach or that reach no final one; renumbered, the start stays 0."""
        forward = _reached({0}, [[arc[3] for arc in arcs] for arcs in self.arcs])
        backwards: list[list[int]] = [[] for _ in self.arcs]
        for source, arcs in enumerate(self.arcs):
            for arc in arcs:
                backwards[arc[3]].append(source)
        kept = sorted(forward & _reached(set(self.finals), backwards))
        if 0 not in kept:
            raise TrainingError("a graph without a path")
        number = {state: index for index, state in enumerate(kept)}
        arcs_kept = [[(i, o, w, number[n]) for i, o, w, n in self.arcs[state] if n in number] for state in kept]
        return Fst(arcs_kept, {number[state]: weight for state, weight in self.finals.items() if state in number})


def const_file(fst: Fst, by_output: bool = False) -> bytes:
    """The FST as a ``const`` file, arcs sorted by input label, or by output label."""
    states, arcs = _tables(fst, by_output)
    acceptor = bool(np.all(arcs["ilabel"] == arcs["olabel"]))
    sorting = _OUTPUT_SORTED if by_output else _INPUT_SORTED
    properties = _EXPANDED | sorting | (_ACCEPTOR | _INPUT_SORTED | _OUTPUT_SORTED if acceptor else 0)
    return _header("const", 2, properties, 0, len(states), len(arcs)) + states.tobytes() + arcs.tobytes()


def read_const(content: bytes) -> Fst:
    """What ``const_file`` wrote. Raises ValueError if it is anything else."""
    head = _header("const", 2, 0, 0, 0, 0)
    size = len(head)
    if len(content) < size or content[: size - 40] != head[: size - 40]:
        raise ValueError("not a const FST")
    _, _, _, start, states, arcs = struct.unpack("<iiQqqq", content[size - 40 : size])
    if start != 0 or len(content) != size + states * _STATE.itemsize + arcs * _ARC.itemsize:
        raise ValueError("not a const FST of this package")
    table = np.frombuffer(content, _STATE, states, size)
    flat = np.frombuffer(content, _ARC, arcs, size + states * _STATE.itemsize).tolist()
    ends = table["first"] + table["arcs"]
    finals = {int(state): float(table["final"][state]) for state in np.flatnonzero(np.isfinite(table["final"]))}
    return Fst([flat[first:end] for first, end in zip(table["first"], ends, strict=True)], finals)


def check_whole(content: bytes) -> None:
    """Raises ValueError where a file is none of OpenFst's, or too short for the states and arcs its header names (told
    for ``const`` files, alone or within others).
    """
    at = 0
    while True:
        if content[at : at + 4] != struct.pack("<i", _MAGIC):
            raise ValueError("not a file of OpenFst's")
        try:
            (length,) = struct.unpack_from("<i", content, at + 4)
            kind = content[at + 8 : at + 8 + length]
            (arc_length,) = struct.unpack_from("<i", content, at + 8 + length)
            counts = at + 12 + length + arc_length
            _, _, _, _, states, arcs = struct.unpack_from("<iiQqqq", content, counts)
        except struct.error:
            raise ValueError("cut off in its header") from None
        at = counts + 40
        if not kind.endswith(b"_lookahead"):
            break
        at += 4  # the add-on's magic number, then the FST that it was added to
    if kind == b"const" and len(content) < at + states * _STATE.itemsize + arcs * _ARC.itemsize:
        raise ValueError("cut off")


def lookahead_file(fst: Fst, labels: int) -> bytes:
    """The FST as an ``olabel_lookahead`` file. Its output labels, 1..``labels``, must be numbered by ``reach_order``.

    Its arcs are sorted by output label: where they are not, OpenFst silently does not look ahead.
    """
    inner = const_file(fst, by_output=True)
    reach = b"".join(_interval_set(labels_here) for labels_here in _reachable(fst, labels))
    data = struct.pack("<??iq", False, False, labels + 1, len(fst.arcs)) + reach
    head = _header("olabel_lookahead", 1, _EXPANDED | _OUTPUT_SORTED, -1, 0, 0) + struct.pack("<i", _ADD_ON_MAGIC)
    # An add-on is a pair: nothing to look ahead on the input side, the data on the output side.
    return head + inner + struct.pack("<???", True, False, True) + data


def reach_order(fst: Fst) -> list[int]:
    """Output labels in the order a depth-first walk meets them: labels below one state of a prefix tree come out
    adjacent, so that what a state can read next is few intervals once the n-th of them is numbered n (from 1).
    """
    met: dict[int, None] = {}
    seen = {0}
    stack = [iter(sorted(fst.arcs[0]))]
    while stack:
        arc = next(stack[-1], None)
        if arc is None:
            stack.pop()
        elif arc[1] != EPSILON:
            met[arc[1]] = None
            if arc[3] not in seen:  # what lies behind a label matters only if nothing else leads there
                seen.add(arc[3])
                stack.insert(0, iter(sorted(fst.arcs[arc[3]])))
        elif arc[3] not in seen:
            seen.add(arc[3])
            stack.append(iter(sorted(fst.arcs[arc[3]])))
    return list(met)


def _reachable(fst: Fst, labels: int) -> list[list[int]]:
    """For each state, the output labels met first on some path from it, ascending; ``labels + 1`` where it can end
    without one.
    """
    # A set is a whole number with a bit for each label: a union of a thousand is one operation.
    found = [sum({1 << arc[1] for arc in arcs if arc[1]}) for arcs in fst.arcs]
    for state in fst.finals:
        found[state] |= 1 << (labels + 1)
    before: list[list[int]] = [[] for _ in fst.arcs]
    for source, arcs in enumerate(fst.arcs):
        for arc in arcs:
            if arc[1] == EPSILON and arc[3] != source:
                before[arc[3]].append(source)
    pending = list(range(len(fst.arcs)))
    while pending:
        state = pending.pop()
        for source in before[state]:
            if found[state] & ~found[source]:
                found[source] |= found[state]
                pending.append(source)
    return [[label for label in range(1, labels + 2) if bits >> label & 1] for bits in found]


def _interval_set(labels: list[int]) -> bytes:
    intervals: list[tuple[int, int]] = []
    for label in labels:
        if intervals and intervals[-1][1] == label:
            intervals[-1] = (intervals[-1][0], label + 1)
        else:
            intervals.append((label, label + 1))
    packed = b"".join(struct.pack("<ii", *interval) for interval in intervals)
    return struct.pack("<q", len(intervals)) + packed + struct.pack("<i", len(labels))


def _tables(fst: Fst, by_output: bool) -> tuple[np.ndarray, np.ndarray]:
    states = np.zeros(len(fst.arcs), _STATE)
    ordered = [sorted(arcs, key=(lambda arc: (arc[1], arc)) if by_output else None) for arcs in fst.arcs]
    arcs = np.array([arc for one in ordered for arc in one], _ARC)
    states["final"] = [fst.finals.get(state, np.inf) for state in range(len(fst.arcs))]
    states["arcs"] = [len(one) for one in ordered]
    states["first"] = np.concatenate([[0], np.cumsum(states["arcs"])[:-1]])
    states["in_eps"] = [sum(arc[0] == EPSILON for arc in one) for one in ordered]
    states["out_eps"] = [sum(arc[1] == EPSILON for arc in one) for one in ordered]
    return states, arcs


def _header(kind: str, version: int, properties: int, start: int, states: int, arcs: int) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<i", len(value)) + value.encode()

    flags = 0
    counts = struct.pack("<iiQqqq", version, flags, properties, start, states, arcs)
    return struct.pack("<i", _MAGIC) + text(kind) + text("standard") + counts


def _reached(start: set[int], edges: list[list[int]]) -> set[int]:
    seen, pending = set(start), list(start)
    while pending:
        for state in edges[pending.pop()]:
            if state not in seen:
                seen.add(state)
                pending.append(state)
    return seen
