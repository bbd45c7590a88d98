from __future__ import annotations

import pytest

from transcription.talk import TalkStats


def test_ratio_talk_over_and_silence() -> None:
    stats = TalkStats()
    stats.listening_from(10)
    stats.heard("caller", 11, 15)
    stats.heard("agent", 14.5, 17.5)
    stats.silent_until(20)
    summary = stats.summary()
    assert summary.talk_s == {"caller": 4, "agent": 3}
    assert summary.ratio("caller") == pytest.approx(4 / 7)
    assert summary.talk_over_s == pytest.approx(0.5)
    assert summary.silence_s == pytest.approx(1 + 2.5)
    assert summary.longest_silence_s == pytest.approx(2.5)


def test_a_short_yes_into_the_others_words_is_no_talk_over() -> None:
    stats = TalkStats()
    stats.heard("caller", 0, 10)
    stats.heard("agent", 3, 3.28)
    assert stats.summary().talk_over_s == 0
    stats.heard("agent", 5, 5.3)
    assert stats.summary().talk_over_s == pytest.approx(0.3)


def test_hearing_a_run_again_after_a_reconnect_changes_nothing() -> None:
    stats = TalkStats()
    for _ in range(2):
        stats.heard("caller", 1, 2)
        stats.heard("caller", 2, 3)
    assert stats.summary().talk_s == {"caller": 2}


def test_nobody_spoke() -> None:
    stats = TalkStats()
    stats.listening_from(5)
    stats.silent_until(9)
    summary = stats.summary()
    assert (summary.silence_s, summary.ratio("caller")) == (4, 0)


def test_what_lies_outside_of_the_conversation_is_in_no_figure() -> None:
    stats = TalkStats()
    stats.listening_from(10.0)
    stats.heard("agent", 12.0, 20.0)
    stats.heard("caller", 18.0, 26.0)
    stats.heard("other", 11.0, 25.0)
    stats.silent_until(60.0)
    found = stats.summary(("agent", "caller"), [(0.0, 13.0), (25.0, 50.0), (24.0, 30.0)])
    assert found.talk_s == {"agent": 7.0, "caller": 6.0}
    assert (found.talk_over_s, found.silence_s, found.dead_air_s) == (2.0, 10.0, 10.0)
    assert found.measured_s == 60.0 - 13.0 - 26.0
    assert found.first_s == {"agent": 13.0, "caller": 18.0}


def test_dead_air_begins_at_five_seconds() -> None:
    stats = TalkStats()
    stats.listening_from(0.0)
    for start in (0.0, 5.9, 11.9):
        stats.heard("agent", start, start + 1.0)
    stats.silent_until(12.9)
    assert stats.summary().dead_air_s == 5.0
    assert stats.summary().silence_s == pytest.approx(9.9)
