from __future__ import annotations

import pytest

from voice.phone import LegQuality
from voice.quality import MOS_WARNING, R_DEFAULT, StreamCounters, leg_quality, mos_of, rating


@pytest.mark.parametrize(("r", "mos"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)])
def test_mos_as_in_g107_table_b1(r: float, mos: float) -> None:
    assert mos_of(r) == pytest.approx(mos, abs=0.01)  # the table itself rounds upwards here and there


def test_the_ends_of_the_scale() -> None:
    assert mos_of(R_DEFAULT) == pytest.approx(4.41, abs=0.005)
    assert mos_of(-5) == 1.0
    assert mos_of(2) >= 1.0  # the cubic dips below 1 here
    assert mos_of(120) == 4.5


def test_loss_as_in_g113_for_g711_with_concealment() -> None:
    assert R_DEFAULT - rating(0.01, 0.0) == pytest.approx(95 * 1 / 26.1)
    assert R_DEFAULT - rating(0.05, 0.0) == pytest.approx(95 * 5 / 30.1)
    assert rating(0.01, 0.0, "GSM/8000") < rating(0.01, 0.0, "PCMU/8000")


def test_delay_hurts_more_beyond_177_ms() -> None:
    assert R_DEFAULT - rating(0.0, 150.0) == pytest.approx(3.6)
    assert R_DEFAULT - rating(0.0, 277.3) == pytest.approx(0.024 * 277.3 + 11.0)


def whole(**counters: float) -> LegQuality:
    now = StreamCounters(jitter_ms=1.0, rtt_ms=20.0, buffer_ms=40.0, **counters)  # type: ignore[arg-type]
    return leg_quality("leg", now, StreamCounters(), "PCMU/8000")


def test_discards_count_as_loss_and_nothing_received_is_not_a_fault() -> None:
    assert whole(received=990, lost=10, discarded=10).loss == pytest.approx(0.02)
    assert whole().loss == 0.0
    assert whole(received=5, discarded=9).loss == 1.0


def test_an_interval_counts_what_came_in_it() -> None:
    before = StreamCounters(received=1000, lost=100, sent=1000, far_lost=0)
    now = StreamCounters(received=1250, lost=100, sent=1250, far_lost=50)
    quality = leg_quality("leg", now, before, "PCMU/8000")
    assert (quality.received, quality.loss) == (250, 0.0)
    assert quality.far_loss == pytest.approx(0.2)
    assert quality.mos > 4.3
    assert quality.far_mos < MOS_WARNING


def test_a_new_stream_counts_from_zero() -> None:
    quality = leg_quality("leg", StreamCounters(received=50, lost=50, sent=100), StreamCounters(9000, 1), "PCMU/8000")
    assert (quality.received, quality.loss) == (50, 0.5)


def test_a_fifth_of_the_packets_lost_is_warned_of() -> None:
    good = leg_quality("leg", StreamCounters(received=250, rtt_ms=40, buffer_ms=40), StreamCounters(), "PCMU/8000")
    bad = leg_quality("leg", StreamCounters(received=200, lost=50, rtt_ms=40), StreamCounters(), "PCMU/8000")
    assert good.mos >= MOS_WARNING > bad.mos
