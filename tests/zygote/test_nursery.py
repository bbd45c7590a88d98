from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voice.zygote.nursery import LONGEST_PAUSE_S, READY_S, SECOND_LOOK_S, SILENT_S, Nursery, State


class Bed:
    """A nursery with made-up processes."""

    def __init__(self, warm: int, most: int) -> None:
        self.nursery = Nursery(warm, most)
        self.now = 100.0
        self.forks = 0
        self.waited: dict[int, float] = {}

    def fork(self) -> str | None:
        if not self.nursery.wants_fork(self.now):
            return None
        self.forks += 1
        self.nursery.forked(f"w{self.forks}", self.nursery.take_slot(), self.forks, self.now)
        return f"w{self.forks}"

    def overdue(self) -> list[str]:
        late = self.nursery.overdue(self.now, lambda pid: self.waited.get(pid, 0.0))
        return [child.worker_id for child in late]

    def fill(self) -> list[str]:
        return [worker_id for _ in range(50) if (worker_id := self.fork())]


def test_spares_are_kept_up_to_the_cap() -> None:
    bed = Bed(warm=2, most=3)
    assert bed.fill() == ["w1", "w2"]
    bed.nursery.ready("w1", 5000)
    assert bed.fill() == []
    assert bed.nursery.assigned("w1") is not None
    assert bed.fill() == ["w3"]
    bed.nursery.ready("w2", 5001)
    bed.nursery.assigned("w2")
    assert bed.fill() == []


def test_only_an_idle_worker_can_be_assigned_and_only_once() -> None:
    bed = Bed(1, 2)
    bed.fill()
    assert bed.nursery.assigned("w1") is None
    bed.nursery.ready("w1", 5000)
    assert bed.nursery.assigned("w1") is not None
    assert bed.nursery.assigned("w1") is None
    assert bed.nursery.assigned("w9") is None


def test_a_slot_is_free_again_only_after_the_reaping() -> None:
    bed = Bed(2, 2)
    bed.fill()
    bed.nursery.ready("w1", 5000)
    assert [child.slot for child in bed.nursery.children] == [0, 1]
    assert bed.fork() is None
    bed.nursery.ended(1, bed.now)
    bed.fork()
    assert [child.slot for child in bed.nursery.children] == [1, 0]


def test_late_workers_are_named_once() -> None:
    bed = Bed(1, 1)
    bed.fill()
    assert bed.nursery.next_deadline(bed.now) == bed.now + READY_S
    bed.now += READY_S - 0.1
    assert bed.overdue() == []
    bed.now += 0.1
    assert bed.overdue() == []
    bed.now += SECOND_LOOK_S
    assert bed.overdue() == ["w1"]
    assert bed.overdue() == []
    assert bed.nursery.next_deadline(bed.now) is None


def test_crashes_before_ready_slow_down_and_a_success_forgives() -> None:
    bed = Bed(1, 4)
    pauses = []
    for _ in range(8):
        bed.fill()
        ended = bed.nursery.ended(bed.forks, bed.now)
        assert ended is not None
        pauses.append(ended[1])
        assert bed.fork() is None
        assert bed.nursery.next_deadline(bed.now) == bed.now + pauses[-1]
        bed.now += pauses[-1]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    bed.fill()
    bed.nursery.ready(f"w{bed.forks}", 5000)
    ended = bed.nursery.ended(bed.forks, bed.now)
    assert ended is not None
    assert ended[1] == 0.0
    assert bed.fork() is not None


@given(st.lists(st.sampled_from(["fork", "ready", "assign", "end"]), max_size=80), st.randoms())
def test_no_slot_is_ever_used_twice(steps: list[str], random: st.DataObject) -> None:
    bed = Bed(warm=3, most=5)
    for step in steps:
        bed.now += 10
        children = bed.nursery.children
        if step == "fork":
            bed.fork()
        elif children:
            child = random.choice(children)  # type: ignore[attr-defined]
            if step == "ready" and child.state is State.STARTING:
                bed.nursery.ready(child.worker_id, 5000 + child.pid)
            elif step == "assign":
                bed.nursery.assigned(child.worker_id)
            elif step == "end":
                bed.nursery.ended(child.pid, bed.now)
        slots = [child.slot for child in bed.nursery.children]
        assert len(set(slots)) == len(slots) <= 5
        assert all(0 <= slot < 5 for slot in slots)


def beating(workers: int) -> Bed:
    """So many workers, which have all just beaten their heart."""
    bed = Bed(warm=workers, most=workers)
    for worker_id in bed.fill():
        bed.nursery.ready(worker_id, 5000)
        bed.nursery.beat(worker_id, bed.now)
    return bed


def test_a_heart_that_beat_must_go_on_beating() -> None:
    bed = beating(2)
    bed.now += SILENT_S - 0.1
    assert bed.overdue() == []
    bed.nursery.beat("w1", bed.now)
    bed.nursery.beat("w2", bed.now)
    bed.now += SILENT_S
    bed.nursery.beat("w2", bed.now)
    assert bed.nursery.next_deadline(bed.now) == bed.now
    assert bed.overdue() == []
    assert bed.nursery.next_deadline(bed.now) == bed.now + SECOND_LOOK_S
    bed.now += SECOND_LOOK_S
    assert bed.overdue() == ["w1"]
    assert bed.overdue() == []
    assert bed.nursery.next_deadline(bed.now) == bed.now - SECOND_LOOK_S + SILENT_S  # the other's


def test_one_that_never_beat_never_has_to() -> None:
    bed = Bed(1, 1)
    bed.fill()
    bed.nursery.ready("w1", 5000)
    bed.now += 10 * READY_S
    assert bed.overdue() == []


def test_who_waited_for_a_core_is_given_that_time_and_no_more() -> None:
    bed = beating(2)
    bed.now += SILENT_S
    bed.waited = {1: 3.0}  # the machine is overrun, and the second one hangs
    assert bed.overdue() == []
    bed.now += SECOND_LOOK_S
    assert bed.overdue() == ["w2"]
    bed.now += 3.0
    assert bed.overdue() == []
    bed.now += SECOND_LOOK_S
    assert bed.overdue() == ["w1"]


def test_what_it_waited_before_its_last_beat_is_no_excuse() -> None:
    bed = beating(1)
    bed.waited = {1: 60.0}
    bed.nursery.beat("w1", bed.now, 60.0)
    bed.now += SILENT_S
    assert bed.overdue() == []
    bed.now += SECOND_LOOK_S
    assert bed.overdue() == ["w1"]


def test_a_machine_that_stood_still_kills_nobody() -> None:
    bed = beating(3)
    bed.now += 60.0  # a virtual machine was paused: nobody waited for a core, nobody beat
    assert bed.overdue() == []
    for worker_id in ("w1", "w2", "w3"):
        bed.nursery.beat(worker_id, bed.now)
    bed.now += SECOND_LOOK_S
    assert bed.overdue() == []
