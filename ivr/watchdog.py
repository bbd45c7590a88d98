"""Notices that a station has died: it sends nothing, though its leg is up. Pure."""

from __future__ import annotations

LOST_S = 10.0
"""Seconds without a packet from an agent's station, from one report (each 5 s) to another, so that it is noticed within
15 s. Our stations send all the time, muted or not.
"""
SUSPECTED_S = 3.0
"""The same where the floor has lost the station's link too, and its leg is looked at every second."""


class Watchdog:
    """Watches one leg at a time; another leg starts anew."""

    def __init__(self) -> None:
        self._leg_id = ""
        self._heard_at = 0.0

    def silent_s(self, leg_id: str, packets: int | bool, now: float) -> float:
        """``packets`` of RTP have come since the last report, at ``now``: for how many seconds there were none."""
        if packets or leg_id != self._leg_id:
            self._leg_id, self._heard_at = leg_id, now
        return now - self._heard_at
