from __future__ import annotations

from dataclasses import replace

from tests.front.desk import STATION, Desk, response_of, statuses
from voice.front.flows import Flow, Side

OTHER = Flow(Side.OUTER, "192.0.2.51", 5062)
TCP = Flow(Side.OUTER, "192.0.2.52", 41000, connection=7)


def test_registered_then_expired() -> None:
    desk = Desk()
    answer = desk.register(expires="120")
    assert answer.status == 200
    assert answer.headers.get("Contact") == "<sip:anna@192.0.2.50:5062>;expires=120"
    assert desk.dial(1)[1].flow == STATION
    desk.wait(121)
    assert statuses([desk.dial(1, "a-2")[1]]) == [480]


def test_the_flow_is_dialled_and_not_the_contact() -> None:
    desk = Desk()
    desk.register(contact="<sip:anna@10.9.9.9:7777;ob>")
    _, sent = desk.dial(1)
    assert sent.flow == STATION
    assert sent.message.to_bytes().startswith(b"INVITE sip:anna@10.9.9.9:7777;ob SIP/2.0\r\n")


def test_too_brief_too_long_and_none() -> None:
    desk = Desk()
    brief = desk.register(expires="30")
    assert (brief.status, brief.headers.get("Min-Expires")) == (423, "60")
    assert "expires=3600" in (desk.register(expires="99999").headers.get("Contact") or "")
    gone = desk.register(expires="0")
    assert (gone.status, gone.headers.get("Contact")) == (200, None)


def test_star_removes_everything_and_needs_expires_0() -> None:
    desk = Desk()
    desk.register()
    assert desk.register(contact="*").status == 400
    assert desk.register(contact="*", expires="0").status == 200
    assert statuses([desk.dial(1)[1]]) == [480]


def test_the_newest_station_rings_and_a_closed_connection_unregisters() -> None:
    desk = Desk()
    desk.register()
    desk.register(TCP)
    assert desk.dial(1)[1].flow == TCP
    desk.proxy.connection_closed(TCP)
    assert desk.dial(1, "a-2")[1].flow == STATION


def guess(desk: Desk, user: str = "anna") -> int:
    """The answer to a wrong password."""
    request = desk.request("REGISTER", STATION, "r", uri="sip:callfloor", user=user)
    request = replace(request, headers=request.headers.put("To", f"<sip:{user}@callfloor>"))
    challenge = response_of(desk.put(request, STATION)[0])
    if challenge.status != 401:
        return challenge.status
    return response_of(desk.put(desk.with_credentials(request, challenge, secret="not the word"), STATION)[0]).status


def test_wrong_password_ten_times_blocks_the_user_at_that_source_for_a_minute() -> None:
    desk = Desk()
    assert [guess(desk) for _ in range(11)] == [401] * 10 + [403]
    assert desk.register().status == 403
    assert desk.register(OTHER).status == 200
    desk.wait(61)
    assert desk.register().status == 200


def test_one_station_with_a_wrong_password_does_not_lock_out_the_others_behind_its_address() -> None:
    desk = Desk()
    assert [guess(desk, "ben") for _ in range(11)] == [401] * 10 + [403]
    assert desk.register().status == 200


def test_who_guesses_names_is_locked_out_as_a_whole() -> None:
    desk = Desk()
    assert [guess(desk, f"user{number}") for number in range(51)] == [401] * 50 + [403]
    assert guess(desk) == 403
    desk.wait(61)
    assert desk.register().status == 200


def test_nobody_registers_for_another() -> None:
    desk = Desk()
    request = desk.request("REGISTER", STATION, "r", uri="sip:callfloor", user="anna")
    request = replace(request, headers=request.headers.put("To", "<sip:ben@callfloor>"))
    challenge = response_of(desk.put(request, STATION)[0])
    assert statuses(desk.put(desk.with_credentials(request, challenge), STATION)) == [403]


def test_a_stale_nonce_says_so() -> None:
    desk = Desk()
    request = desk.request("REGISTER", STATION, "r", uri="sip:callfloor", user="anna")
    challenge = response_of(desk.put(request, STATION)[0])
    desk.wait(301)
    again = response_of(desk.put(desk.with_credentials(request, challenge), STATION)[0])
    assert again.status == 401
    assert "stale=true" in again.headers.all("WWW-Authenticate")[0]
