"""Voice quality of a leg as a number: the E-model (ITU-T G.107), simplified as usual for packet voice. Pure.

R = 93.2 − Id − Ie_eff. Id by Cole and Rosenbluth (2001), an approximation of G.107's echo-free delay impairment;
Ie_eff by G.107 (7-29) for random loss (BurstR = 1); Ie and Bpl from ITU-T G.113 Appendix I (codecs with packet loss
concealment, as PJMEDIA has); MOS from R by G.107 Annex B. G.722 is rated on the narrowband scale, hence too low
rather than too high.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voice.phone import LegQuality

R_DEFAULT: Final = 93.2
MOS_WARNING: Final = 3.6
"""Below this (R < 70, "many users dissatisfied" in G.107 Annex B) an agent is warned."""

PACKETS_AND_BRIDGE_MS: Final = 40.0
_IMPAIRMENT: Final = {"PCMU": (0.0, 25.1), "PCMA": (0.0, 25.1), "G722": (0.0, 25.1), "GSM": (20.0, 43.0)}


@dataclass(frozen=True, slots=True)
class StreamCounters:
    """What RTCP and the jitter buffer have counted since the leg's sound began, in packets and milliseconds.

    ``lost`` never came, ``discarded`` came too late; ``sent`` and ``far_lost`` are of our own stream, the latter by the
    far end's receiver reports (RFC 3550 6.4). ``rtt_ms`` is 0.0 until RTCP has answered.
    """

    received: int = 0
    lost: int = 0
    discarded: int = 0
    sent: int = 0
    far_lost: int = 0
    jitter_ms: float = 0.0
    far_jitter_ms: float = 0.0
    rtt_ms: float = 0.0
    buffer_ms: float = 0.0


def rating(loss: float, delay_ms: float, codec: str = "PCMU") -> float:
    """R of one direction: ``loss`` 0..1, ``delay_ms`` mouth to ear. Unknown codecs are rated like G.711."""
    base, robustness = _IMPAIRMENT.get(codec.split("/", 1)[0].upper(), (0.0, 25.1))
    percent = 100.0 * min(max(loss, 0.0), 1.0)
    equipment = base + (95.0 - base) * percent / (percent + robustness)
    delay = max(delay_ms, 0.0)
    late = 0.11 * (delay - 177.3) if delay > 177.3 else 0.0
    return R_DEFAULT - (0.024 * delay + late) - equipment


def mos_of(r: float) -> float:
    """Mean opinion score, 1.0 to 4.5, of a rating (G.107 Annex B)."""
    if r <= 0.0:
        return 1.0
    if r >= 100.0:
        return 4.5
    return max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6)


def leg_quality(leg_id: str, now: StreamCounters, before: StreamCounters, codec: str) -> LegQuality:
    """The quality of a leg between two readings of its counters; ``before`` is all zero for the whole leg.

    Mouth to ear is taken as half the round trip, the jitter buffer (at the far end, which does not tell, twice its
    jitter), and 40 ms for packets and bridge (20 ms each). Counters that went back (a re-INVITE made a new stream)
    count from zero.
    """
    if now.received < before.received or now.sent < before.sent:
        before = StreamCounters()
    received = now.received - before.received
    loss = _share(now.lost + now.discarded - before.lost - before.discarded, received + now.lost - before.lost)
    far_loss = _share(now.far_lost - before.far_lost, now.sent - before.sent)
    travel = now.rtt_ms / 2 + PACKETS_AND_BRIDGE_MS
    return LegQuality(
        leg_id=leg_id,
        received=received,
        loss=loss,
        jitter_ms=now.jitter_ms,
        rtt_ms=now.rtt_ms,
        buffer_ms=now.buffer_ms,
        mos=mos_of(rating(loss, travel + now.buffer_ms, codec)),
        far_loss=far_loss,
        far_mos=mos_of(rating(far_loss, travel + 2 * now.far_jitter_ms, codec)),
    )


def _share(part: int, whole: int) -> float:
    return min(max(part, 0) / whole, 1.0) if whole > 0 else 0.0
