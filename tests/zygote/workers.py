"""Worker functions for the zygote's tests: pure Python, no pjsua2."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from tests.fakes.sip_peer import SipPeer
from voice.front.message import Request
from voice.zygote import WorkerSlot


def idle(slot: WorkerSlot) -> None:
    """Reports what it was given, is ready, waits for its end."""
    fds = sorted(os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    sockets = sum(name.startswith("socket:") for name in fds)
    report = f"{slot.slot} {slot.rtp_first_port} {slot.rtp_ports} {sockets} {slot.front_inner} {os.getpid()}"
    (slot.run_dir / f"{slot.worker_id}.txt").write_text(report)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        slot.ready(bound.getsockname()[1])
        assigned = os.read(slot.assigned_fd, 1)
        (slot.run_dir / f"{slot.worker_id}.assigned").write_bytes(assigned)
        signal.pause()


def leaves_when_assigned(slot: WorkerSlot) -> int:
    slot.ready(4000 + slot.slot)
    os.read(slot.assigned_fd, 1)
    return 3


def crashes(slot: WorkerSlot) -> None:
    raise RuntimeError("this worker never gets ready")


def answers(slot: WorkerSlot) -> None:
    """A contact worker in miniature: answers the caller, then rings ``anna`` and stays until a BYE."""
    asyncio.run(_answers(slot))
    sys.exit(0)


async def _answers(slot: WorkerSlot) -> None:
    host, port = slot.front_inner.split(":")
    ended = asyncio.Event()

    def take(peer: SipPeer, request: Request) -> None:
        peer.accept(request)
        if request.method == "BYE":
            ended.set()

    async with SipPeer.open(answer=take) as peer:
        slot.ready(peer.address[1])
        customer = await _invited(peer)
        if "anna" in customer.uri:
            front = (host, int(port))
            peer.send(peer.request("INVITE", "sip:anna@callfloor", f"agent-of-{os.getpid()}"), front)
            answer = await peer.final()
            if answer.status == 200:
                peer.send(peer.within(answer, "ACK", 1), front)
        await ended.wait()


async def _invited(peer: SipPeer) -> Request:
    while (request := await peer.requests.get()).method != "INVITE":
        pass
    return request


def hangs(slot: WorkerSlot) -> None:
    """Its heart beats with its being ready, and never again."""
    slot.ready(4000 + slot.slot)
    slot.beat()
    signal.pause()
