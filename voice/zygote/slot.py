"""What a contact worker is given."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

BEAT = b"."
BEAT_S = 1.0
"""Seconds between two beats of a worker's heart."""


def ids_begin(front_host: str) -> str:
    """How the ids of the workers behind the front at that address begin. Behind one Kamailio there are several worker
    hosts, whose process ids are not unique among them. Raises ValueError for what is no IP address.
    """
    return f"w{ipaddress.ip_address(front_host).packed.hex()}x"


@dataclass(frozen=True, slots=True)
class WorkerSlot:
    """The place of one worker process.

    ``slot`` counts from 0 and is used again only after its last worker was reaped; UDP ports ``rtp_first_port`` to
    ``rtp_first_port + rtp_ports - 1`` on ``rtp_host`` are this worker's alone. ``front_inner`` is the front's HOST:PORT
    for workers. ``assigned_fd`` becomes readable when the front gives the worker its contact (one byte, and the order
    it is claimed for where it is to begin the contact itself), and reads end of file when the zygote is gone.
    """

    worker_id: str
    slot: int
    rtp_host: str
    rtp_first_port: int
    rtp_ports: int
    settings: Path
    run_dir: Path
    front_inner: str
    assigned_fd: int

    def ready(self, port: int) -> None:
        """Report the SIP port on 127.0.0.1 this worker listens on. Call once, within ten seconds of the start."""
        os.write(self.assigned_fd, f"{port}\n".encode())

    def beat(self) -> None:
        """Say that this worker's loop still turns. After the first time, do so every second: silence is killed."""
        with (
            contextlib.suppress(BlockingIOError, BrokenPipeError),  # it has enough to read, or is dead, and so are we
            socket.fromfd(self.assigned_fd, socket.AF_UNIX, socket.SOCK_STREAM) as end,
        ):
            end.send(BEAT, socket.MSG_DONTWAIT)
