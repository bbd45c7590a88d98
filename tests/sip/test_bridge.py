from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.phone import AudioPath, PhoneError, PhoneFailure
from voice.sip.bridge import Hop, check_paths, diff

HOPS = st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.sampled_from([0.0, 0.5, 1.0]))


def test_diff_touches_only_what_changes() -> None:
    active = {("a", "b"): 1.0, ("b", "a"): 1.0, ("c", "a"): 1.0}
    wanted = {("a", "b"): 1.0, ("b", "a"): 0.5, ("a", "tap"): 1.0}
    assert diff(active, wanted) == ([("b", "a"), ("c", "a")], [(("a", "tap"), 1.0), (("b", "a"), 0.5)])


@given(HOPS, HOPS)
def test_diff_arrives_at_what_is_wanted(active: dict[Hop, float], wanted: dict[Hop, float]) -> None:
    stops, starts = diff(active, wanted)
    result = {hop: gain for hop, gain in active.items() if hop not in stops}
    assert not result.keys() & {hop for hop, _ in starts}, "a path is stopped before it is started again"
    assert result | dict(starts) == wanted
    assert diff(wanted, wanted) == ([], [])


@pytest.mark.parametrize("gain", [-0.01, 2.01, math.nan, math.inf])
def test_gains_beyond_0_to_2_are_refused(gain: float) -> None:
    with pytest.raises(PhoneError) as caught:
        check_paths(frozenset({AudioPath("a", "b", gain)}))
    assert caught.value.failure is PhoneFailure.BAD_ARGUMENT


def test_one_hop_has_one_gain() -> None:
    check_paths(frozenset({AudioPath("a", "b", 0.0), AudioPath("b", "a", 2.0)}))
    with pytest.raises(PhoneError, match="two gains"):
        check_paths(frozenset({AudioPath("a", "b", 1.0), AudioPath("a", "b", 0.5)}))
