"""What a process of a house asks of the kernel (Linux)."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def add_parent_option(parser: argparse.ArgumentParser) -> None:
    """``--parent PID``, for ``die_with_parent``; a program started without it outlives its parent."""
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process, our parent, ends")


def die_with_parent(parent: int | None) -> None:
    """From now on the kernel sends us SIGTERM when the thread of ``parent`` that started us ends, however it ends.

    Call it before threads and children exist; it is not inherited. None: do nothing. See prctl(2), PR_SET_PDEATHSIG.
    """
    if parent is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it ended before the kernel knew whom to tell
        os.kill(os.getpid(), signal.SIGTERM)
