"""What a transcription server tells a monitor: counters, and its page in Prometheus' text format 0.0.4."""

from __future__ import annotations

import bisect
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENESS_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
PREFIX = "callfloor_transcription"


class Histogram:
    """How often a value (seconds) fell into each bucket; ``le`` bounds are inclusive."""

    def __init__(self, bounds: tuple[float, ...] = LATENESS_BUCKETS_S) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect.bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> list[str]:
        """Its samples."""
        *below, total = accumulate(self._counts)
        lines = [f'{name}_bucket{{le="{bound:g}"}} {count}' for bound, count in zip(self._bounds, below, strict=True)]
        return [*lines, f'{name}_bucket{{le="+Inf"}} {total}', f"{name}_sum {self._sum:g}", f"{name}_count {total}"]


@dataclass
class Statistics:
    """Counters of one server since it started. ``audio_s``: seconds taken in, speech and silence; ``refused``: by
    reason (``token``, ``full``, ``busy``, ``message``); ``partials_withheld``: batches given no time for a partial.
    """

    contacts: int = 0
    vosk_clients: int = 0
    finals: int = 0
    partials: int = 0
    partials_withheld: int = 0
    audio_s: float = 0.0
    worst_lateness_s: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    lateness: Histogram = field(default_factory=Histogram)

    def final(self, lateness_s: float) -> None:
        """A final went out, this far behind the audio received."""
        self.finals += 1
        self.worst_lateness_s = max(self.worst_lateness_s, lateness_s)
        self.lateness.observe(lateness_s)


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is the case now: open ``streams`` of at most ``max_streams``; ``lag_s``: how far a live stream
    was behind at most lately; ``decode_s``: CPU seconds the decoding threads have used.
    """

    streams: int
    max_streams: int
    waiting: int
    lag_s: float
    decode_s: float
    model: str


def page(statistics: Statistics, gauges: Gauges) -> str:
    """The text of ``/metrics``."""
    families = [
        ("model_info", "gauge", "The model in use", [f'{{model="{_escaped(gauges.model)}"}} 1']),
        ("streams", "gauge", "Streams open", [f" {gauges.streams}"]),
        ("streams_max", "gauge", "Streams the server takes", [f" {gauges.max_streams}"]),
        ("batches_waiting", "gauge", "Batches no thread has begun", [f" {gauges.waiting}"]),
        ("lag_seconds", "gauge", "How far a live stream was behind lately, at most", [f" {gauges.lag_s:g}"]),
        ("decode_seconds_total", "counter", "CPU seconds of the decoding threads", [f" {gauges.decode_s:g}"]),
        ("audio_seconds_total", "counter", "Seconds of audio taken in", [f" {statistics.audio_s:g}"]),
        ("contacts_total", "counter", "Connections of contacts", [f" {statistics.contacts}"]),
        ("vosk_clients_total", "counter", "Connections of vosk-server clients", [f" {statistics.vosk_clients}"]),
        ("finals_total", "counter", "Utterances settled", [f" {statistics.finals}"]),
        ("partials_total", "counter", "Running hypotheses sent", [f" {statistics.partials}"]),
        ("partials_withheld_total", "counter", "Batches without a partial", [f" {statistics.partials_withheld}"]),
        (
            "refused_total",
            "counter",
            "Connections refused",
            [f'{{reason="{_escaped(reason)}"}} {count}' for reason, count in sorted(statistics.refused.items())],
        ),
    ]
    lines = []
    for name, kind, text, samples in families:
        lines += [f"# HELP {PREFIX}_{name} {text}", f"# TYPE {PREFIX}_{name} {kind}"]
        lines += [f"{PREFIX}_{name}{sample}" for sample in samples]
    name = f"{PREFIX}_lateness_seconds"
    lines += [f"# HELP {name} How far finals were behind the audio", f"# TYPE {name} histogram"]
    return "\n".join([*lines, *statistics.lateness.lines(name), ""])


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
