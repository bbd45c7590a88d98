"""The proxy towards connections and stations, after restarts, and what must not pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.front.desk import (
    OUTER,
    OUTER_TLS,
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
from voice.front.flows import Flow, Side
from voice.front.message import Headers, Request, SipParseError, respond
from voice.front.pool import WorkerEntry, WorkersListed

TLS = Flow(Side.OUTER, "198.51.100.9", 41000, connection=5, tls=True)
TCP = Flow(Side.OUTER, "198.51.100.8", 41000, connection=3)


def with_header(request: Request, name: str, value: str) -> Request:
    return replace(request, headers=Headers([*request.headers, (name, value)]))


def test_over_tcp_the_answer_takes_the_same_connection() -> None:
    desk = Desk()
    sent = desk.put(desk.request("INVITE", TCP, "c-1"), TCP)[-1]
    assert ";transport=tcp" in request_of(sent).headers.all("Record-Route")[1]
    assert "transport" not in request_of(sent).headers.all("Record-Route")[0]
    ok = desk.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1"), sent.flow)[0]
    assert ok.flow.connection == 3


def test_over_tls_the_road_back_is_tls() -> None:
    desk = Desk()
    sent = desk.put(desk.request("INVITE", TLS, "c-1"), TLS)[-1]
    inner, outer = request_of(sent).headers.all("Record-Route")
    assert f"{OUTER_TLS[0]}:{OUTER_TLS[1]};transport=tls" in outer
    assert "transport" not in inner
    ok = desk.put(answered(request_of(sent), "w", "sip:w@127.0.0.1:1"), sent.flow)[0]
    assert ok.flow == TLS
    assert response_of(ok).via.transport == "TLS"


def test_a_stations_calls_follow_it_to_its_next_connection() -> None:
    """Its network changed, or the connection broke: the worker's BYE goes where the station registered since."""
    desk = Desk()
    first = replace(TLS, host="192.0.2.50")
    next_ = replace(first, host="192.0.2.99", port=42000, connection=8)
    assert desk.register(first).status == 200
    _, sent = desk.dial(1)
    assert (sent.flow, request_of(sent).via.transport) == (first, "TLS")
    ok = response_of(desk.put(answered(request_of(sent), "s", "sip:anna@192.0.2.50:41000"), first)[0])
    bye = within(ok, desk.request("BYE", worker_flow(1), "a-1", 2), source=worker_flow(1))
    desk.proxy.connection_closed(first)
    assert desk.put(bye, worker_flow(1))[0].flow == first  # the worker sends it again
    assert desk.register(next_).status == 200
    assert desk.put(bye, worker_flow(1))[0].flow == next_


def test_a_station_whose_address_changed_speaks_in_its_calls_once_it_is_registered_from_there() -> None:
    """Nothing closed its old connection: the address is simply gone."""
    desk = Desk()
    first = replace(TLS, host="192.0.2.50")
    next_ = replace(first, host="192.0.2.99", port=42000, connection=8)
    desk.register(first)
    _, sent = desk.dial(1)
    invited = request_of(sent)
    ok = response_of(desk.put(answered(invited, "s", "sip:anna@192.0.2.50:41000"), first)[0])

    def reinvite(source: Flow, number: int) -> list[int] | Flow:
        """From the station's side of the dialog: what it is refused with, or where it went."""
        request = desk.request("INFO", source, "a-1", number, uri="sip:w@127.0.0.1:21001")
        headers = request.headers.put("From", ok.headers.get("To") or "").put("To", ok.headers.get("From") or "")
        routes = ok.headers.all("Record-Route") or invited.headers.all("Record-Route")
        (answer,) = desk.put(replace(request, headers=headers.put("Route", *routes)), source)
        return answer.flow if isinstance(answer.message, Request) else statuses([answer])

    assert reinvite(first, 1) == worker_flow(1)
    assert reinvite(next_, 2) == [481]
    desk.register(next_)
    assert reinvite(next_, 2) == worker_flow(1)
    assert reinvite(STRANGER, 3) == [481]
    bye = within(ok, desk.request("BYE", worker_flow(1), "a-1", 2), source=worker_flow(1))
    assert desk.put(bye, worker_flow(1))[0].flow == next_


@pytest.mark.parametrize("registers_first", [True, False])
def test_after_a_restart_a_workers_request_finds_the_station_at_its_new_connection(registers_first: bool) -> None:
    before = Desk()
    assert before.register(TLS).status == 200
    _, sent = before.dial(1)
    ok = response_of(before.put(answered(request_of(sent), "s", "sip:anna@198.51.100.9:41000"), TLS)[0])
    bye = within(ok, before.request("BYE", worker_flow(1), "a-1", 2), source=worker_flow(1))

    after = Desk(workers=0, now=1060.0)
    entries = (WorkerEntry(id="w1", port=21001, state="busy"),)
    after.proxy.report(WorkersListed(type="workers", workers=entries), 1060.0)
    next_ = replace(TLS, port=42000, connection=9)
    if not registers_first:
        after.put(bye, worker_flow(1))
    assert after.register(next_).status == 200
    assert after.put(bye, worker_flow(1))[0].flow == next_


def test_responses_with_a_branch_we_never_made_are_dropped() -> None:
    desk = Desk()
    desk.register()
    _, sent = desk.dial(1)
    ok = answered(request_of(sent), "s", "sip:anna@192.0.2.50:5062")
    top, below = ok.headers.all("Via")
    for vias in ([below], [top.replace("z9hG4bK", "z9hG4bK0"), below], [top, below.replace("21001", "21002")]):
        assert desk.put(replace(ok, headers=ok.headers.put("Via", *vias)), STATION) == []
    assert desk.put(ok, STATION)[0].flow == worker_flow(1)


# ── a worker dials ──


def test_a_worker_reaches_a_station_and_only_our_own_x_headers_go_along() -> None:
    desk = Desk()
    desk.register()
    invite, sent = desk.dial(1)
    got = request_of(sent)
    assert (sent.flow, got.uri) == (STATION, "sip:anna@192.0.2.50:5062")
    assert (got.via.host, got.via.port) == OUTER
    assert got.headers.all("Route") == []
    assert got.headers.get("X-Callfloor-Contact") == "c0ffee"
    assert got.headers.get("X-Secret") is None
    assert request_of(desk.put(invite, worker_flow(1))[0]) == got  # a retransmission takes the same way
    trying = desk.put(respond(got, 100), STATION)[0]
    assert trying.flow == worker_flow(1)  # it stops the worker's retransmissions
    busy = desk.put(respond(got, 486, tag="s"), STATION)[0]
    assert (busy.flow, statuses([busy])) == (worker_flow(1), [486])
    ack = replace(invite, method="ACK", headers=invite.headers.put("CSeq", "1 ACK"), body=b"")
    forwarded = request_of(desk.put(ack, worker_flow(1))[0])
    assert (forwarded.uri, forwarded.via.branch) == (got.uri, got.via.branch)


@pytest.mark.parametrize(
    ("uri", "number", "status"),
    [
        ("sip:anna@callfloor", 1, 480),
        ("sip:nobody@callfloor", 1, 404),
        ("sip:anna@elsewhere.example", 1, 404),
        ("sip:anna@callfloor", 9, 403),
    ],
)
def test_what_a_worker_cannot_reach(uri: str, number: int, status: int) -> None:
    desk = Desk()
    invite = desk.request("INVITE", worker_flow(number), "a-1", uri=uri)
    assert statuses(desk.put(invite, worker_flow(number))) == [status]


def test_a_bad_answer_from_a_station_loses_its_body() -> None:
    desk = Desk()
    desk.register()
    _, sent = desk.dial(1)
    ok = replace(answered(request_of(sent), "s", "sip:anna@192.0.2.50:5062"), body=b"v=0\r\ngarbage")
    forwarded = desk.put(ok, STATION)[0].message
    assert (forwarded.body, forwarded.content_type) == (b"", "")


# ── restarts and refusals ──


def test_after_a_restart_the_token_finds_the_worker() -> None:
    before = Desk()
    call = before.call()
    after = Desk(workers=0, now=1060.0)
    entries = (WorkerEntry(id="w1", port=21001, state="busy"),)
    after.proxy.report(WorkersListed(type="workers", workers=entries), 1060.0)
    info = within(call.ok, after.request("INFO", TRUNK, "c-1", 2), source=TRUNK)
    assert after.put(info, TRUNK)[0].flow == worker_flow(1)
    forged = replace(info, headers=info.headers.put("Call-ID", "c-other"))
    assert statuses(after.put(forged, TRUNK)) == [481]
    bye = request_of(after.dies(1)[0])
    assert (bye.method, bye.uri) == ("BYE", "sip:bob@198.51.100.7:5060")


def test_a_worker_that_the_zygote_does_not_know_any_more_is_dead() -> None:
    desk = Desk()
    desk.call()
    desk.proxy.report(WorkersListed(type="workers", workers=()), desk.now)
    effects = desk.proxy.report(
        WorkersListed(type="workers", workers=(WorkerEntry(id="w7", port=1, state="idle"),)), desk.now
    )
    assert effects == []
    assert desk.pool.get("w1") is None


def test_unaddressable_garbage_is_met_with_silence() -> None:
    desk = Desk()
    assert desk.proxy.refuse(SipParseError("noise"), STRANGER, desk.now) == []
    assert desk.proxy.counts["refused 400"] == 1


def test_everything_is_forgotten_in_time() -> None:
    desk = Desk(workers=3)
    for number in range(1, 4):
        call = desk.call(f"c-{number}")
        desk.put(within(call.ok, desk.request("BYE", TRUNK, f"c-{number}", 2), source=TRUNK), TRUNK)
        desk.dies(number)
    desk.wait(33)
    assert len(desk.board.dialogs) == 0
    desk.wait(300)
    assert desk.proxy.deadline is None


@pytest.mark.parametrize(
    ("kind", "body", "seen"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", b"Signal=5\r\nDuration=160\r\n"),
        ("application/dtmf-relay", b"Signal= #\r\nDuration= 250", b"Signal=#\r\nDuration=250\r\n"),
        ("application/dtmf-relay", b"Signal=5", b"Signal=5\r\nDuration=160\r\n"),
        ("application/dtmf-relay", b"Signal=\r\nDuration=160\r\n", 400),  # aborts pjsua2 2.15
        ("application/dtmf-relay", b"Duration=160\r\nSignal=", 400),
        ("application/dtmf", b"5", b"5"),
        ("application/dtmf", b"55", 400),
        ("application/media_control+xml", b"<x/>", 415),
    ],
)
def test_a_digit_by_info_reaches_the_worker_only_in_its_plain_form(kind: str, body: bytes, seen: bytes | int) -> None:
    desk = Desk()
    call = desk.call()
    info = within(call.ok, desk.request("INFO", TRUNK, "c-1", 2), source=TRUNK)
    (sent,) = desk.put(replace(info, headers=info.headers.put("Content-Type", kind), body=body), TRUNK)
    assert (sent.message.body if sent.flow == worker_flow(1) else response_of(sent).status) == seen
