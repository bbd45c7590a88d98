from __future__ import annotations

import array
from collections.abc import Iterable

from ivr.playback import PromptPlayer


def pcm(samples: Iterable[int]) -> bytes:
    return array.array("h", samples).tobytes()


class Ears:
    """What came out of the player."""

    def __init__(self) -> None:
        self.finished: list[int] = []
        self.started: list[int] = []
        self.player = PromptPlayer(self.finished.append, self.started.append)

    def hear(self, samples: int = 4) -> list[int] | None:
        found = self.player.read(samples)
        return None if found is None else list(array.array("h", found))


def test_silence_before_anything_plays() -> None:
    assert Ears().hear() is None


def test_a_prompt_is_played_once_padded_and_reported() -> None:
    ears = Ears()
    ears.player.play(7, pcm(range(1, 7)))
    assert (ears.started, ears.finished) == ([], [])
    assert ears.hear() == [1, 2, 3, 4]
    assert (ears.started, ears.finished) == ([7], [])
    assert ears.hear() == [5, 6, 0, 0]
    assert (ears.started, ears.finished) == ([7], [7])
    assert ears.hear() is None


def test_a_prompt_of_whole_frames_ends_with_its_last_frame() -> None:
    ears = Ears()
    ears.player.play(1, pcm(range(8)))
    ears.hear()
    assert ears.finished == []
    ears.hear()
    assert ears.finished == [1]
    assert ears.hear() is None


def test_a_loop_goes_on_until_it_is_stopped_and_never_finishes() -> None:
    ears = Ears()
    ears.player.play(2, pcm([1, 2, 3, 4, 5]), loop=True)
    assert [ears.hear() for _ in range(4)] == [[1, 2, 3, 4], [5, 0, 0, 0], [1, 2, 3, 4], [5, 0, 0, 0]]
    ears.player.stop()
    assert ears.hear() is None
    assert (ears.started, ears.finished) == ([2], [])


def test_what_is_played_next_replaces_what_plays() -> None:
    ears = Ears()
    ears.player.play(1, pcm([1] * 100))
    ears.hear()
    ears.player.play(2, pcm([2, 2, 2, 2]))
    assert ears.hear() == [2, 2, 2, 2]
    assert ears.finished == [2]


def test_nothing_to_play_is_silence_and_finishes_at_once() -> None:
    ears = Ears()
    ears.player.play(1, pcm([1] * 100), loop=True)
    ears.player.play(2, b"")
    assert ears.finished == [2]
    assert ears.hear() is None


def test_stopping_is_silent_at_once_and_harmless_twice() -> None:
    ears = Ears()
    ears.player.play(1, pcm([1] * 100))
    ears.hear()
    ears.player.stop()
    ears.player.stop()
    assert ears.hear() is None
    assert ears.finished == []


def test_without_a_listener_for_the_start() -> None:
    finished: list[int] = []
    player = PromptPlayer(finished.append)
    player.play(1, pcm([1]))
    assert player.read(1) == pcm([1])
    assert finished == [1]
