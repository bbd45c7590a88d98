"""A SIP user agent of a few lines, for what a well-behaved phone never sends: it is registrar, callee and mischief."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import socket

from voice.sip.headers import parse_headers

_SDP = (
    "v=0\r\no=- 1 {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
)


class RawUa(asyncio.DatagramProtocol):
    """Answers every INVITE with 200, REGISTER after one digest challenge; remembers requests; sends its own.

    ``next_answers`` are status lines for the next INVITEs instead; without ``events`` it takes no telephone-event;
    it answers OPTIONS, which it never offers (Allow), with the status line ``options``.
    """

    NONCE, REALM = "5ca1ab1e", "callfloor"

    def __init__(self, host: str, passwords: dict[str, str] | None = None, *, events: bool = True) -> None:
        self.host = host
        self.events = events
        self.next_answers: list[str] = []
        self.options = "405 Method Not Allowed"
        self.port = 0
        self.requests: list[str] = []
        self._passwords = passwords or {}
        self._seen: asyncio.Queue[str] = asyncio.Queue()
        self._responses: asyncio.Queue[int] = asyncio.Queue()
        self._cseq = itertools.count(1)
        self._invite: dict[str, str] = {}
        self._invite_from: tuple[str, int] = ("", 0)
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    async def open(self) -> str:
        self._rtp.bind((self.host, 0))  # takes the caller's packets, and never reads them
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return f"sip:raw@{self.host}:{self.port}"

    def close(self) -> None:
        self._transport.close()
        self._rtp.close()

    async def expect(self, method: str) -> str:
        """The next request of ``method``, whole."""
        async with asyncio.timeout(15.0):
            while True:
                message = await self._seen.get()
                if message.startswith(method):
                    return message

    async def request(self, method: str, extra: str = "", body: str = "") -> int:
        """Send a request in the dialog of the last INVITE; its final status."""
        target = re.search(r"<([^>]*)>", self._invite["contact"])
        assert target is not None
        cseq = next(self._cseq)
        head = (
            f"{method} {target[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bKraw{cseq}\r\n"
            f"Max-Forwards: 70\r\nFrom: {self._invite['to']};tag=raw\r\nTo: {self._invite['from']}\r\n"
            f"Call-ID: {self._invite['call-id']}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <sip:raw@{self.host}:{self.port}>\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        )
        self._transport.sendto((head + body).encode(), self._invite_from)
        async with asyncio.timeout(15.0):
            while (status := await self._responses.get()) < 200:
                pass
        if method == "INVITE":
            ack = re.sub(r"CSeq: (\d+) INVITE", r"CSeq: \1 ACK", head).replace("INVITE ", "ACK ", 1)
            ack = re.sub(r"Content-Type:.*\r\n", "", ack)
            ack = re.sub(r"Content-Length: \d+", "Content-Length: 0", ack).replace("bKraw", "bKack")
            self._transport.sendto(ack.encode(), self._invite_from)
        return status

    def sdp(self, direction: str = "sendrecv") -> str:
        """An offer or answer with PCMU and telephone-event."""
        version = next(self._cseq)
        made = _SDP.format(host=self.host, port=self._rtp.getsockname()[1], direction=direction, version=version)
        return made if self.events else made.replace(" 101\r\na=rtpmap:101 telephone-event/8000", "")

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        message = data.decode()
        if not message.strip():
            return  # a keep-alive
        if message.startswith("SIP/2.0"):
            self._responses.put_nowait(int(message.split()[1]))
            return
        self.requests.append(message)
        self._seen.put_nowait(message)
        method, headers = message.split()[0], parse_headers(message)
        if method == "INVITE":
            if self.next_answers:
                self._reply(headers, address, self.next_answers.pop(0))
                return
            self._invite, self._invite_from = headers, address
            self._reply(headers, address, "200 OK", "Content-Type: application/sdp\r\n", self.sdp())
        elif method == "OPTIONS":
            self._reply(headers, address, self.options)
        elif method == "REGISTER":
            self._registrar(headers, address)
        elif method != "ACK":
            self._reply(headers, address, "200 OK")

    def _registrar(self, headers: dict[str, str], address: tuple[str, int]) -> None:
        credentials = dict(re.findall(r'(\w+)="?([^",]+)"?', headers.get("authorization", "")))
        if not credentials:
            challenge = (
                f'WWW-Authenticate: Digest realm="{self.REALM}", nonce="{self.NONCE}", algorithm=MD5, qop="auth"\r\n'
            )
            self._reply(headers, address, "401 Unauthorized", challenge)
        elif self._is_right(credentials):
            self._reply(headers, address, "200 OK", f"Contact: {headers['contact']};expires=60\r\n")
        else:
            self._reply(headers, address, "403 Forbidden")

    def _is_right(self, got: dict[str, str]) -> bool:
        """RFC 2617 §3.2.2.1, by hand: the test must not share code with the phone."""
        password = self._passwords.get(got["username"], "")
        ha1 = _md5(f"{got['username']}:{self.REALM}:{password}")
        ha2 = _md5(f"REGISTER:{got['uri']}")
        return got["response"] == _md5(f"{ha1}:{self.NONCE}:{got['nc']}:{got['cnonce']}:auth:{ha2}")

    def _reply(
        self, headers: dict[str, str], address: tuple[str, int], status: str, extra: str = "", body: str = ""
    ) -> None:
        to = headers["to"] if ";tag=" in headers["to"] else f"{headers['to']};tag=raw"
        reply = (
            f"SIP/2.0 {status}\r\nVia: {headers['via']}\r\nFrom: {headers['from']}\r\nTo: {to}\r\n"
            f"Call-ID: {headers['call-id']}\r\nCSeq: {headers['cseq']}\r\n"
        )
        if "Contact:" not in extra and "WWW-" not in extra:
            reply += f"Contact: <sip:raw@{self.host}:{self.port}>\r\n"
        reply += f"{extra}Content-Length: {len(body)}\r\n\r\n{body}"
        self._transport.sendto(reply.encode(), address)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
