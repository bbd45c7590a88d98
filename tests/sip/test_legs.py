from __future__ import annotations

import pytest

from voice.phone import PhoneError, PhoneFailure
from voice.sip.legs import HANDLES_BACK_S, MAX_RECENT_ENDS, Leg, LegTable


def leg(serial: int, leg_id: str = "") -> Leg:
    return Leg(leg_id or f"leg-{serial}", serial, object(), incoming=False)


def test_the_fifth_leg_finds_no_room() -> None:
    table = LegTable()
    for serial in range(4):
        table.check_room(0.0)
        table.add(leg(serial))
    with pytest.raises(PhoneError) as caught:
        table.check_room(0.0)
    assert caught.value.failure is PhoneFailure.NO_SLOT
    table.end(table.all()[0], 0.0)
    table.check_room(0.0)


def test_too_many_ends_close_the_door_until_their_sockets_are_back() -> None:
    table = LegTable()
    for serial in range(MAX_RECENT_ENDS):
        table.check_room(10.0)
        table.add(leg(serial))
        table.end(table.all()[0], 10.0)
    with pytest.raises(PhoneError, match="20 legs ended"):
        table.check_room(10.0 + HANDLES_BACK_S - 0.01)
    table.check_room(10.0 + HANDLES_BACK_S)


def test_an_ended_leg_is_remembered_and_its_id_free() -> None:
    table = LegTable()
    first = leg(1, "call")
    table.add(first)
    table.end(first, 0.0)
    assert first.call is None, "the native call must be let go"
    assert table.get(1) is None
    assert table.find("call") is None
    assert table.has_ended("call")
    assert table.knows_port("leg:call")
    second = leg(2, "call")
    table.add(second)
    assert table.find("call") is second
    assert not table.knows_port("leg:other")
    assert not table.knows_port("call")


def test_a_leg_that_never_began_leaves_no_trace() -> None:
    table = LegTable()
    table.add(leg(1, "call"))
    table.drop(table.all()[0])
    assert not table.has_ended("call")
    assert len(table) == 0
