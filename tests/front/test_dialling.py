"""A worker dials outside, and what a trunk may call: the numbers are in ``desk.TRUNKS``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from tests.front.desk import (
    OUTER,
    STATION,
    STRANGER,
    TRUNK,
    Desk,
    answered,
    request_of,
    response_of,
    statuses,
    within,
    worker_flow,
)
from voice.front.access import Access
from voice.front.flows import Flow, Send, Side
from voice.front.message import Headers, Request
from voice.front.trunks import Trunks, TrunkSettings, address_of

CARRIER = Flow(Side.OUTER, "198.51.101.1", 5080)
CHEAP = Flow(Side.OUTER, "2001:db8::7", 5060)
LAB = Flow(Side.OUTER, "198.18.0.3", 5060)


def dial(desk: Desk, number: str, call_id: str = "a-1") -> tuple[Request, list[Send]]:
    invite = desk.request("INVITE", worker_flow(1), call_id, uri=f"sip:{number}@callfloor", user="callfloor")
    ours = [("X-Callfloor-Contact", "c0ffee"), ("X-Secret", "1")]
    invite = replace(invite, headers=Headers([*invite.headers, *ours]))
    return invite, desk.put(invite, worker_flow(1))


def test_an_outside_number_goes_to_the_trunk_that_knows_it_best() -> None:
    desk = Desk()
    _, (sent,) = dial(desk, "+12125550123")
    got = request_of(sent)
    assert (sent.flow, got.uri) == (CARRIER, "sip:9+12125550123@198.51.101.1:5080")
    assert got.headers.get("P-Asserted-Identity") == "<sip:+15550100@callfloor>"
    assert not [name for name, _ in got.headers if name.startswith("X-")]  # the contact's id is none of theirs
    _, (sent,) = dial(desk, "+15555550123", "a-2")
    assert (sent.flow, request_of(sent).uri) == (CHEAP, "sip:+15555550123@[2001:db8::7]:5060")
    assert request_of(sent).headers.get("P-Asserted-Identity") is None


def test_an_outside_call_lives_and_dies_like_any_other() -> None:
    desk = Desk()
    _, (sent,) = dial(desk, "+12125550123")
    ok = response_of(desk.put(answered(request_of(sent), "far", "sip:gw@198.51.101.1:5080"), CARRIER)[0])
    assert ok.status == 200
    ack = within(ok, desk.request("ACK", worker_flow(1), "a-1"), source=worker_flow(1))
    assert desk.put(ack, worker_flow(1))[0].flow == CARRIER
    back = desk.request("REFER", CARRIER, "a-1", 7, uri="sip:w@127.0.0.1:21001")
    headers = back.headers.put("From", ok.headers.get("To") or "").put("To", ok.headers.get("From") or "")
    refer = replace(back, headers=headers)
    assert statuses(desk.put(refer, CARRIER)) == [603]  # an outside party moves nobody
    (bye,) = desk.dies(1)
    assert (bye.flow, request_of(bye).method) == (CARRIER, "BYE")


@pytest.mark.parametrize("number", ["+19005550123", "+4930123456", "112"])
def test_numbers_nobody_permitted_are_refused(number: str) -> None:
    desk = Desk()
    _, sends = dial(desk, number)
    assert statuses(sends) == [403]
    assert desk.proxy.counts["worker refused 403"] == 1


def test_without_trunks_nothing_is_dialled() -> None:
    desk = Desk(access=Access("callfloor", "callfloor", OUTER[0], {}))
    assert statuses(dial(desk, "+12125550123")[1]) == [403]


def test_a_runaway_worker_is_slowed_down() -> None:
    desk = Desk()
    seen = [dial(desk, "+12125550123", f"a-{n}")[1] for n in range(4)]
    assert [statuses(sends) for sends in seen] == [[], [], [503], [503]]
    desk.wait(0.5)
    assert statuses(dial(desk, "+12125550123", "later")[1]) == []


def test_where_a_proxy_keeps_the_registrations_agents_are_reached_through_it() -> None:
    access = Access("callfloor", "callfloor", OUTER[0], {"anna": "x"}, Trunks(()), registrar=("192.0.2.200", 5070))
    desk = Desk(access=access)
    _, (sent,) = dial(desk, "anna")
    assert (sent.flow, request_of(sent).uri) == (Flow(Side.OUTER, "192.0.2.200", 5070), "sip:anna@192.0.2.200:5070")
    assert request_of(sent).headers.get("X-Callfloor-Contact") == "c0ffee"


def test_a_trunk_calls_only_the_numbers_it_may_and_no_faster() -> None:
    desk = Desk()
    assert statuses(desk.put(desk.request("INVITE", LAB, "c-1", uri="sip:300@callfloor"), LAB)) == [404]
    desk.wait(1.0)
    assert statuses(desk.put(desk.request("INVITE", LAB, "c-2", uri="sip:2001@callfloor"), LAB)) == [100]
    assert statuses(desk.put(desk.request("INVITE", LAB, "c-3", uri="sip:2001@callfloor"), LAB)) == [503]
    assert statuses(desk.put(desk.request("INVITE", TRUNK, "c-4", uri="sip:300@callfloor"), TRUNK)) == [100]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", ("192.0.2.1", 5060)),
        ("192.0.2.1:5080", ("192.0.2.1", 5080)),
        ("2001:db8::1", ("2001:db8::1", 5060)),
        ("[2001:db8::1]:5080", ("2001:db8::1", 5080)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gateway": "sip.example.org"}, "does not appear to be an IPv4 or IPv6 address"),
        ({"gateway": "192.0.2.1:70000"}, "no port between 1 and 65535"),
        ({"networks": ("192.0.2.1/24",)}, "has host bits set"),
        ({"networks": ("192.0.2.0/24",), "dial": ("+1",)}, "dial needs a gateway"),
        ({}, "networks or a gateway"),
    ],
)
def test_what_is_wrong_with_a_trunk_is_said(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrunkSettings.model_validate({"name": "t", **settings})


def test_a_worker_reaches_another_as_a_supervisors_bridge_which_hears_of_its_end() -> None:
    desk = Desk(workers=2)
    _, (sent,) = dial(desk, "bridge-w2")
    bridge, contact = Flow(Side.OUTER, "127.0.0.1", worker_flow(2).port), f"sip:w2@127.0.0.1:{worker_flow(2).port}"
    assert (sent.flow, request_of(sent).uri) == (bridge, f"sip:bridge-w2@127.0.0.1:{bridge.port}")
    assert desk.proxy.admits(bridge, desk.now)
    (ok,) = desk.put(answered(request_of(sent), "b", contact), bridge)
    assert (ok.flow, response_of(ok).status) == (worker_flow(1), 200)
    ack = within(response_of(ok), desk.request("ACK", worker_flow(1), "a-1"), source=worker_flow(1))
    assert desk.put(ack, worker_flow(1))[0].flow == bridge
    assert statuses(dial(desk, "bridge-w9", "a-2")[1]) == [404]
    assert [(bye.flow, request_of(bye).method) for bye in desk.dies(1)] == [(bridge, "BYE")]


BEHIND = Flow(Side.OUTER, "192.0.2.200", 5070)


def behind_a_proxy() -> Desk:
    proxy = TrunkSettings(name="proxy", networks=(f"{BEHIND.host}/32",), numbers=("100",))
    address = (BEHIND.host, BEHIND.port)
    return Desk(access=Access("callfloor", "callfloor", OUTER[0], {"anna": "x"}, Trunks((proxy,)), registrar=address))


def from_another_front(desk: Desk, user: str, *ours: tuple[str, str]) -> Request:
    invite = desk.request("INVITE", BEHIND, "b-1", uri=f"sip:{user}@192.0.2.200:5070", user="callfloor")
    return replace(invite, headers=Headers([*invite.headers, *ours]))


SUPERVISE = ("X-Callfloor-Supervise", "c0ffee")


def test_a_bridge_of_another_front_is_asked_for_at_the_proxy_before_us() -> None:
    desk = behind_a_proxy()
    _, (sent,) = dial(desk, "bridge-w9")
    assert (sent.flow, request_of(sent).uri) == (BEHIND, "sip:bridge-w9@192.0.2.200:5070")
    assert request_of(sent).headers.get("X-Callfloor-Contact") == "c0ffee", "what tells it from a stranger's"
    assert statuses(desk.put(from_another_front(desk, "bridge-w9", SUPERVISE), BEHIND)) == [404], "nor is it ours"
    _, (sent,) = dial(desk, "bridge-w2", "a-2")
    assert sent.flow.host == "127.0.0.1", "our own needs no proxy"


def test_a_bridge_of_ours_is_reached_from_another_front_and_takes_no_idle_worker() -> None:
    desk = behind_a_proxy()
    assert desk.proxy.claim() == "w1"
    trying, sent = desk.put(from_another_front(desk, "bridge-w1", SUPERVISE), BEHIND)
    assert (statuses([trying]), sent.flow, desk.assigned) == ([100], worker_flow(1), [])
    (ok,) = desk.put(answered(request_of(sent), "b", "sip:w1@127.0.0.1:21001"), worker_flow(1))
    assert (ok.flow, response_of(ok).status) == (BEHIND, 200)
    ack = within(response_of(ok), desk.request("ACK", BEHIND, "b-1"), source=BEHIND)
    assert desk.put(ack, BEHIND)[0].flow == worker_flow(1)
    assert [(bye.flow, request_of(bye).method) for bye in desk.dies(1)] == [(BEHIND, "BYE")]


def test_the_front_whose_worker_dials_a_bridge_takes_its_own_invite_for_a_loop() -> None:
    desk = behind_a_proxy()
    _, (sent,) = dial(desk, "bridge-w9", "b-1")
    assert statuses(desk.put(request_of(sent), BEHIND)) == [482]


def test_whoever_is_no_front_reaches_no_bridge() -> None:
    desk = behind_a_proxy()
    assert desk.proxy.claim() == "w1"
    assert statuses(desk.put(from_another_front(desk, "bridge-w1"), BEHIND)) == [404], "the proxy has taken our headers"
    outsider = replace(
        from_another_front(desk, "bridge-w1", SUPERVISE), headers=desk.request("INVITE", LAB, "x").headers
    )
    outsider = replace(outsider, headers=Headers([*outsider.headers, SUPERVISE]))
    assert statuses(desk.put(outsider, LAB)) == [403]


@pytest.mark.parametrize("credentials", [False, True])
def test_past_the_proxy_nobody_registers_or_calls_with_an_agents_credentials_or_without(credentials: bool) -> None:
    desk = behind_a_proxy()
    asked = [desk.request("REGISTER", STATION, "r-1", uri="sip:callfloor", user="anna")]
    asked.append(desk.request("INVITE", STATION, "c-1", user="anna"))
    if credentials:  # as computed from a challenge that some other way was had
        open_desk = Desk(access=Access("callfloor", "callfloor", OUTER[0], {"anna": "x"}))
        challenges = [response_of(open_desk.put(request, STATION)[0]) for request in asked]
        asked = [
            desk.with_credentials(request, challenge, "x") for request, challenge in zip(asked, challenges, strict=True)
        ]
        assert statuses(open_desk.put(asked[1], STATION)) == [100], "they are good ones"
    assert [statuses(desk.put(request, STATION)) for request in asked] == [[403], [403]]
    assert desk.assigned == []


def test_the_proxy_itself_calls_and_keeps_calling_while_strangers_are_refused() -> None:
    desk = behind_a_proxy()
    assert statuses(desk.put(desk.request("INVITE", STRANGER, "c-1"), STRANGER)) == [403]
    assert statuses(desk.put(desk.request("INVITE", BEHIND, "c-2"), BEHIND)) == [100]
    assert desk.proxy.counts["refused 403"] == 1
