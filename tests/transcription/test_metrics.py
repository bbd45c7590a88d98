"""The page of a monitor, and the two pages on the server's own port (plain and over TLS)."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import re
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from tests.fakes.recogniser import ScriptedEngine
from transcription.__main__ import _tls
from transcription.client import TranscriptionClient
from transcription.metrics import Gauges, Histogram, Statistics, page
from transcription.server import ServerConfig, TranscriptionServer
from transcription.settings import TranscriptionSettings
from voice.clock import SystemClock
from voice.errors import DocumentError

LINE = re.compile(r'[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"\})? [0-9.e+-]+|# (HELP|TYPE) [a-z_]+ .+')


def test_every_line_is_of_the_text_format_and_every_family_declared_once() -> None:
    statistics = Statistics(contacts=3)
    statistics.final(0.2)
    statistics.final(40)
    statistics.refused["full"] += 2
    text = page(statistics, Gauges(4, 400, 1, 0.5, 12.25, 'a "model"\\'))
    lines = text.splitlines()
    assert text.endswith("\n")
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    declared = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(set(declared)) == len(declared)
    assert 'callfloor_transcription_refused_total{reason="full"} 2' in lines
    assert 'callfloor_transcription_model_info{model="a \\"model\\"\\\\"} 1' in lines
    assert 'callfloor_transcription_lateness_seconds_bucket{le="+Inf"} 2' in lines


def test_buckets_are_cumulative_and_bounds_inclusive() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 2.0):
        histogram.observe(value)
    assert histogram.lines("x") == [
        'x_bucket{le="0.1"} 2',
        'x_bucket{le="1"} 3',
        'x_bucket{le="+Inf"} 4',
        "x_sum 2.65",
        "x_count 4",
    ]


def certificate(directory: Path) -> tuple[str, str]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "callfloor")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = directory / "cert.pem", directory / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(files[0]), str(files[1])


def test_health_and_metrics_on_the_websockets_port() -> None:
    async def main() -> None:
        async with (
            TranscriptionServer(ScriptedEngine(), ServerConfig()).running() as server,
            httpx.AsyncClient() as http,
        ):
            address = f"http://127.0.0.1:{server.port}"
            health = await http.get(f"{address}/healthz")
            assert health.json() == {"status": "ok", "model": "script"}
            async with connect(f"ws://127.0.0.1:{server.port}") as socket:
                await socket.send(bytes(16000))
                await socket.recv()
                metrics = await http.get(f"{address}/metrics")
            assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert "callfloor_transcription_streams 1\n" in metrics.text
            assert "callfloor_transcription_vosk_clients_total 1\n" in metrics.text
            assert "callfloor_transcription_audio_seconds_total 1\n" in metrics.text
            other = await http.get(f"{address}/")
            assert other.status_code == 426

    asyncio.run(main())


def test_with_a_certificate_the_port_speaks_tls_only(tmp_path: Path) -> None:
    files = certificate(tmp_path)

    async def main() -> None:
        config = ServerConfig(tls=_tls(*files))
        trusting = ssl.create_default_context(cafile=files[0])
        async with TranscriptionServer(ScriptedEngine(), config).running() as server:
            async with connect(f"wss://127.0.0.1:{server.port}", ssl=trusting) as socket:
                await socket.send(b"12")
                assert await socket.recv() == '{\n  "partial" : ""\n}'
            words = TranscriptionSettings(port=server.port, certificate=files[0], key=files[1])
            client = TranscriptionClient(words.url, "", "c1", SystemClock(), lambda event: None, tls=words.trust())
            running = asyncio.create_task(client.run())
            assert await client.finish(10)
            await running
            assert client.statistics.connections == 1
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(f"wss://127.0.0.1:{server.port}")
            with pytest.raises(InvalidMessage):
                await connect(f"ws://127.0.0.1:{server.port}", open_timeout=5)

    asyncio.run(main())


def test_wrong_certificates_are_one_line(tmp_path: Path) -> None:
    good, key = certificate(tmp_path)
    assert _tls("", "") is None
    for files, message in (
        ((good, ""), "belong together"),
        (("", key), "belong together"),
        ((good, str(tmp_path / "none")), "no such file"),
        ((key, key), "not a certificate"),
    ):
        with pytest.raises(DocumentError, match=message):
            _tls(*files)
