from __future__ import annotations

import numpy as np

from transcription.tracks import UNDECIDED, Silenced, Tracks


def pcm(value: int, samples: int) -> bytes:
    return np.full(samples, value, dtype="<i2").tobytes()


def test_two_channels_go_as_far_as_both_are_decided() -> None:
    tracks = Tracks(2, longest=1000)
    tracks.open(0)
    tracks.open(1)
    tracks.add(0, 0, pcm(1, 100))
    tracks.add(1, 0, pcm(2, 100))
    tracks.decide(0, 80)
    assert len(tracks.take()[0]) == 0
    tracks.decide(1, 50)
    frames, silenced = tracks.take()
    assert frames.tolist() == [[1, 2]] * 50
    assert silenced == []
    tracks.decide(1, 100)
    assert len(tracks.take()[0]) == 30


def test_a_channel_nobody_taps_holds_nobody_up() -> None:
    tracks = Tracks(2, longest=1000)
    tracks.open(1)
    tracks.add(1, 0, pcm(2, 100))
    tracks.decide(1, 60)
    assert tracks.take()[0].tolist() == [[0, 2]] * 60


def test_redactions_are_silence_also_over_two_takes() -> None:
    tracks = Tracks(1, longest=1000)
    tracks.open(0)
    tracks.add(0, 0, pcm(7, 100))
    tracks.redact(0, 40, 60, "card")
    tracks.decide(0, 50)
    first, silenced = tracks.take()
    assert first[:, 0].tolist() == [7] * 40 + [0] * 10
    assert silenced == [Silenced(0, 40, 50, "card")]
    tracks.decide(0, 100)
    second, silenced = tracks.take()
    assert second[:, 0].tolist() == [0] * 10 + [7] * 40
    assert silenced == [Silenced(0, 50, 60, "card")]


def test_what_waits_too_long_is_silenced_and_marked() -> None:
    tracks = Tracks(1, longest=100)
    tracks.open(0)
    tracks.add(0, 0, pcm(7, 150))
    tracks.decide(0, 20)
    frames, silenced = tracks.take()
    assert frames[:, 0].tolist() == [7] * 20 + [0] * 30
    assert silenced == [Silenced(0, 20, 50, UNDECIDED)]


def test_the_end_writes_what_is_decided_and_silences_the_rest() -> None:
    tracks = Tracks(2, longest=1000)
    tracks.open(0)
    tracks.open(1)
    tracks.add(0, 0, pcm(1, 100))
    tracks.add(1, 0, pcm(2, 60))
    tracks.decide(0, 100)
    tracks.decide(1, 30)
    frames, silenced = tracks.take(all_of_it=True)
    assert frames[:, 0].tolist() == [1] * 100
    assert frames[:, 1].tolist() == [2] * 30 + [0] * 70
    assert silenced == [Silenced(1, 30, 60, UNDECIDED)]


def test_holes_are_silence_and_late_samples_are_dropped() -> None:
    tracks = Tracks(1, longest=1000, start=10)
    tracks.open(0)
    tracks.add(0, 0, pcm(5, 20))
    tracks.add(0, 30, pcm(6, 10))
    tracks.decide(0, 40)
    assert tracks.take()[0][:, 0].tolist() == [5] * 10 + [0] * 10 + [6] * 10
    tracks.add(0, 0, pcm(9, 40))
    assert len(tracks.take(all_of_it=True)[0]) == 0


def test_a_leg_that_ended_undecided_does_not_pass_for_decided() -> None:
    tracks = Tracks(2, longest=1000)
    tracks.open(0)
    tracks.open(1)
    tracks.add(0, 0, pcm(1, 100))
    tracks.add(1, 0, pcm(2, 100))
    tracks.close(0)
    tracks.decide(1, 100)
    assert len(tracks.take()[0]) == 0
