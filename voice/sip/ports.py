"""Our own audio ports and the paths between them and the legs. Used by the command thread only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice.audio import AudioSink
from voice.clock import Clock
from voice.phone import AudioPath, FrameSource, PhoneError, PhoneFailure
from voice.sip.bridge import Bridge, Hop, check_paths
from voice.sip.legs import LegTable
from voice.sip.media import FRAME_MS, Batcher, FrameCopy, SourcePort, TapPort, choose_copy
from voice.sip.stack import refusals


class Ports:
    """Sources, taps and who is connected to whom. ``bridge`` also carries the legs' ports."""

    def __init__(self, rate: int, clock: Clock, legs: LegTable, copy: FrameCopy | None) -> None:
        self.bridge = Bridge()
        self._rate = rate
        self._clock = clock
        self._legs = legs
        self._copy = copy
        self._sources: dict[str, SourcePort] = {}
        self._taps: dict[str, TapPort] = {}

    def drop(self) -> None:
        """Let go of every port, once no clock can call them."""
        self._taps.clear()
        self._sources.clear()

    def add_source(self, name: str, source: FrameSource, rate: int | None = None) -> None:
        """See ``Phone.add_source``. PJMEDIA resamples what is not at the bridge's rate."""
        copy = self._check(name, self._taps)
        if name in self._sources:
            self._sources[name].source = source
            return
        _check_rate(rate)
        with refusals():
            self._sources[name] = port = SourcePort(name, rate or self._rate, source, copy)
        self.bridge.plug(name, port)

    def add_sink(self, name: str, sink: AudioSink, batch_ms: int, rate: int | None = None) -> None:
        """See ``Phone.add_sink``."""
        copy = self._check(name, self._sources)
        if batch_ms % FRAME_MS or not FRAME_MS <= batch_ms <= 1000:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"batch of {batch_ms} ms, not a multiple of 20 up to 1000")
        _check_rate(rate)
        if name in self._taps:
            known = self._taps[name]
            known.batcher = Batcher(sink, known.rate, batch_ms, self._clock)
            return
        batcher = Batcher(sink, rate or self._rate, batch_ms, self._clock)
        with refusals():
            self._taps[name] = port = TapPort(name, rate or self._rate, batcher, copy)
        self.bridge.plug(name, port)

    def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """See ``Phone.set_paths``; paths of a leg that has just ended are silently without effect."""
        check_paths(paths)
        for path in paths:
            if not (self._legs.knows_port(path.source) or path.source in self._sources):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, f"{path.source} cannot speak")
            if not (self._legs.knows_port(path.sink) or path.sink in self._taps):
                raise PhoneError(PhoneFailure.NO_SUCH_PORT, f"{path.sink} cannot hear")
        living = {leg.port for leg in self._legs.all()} | self._sources.keys() | self._taps.keys()
        self._judge(self.bridge.set_paths(frozenset(p for p in paths if p.source in living and p.sink in living)))

    def faults(self) -> dict[str, int]:
        """Exceptions swallowed at the media edge, by port, and paths refused; empty is healthy."""
        ports: dict[str, SourcePort | TapPort] = {**self._sources, **self._taps}
        counts = {name: port.faults for name, port in ports.items()}
        return {name: count for name, count in (counts | {"paths": self.bridge.refused}).items() if count}

    def _check(self, name: str, other_kind: Mapping[str, Any]) -> FrameCopy:
        if not name.isascii() or not name.isprintable() or not 0 < len(name) <= 60 or name.startswith("leg:"):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{name[:60]!r} cannot name a port")
        if name in other_kind:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"port {name!r} exists and is of the other kind")
        self._copy = self._copy or choose_copy()
        return self._copy

    def _judge(self, refused: list[Hop]) -> None:
        """A path may be refused because a leg is just ending; any other refusal is an error."""
        for hop in refused:
            legs = [self._legs.find(port.partition(":")[2]) for port in hop if port.startswith("leg:")]
            if all(leg is not None and not leg.ending and leg.call.isActive() for leg in legs):
                raise PhoneError(PhoneFailure.STACK, f"no path {hop[0]} to {hop[1]}")


def _check_rate(rate: int | None) -> None:
    if rate not in (None, 8000, 16000, 32000, 48000):
        raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{rate} Hz, not 8000, 16000, 32000 or 48000")
