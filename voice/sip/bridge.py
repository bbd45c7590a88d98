"""Who is connected to whom inside the conference bridge: named ports, and paths set as a whole.

Rules of pjsua2 kept here: a port is made once and reused, never deleted while connected; a leg's port is forgotten
without a call when the leg is over, for PJSIP has removed it and its number may belong to another leg.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pjsua2 as pj

from voice.phone import AudioPath, PhoneError, PhoneFailure

log = logging.getLogger(__name__)

Hop = tuple[str, str]  # source port, sink port


def diff(active: Mapping[Hop, float], wanted: Mapping[Hop, float]) -> tuple[list[Hop], list[tuple[Hop, float]]]:
    """What to stop, then what to start, to get from ``active`` to ``wanted``; a new gain is a stop and a start."""
    stops = [hop for hop, gain in active.items() if wanted.get(hop) != gain]
    starts = [(hop, gain) for hop, gain in wanted.items() if active.get(hop) != gain]
    return sorted(stops), sorted(starts)


def check_paths(paths: frozenset[AudioPath]) -> None:
    """Refuse gains outside 0..2 and one hop with two gains. Raises PhoneError BAD_ARGUMENT."""
    hops: set[Hop] = set()
    for path in paths:
        if not 0.0 <= path.gain <= 2.0:  # NaN fails this too
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"gain {path.gain} of {path.source} to {path.sink}, not 0..2")
        if (path.source, path.sink) in hops:
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{path.source} to {path.sink} has two gains")
        hops.add((path.source, path.sink))


class Bridge:
    """Carries paths out. Used by the command thread only. ``refused`` counts paths PJSIP would not make."""

    def __init__(self) -> None:
        self._ports: dict[str, Any] = {}
        self._wanted: dict[Hop, float] = {}
        self._active: dict[Hop, float] = {}
        self.refused = 0

    @property
    def active(self) -> Mapping[Hop, float]:
        """The hops that carry sound now, with their gains."""
        return self._active

    def is_heard(self, port: str) -> bool:
        """Whether anybody is connected to what ``port`` says."""
        return any(hop[0] == port for hop in self._active)

    def set_paths(self, paths: frozenset[AudioPath]) -> list[Hop]:
        """Make ``paths`` (checked) the paths; returns the hops that PJSIP refused."""
        self._wanted = {(path.source, path.sink): float(path.gain) for path in paths}
        return self._apply()

    def plug(self, name: str, media: Any) -> list[Hop]:
        """A port exists (again: a re-INVITE may have replaced it); begin its paths. Returns refused hops."""
        if name in self._ports and self._ports[name].getPortId() != media.getPortId():
            self._forget(name)
        self._stop(lambda hop: name in hop)
        self._ports[name] = media
        return self._apply()

    def unplug(self, name: str, *, for_good: bool) -> None:
        """PJSIP removed the port. ``for_good``: its wanted paths go too, so that a later port may reuse the name."""
        self._ports.pop(name, None)
        self._forget(name)
        if for_good:
            self._wanted = {hop: gain for hop, gain in self._wanted.items() if name not in hop}

    def clear(self) -> None:
        """Stop every path and drop every port: the last step before the ports may be deleted."""
        self._wanted = {}
        self._apply()
        self._ports.clear()

    def _apply(self) -> list[Hop]:
        possible = {hop: gain for hop, gain in self._wanted.items() if hop[0] in self._ports and hop[1] in self._ports}
        stops, starts = diff(self._active, possible)
        self._stop(frozenset(stops).__contains__)
        return [hop for hop, gain in starts if not self._start(hop, gain)]

    def _start(self, hop: Hop, gain: float) -> bool:
        param = pj.AudioMediaTransmitParam()
        param.level = gain
        try:
            self._ports[hop[0]].startTransmit2(self._ports[hop[1]], param)
        except pj.Error as error:
            self.refused += 1
            log.info("no path %s to %s: %s", *hop, error.reason)
            return False
        self._active[hop] = gain
        return True

    def _forget(self, name: str) -> None:
        """The paths of a port that PJSIP has removed. To stop one towards it would stop every path of its source: PJSIP
        takes a sink that is gone for all of them.
        """
        self._active = {hop: gain for hop, gain in self._active.items() if name not in hop}

    def _stop(self, concerned: Callable[[Hop], bool]) -> None:
        for hop in [hop for hop in self._active if concerned(hop)]:
            del self._active[hop]
            try:
                self._ports[hop[0]].stopTransmit(self._ports[hop[1]])
            except pj.Error as error:  # a leg that is just ending: its port, and so the path, is gone
                log.debug("path %s to %s was gone: %s", *hop, error.reason)
