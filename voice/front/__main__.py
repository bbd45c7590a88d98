"""``python -m voice.front``: the front door alone; see ``--help``. Started by ``callfloor serve``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import ipaddress
import logging
import os
import socket
import ssl
import sys
from pathlib import Path

from voice.bus.local import LocalBus
from voice.claims import FRONT_ADDRESS, ClaimWorker, is_order
from voice.clock import Clock, SystemClock
from voice.commands import Command, CommandCodec, Reply
from voice.errors import DocumentError
from voice.events import EventCodec, WorkerLost
from voice.front.access import read_access
from voice.front.ledger import Ledger
from voice.front.logbook import Logbook
from voice.front.pool import Pool
from voice.front.proxy import Proxy
from voice.front.routing import Routing
from voice.front.server import FrontServer
from voice.front.sockets import Sockets, bind_inner, bind_outer, bind_tls, tls_context
from voice.front.switchboard import Switchboard
from voice.process import add_parent_option, die_with_parent, exit_status, on_stop
from voice.rundir import RunDirectory
from voice.settings import FrontSettings, RunSettings, SettingsFile, read_settings

MAX_DIALOGS = 8192
CLEAN_END = "exit 0"


def main() -> int:
    """Exit status 0 after SIGTERM, 2 for wrong settings."""
    options = _parser().parse_args()
    die_with_parent(options.parent)
    logging.basicConfig(level=logging.WARNING, format="front: %(message)s", stream=sys.stderr)
    return exit_status(_run(options))


async def _run(options: argparse.Namespace) -> None:
    settings = read_settings(options.settings, os.environ)
    front = settings.section("front", FrontSettings)
    sockets = _sockets(options, front)
    where = RunDirectory.of(settings.section("run", RunSettings))
    where.create()
    tls = _tls(settings, front)
    proxy = _proxy(settings, front, sockets, where, SystemClock())
    await _serve(proxy, sockets, tls, options, where)


def _sockets(options: argparse.Namespace, front: FrontSettings) -> Sockets:
    try:
        usable = not ipaddress.ip_address(front.host).is_unspecified
    except ValueError:
        usable = False
    if not usable:  # we write it into Via and Record-Route
        what = f"front.host: {front.host!r} is no IP address others can send to"
        raise DocumentError(options.settings, None, what, "give the address of one interface")
    inner = bind_inner() if options.inner_fd is None else socket.socket(fileno=options.inner_fd)
    if options.udp_fd is not None and options.tcp_fd is not None:
        tls = None if options.tls_fd is None else socket.socket(fileno=options.tls_fd)
        return Sockets(socket.socket(fileno=options.udp_fd), socket.socket(fileno=options.tcp_fd), inner, tls)
    try:
        outer = bind_outer(front.host, front.port)
        return Sockets(*outer, inner, None if front.tls_port is None else bind_tls(front.host, front.tls_port))
    except OSError as error:
        inner.close()
        what = f"front: cannot bind {front.host}:{front.port} ({error.strerror})"
        raise DocumentError(options.settings, None, what, "choose another host or port") from None


def _tls(settings: SettingsFile, front: FrontSettings) -> ssl.SSLContext | None:
    if front.tls_port is None or front.tls_certificate is None or front.tls_key is None:
        return None
    try:
        return tls_context(front.tls_certificate.expanduser(), front.tls_key.expanduser())
    except OSError as error:
        what = f"front: no TLS with {front.tls_certificate} and {front.tls_key} ({error})"
        raise DocumentError(settings.file, None, what, "give a PEM certificate and the key it was made with") from None


def _proxy(settings: SettingsFile, front: FrontSettings, sockets: Sockets, where: RunDirectory, clock: Clock) -> Proxy:
    key = where.secret("front.key").encode()
    access = read_access(settings)
    routing = Routing(key, sockets.outer_address, sockets.inner_address, sockets.tls_address)
    board = Switchboard(Pool(front.max_contacts), routing, MAX_DIALOGS)
    return Proxy(board, access, key, clock.monotonic())


async def _serve(
    proxy: Proxy, sockets: Sockets, tls: ssl.SSLContext | None, options: argparse.Namespace, where: RunDirectory
) -> None:
    running = asyncio.current_task()
    assert running is not None
    on_stop(running.cancel)
    clock = SystemClock()
    ledger = Ledger(where.registrations(*sockets.outer_address), proxy.registrar)
    ledger.read(clock.monotonic())
    logbook = Logbook(where.dialogs(*sockets.outer_address), proxy.dialogs, clock)
    proxy.restore(logbook.read(), clock.monotonic())
    bus = None
    if options.bus is not None:
        name = f"front-{sockets.outer_address[0]}"
        bus = LocalBus(options.bus, name, clock, EventCodec((WorkerLost,)), CommandCodec((ClaimWorker,)), where.spool)
        await bus.start()

    def worker_ended(worker_id: str, reason: str) -> None:
        if bus is not None and reason != CLEAN_END:
            bus.publish(WorkerLost(worker_id, reason))

    try:
        with contextlib.suppress(asyncio.CancelledError):  # the signal's; nothing else cancels the main task
            server = FrontServer(proxy, sockets, options.zygote, clock, worker_ended, (ledger, logbook), tls)
            gc.collect()
            gc.freeze()  # what is here now stays: no collection in the midst of a call looks at it again
            if bus is not None and options.claims:
                bus.serve(FRONT_ADDRESS, lambda command: _claim(server, command))
            await server.run(lambda: _announce(sockets))
    finally:
        logbook.close()
        if bus is not None:
            await bus.close()


async def _claim(server: FrontServer, command: Command) -> Reply:
    if not isinstance(command, ClaimWorker) or not is_order(command.order) or not command.order:
        return Reply(False, "the front only takes claims for workers")
    return Reply(True) if server.claim(command.order) else Reply(False, "all lines are in use")


def _announce(sockets: Sockets) -> None:
    (host, port), (inner_host, inner_port) = sockets.outer_address, sockets.inner_address
    tls = sockets.tls_address
    also = f" tls {tls[0]}:{tls[1]}" if tls else ""
    sys.stdout.write(f"front ready {host}:{port} inner {inner_host}:{inner_port}{also}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m voice.front", description="SIP proxy and registrar.")
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE")
    parser.add_argument("--zygote", type=Path, required=True, metavar="PATH", help="the zygote's Unix socket")
    parser.add_argument("--bus", type=Path, metavar="PATH", help="the bus's Unix socket, to report lost workers on")
    parser.add_argument("--claims", action="store_true", help="give workers to the floor's own calls: one front does")
    parser.add_argument("--udp-fd", type=int, metavar="N", help="bound UDP socket of the network side")
    parser.add_argument("--tcp-fd", type=int, metavar="N", help="bound TCP socket of the network side, same port")
    parser.add_argument("--tls-fd", type=int, metavar="N", help="bound TCP socket of the network side for TLS")
    parser.add_argument("--inner-fd", type=int, metavar="N", help="bound UDP socket on 127.0.0.1 for the workers")
    add_parent_option(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
