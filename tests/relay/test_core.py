from __future__ import annotations

import ssl

import pytest

from tests.relay.messages import (
    INNER,
    LOCAL,
    PHONE,
    SDP,
    of_phone,
    of_server,
    relay,
    request_to_phone,
    request_to_server,
    response_to_phone,
    response_to_server,
    text,
)
from voice.front.message import Headers, Response, respond
from voice.relay.core import OTHERS, RelayCore, Server, ToPhone, ToServer, Transport
from voice.relay.wire import client_tls

OWN_ROUTE = f"<sip:{INNER[0]}:{INNER[1]};lr>"


def refuse_all(core: RelayCore, count: int) -> list[Response]:
    """The relay's own answers to ``count`` INVITEs in the same moment."""
    effects = [effect for number in range(count) for effect in core.from_server(of_server("INVITE", number=number), 5)]
    return [response_to_server([effect]) for effect in effects if isinstance(effect, ToServer)]


# ── the server's address ──


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("127.0.0.1:5060", Server(Transport.UDP, "127.0.0.1", 5060)),
        ("tls://sip.example.org:5061", Server(Transport.TLS, "sip.example.org", 5061)),
        ("TCP://[2001:db8::1]:5060", Server(Transport.TCP, "2001:db8::1", 5060)),
    ],
)
def test_a_server_is_written_as_an_address(written: str, server: Server) -> None:
    assert Server.parse(written) == server
    assert Server.parse(str(server)) == server


@pytest.mark.parametrize("written", ["", "host", "host:0", "host:65536", "host:sip", "ws://host:80", ":5060"])
def test_what_is_no_server(written: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|not tls"):
        Server.parse(written)


# ── the phone's messages ──


def test_register_leaves_as_one_user_agent_at_the_relays_address() -> None:
    sent = request_to_server(relay().from_phone(of_phone("REGISTER")))
    assert not sent.headers.all("Route")
    assert sent.headers.all("Contact") == ["<sip:anna@192.0.2.50:41234;transport=tls;ob>"]
    via, phones = sent.headers.all("Via")
    assert via.startswith("SIP/2.0/TLS 192.0.2.50:41234;branch=z9hG4bK")
    assert "127.0.0.1:50000" in phones
    assert sent.headers.get("Max-Forwards") == "69"


def test_the_registrars_list_names_the_phone_as_the_phone_knows_itself() -> None:
    core = relay()
    sent = request_to_server(core.from_phone(of_phone("REGISTER")))
    listed = [("Contact", f"{sent.headers.get('Contact')};expires=300"), ("Contact", "<sip:anna@192.0.2.77:5060>")]
    got = response_to_phone(core.from_server(respond(sent, 200, listed).to_bytes(), 1))
    assert got.headers.all("Via") == ["SIP/2.0/UDP 127.0.0.1:50000;rport;branch=z9hG4bKphone1"]
    assert got.headers.all("Contact") == ["<sip:anna@127.0.0.1:50000;ob>;expires=300", "<sip:anna@192.0.2.77:5060>"]


def test_a_retransmission_a_cancel_and_the_ack_of_a_failure_keep_the_branch() -> None:
    core = relay()
    branches = {
        request_to_server(core.from_phone(of_phone(method, uri="sip:bell@callfloor"))).via.branch
        for method in ("INVITE", "INVITE", "CANCEL", "ACK")
    }
    assert len(branches) == 1
    other = request_to_server(core.from_phone(of_phone("INVITE", uri="sip:bell@callfloor", cseq=2)))
    assert other.via.branch not in branches


def test_a_response_with_a_branch_we_never_made_is_dropped() -> None:
    core = relay()
    sent = request_to_server(core.from_phone(of_phone("REGISTER")))
    forged = respond(sent, 200).to_bytes().replace(sent.via.branch.encode(), b"z9hG4bKforged")
    assert core.from_server(forged, 1) == []
    assert core.counts["response with foreign Via"] == 1


def test_the_phones_route_set_begins_with_the_relay() -> None:
    core = relay()
    sent = request_to_server(core.from_phone(of_phone("INVITE", uri="sip:bell@callfloor")))
    routes = [("Record-Route", "<sip:192.0.2.1:5061;transport=tls;lr>"), ("Contact", "<sip:bell@192.0.2.9>")]
    got = response_to_phone(core.from_server(respond(sent, 200, routes).to_bytes(), 1))
    assert got.headers.all("Record-Route") == ["<sip:192.0.2.1:5061;transport=tls;lr>", OWN_ROUTE]  # used reversed
    bye = of_phone("BYE", "Route: <sip:192.0.2.1:5061;transport=tls;lr>", uri="sip:bell@192.0.2.9", to_tag="b", cseq=2)
    within = request_to_server(core.from_phone(bye))
    assert within.headers.all("Route") == ["<sip:192.0.2.1:5061;transport=tls;lr>"]
    assert within.uri == "sip:bell@192.0.2.9"


def test_without_a_server_register_and_invite_are_answered_and_calls_wait() -> None:
    core = relay(up=False)
    for method in ("REGISTER", "INVITE"):
        (answer,) = core.from_phone(of_phone(method))
        assert isinstance(answer, ToPhone)
        assert response_to_phone([answer]).status == 503
    assert core.from_phone(of_phone("BYE", to_tag="b")) == []
    assert core.from_phone(of_phone("INVITE", to_tag="b")) == []


# ── the server's messages ──


def test_an_invite_reaches_the_phone_and_its_answer_the_server() -> None:
    core = relay()
    invite = of_server("INVITE", "Record-Route: <sip:192.0.2.1:5061;transport=tls;lr>", "X-Callfloor-Contact: c-42")
    got = request_to_phone(core.from_server(invite, 1))
    assert got.uri == f"sip:anna@{PHONE[0]}:{PHONE[1]}"
    assert got.headers.all("Record-Route") == [OWN_ROUTE, "<sip:192.0.2.1:5061;transport=tls;lr>"]
    assert got.headers.get("X-Callfloor-Contact") == "c-42"
    assert (got.via.host, got.via.port) == INNER
    routes = [("Record-Route", value) for value in got.headers.all("Record-Route")]
    answer = respond(got, 200, [*routes, ("Contact", "<sip:anna@127.0.0.1:50000>")])
    back = response_to_server(core.from_phone(answer.to_bytes()))
    assert back.headers.all("Record-Route") == ["<sip:192.0.2.1:5061;transport=tls;lr>"]
    assert back.headers.all("Contact") == [f"<sip:anna@{LOCAL[0]}:{LOCAL[1]};transport=tls>"]
    assert [via.split(";")[0] for via in back.headers.all("Via")] == ["SIP/2.0/TLS 192.0.2.1:5061"]


def test_a_call_survives_a_new_connection() -> None:
    """The server still dials the Contact of the connection that was lost."""
    core = relay()
    core.disconnected()
    core.connected(Transport.TLS, ("192.0.2.50", 49999), ("192.0.2.1", 5061))
    bye = request_to_phone(core.from_server(of_server("BYE", to_tag="a"), 1))
    assert bye.uri == f"sip:anna@{PHONE[0]}:{PHONE[1]}"
    answered = response_to_server(core.from_phone(respond(bye, 200).to_bytes()))
    assert answered.status == 200


def test_the_phone_is_never_sent_a_crowd() -> None:
    core = relay()
    refused = refuse_all(core, 1000)
    assert len(refused) == 995
    assert {(answer.status, answer.headers.get("Retry-After")) for answer in refused} == {(503, "1")}
    assert len(core.from_server(of_server("INVITE", number=2000), 5.1)) == 1  # ten a second
    assert isinstance(core.from_server(of_server("INVITE", number=2001), 5.2)[0], ToPhone)


def test_the_acks_of_what_was_refused_end_here() -> None:
    core = relay()
    for answer in refuse_all(core, 20):
        number = int(answer.call_id.removeprefix("in-"))
        assert core.from_server(of_server("ACK", number=number, to_tag=answer.to.tag), 5) == []


def test_a_retransmitted_invite_passes_while_it_makes_sense_and_costs_nothing() -> None:
    core = relay()
    invite = of_server("INVITE")
    first = request_to_phone(core.from_server(invite, 1))
    for _ in range(20):
        assert request_to_phone(core.from_server(invite, 1.5)).via.branch == first.via.branch
    assert core.from_server(invite, 6) == []


def test_other_requests_are_paced_too_but_a_call_can_always_end() -> None:
    core = relay()
    for number in range(OTHERS[1]):
        assert isinstance(core.from_server(of_server("INFO", number=number, to_tag="a"), 1)[0], ToPhone)
    assert response_to_server(core.from_server(of_server("INFO", number=999, to_tag="a"), 1)).status == 503
    assert request_to_phone(core.from_server(of_server("BYE", to_tag="a"), 1)).method == "BYE"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (of_server("REGISTER"), 405),
        (of_server("SUBSCRIBE"), 405),
        (of_server("MESSAGE"), 481),
        (of_server("REFER"), 481),
        (of_server("INVITE", "Require: 100rel"), 420),
        (of_server("OPTIONS"), 200),
        (of_server("INVITE", body=SDP.replace("RTP/AVP 0", "RTP/AVP 3")), 488),
        (of_server("INVITE", body=SDP + "m=audio 1 RTP/AVP 0\r\n" * 9), 488),
        (of_server("INVITE").replace(b"application/sdp", b"text/html"), 415),
        (of_server("INVITE").replace(b"Max-Forwards: 70", b"Max-Forwards: 0"), 483),
        (of_server("INVITE", *(f"r: <sip:a{n:03}@b>" for n in range(84)), "Subject: " + "y" * 1800), 513),
    ],
)
def test_what_the_phone_never_sees(message: bytes, status: int) -> None:
    assert response_to_server(relay().from_server(message, 1)).status == status


@pytest.mark.parametrize(
    "data", [b"\0", b"INVITE", text("ACK sip:x@y SIP/2.0", "Via: nonsense"), b"SIP/2.0 200 OK\r\n\r\n"]
)
def test_nonsense_is_silence(data: bytes) -> None:
    core = relay()
    assert core.from_server(data, 1) == []
    assert core.from_phone(data) == []


def test_the_phone_is_not_asked_for_reliable_provisionals() -> None:
    core = relay()
    got = request_to_phone(core.from_server(of_server("INVITE", "Supported: replaces, 100rel, timer"), 1))
    assert got.headers.get("Supported") == "replaces, timer"
    sent = request_to_server(core.from_phone(of_phone("INVITE", "Supported: 100rel, timer", uri="sip:b@callfloor")))
    assert sent.headers.get("Supported") == "timer"


@pytest.mark.parametrize(
    ("said", "passed"),
    [
        ("terminated;reason=reason=noresource", "terminated"),  # linphone 5
        ("active;expires=60", "active;expires=60"),
        ("terminated ; reason=noresource;x", "terminated ; reason=noresource;x"),
    ],
)
def test_a_notify_reaches_the_phone_with_a_state_it_can_read(said: str, passed: str) -> None:
    notify = of_server("NOTIFY", "Event: refer", f"Subscription-State: {said}", to_tag="a")
    assert request_to_phone(relay().from_server(notify, 1)).headers.get("Subscription-State") == passed


def test_an_answer_that_is_not_sound_reaches_the_phone_without_its_body() -> None:
    core = relay()
    sent = request_to_server(core.from_phone(of_phone("INVITE", uri="sip:b@callfloor")))
    answer = respond(sent, 200, [("Contact", "<sip:b@192.0.2.9>"), ("Content-Type", "application/sdp")])
    bad = Response(Headers(answer.headers), body=b"v=1\r\n", status=200, reason="OK")
    assert response_to_phone(core.from_server(bad.to_bytes(), 1)).body == b""


def test_nothing_older_than_tls_1_2_is_spoken() -> None:
    context = client_tls(None)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
