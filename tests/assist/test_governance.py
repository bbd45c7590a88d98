from __future__ import annotations

from assist.cards import Card, CardKind
from assist.governance import MOST_WAITING, Governor


def build(card_id: str) -> Card:
    return Card(card_id, CardKind.SOFT_SKILL, "t", "w", (), "r", "v", "final")


def test_the_budget_is_of_the_last_minute() -> None:
    governor = Governor(budget=2)
    governor.note(0.0)
    governor.note(10.0)
    assert not governor.room(59.0)
    assert governor.room(60.0)


def test_what_waits_is_shown_by_priority_when_there_is_room_and_forgotten_when_late() -> None:
    governor = Governor(budget=1)
    governor.note(0.0)
    governor.wait("low", build, 100, 70.0, 0.0)
    governor.wait("high", build, 900, 70.0, 0.0)
    governor.wait("late", build, 950, 20.0, 0.0)
    assert governor.next(30.0) is None
    assert governor.next_due() == 60.0
    first = governor.next(60.0)
    assert first is not None
    assert first.slot == "high"
    governor.note(60.0)
    assert governor.next(61.0) is None
    assert governor.dropped == 1


def test_the_queue_is_bounded_and_counts_what_it_drops() -> None:
    governor = Governor()
    for number in range(MOST_WAITING + 3):
        governor.wait(f"s{number}", build, number, 99.0, 0.0)
    assert governor.dropped == 3
    best = governor.next(0.0)
    assert best is not None
    assert best.slot == f"s{MOST_WAITING + 2}"


def test_a_slot_waits_once_and_can_be_forgotten() -> None:
    governor = Governor()
    governor.wait("s", build, 1, 99.0, 0.0)
    governor.wait("s", build, 2, 99.0, 0.0)
    governor.forget("s")
    assert governor.next(0.0) is None
    assert governor.next_due() is None
