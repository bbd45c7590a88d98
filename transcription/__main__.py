"""``python -m transcription``: the transcription server alone."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from transcription.channel import Publish
from transcription.engines.choice import ENGINES, load_engine, read_domain
from transcription.models import installed
from transcription.sensitive import KINDS, parse_kinds
from transcription.server import ServerConfig, TranscriptionServer, publish_nowhere
from transcription.shelf import ModelShelf
from transcription.utterances import UTTERANCE_EVENTS
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.commands import CommandCodec
from voice.errors import DocumentError
from voice.events import EventCodec
from voice.process import add_parent_option, die_with_parent, exit_status, on_stop

LOOPBACK = ("127.", "::1", "localhost")


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m transcription", description="Live speech recognition server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 asks the kernel; the port is printed as JSON")
    parser.add_argument("--fd", type=int, help="a listening socket inherited from the parent, instead of --host/--port")
    parser.add_argument("--engine", default=ENGINES[0], choices=ENGINES)
    parser.add_argument("--model", default="", help="an installed model's name or a directory; else the engine's own")
    parser.add_argument(
        "--also", action="append", default=[], help="another model, as clients will name it; may repeat"
    )
    parser.add_argument("--domain", type=Path, help="pocketsphinx: a file of sentences such as may be said, one a line")
    parser.add_argument("--token-file", type=Path, help="a file with the token clients must show")
    parser.add_argument("--bus", type=Path, help="publish utterances on the local bus with this socket")
    parser.add_argument("--spool", type=Path, default=Path("spool"), help="where utterances wait for the bus")
    add_parent_option(parser)
    parser.add_argument("--max-streams", type=int, default=400, help="channels decoded at once; a contact has two")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds after which a silent client is given up")
    parser.add_argument(
        "--redact", default=",".join(KINDS), help=f"kinds to withhold, of {', '.join(KINDS)}; may be empty"
    )
    parser.add_argument("--certificate", default="", help="PEM file; serve TLS only")
    parser.add_argument("--key", default="", help="PEM file of the certificate's key")
    parser.add_argument("--vosk-rate", type=int, default=8000, help="Hz of vosk-server clients that do not say")
    return parser.parse_args(arguments)


def _token(file: Path | None, host: str) -> str:
    if file is None:
        if not host.startswith(LOOPBACK):
            raise DocumentError("--token-file", None, f"{host} can be reached by others", "give a token file")
        return ""
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(file, None, f"the token cannot be read ({error})", "check the path") from None
    if not token:
        raise DocumentError(file, None, "the token file is empty", "write a token into it")
    return token


def _tls(certificate: str, key: str) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with that certificate, or none. Raises DocumentError naming the file that is wrong."""
    if not certificate and not key:
        return None
    if not certificate or not key:
        raise DocumentError("--certificate", None, "certificate and key belong together", "give both or none")
    for file in (certificate, key):
        if not Path(file).is_file():
            raise DocumentError(file, None, "no such file", "check the path")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise DocumentError(certificate, None, f"not a certificate and its key ({error})", "give PEM files") from None
    return context


@contextlib.asynccontextmanager
async def connect_bus(path: Path | None, spool: Path) -> AsyncIterator[Publish]:
    """Where utterances go: the local bus whose hub listens at ``path``, or nowhere but the connection."""
    if path is None:
        yield publish_nowhere
        return
    bus = LocalBus(path, "transcription", SystemClock(), EventCodec(UTTERANCE_EVENTS), CommandCodec(()), spool)
    await bus.start()
    try:
        yield lambda event, contact_id: bus.publish(event, contact_id=contact_id)
    finally:
        await bus.close()


async def _serve(options: argparse.Namespace) -> None:
    token = _token(options.token_file, options.host)
    tls = _tls(options.certificate, options.key)
    engine = load_engine(options.engine, options.model, read_domain(options.domain))
    shelf = ModelShelf(engine, installed(), lambda name: load_engine("vosk", name))
    for name in options.also:
        shelf.add(name)
    listener = socket.socket(fileno=options.fd) if options.fd is not None else None
    config = ServerConfig(
        host=options.host,
        port=options.port,
        listener=listener,
        token=token,
        max_streams=options.max_streams,
        idle_s=options.idle,
        vosk_rate=options.vosk_rate,
        redact=parse_kinds(options.redact),
        tls=tls,
    )
    stopped = asyncio.Event()
    on_stop(stopped.set)
    async with (
        connect_bus(options.bus, options.spool) as publish,
        TranscriptionServer(shelf, config, publish).running() as server,
    ):
        ready = {"ready": True, "port": server.port, "model": engine.info.model.name}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stopped.wait()


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after SIGTERM or SIGINT, 2 with one line on stderr for a wrong file or option."""
    logging.basicConfig(level=logging.WARNING, format="transcription: %(levelname)s %(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    options = _arguments(sys.argv[1:] if arguments is None else arguments)
    die_with_parent(options.parent)
    return exit_status(_serve(options))


if __name__ == "__main__":
    sys.exit(main())
