"""An independent SIP implementation (Debian's sip-tester) against the real front."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.fakes.sip_peer import SipPeer
from tests.front.house import House, house

SCENARIOS = Path(__file__).parent / "sipp"
SIPP = shutil.which("sipp")

pytestmark = [
    pytest.mark.live,
    pytest.mark.sipp,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian: sip-tester)"),
]


async def sipp(place: House, scenario: str, *extra: str) -> None:
    """Run a scenario from 127.0.0.2; fails with what sipp says unless every call went as written."""
    assert SIPP is not None
    host, port = place.outer
    process = await asyncio.create_subprocess_exec(
        *(SIPP, f"{host}:{port}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.2"),
        *("-m", "1", "-nostdin", "-timeout", "20", "-timeout_error", *extra),
        cwd=place.directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-3000:]


def test_good_calls_over_udp_and_tcp(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as place:
            await sipp(place, "call", "-m", "8", "-r", "4")
            await sipp(place, "call", "-t", "t1")

    asyncio.run(main())


def test_malformed_and_the_cap(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path, most=1, warm=1) as place, SipPeer.open("127.0.0.2") as customer:
            await sipp(place, "malformed")
            answer = await place.taken(customer, "c")
            await sipp(place, "refused")
            customer.send(customer.within(answer, "BYE", 2), place.outer)
            assert (await customer.final()).status == 200

    asyncio.run(main())
