from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcription.resend import ResendBuffer


def sent(buffer: ResendBuffer, limit: int = 1000) -> list[tuple[int, int]]:
    """(offset, samples) of everything unsent."""
    runs = []
    while (run := buffer.take(limit)) is not None:
        runs.append((run[0], len(run[1]) // 2))
    return runs


def test_adjacent_chunks_go_as_one_run() -> None:
    buffer = ResendBuffer(100)
    for offset in (0, 10, 20):
        buffer.add(offset, bytes(20))
    assert sent(buffer) == [(0, 30)]
    assert buffer.take(1000) is None


def test_a_message_has_a_limit_and_no_hole() -> None:
    buffer = ResendBuffer(100)
    buffer.add(0, bytes(60))
    buffer.add(50, bytes(60))
    assert sent(buffer, 40) == [(0, 20), (20, 10), (50, 20), (70, 10)]


def test_a_new_connection_starts_from_the_decided_edge() -> None:
    buffer = ResendBuffer(100)
    for offset in range(0, 100, 10):
        buffer.add(offset, bytes(20))
    sent(buffer)
    buffer.decide(35)
    assert buffer.rewind() == 35
    assert sent(buffer) == [(35, 65)]
    assert buffer.take_loss() is None


def test_what_falls_out_unsent_is_a_loss() -> None:
    buffer = ResendBuffer(100, keep_s=1.0)
    for offset in range(0, 150, 10):
        buffer.add(offset, bytes(20))
    assert buffer.take_loss() == (0, 50)
    assert buffer.take_loss() is None
    assert sent(buffer) == [(50, 100)]
    assert buffer.dropped == 50


def test_what_was_sent_and_fell_out_is_lost_only_if_the_connection_is() -> None:
    buffer = ResendBuffer(100, keep_s=1.0)
    for offset in range(0, 150, 10):
        buffer.add(offset, bytes(20))
        sent(buffer)
    assert buffer.take_loss() is None
    buffer.decide(20)
    buffer.rewind()
    assert buffer.take_loss() == (20, 50)


def test_overlap_with_the_past_is_ignored() -> None:
    buffer = ResendBuffer(100)
    buffer.add(0, bytes(40))
    buffer.add(10, bytes(40))
    buffer.add(0, bytes(20))
    assert sent(buffer) == [(0, 30)]


@given(st.lists(st.tuples(st.sampled_from("adtr"), st.integers(1, 60)), max_size=60))
def test_memory_is_bounded_and_runs_never_go_back_within_a_connection(steps: list[tuple[str, int]]) -> None:
    buffer = ResendBuffer(100, keep_s=1.0)
    last = 0
    for step, size in steps:
        if step == "a":
            buffer.add(buffer.live, bytes(2 * size))
        elif step == "d":
            buffer.decide(min(buffer.live, buffer.decided + size))
        elif step == "r":
            last = buffer.rewind()
        elif (run := buffer.take(2 * size)) is not None:
            assert run[0] >= last
            last = run[0] + len(run[1]) // 2
        assert buffer.live - buffer.first <= 100 + 60
