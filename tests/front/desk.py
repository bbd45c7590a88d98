"""The front's pure core with hands: messages go in by side, effects come out sorted. No sockets, no clock."""

from __future__ import annotations

import itertools
from dataclasses import replace

from tests.fakes.sip_peer import SDP
from voice.front.access import Access
from voice.front.digest import digest_response, parse_credentials
from voice.front.flows import Assign, Effect, Flow, Send, Side
from voice.front.message import MAX_MESSAGE, Headers, Request, Response, parse, respond
from voice.front.pool import Pool, WorkerEnded, WorkerReady
from voice.front.proxy import Proxy
from voice.front.routing import Routing
from voice.front.switchboard import MAX_FORWARDED, Switchboard
from voice.front.trunks import Trunks, TrunkSettings

OUTER = ("192.0.2.1", 5060)
OUTER_TLS = ("192.0.2.1", 5061)
INNER = ("127.0.0.1", 5099)
TRUNK = Flow(Side.OUTER, "198.51.100.7", 5060)
STATION = Flow(Side.OUTER, "192.0.2.50", 5062)
STRANGER = Flow(Side.OUTER, "203.0.113.66", 5060)
TRUNKS = (
    TrunkSettings(name="pbx", networks=("198.51.100.0/24",), calls_per_s=50.0),
    TrunkSettings(name="lab", networks=("198.18.0.0/24",), numbers=("100", "2"), calls_per_s=1.0),
    TrunkSettings(
        name="carrier",
        gateway="198.51.101.1:5080",
        dial=("+1", "0"),
        never=("+1900",),
        prefix="9",
        identity="+15550100",
        calls_per_s=2.0,
    ),
    TrunkSettings(name="cheap", gateway="2001:db8::7", dial=("+1555",)),
)
SECRET = "open sesame"
KEY = b"a key of the tests"


def worker_flow(number: int) -> Flow:
    return Flow(Side.INNER, "127.0.0.1", 21000 + number)


class Desk:
    """``now`` moves only by ``wait``; ``sent`` keeps everything the front sent, ``assigned`` the workers it used."""

    def __init__(
        self,
        workers: int = 2,
        most: int = 4,
        max_dialogs: int = 100,
        now: float = 1000.0,
        access: Access | None = None,
    ) -> None:
        self.now = now
        self.sent: list[Send] = []
        self.assigned: list[str] = []
        self.pool = Pool(most)
        self.board = Switchboard(self.pool, Routing(KEY, OUTER, INNER, OUTER_TLS), max_dialogs)
        access = access or Access("callfloor", "callfloor", OUTER[0], {"anna": SECRET}, self.trunks())
        self.proxy = Proxy(self.board, access, KEY, now)
        self._branches = itertools.count(1)
        for number in range(1, workers + 1):
            self.ready(number)

    @staticmethod
    def trunks() -> Trunks:
        return Trunks(TRUNKS)

    # ── driving it ──

    def ready(self, number: int) -> None:
        report = WorkerReady(type="ready", id=f"w{number}", pid=number, port=worker_flow(number).port)
        self.take(self.proxy.report(report, self.now))

    def dies(self, number: int) -> list[Send]:
        return self.take(self.proxy.report(WorkerEnded(type="ended", id=f"w{number}", reason="signal 9"), self.now))

    def wait(self, seconds: float) -> list[Send]:
        """Let time pass, every deadline at its own moment."""
        until, sent = self.now + seconds, list[Send]()
        while (deadline := self.proxy.deadline) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            sent += self.take(self.proxy.tick(self.now))
        self.now = until
        return sent

    def put(self, message: Request | Response, source: Flow) -> list[Send]:
        """As if it came from the wire; returns what is sent because of it."""
        return self.put_bytes(message.to_bytes(), source)

    def put_bytes(self, data: bytes, source: Flow) -> list[Send]:
        return self.take(self.proxy.receive(parse(data), source, self.now))

    def take(self, effects: list[Effect]) -> list[Send]:
        sends = [effect for effect in effects if isinstance(effect, Send)]
        for send in sends:
            data = send.message.to_bytes()
            assert len(data) <= MAX_FORWARDED
            gives_back = isinstance(send.message, Response) and send.message.status in (400, 505)
            if len(data) <= MAX_MESSAGE and not gives_back:
                parse(data)  # whatever leaves is sound, unless it says what was not
        self.sent += sends
        self.assigned += [effect.worker_id for effect in effects if isinstance(effect, Assign)]
        return sends

    # ── making messages ──

    def request(
        self,
        method: str,
        source: Flow,
        call_id: str,
        cseq: int = 1,
        *,
        uri: str = "sip:100@callfloor",
        user: str = "bob",
    ) -> Request:
        transport = source.transport
        fields = [
            ("Via", f"SIP/2.0/{transport} {source.host}:{source.port};branch=z9hG4bKt{next(self._branches)};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{user}@callfloor>;tag=tag-of-{source.port}"),
            ("To", f"<{uri}>"),
            ("Call-ID", call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<sip:{user}@{source.host}:{source.port}>"),
        ]
        if method == "INVITE":
            fields.append(("Content-Type", "application/sdp"))
        return Request(Headers(fields), body=SDP if method == "INVITE" else b"", method=method, uri=uri)

    def with_credentials(self, request: Request, challenge: Response, secret: str = SECRET, count: int = 1) -> Request:
        proxy = challenge.status == 407
        header = challenge.headers.all("Proxy-Authenticate" if proxy else "WWW-Authenticate")[0]
        user = request.from_.uri.partition(":")[2].partition("@")[0]
        fields = parse_credentials(header)
        fields.pop("stale", None)
        fields |= {"username": user, "uri": request.uri, "nc": f"{count:08x}", "cnonce": "c"}
        fields["response"] = digest_response(fields, request.method, secret)
        value = ", ".join(
            f'{k}="{v}"' if k not in ("nc", "qop", "algorithm") else f"{k}={v}" for k, v in fields.items()
        )
        name = "Proxy-Authorization" if proxy else "Authorization"
        headers = [*request.headers.without(lambda n: n == "Via"), (name, f"Digest {value}")]
        via = request.headers.all("Via")[0].replace("branch=", f"branch=z9hG4bKauth{next(self._branches)}x")
        cseq = f"{request.cseq.number + 1} {request.method}"
        return replace(request, headers=Headers([("Via", via), *headers]).put("CSeq", cseq))

    def register(self, source: Flow = STATION, *, contact: str | None = None, expires: str = "300") -> Response:
        request = self.request("REGISTER", source, f"reg-{source.port}", uri="sip:callfloor", user="anna")
        headers = request.headers.put("To", "<sip:anna@callfloor>").put("Expires", expires)
        if contact is not None:
            headers = headers.put("Contact", contact)
        request = replace(request, headers=headers)
        challenge = response_of(self.put(request, source)[0])
        return response_of(self.put(self.with_credentials(request, challenge), source)[0])

    # ── whole calls ──

    def call(self, call_id: str = "c-1", source: Flow = TRUNK) -> Call:
        """A call from the trunk, answered by a worker and acknowledged."""
        invite = self.request("INVITE", source, call_id)
        to_worker = self.put(invite, source)[-1]
        assert isinstance(to_worker.message, Request)
        answer = answered(to_worker.message, "worker-tag", "sip:w@127.0.0.1:21001")
        ok = response_of(self.put(answer, to_worker.flow)[0])
        ack = within(ok, self.request("ACK", source, call_id), source=source)
        self.put(ack, source)
        return Call(invite, to_worker, ok)

    def dial(self, number: int, call_id: str = "a-1") -> tuple[Request, Send]:
        """Worker ``number`` sends an INVITE to anna: (its INVITE, what the station gets)."""
        worker = worker_flow(number)
        invite = self.request("INVITE", worker, call_id, uri="sip:anna@callfloor", user="callfloor")
        headers = invite.headers.put("Route", f"<sip:{INNER[0]}:{INNER[1]};lr>")
        headers = Headers([*headers, ("X-Callfloor-Contact", "c0ffee"), ("X-Secret", "1")])
        invite = replace(invite, headers=headers)
        return invite, self.put(invite, worker)[0]


class Call:
    def __init__(self, invite: Request, to_worker: Send, ok: Response) -> None:
        self.invite = invite
        self.to_worker = to_worker
        self.ok = ok


def answered(invite: Request, tag: str, contact: str, status: int = 200, routes: tuple[str, ...] = ()) -> Response:
    """The UAS's answer to ``invite``; ``routes`` are Record-Routes of proxies between us and it."""
    extra = [("Record-Route", value) for value in (*routes, *invite.headers.all("Record-Route"))]
    extra += [("Contact", f"<{contact}>"), ("Content-Type", "application/sdp")]
    return replace(respond(invite, status, extra, tag=tag), body=SDP)


def within(ok: Response, request: Request, *, source: Flow) -> Request:
    """``request`` inside the dialog of ``ok``, sent by its UAC."""
    assert ok.contact is not None
    headers = request.headers.put("From", ok.headers.get("From") or "").put("To", ok.headers.get("To") or "")
    routes = [("Route", value) for value in reversed(ok.headers.all("Record-Route"))]
    return replace(request, headers=Headers([*headers, *routes]), uri=ok.contact.uri)


def request_of(send: Send) -> Request:
    assert isinstance(send.message, Request)
    return send.message


def response_of(send: Send) -> Response:
    assert isinstance(send.message, Response)
    return send.message


def statuses(sends: list[Send]) -> list[int]:
    return [send.message.status for send in sends if isinstance(send.message, Response)]
