"""What is shared of undecided sound: samples by their number, and the last notes that are whole."""

from __future__ import annotations

import array
import os
from collections.abc import Iterator

import pytest

from transcription.sound_memory import KEPT_S, Notes, SoundMemory, SoundMemoryError

RATE = 100
KEPT = int(KEPT_S * RATE)
START = 1000


def numbered(first: int, count: int) -> bytes:
    return array.array("h", [number % 30_000 for number in range(first, first + count)]).tobytes()


@pytest.fixture
def memory() -> Iterator[SoundMemory]:
    made = SoundMemory.create(2, RATE, START)
    yield made
    made.close()


def test_who_else_has_it_reads_what_was_written(memory: SoundMemory) -> None:
    other = SoundMemory(os.dup(memory.fd))
    memory.add(0, START, numbered(START, 50))
    memory.add(1, START + 20, numbered(7, 3))
    try:
        assert other.samples(0, START) == (
            START,
            numbered(START, 50),
        )
        assert other.samples(0, START + 40) == (START + 40, numbered(START + 40, 10))
        assert other.samples(1, START) == (START, bytes(40) + numbered(7, 3))
        assert (other.live(0), other.live(1)) == (START + 50, START + 23)
    finally:
        other.close()


def test_the_newest_are_kept_and_a_hole_is_silent_also_where_older_sound_was(memory: SoundMemory) -> None:
    for first in range(START, START + 2 * KEPT, 70):
        memory.add(0, first, numbered(first, 70))
    live = memory.live(0)
    assert memory.samples(0, 0) == (live - KEPT, numbered(live - KEPT, KEPT))
    memory.add(0, live + 30, numbered(5, 5))
    assert memory.samples(0, live - 10) == (live - 10, numbered(live - 10, 10) + bytes(60) + numbered(5, 5))
    memory.add(0, live + 3 * KEPT, numbered(9, 1))
    assert memory.samples(0, 0) == (live + 2 * KEPT + 1, bytes(2 * KEPT - 2) + numbered(9, 1))


def test_of_more_at_once_than_is_kept_the_newest_stay_in_their_places(memory: SoundMemory) -> None:
    memory.add(0, START, numbered(START, KEPT + 30))
    assert memory.samples(0, START) == (START + 30, numbered(START + 30, KEPT))


def test_what_comes_late_takes_its_place(memory: SoundMemory) -> None:
    memory.add(0, START + 10, numbered(10, 10))
    memory.add(0, START, numbered(0, 10))
    assert memory.samples(0, START) == (START, numbered(0, 20))
    assert memory.samples(0, START + 20) == (START + 20, b"")


def test_of_notes_that_were_being_written_those_before_count(memory: SoundMemory) -> None:
    assert memory.notes() == Notes((START, START))
    first = Notes((START + 5, START), ((1, 3, 9, "card"),))
    memory.note(first)
    assert memory.notes() == first
    memory.note(Notes((START + 9, START + 9)))
    size = os.fstat(memory.fd).st_size
    data = os.pread(memory.fd, size, 0)
    at = data.index(f"[[{START + 9},{START + 9}]".encode())
    os.pwrite(memory.fd, b"[[9", at)  # as if killed in the middle of it
    assert memory.notes() == first


def test_too_much_to_note_leaves_less_decided_and_nothing_forgotten(memory: SoundMemory) -> None:
    kept = Notes((START + 1, START), ((0, 1, 2, "card"),))
    memory.note(kept)
    memory.note(Notes((START + 100, START), tuple((0, n, n + 1, "card") for n in range(2000))))
    assert memory.notes() == kept


@pytest.mark.parametrize("content", [b"", b"short", b"CFSOUND1" + bytes(8), b"x" * 5000])
def test_what_is_no_such_memory_is_refused(content: bytes) -> None:
    fd = os.memfd_create("other")
    os.write(fd, content)
    try:
        with pytest.raises((SoundMemoryError, ValueError)):
            SoundMemory(fd)
    finally:
        os.close(fd)
