"""A worker dies: what each of its legs is told, by the letter of RFC 3261."""

from __future__ import annotations

from dataclasses import replace

from tests.front.desk import (
    OUTER,
    STATION,
    TRUNK,
    Desk,
    answered,
    request_of,
    response_of,
    statuses,
    within,
    worker_flow,
)
from voice.front.dialogs import REASON
from voice.front.flows import Send
from voice.front.message import Headers, Request, respond


def agent_leg(desk: Desk, *, ack: bool = True, routes: tuple[str, ...] = ()) -> Request:
    """anna's leg of worker 1, answered; the INVITE as the station got it."""
    desk.register()
    invite, sent = desk.dial(1)
    ok = answered(request_of(sent), "station-tag", "sip:anna@192.0.2.50:5062;new", routes=routes)
    passed = response_of(desk.put(ok, STATION)[0])
    if ack:
        acked = within(passed, replace(invite, method="ACK", body=b""), source=worker_flow(1))
        headers = acked.headers.put("CSeq", "1 ACK").put("Via", "SIP/2.0/UDP 127.0.0.1:21001;branch=z9hG4bKack")
        headers = headers.put("Route", *reversed(passed.headers.all("Record-Route")))
        assert desk.put(replace(acked, headers=headers), worker_flow(1))[0].flow == STATION
    return request_of(sent)


def test_the_customer_gets_a_bye_in_the_workers_place() -> None:
    desk = Desk()
    call = desk.call()
    sends = desk.dies(1)
    bye = request_of(sends[0])
    assert [send.flow for send in sends] == [TRUNK]
    assert (bye.method, bye.uri) == ("BYE", "sip:bob@198.51.100.7:5060")
    assert bye.headers.get("From") == "<sip:100@callfloor>;tag=worker-tag"
    assert bye.headers.get("To") == "<sip:bob@callfloor>;tag=tag-of-5060"
    assert (bye.call_id, bye.cseq.method) == (call.invite.call_id, "BYE")
    assert bye.headers.get("Reason") == REASON
    assert (bye.via.host, bye.via.port) == OUTER
    assert bye.headers.all("Route") == []


def test_the_bye_is_repeated_until_answered() -> None:
    desk = Desk()
    desk.call()
    bye = desk.dies(1)[0]
    assert desk.wait(1.6) == [bye, bye]  # timer E: 0.5, then 1.0 s
    assert desk.put(respond(request_of(bye), 200), TRUNK) == []
    assert desk.wait(10) == []


def test_the_bye_is_given_up_after_four_seconds() -> None:
    desk = Desk()
    desk.call()
    desk.dies(1)
    assert len(desk.wait(100)) == 3  # 0.5, 1.5, 3.5


def test_the_bye_has_a_higher_cseq_than_anything_the_worker_sent() -> None:
    desk = Desk()
    call = desk.call()
    info = desk.request("INFO", worker_flow(1), "c-1", 4711, uri="sip:bob@198.51.100.7:5060")
    headers = info.headers.put("From", call.ok.headers.get("To") or "").put("To", call.ok.headers.get("From") or "")
    desk.put(replace(info, headers=headers), worker_flow(1))
    assert request_of(desk.dies(1)[0]).cseq.number == 4712


def test_the_route_set_of_the_far_side_is_kept_without_us() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    records = ("<sip:near.example.org;lr>", "<sip:far.example.org;lr>")
    invite = replace(invite, headers=Headers([*invite.headers, *(("Record-Route", value) for value in records)]))
    sent = desk.put(invite, TRUNK)[-1]
    ok = response_of(desk.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1"), sent.flow)[0])
    desk.put(within(ok, desk.request("ACK", TRUNK, "c-1"), source=TRUNK), TRUNK)
    assert request_of(desk.dies(1)[0]).headers.all("Route") == list(records)


def test_a_strict_router_becomes_the_request_uri() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    invite = replace(invite, headers=Headers([*invite.headers, ("Record-Route", "<sip:old.example.org>")]))
    sent = desk.put(invite, TRUNK)[-1]
    ok = response_of(desk.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1"), sent.flow)[0])
    desk.put(within(ok, desk.request("ACK", TRUNK, "c-1"), source=TRUNK), TRUNK)
    bye = request_of(desk.dies(1)[0])
    assert (bye.uri, bye.headers.all("Route")) == ("sip:old.example.org", ["<sip:bob@198.51.100.7:5060>"])


def test_a_caller_that_was_not_answered_gets_500() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    sent = desk.put(invite, TRUNK)[-1]
    desk.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1", 180), sent.flow)
    final = response_of(desk.dies(1)[0])
    assert (final.status, final.to.tag, final.headers.get("Reason")) == (500, "w", REASON)
    assert final.via.branch == invite.via.branch
    assert statuses(desk.wait(0.6)) == [500]
    ack = replace(invite, method="ACK", headers=invite.headers.put("CSeq", "1 ACK"), body=b"")
    desk.put(ack, TRUNK)
    assert desk.wait(40) == []


def test_the_bye_waits_for_the_ack_of_the_200() -> None:
    desk = Desk()
    invite = desk.request("INVITE", TRUNK, "c-1")
    sent = desk.put(invite, TRUNK)[-1]
    ok = response_of(desk.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1"), sent.flow)[0])
    assert desk.dies(1) == []
    ack = within(ok, desk.request("ACK", TRUNK, "c-1"), source=TRUNK)
    assert [request_of(send).method for send in desk.put(ack, TRUNK)] == ["BYE"]
    assert desk.put(ack, TRUNK) == []
    second = Desk()
    sent = second.put(invite, TRUNK)[-1]
    second.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1"), sent.flow)
    second.dies(1)
    assert [request_of(send).method for send in second.wait(1.1)] == ["BYE"]  # it never came


def test_an_agents_leg_gets_a_bye_along_its_own_route() -> None:
    desk = Desk()
    invite = agent_leg(desk, routes=("<sip:edge.example.org;lr>",))
    bye = request_of(desk.dies(1)[0])
    assert (bye.method, bye.uri) == ("BYE", "sip:anna@192.0.2.50:5062;new")
    assert bye.headers.get("From") == invite.headers.get("From")
    assert bye.headers.get("To") == "<sip:anna@callfloor>;tag=station-tag"
    assert bye.headers.all("Route") == ["<sip:edge.example.org;lr>"]
    assert bye.cseq.number == 2


def test_an_answer_that_was_never_acknowledged_is_acknowledged_first() -> None:
    desk = Desk()
    agent_leg(desk, ack=False)
    ack, bye = (request_of(send) for send in desk.dies(1))
    assert (ack.method, ack.cseq.number, bye.method, bye.cseq.number) == ("ACK", 1, "BYE", 2)
    assert ack.via.branch != bye.via.branch


def test_a_ringing_station_gets_a_cancel_and_its_487_an_ack() -> None:
    desk = Desk()
    desk.register()
    _, sent = desk.dial(1)
    desk.put(respond(request_of(sent), 180, tag="s"), STATION)
    cancel = request_of(desk.dies(1)[0])
    invite = request_of(sent)
    assert (cancel.method, cancel.uri, cancel.cseq.number) == ("CANCEL", invite.uri, 1)
    assert cancel.headers.all("Via") == invite.headers.all("Via")[:1]
    assert cancel.headers.get("To") == invite.headers.get("To")
    assert desk.put(respond(cancel, 200), STATION) == []
    ack = request_of(desk.put(respond(invite, 487, tag="s"), STATION)[0])
    assert (ack.method, ack.to.tag, ack.via.branch) == ("ACK", "s", invite.via.branch)
    assert desk.wait(40) == []


def test_a_worker_that_lives_hears_what_becomes_of_its_own_cancel() -> None:
    desk = Desk()
    desk.register()
    invite, sent = desk.dial(1)
    desk.put(respond(request_of(sent), 180, tag="s"), STATION)
    fields = invite.headers.put("CSeq", f"{invite.cseq.number} CANCEL").without(lambda name: name == "Content-Type")
    (cancel,) = desk.put(replace(invite, method="CANCEL", headers=fields, body=b""), worker_flow(1))
    for answer in (respond(request_of(cancel), 200), respond(request_of(sent), 487, tag="s")):
        (back,) = desk.put(answer, STATION)
        assert (back.flow, response_of(back).status) == (worker_flow(1), answer.status)


def test_the_cancel_waits_for_the_first_sign_of_life() -> None:
    desk = Desk()
    desk.register()
    _, sent = desk.dial(1)
    assert desk.dies(1) == []
    assert [request_of(s).method for s in desk.put(respond(request_of(sent), 180, tag="s"), STATION)] == ["CANCEL"]


def test_an_answer_that_crosses_the_cancel_is_ended() -> None:
    desk = Desk()
    desk.register()
    _, sent = desk.dial(1)
    desk.put(respond(request_of(sent), 180, tag="s"), STATION)
    desk.dies(1)
    ok = answered(request_of(sent), "s", "sip:anna@192.0.2.50:5062")
    assert [request_of(send).method for send in desk.put(ok, STATION)] == ["ACK", "BYE"]
    assert [request_of(send).method for send in desk.put(ok, STATION)] == ["ACK"]  # our first ACK was lost


def test_the_far_end_may_still_talk_to_a_dead_worker() -> None:
    desk = Desk()
    call = desk.call()
    desk.dies(1)
    info = within(call.ok, desk.request("INFO", TRUNK, "c-1", 2), source=TRUNK)
    assert statuses(desk.put(info, TRUNK)) == [481]
    bye = within(call.ok, desk.request("BYE", TRUNK, "c-1", 3), source=TRUNK)
    assert statuses(desk.put(bye, TRUNK)) == [200]
    assert desk.wait(10) == []


def test_a_worker_that_finished_its_call_leaves_quietly() -> None:
    desk = Desk()
    call = desk.call()
    sends: list[Send] = desk.put(within(call.ok, desk.request("BYE", TRUNK, "c-1", 2), source=TRUNK), TRUNK)
    assert desk.dies(1) == []
    late = desk.put(respond(request_of(sends[0]), 200), worker_flow(1))  # its 200 was on the way when it left
    assert (late[0].flow, statuses(late)) == (TRUNK, [200])
    assert desk.wait(40) == []


def test_a_bye_of_the_worker_that_nobody_answered_is_said_again() -> None:
    desk = Desk()
    call = desk.call()
    bye = desk.request("BYE", worker_flow(1), "c-1", 5, uri="sip:bob@198.51.100.7:5060")
    headers = bye.headers.put("From", call.ok.headers.get("To") or "").put("To", call.ok.headers.get("From") or "")
    desk.put(replace(bye, headers=headers), worker_flow(1))
    again = request_of(desk.dies(1)[0])
    assert (again.method, again.cseq.number) == ("BYE", 6)


def test_other_calls_are_untouched() -> None:
    desk = Desk()
    desk.call("c-1")
    desk.call("c-2")
    assert {send.message.call_id for send in desk.dies(2)} == {"c-2"}
