from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.sip_peer import SDP
from tests.front.desk import (
    INNER,
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
from voice.front.admission import WAITING_S
from voice.front.flows import Flow, Side
from voice.front.message import Headers, Request, SipParseError, respond

TLS = Flow(Side.OUTER, "198.51.100.9", 41000, connection=5, tls=True)
TCP = Flow(Side.OUTER, "198.51.100.8", 41000, connection=3)


def with_header(request: Request, name: str, value: str) -> Request:
    return replace(request, headers=Headers([*request.headers, (name, value)]))


# ── who may call ──


def test_a_trunk_call_reaches_an_idle_worker() -> None:
    desk = Desk()
    invite = with_header(desk.request("INVITE", TRUNK, "c-1"), "X-Line", "7")
    invite = with_header(with_header(invite, "X-Callfloor-Contact", "forged"), "P-Asserted-Identity", "<tel:+1555>")
    trying, sent = desk.put(invite, TRUNK)
    assert statuses([trying]) == [100]
    assert desk.assigned == ["w1"]
    assert sent.flow == worker_flow(1)
    got = request_of(sent)
    assert got.headers.get("Max-Forwards") == "69"
    assert (got.via.host, got.via.port) == INNER
    assert f"{INNER[0]}:{INNER[1]}" in got.headers.all("Record-Route")[0]
    assert f"{OUTER[0]}:{OUTER[1]}" in got.headers.all("Record-Route")[1]
    assert got.headers.get("X-Line") == "7"
    assert got.headers.get("P-Asserted-Identity") == "<tel:+1555>"
    assert got.headers.get("X-Callfloor-Contact") is None


def test_a_stranger_is_challenged_then_an_agent_may_call_without_claims() -> None:
    desk = Desk()
    invite = desk.request("INVITE", STATION, "c-1", user="anna")
    invite = with_header(with_header(invite, "X-Line", "7"), "P-Asserted-Identity", "<tel:+1555>")
    challenge = response_of(desk.put(invite, STATION)[0])
    assert challenge.status == 407
    _, sent = desk.put(desk.with_credentials(invite, challenge), STATION)
    assert sent.flow == worker_flow(1)
    assert request_of(sent).headers.get("X-Line") is None
    assert request_of(sent).headers.get("P-Asserted-Identity") is None


def test_an_agent_may_not_call_as_somebody_else() -> None:
    desk = Desk()
    invite = desk.request("INVITE", STATION, "c-1", user="anna")
    challenge = response_of(desk.put(invite, STATION)[0])
    forged = desk.with_credentials(invite, challenge)
    forged = replace(forged, headers=forged.headers.put("From", "<sip:ben@callfloor>;tag=x"))
    assert statuses(desk.put(forged, STATION)) == [403]


def test_options_is_answered_and_other_strays_are_not_served() -> None:
    desk = Desk()
    assert statuses(desk.put(desk.request("OPTIONS", STRANGER, "o"), STRANGER)) == [200]
    for method in ("BYE", "MESSAGE", "INFO", "REFER", "NOTIFY", "UPDATE", "CANCEL"):
        assert statuses(desk.put(desk.request(method, STRANGER, f"s-{method}"), STRANGER)) == [481]
    assert desk.put(desk.request("ACK", STRANGER, "s"), STRANGER) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda r: replace(r, headers=r.headers.put("Contact")), 400),
        (lambda r: with_header(r, "Proxy-Require", "foo"), 420),
        (lambda r: with_header(r, "Require", "100rel"), 420),
        (lambda r: replace(r, headers=r.headers.put("Content-Type", "text/html")), 415),
        (lambda r: replace(r, body=r.body.replace(b"RTP/AVP 0 101", b"RTP/AVP 3")), 488),
        (lambda r: replace(r, body=r.body.replace(b"RTP/AVP", b"RTP/SAVP")), 488),
        (lambda r: replace(r, body=b"".join((r.body, *[b"m=audio 4000 RTP/AVP 0\r\n"] * 3))), 488),
        (lambda r: replace(r, headers=r.headers.put("Max-Forwards", "0")), 483),
    ],
)
def test_invites_that_no_worker_sees(change: object, status: int) -> None:
    desk = Desk()
    assert callable(change)
    sends = desk.put(change(desk.request("INVITE", TRUNK, "c-1")), TRUNK)
    assert statuses(sends) == [status]
    assert desk.assigned == []


def test_a_request_that_grows_too_long_on_its_way_is_refused() -> None:
    desk = Desk()
    compact = b"".join(b"r: <sip:a%039d@b>\r\n" % number for number in range(55))
    data = desk.request("INVITE", TRUNK, "c-1").to_bytes().replace(b"Max-Forwards", compact + b"Max-Forwards")
    assert len(data) < 3600
    assert statuses(desk.put_bytes(data, TRUNK)) == [513]
    assert desk.assigned == []


def test_reliable_provisionals_are_not_offered_through_us() -> None:
    desk = Desk()
    sent = desk.put(with_header(desk.request("INVITE", TRUNK, "c-1"), "Supported", "replaces, 100rel, timer"), TRUNK)[
        -1
    ]
    assert request_of(sent).headers.get("Supported") == "replaces, timer"


# ── workers: cap, waiting, pacing ──


def test_at_the_cap_503_at_once() -> None:
    desk = Desk(workers=2, most=1)
    desk.call("c-1")
    refused = response_of(desk.put(desk.request("INVITE", TRUNK, "c-2"), TRUNK)[0])
    assert (refused.status, refused.headers.get("Retry-After")) == (503, "5")


def test_no_idle_worker_yet_waits_a_moment_for_one() -> None:
    desk = Desk(workers=0)
    invite = desk.request("INVITE", TRUNK, "c-1")
    assert statuses(desk.put(invite, TRUNK)) == [100]
    assert statuses(desk.put(invite, TRUNK)) == [100]
    desk.wait(WAITING_S - 0.1)
    desk.ready(1)
    assert desk.sent[-1].flow == worker_flow(1)
    assert desk.wait(5) == []


def test_who_waited_in_vain_gets_503_until_the_ack() -> None:
    desk = Desk(workers=0)
    invite = desk.request("INVITE", TRUNK, "c-1")
    desk.put(invite, TRUNK)
    assert desk.wait(WAITING_S - 0.1) == []
    assert statuses(desk.wait(3.1)) == [503, 503, 503]  # and again after 0.5 and 1.5 s
    ack = replace(invite, method="ACK", headers=invite.headers.put("CSeq", "1 ACK"), body=b"")
    assert desk.put(ack, TRUNK) == []
    assert desk.wait(30) == []


def test_cancel_while_waiting() -> None:
    desk = Desk(workers=0)
    invite = desk.request("INVITE", TRUNK, "c-1")
    desk.put(invite, TRUNK)
    cancel = replace(invite, method="CANCEL", headers=invite.headers.put("CSeq", "1 CANCEL"), body=b"")
    assert statuses(desk.put(cancel, TRUNK)) == [200, 487]
    desk.ready(1)
    assert desk.assigned == []


def test_invites_in_all_are_limited() -> None:
    desk = Desk(workers=0, most=1000, max_dialogs=1000)
    seen = [statuses(desk.put(desk.request("INVITE", TRUNK, f"c-{n}"), TRUNK))[0] for n in range(60)]
    assert seen == [100] * 50 + [503] * 10
    desk.wait(0.1)
    assert statuses(desk.put(desk.request("INVITE", TRUNK, "later"), TRUNK)) == [100]


def test_reinvites_to_one_worker_are_paced() -> None:
    desk = Desk()
    call = desk.call()
    results = []
    for number in range(2, 12):
        again = within(call.ok, desk.request("INVITE", TRUNK, "c-1", number), source=TRUNK)
        sends = desk.put(again, TRUNK)
        results.append(any(send.flow == worker_flow(1) for send in sends))
    assert results == [True] * 4 + [False] * 6
    desk.wait(0.1)
    again = within(call.ok, desk.request("INVITE", TRUNK, "c-1", 20), source=TRUNK)
    assert desk.put(again, TRUNK)[-1].flow == worker_flow(1)


def test_a_full_table_refuses() -> None:
    desk = Desk(max_dialogs=1)
    desk.call("c-1")
    assert statuses(desk.put(desk.request("INVITE", TRUNK, "c-2"), TRUNK)) == [503]


# ── one call ──


def test_responses_follow_via_and_lose_ours() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    sent = desk.put(invite, TRUNK)[-1]
    assert desk.put(respond(request_of(sent), 100), sent.flow) == []  # ours was sent already
    ringing = answered(request_of(sent), "w", "sip:w@127.0.0.1:1", 180)
    forwarded = desk.put(ringing, sent.flow)[0]
    assert forwarded.flow == TRUNK
    assert [v.split("branch=")[1].split(";")[0] for v in forwarded.message.headers.all("Via")] == [invite.via.branch]
    assert forwarded.message.via.params["received"] == TRUNK.host


def test_a_retransmitted_invite_is_absorbed_and_a_merged_one_refused() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    desk.put(invite, TRUNK)
    assert statuses(desk.put(invite, TRUNK)) == [100]
    assert desk.assigned == ["w1"]
    assert statuses(desk.put(desk.request("INVITE", TRUNK, "c-1", 2), TRUNK)) == [482]


def test_in_dialog_requests_go_both_ways_without_our_routes() -> None:
    desk = Desk()
    call = desk.call()
    info = within(call.ok, desk.request("INFO", TRUNK, "c-1", 2), source=TRUNK)
    sent = desk.put(info, TRUNK)[0]
    assert (sent.flow, request_of(sent).headers.all("Route")) == (worker_flow(1), [])
    back = desk.put(respond(request_of(sent), 200), worker_flow(1))[0]
    assert back.flow == TRUNK
    bye = desk.request("BYE", worker_flow(1), "c-1", 5, uri="sip:bob@198.51.100.7:5060")
    headers = bye.headers.put("From", call.ok.headers.get("To") or "").put("To", call.ok.headers.get("From") or "")
    routes = [("Route", value) for value in request_of(call.to_worker).headers.all("Record-Route")]
    sent = desk.put(replace(bye, headers=Headers([*headers, *routes])), worker_flow(1))[0]
    assert (sent.flow, request_of(sent).headers.all("Route")) == (TRUNK, [])
    assert statuses(desk.put(respond(request_of(sent), 200), TRUNK)) == [200]


def test_tags_source_and_side_must_fit() -> None:
    desk = Desk()
    call = desk.call()
    bye = within(call.ok, desk.request("BYE", TRUNK, "c-1", 2), source=TRUNK)
    wrong_tag = replace(bye, headers=bye.headers.put("To", "<sip:100@callfloor>;tag=guess"))
    assert statuses(desk.put(wrong_tag, TRUNK)) == [481]
    assert statuses(desk.put(bye, STRANGER)) == [481]
    assert statuses(desk.put(bye, worker_flow(2))) == [481]
    assert desk.put(bye, TRUNK)[0].flow == worker_flow(1)


def test_a_call_belongs_to_its_trunk_whichever_of_its_addresses_speaks() -> None:
    desk = Desk()
    call = desk.call()
    bye = within(call.ok, desk.request("BYE", TRUNK, "c-1", 2), source=TRUNK)
    assert statuses(desk.put(bye, replace(TRUNK, host="198.18.0.3"))) == [481]  # another trunk's
    assert desk.put(bye, replace(TRUNK, host="198.51.100.8"))[0].flow == worker_flow(1)


def test_cancel_carries_the_branch_of_the_invite() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    sent = request_of(desk.put(invite, TRUNK)[-1])
    cancel = replace(invite, method="CANCEL", headers=invite.headers.put("CSeq", "1 CANCEL"), body=b"")
    forwarded = request_of(desk.put(cancel, TRUNK)[0])
    assert (forwarded.method, forwarded.uri, forwarded.via.branch) == ("CANCEL", sent.uri, sent.via.branch)
    foreign = replace(cancel, headers=cancel.headers.put("Via", "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKother"))
    assert statuses(desk.put(foreign, TRUNK)) == [481]


def test_reinvite_update_and_their_offers_go_through_the_filter() -> None:
    desk = Desk()
    call = desk.call()
    for number, method in enumerate(("INVITE", "UPDATE"), start=2):
        desk.wait(1.0)
        request = within(call.ok, desk.request(method, TRUNK, "c-1", number), source=TRUNK)
        headers = request.headers.put("Content-Type", "application/sdp")
        offer = SDP.replace(b"RTP/AVP 0 101", b"RTP/AVP 0 97 101") + b"a=rtpmap:97 speex/8000\r\na=sendonly\r\n"
        sent = desk.put(replace(request, headers=headers, body=offer), TRUNK)[-1]
        assert (sent.flow, request_of(sent).method) == (worker_flow(1), method)
        assert b"RTP/AVP 0 101" in sent.message.body
        assert b"a=sendonly" in sent.message.body
        assert b"speex" not in sent.message.body
        many = replace(request, headers=headers, body=SDP + b"m=audio 4000 RTP/AVP 0\r\n" * 3)
        assert statuses(desk.put(many, TRUNK)) == [488]
    assert desk.put(within(call.ok, desk.request("BYE", TRUNK, "c-1", 9), source=TRUNK), TRUNK)[0].flow == worker_flow(
        1
    )


def test_an_agent_may_refer_and_prack_is_no_method_of_ours() -> None:
    desk = Desk()
    desk.register()
    invite, sent = desk.dial(1)
    ok = response_of(desk.put(answered(request_of(sent), "s", "sip:anna@192.0.2.50:5062"), STATION)[0])
    desk.put(within(ok, desk.request("ACK", worker_flow(1), "a-1"), source=worker_flow(1)), worker_flow(1))
    refer = desk.request("REFER", STATION, "a-1", 7, uri="sip:w@127.0.0.1:21001")
    headers = refer.headers.put("From", ok.headers.get("To") or "").put("To", invite.headers.get("From") or "")
    refer = with_header(replace(refer, headers=headers), "Refer-To", "<sip:ben@callfloor>")
    assert desk.put(refer, STATION)[0].flow == worker_flow(1)
    data = refer.to_bytes().replace(b"REFER", b"PRACK")
    with pytest.raises(SipParseError) as caught:
        desk.put_bytes(data, STATION)
    refused = response_of(desk.proxy.refuse(caught.value, STATION, desk.now)[0])  # type: ignore[arg-type]
    assert refused.status == 405
    assert "PRACK" not in (refused.headers.get("Allow") or "")


def test_refer_from_the_customer_is_declined() -> None:
    desk = Desk()
    call = desk.call()
    refer = within(call.ok, desk.request("REFER", TRUNK, "c-1", 2), source=TRUNK)
    assert statuses(desk.put(refer, TRUNK)) == [603]
