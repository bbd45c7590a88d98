"""Falling, rising or flat, from what the last utterances felt like."""

from __future__ import annotations

import pytest

from assist.direction import WEIGHTS, Direction, DirectionTrack, Felt

BAD, GOOD, NEITHER = Felt(0.5, -0.1, -0.3), Felt(-0.1, 0.6, 0.4), Felt(-0.1, -0.1, 0.0)
FALLING, RISING, FLAT = Direction.FALLING, Direction.RISING, Direction.FLAT


def directions(*said: tuple[float, Felt]) -> list[Direction]:
    track = DirectionTrack()
    return [track.hear(felt, at_s) for at_s, felt in said]


def test_it_follows_at_once_and_fades_to_flat() -> None:
    assert directions((2.0, NEITHER), (8.0, BAD), (40.0, NEITHER)) == [FLAT, FALLING, FLAT]


def test_relief_after_a_fall_is_rising_though_what_was_bad_is_not_forgotten() -> None:
    assert directions((5.0, BAD), (9.0, BAD), (16.0, GOOD)) == [FALLING, FALLING, RISING]


def test_a_fall_outlasts_a_plain_answer_some_seconds_later() -> None:
    assert directions((5.0, BAD), (9.0, BAD), (12.0, NEITHER)) == [FALLING, FALLING, FALLING]


def test_without_examples_the_score_says_both() -> None:
    assert Felt.of_score(-0.5) == Felt(0.5, 0.0, -0.5)
    assert directions((3.0, Felt.of_score(-0.6)), (9.0, Felt.of_score(0.6))) == [FALLING, RISING]


def test_sums_are_named_as_the_weights_and_fade_by_media_time() -> None:
    track = DirectionTrack()
    first = dict(track.sums(BAD, 1.0))
    assert list(first) == list(WEIGHTS)
    assert (first["bad_5"], first["weak_5"], first["strong_12"], first["by_words"]) == (0.5, -0.3, 0.0, -0.3)
    later = dict(track.sums(Felt(0.0, 0.0, 0.0), 6.0))
    assert later["bad_5"] == pytest.approx(0.5 * 0.3679, abs=1e-3), "a third after five seconds"
    assert later["bad_12"] == pytest.approx(0.5 * 0.6592, abs=1e-3)
    assert (later["bad"], later["always"]) == (0.0, 1.0)
