"""Voice quality of a leg as a number: the E-model (ITU-T G.107), simplified as usual for packet voice.

R = 93.2 − Id − Ie_eff. Id by Cole and Rosenbluth (2001), an approximation of G.107's echo-free delay impairment;
Ie_eff by G.107 (7-29) for random loss (BurstR = 1); Ie and Bpl from ITU-T G.113 Appendix I (codecs with packet loss
concealment, as PJMEDIA has); MOS from R by G.107 Annex B. G.722 is rated on the narrowband scale, hence too low
rather than too high.
"""

from __future__ import annotations

from dataclasses import dataclass

R_DEFAULT = 93.2

_IMPAIRMENT = {"PCMU": (0.0, 25.1), "PCMA": (0.0, 25.1), "G722": (0.0, 25.1), "GSM": (20.0, 43.0)}


@dataclass(frozen=True, slots=True)
class LegQuality:
    """One moment of a leg. ``loss`` is 0..1 of the packets we should have received so far (lost or too late);
    ``rtt_ms`` is 0.0 until RTCP has answered; ``buffer_ms`` is the jitter buffer's mean delay.
    """

    received: int
    loss: float
    jitter_ms: float
    rtt_ms: float
    buffer_ms: float
    mos: float


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


def leg_quality(
    *, received: int, lost: int, discarded: int, jitter_ms: float, rtt_ms: float, buffer_ms: float, codec: str
) -> LegQuality:
    """The quality of what we hear on a leg, from RTCP and jitter buffer counters (packets; milliseconds).

    Mouth to ear is taken as half the round trip, the jitter buffer, and 40 ms for packets and bridge (20 ms each).
    """
    expected = received + lost
    missing = min(expected, lost + discarded)
    loss = missing / expected if expected else 0.0
    mos = mos_of(rating(loss, rtt_ms / 2 + buffer_ms + 40.0, codec))
    return LegQuality(received, loss, jitter_ms, rtt_ms, buffer_ms, mos)
