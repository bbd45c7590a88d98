"""Kamailio as the PBX of a station: where it runs, who is registered there, and the station on it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.certificate import write_certificate
from tests.fakes.kamailio import KAMAILIO, own_address, serving
from tests.sip.ends import AUDIBLE
from tests.station.process import StationProcess

INSTALLED = KAMAILIO is not None and any(Path("/usr/lib").glob("*/kamailio/modules/tls.so"))
CONFIGURATION = Path(__file__).with_name("registrar.cfg")
SECRET = "open sesame"
STATION_HOST = "127.0.0.4"


@dataclass(frozen=True, slots=True)
class Kamailio:
    """``trunk`` is the address whose calls it takes without a secret, and where what is no extension goes."""

    host: str
    trunk: str
    certificate: Path
    port: int = 5060


@contextlib.asynccontextmanager
async def registrar() -> AsyncIterator[Kamailio]:
    with tempfile.TemporaryDirectory(prefix="registrar-") as name:
        directory, host, trunk = Path(name), own_address(), own_address(1)
        certificate, key = write_certificate(directory, host)
        text = CONFIGURATION.read_text()
        values = {"HOST": host, "TRUNK": trunk, "SECRET": SECRET, "CERTIFICATE": certificate, "KEY": key}
        for word, value in values.items():
            text = text.replace(f"@{word}@", str(value))
        (directory / "kamailio.cfg").write_text(text)
        async with serving(directory, host):
            yield Kamailio(host, trunk, certificate)


@contextlib.asynccontextmanager
async def station(kamailio: Kamailio, transport: str, srtp: str = "off") -> AsyncIterator[StationProcess]:
    """Anna's, as an extension, registered."""
    port, ca = (5061, (str(kamailio.certificate),)) if transport == "tls" else (5060, ())
    place = (STATION_HOST, f"{transport}://{kamailio.host}:{port}", *ca)
    anna = await StationProcess.open(*place, environment={"CALLFLOOR_TEST_PBX": "1", "CALLFLOOR_TEST_SRTP": srtp})
    try:
        await anna.until(lambda message: message.get("state", {}).get("registered") is True)
        yield anna
    finally:
        status = await anna.shut()
    assert status == 0


async def ask(anna: StationProcess, verb: str, argument: str = "") -> None:
    anna.press(f"ask {verb} {argument}")
    answer = await anna.until(lambda message: message.get("asked") == verb)
    assert answer["ok"], answer["reason"]


async def until_line(anna: StationProcess, **wanted: Any) -> None:
    """Until there is one line, and it is so; without ``wanted``: until there is none."""

    def so(message: dict[str, Any]) -> bool:
        lines = message.get("state", {}).get("lines")
        if not wanted or not lines:
            return not wanted and lines == []
        return len(lines) == 1 and all(lines[0][name] == value for name, value in wanted.items())

    await anna.until(so)


def hears_nothing(message: dict[str, Any]) -> bool:
    return "heard" in message and max(message["heard"]) < AUDIBLE
