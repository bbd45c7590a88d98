from __future__ import annotations

import array

from ivr.supervision_tone import HERTZ, PEAK, RATE, SECONDS, supervision_tone
from tests.sip.ends import goertzel


def test_it_is_one_soft_edged_beep_of_its_frequency() -> None:
    samples = array.array("h", supervision_tone())
    assert len(samples) == RATE * SECONDS
    assert samples[0] == samples[-1] == 0, "no click"
    assert max(abs(sample) for sample in samples) <= round(32767 * PEAK)
    middle = samples[80:-80]
    assert goertzel(middle, HERTZ, RATE) > 0.95 * 32767 * PEAK
    assert goertzel(middle, HERTZ / 2, RATE) < 0.02 * 32767 * PEAK
