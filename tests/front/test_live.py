"""Real front, real zygote, real datagrams on loopback; only the workers are miniatures."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.fakes.sip_peer import SipPeer
from tests.front.house import House, house
from voice.front.digest import digest_response, parse_credentials
from voice.front.message import Response

pytestmark = pytest.mark.live


async def register(station: SipPeer, place: House, user: str = "anna", secret: str = "open sesame") -> Response:
    """REGISTER, answer the challenge; returns the second answer."""
    uri = "sip:callfloor"

    async def attempt(cseq: int, **extra: str) -> Response:
        request = station.request("REGISTER", uri, f"reg-{user}", cseq, user=user, **extra)
        headers = request.headers.put("To", f"<sip:{user}@callfloor>")
        station.send(type(request)(headers, method="REGISTER", uri=uri), place.outer)
        return await station.final()

    challenge = await attempt(1)
    assert challenge.status == 401
    first = challenge.headers.all("WWW-Authenticate")[0]
    credentials = parse_credentials(first) | {"username": user, "uri": uri, "nc": "00000001", "cnonce": "c0ffee"}
    credentials["response"] = digest_response(credentials, "REGISTER", secret)
    quoted = ", ".join(f'{name}="{value}"' for name, value in credentials.items() if name not in ("nc", "qop"))
    return await attempt(2, Authorization=f"Digest {quoted}, nc=00000001, qop=auth", Expires="300")


def test_worker_death_says_bye_on_both_legs(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            house(tmp_path) as place,
            SipPeer.open("127.0.0.4") as station,
            SipPeer.open("127.0.0.2") as customer,
        ):
            assert (await register(station, place)).status == 200
            customer.send(customer.request("INVITE", "sip:anna@callfloor", "call-1"), place.outer)
            answer = await customer.final()
            assert answer.status == 200
            routes = answer.headers.all("Record-Route")
            assert "127.0.0.1" in routes[0]
            assert "127.0.0.3" in routes[1]
            customer.send(customer.within(answer, "ACK", 1), place.outer)
            ringing = await station.next_request("INVITE")
            assert ringing.uri == station.uri
            acked = await station.next_request("ACK")
            os.kill(int(acked.call_id.removeprefix("agent-of-")), signal.SIGKILL)
            for peer, call_id in ((customer, "call-1"), (station, acked.call_id)):
                bye = await peer.next_request("BYE")
                assert (bye.call_id, bye.uri) == (call_id, peer.uri)
                assert bye.from_.tag
                assert bye.to.tag
                assert not bye.headers.all("Route")
                assert "cause=41" in (bye.headers.get("Reason") or "")
            customer.send(customer.request("INVITE", "sip:100@callfloor", "call-2"), place.outer)
            second = await customer.final()
            assert (second.status, second.call_id) == (200, "call-2")

    asyncio.run(main())


def test_a_cancelled_wrong_and_foreign_caller(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as place, SipPeer.open("127.0.0.9") as stranger:
            stranger.send(stranger.request("INVITE", "sip:100@callfloor", "x-1"), place.outer)
            assert (await stranger.final()).status == 407
            assert (await register(stranger, place, secret="wrong secret")).status == 401
            stranger.send(stranger.request("SUBSCRIBE", "sip:100@callfloor", "x-2"), place.outer)
            refused = await stranger.final()
            assert refused.status == 405
            assert "INVITE" in (refused.headers.get("Allow") or "")

    asyncio.run(main())
