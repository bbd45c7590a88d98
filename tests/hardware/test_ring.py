from __future__ import annotations

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.audio.ring import SampleRing


def pcm(*samples: int) -> bytes:
    return array.array("h", samples).tobytes()


def test_sound_comes_out_as_it_went_in_across_the_seam() -> None:
    ring = SampleRing(capacity=5, prime=1)
    for start in range(1, 20, 3):
        assert ring.write(pcm(start, start + 1, start + 2)) == 3
        assert ring.read(3) == pcm(start, start + 1, start + 2)


def test_nothing_is_given_before_enough_waits() -> None:
    ring = SampleRing(capacity=10, prime=4)
    ring.write(pcm(1, 2))
    assert ring.read(2) == pcm(0, 0)
    assert ring.statistics.underruns == 0
    ring.write(pcm(3, 4))
    assert ring.read(2) == pcm(1, 2)


def test_an_underrun_is_filled_with_silence_counted_once_and_waited_out() -> None:
    ring = SampleRing(capacity=10, prime=2)
    ring.write(pcm(1, 2, 3))
    assert ring.read(4) == pcm(1, 2, 3, 0)
    assert ring.read(4) == pcm(0, 0, 0, 0)
    ring.write(pcm(4))
    assert ring.read(1) == pcm(0)
    ring.write(pcm(5))
    assert ring.read(2) == pcm(4, 5)
    assert ring.statistics.underruns == 1


def test_a_full_ring_refuses_the_newest_and_counts() -> None:
    ring = SampleRing(capacity=4, prime=1)
    assert ring.write(pcm(1, 2, 3, 4, 5, 6)) == 4
    assert ring.write(pcm(7)) == 0
    assert ring.statistics.overrun == 3
    assert ring.read(4) == pcm(1, 2, 3, 4)


def test_a_backlog_is_trimmed_to_the_newest() -> None:
    ring = SampleRing(capacity=10, prime=2, limit=4)
    ring.write(pcm(1, 2, 3, 4, 5, 6))
    assert ring.read(2) == pcm(5, 6)
    assert ring.statistics.trimmed == 4


def test_discarded_sound_is_never_heard() -> None:
    ring = SampleRing(capacity=10, prime=2)
    ring.write(pcm(1, 2, 3))
    ring.discard()
    assert ring.read(2) == pcm(0, 0)
    ring.write(pcm(4, 5))
    assert ring.read(2) == pcm(4, 5)
    assert ring.statistics.discarded == 3


@pytest.mark.parametrize("sizes", [(4, 0, 4), (4, 5, 5), (4, 2, 1), (4, 2, 5)])
def test_sizes_that_make_no_sense_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="ring"):
        SampleRing(*sizes)


@given(
    st.integers(1, 6),
    st.lists(st.one_of(st.tuples(st.just("write"), st.integers(0, 9)), st.tuples(st.just("read"), st.integers(0, 9)))),
)
def test_samples_are_neither_invented_nor_reordered_and_every_one_is_accounted_for(
    prime: int, steps: list[tuple[str, int]]
) -> None:
    ring = SampleRing(capacity=12, prime=prime, limit=9)
    counter, heard = 0, []
    for action, count in steps:
        if action == "write":
            ring.write(pcm(*range(counter + 1, counter + 1 + count)))
            counter += count
        else:
            out = array.array("h", ring.read(count))
            assert len(out) == count
            heard += [sample for sample in out if sample]
    assert heard == sorted(set(heard))
    seen = ring.statistics
    assert seen.written + seen.overrun == counter
    assert seen.read == len(heard)
    assert seen.written == seen.read + seen.trimmed + seen.discarded + seen.level
