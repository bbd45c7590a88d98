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
