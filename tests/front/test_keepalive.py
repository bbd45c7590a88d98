from __future__ import annotations

from tests.front.desk import OUTER, SECRET, STATION, STRANGER, Desk, request_of, statuses
from voice.front.access import Access
from voice.front.flows import Flow, Side
from voice.front.keepalive import AGAIN_S, MISSES
from voice.front.message import respond

PING_S = 30.0
TCP = Flow(Side.OUTER, "192.0.2.52", 41000, connection=7)


def asking() -> Desk:
    return Desk(access=Access("callfloor", "callfloor", OUTER[0], {"anna": SECRET}, keepalive_s=PING_S))


def test_a_station_that_answers_stays_registered_for_as_long_as_it_says() -> None:
    desk = asking()
    desk.register(expires="600")
    pings = 0
    while desk.now < 1000.0 + 570:
        for sent in desk.wait(PING_S):
            ping = request_of(sent)
            assert (sent.flow, ping.method, ping.uri) == (STATION, "OPTIONS", "sip:anna@192.0.2.50:5062")
            assert desk.put(respond(ping, 405), STATION) == []  # whatever it answers: it is there
            pings += 1
    assert pings == 19
    assert desk.dial(1)[1].flow == STATION
    assert desk.proxy.counts["response without dialog"] == 0
    desk.wait(600)
    assert desk.proxy.deadline is None


def test_one_that_is_silent_three_times_is_not_rung() -> None:
    desk = asking()
    desk.register(expires="600")
    assert len(desk.wait(PING_S + (MISSES - 1) * AGAIN_S)) == MISSES
    assert desk.dial(1)[1].flow == STATION
    assert desk.wait(AGAIN_S + 0.1) == []
    assert statuses([desk.dial(1, "a-2")[1]]) == [480]
    assert desk.register().status == 200
    assert desk.dial(1, "a-3")[1].flow == STATION


def test_registering_again_is_a_sign_of_life() -> None:
    desk = asking()
    desk.register(expires="600")
    desk.wait(PING_S + AGAIN_S)
    assert desk.register(expires="600").status == 200
    assert desk.wait(2 * AGAIN_S) == []
    assert desk.dial(1)[1].flow == STATION


def test_only_the_station_itself_can_answer_and_connections_are_not_asked() -> None:
    desk = asking()
    desk.register(expires="600")
    (sent,) = desk.wait(PING_S)
    assert desk.put(respond(request_of(sent), 200), STRANGER) == []
    assert desk.proxy.counts["response without dialog"] == 1
    other = asking()
    other.register(TCP, expires="600")
    assert other.wait(300) == []
