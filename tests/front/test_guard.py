from __future__ import annotations

from collections import Counter

import pytest

from tests.front.desk import OUTER, SECRET, STATION, STRANGER, TRUNK, Desk
from voice.front.access import Access
from voice.front.flows import Flow, Side
from voice.front.guard import MAX_SOURCES, UNPROVEN_PER_HOST, Guard, Limits

HOST = "203.0.113.66"


def no() -> bool:
    return False


def flood(guard: Guard, messages: int, now: float, host: str = HOST) -> int:
    """How many of them are read."""
    return sum(guard.admits(host, now, no) for _ in range(messages))


def test_a_burst_passes_and_the_rest_is_dropped() -> None:
    counts: Counter[str] = Counter()
    guard = Guard(Limits(10, 0), counts)
    assert flood(guard, 30, 0.0) == 20
    assert counts == {"too fast": 10}
    assert flood(guard, 30, 10.0) == 20
    assert flood(guard, 30, 10.0, "203.0.113.67") == 20  # each source for itself


def test_who_does_not_stop_is_banned_and_longer_each_time() -> None:
    counts: Counter[str] = Counter()
    guard = Guard(Limits(10, 60), counts)
    assert flood(guard, 100, 0.0) == 20
    assert counts == {"too fast": 20, "bans": 1, "banned": 60}
    assert flood(guard, 1, 59.9) == 0
    assert flood(guard, 100, 60.1) == 20
    assert flood(guard, 1, 60.1 + 119) == 0
    assert flood(guard, 1, 60.1 + 121) == 1


def test_a_ban_is_forgiven_after_an_hour_of_peace() -> None:
    guard = Guard(Limits(10, 60), Counter())
    flood(guard, 100, 0.0)
    flood(guard, 100, 3700.0)
    assert flood(guard, 1, 3700.0 + 61) == 1


def test_a_registered_station_is_slowed_but_never_banned() -> None:
    guard = Guard(Limits(10, 60), Counter())
    assert sum(guard.admits(HOST, 0.0, lambda: True) for _ in range(1000)) == 20
    assert guard.admits(HOST, 3.0, lambda: True)


def test_garbage_costs_more() -> None:
    guard = Guard(Limits(10, 0), Counter())
    read = 0
    while guard.admits(HOST, 0.0, no):
        guard.malformed(HOST, 0.0)
        read += 1
    assert read == 2


def test_switched_off() -> None:
    guard = Guard(Limits(0, 60), Counter())
    assert flood(guard, 10_000, 0.0) == 10_000


def test_memory_is_bounded() -> None:
    guard = Guard(Limits(), Counter())
    for number in range(2 * MAX_SOURCES):
        guard.admits(f"2001:db8::{number:x}", float(number), no)
    assert len(guard._sources) == MAX_SOURCES


def test_one_host_holds_only_so_many_connections_that_prove_nothing() -> None:
    counts: Counter[str] = Counter()
    guard = Guard(Limits(), counts)
    assert [guard.opened(HOST) for _ in range(UNPROVEN_PER_HOST + 1)] == [True] * UNPROVEN_PER_HOST + [False]
    assert guard.opened("203.0.113.67")
    guard.proven(HOST)
    assert guard.opened(HOST)
    assert counts == {"connections refused": 1}


@pytest.mark.parametrize(("source", "read"), [(STRANGER, 4), (TRUNK, 50), (STATION, 50)])
def test_whom_the_front_limits(source: Flow, read: int) -> None:
    access = Access("callfloor", "callfloor", OUTER[0], {"anna": SECRET}, Desk.trunks(), limits=Limits(2, 60))
    desk = Desk(access=access)
    if source is STATION:
        source = Flow(Side.OUTER, STATION.host, STATION.port, connection=9)
        assert desk.register(source).status == 200
    assert sum(desk.proxy.admits(source, desk.now) for _ in range(50)) == read


def test_a_connection_is_proven_by_registering_or_calling() -> None:
    desk = Desk()
    tcp = Flow(Side.OUTER, "192.0.2.60", 41000, connection=4)
    assert desk.proxy.connection_opened(tcp)
    desk.put(desk.request("OPTIONS", tcp, "o-1"), tcp)
    assert not desk.proxy.proves(tcp, desk.now)
    assert desk.register(tcp).status == 200
    assert desk.proxy.proves(tcp, desk.now)
    trunk = Flow(Side.OUTER, TRUNK.host, 41000, connection=5)
    assert desk.proxy.connection_opened(trunk)
    assert desk.proxy.proves(trunk, desk.now)
