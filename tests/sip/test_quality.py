from __future__ import annotations

import pytest

from voice.sip.quality import R_DEFAULT, leg_quality, mos_of, rating


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


def test_discards_count_as_loss_and_nothing_received_is_not_a_fault() -> None:
    one = {"jitter_ms": 1.0, "rtt_ms": 20.0, "buffer_ms": 40.0, "codec": "PCMU/8000"}
    assert leg_quality(received=990, lost=10, discarded=10, **one).loss == pytest.approx(0.02)  # type: ignore[arg-type]
    assert leg_quality(received=0, lost=0, discarded=0, **one).loss == 0.0  # type: ignore[arg-type]
    assert leg_quality(received=5, lost=0, discarded=9, **one).loss == 1.0  # type: ignore[arg-type]
