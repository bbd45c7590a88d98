"""How a process of a house begins and ends (Linux)."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Coroutine

from voice.errors import CallfloorError

WRONG_SETTINGS = 2
"""Exit status of a process that has said in one line what it was not given."""

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


def exit_status(main: Coroutine[object, object, None]) -> int:
    """Run it: 0 once it is done; 2, with one line on stderr, where it was given what it cannot work with."""
    try:
        asyncio.run(main)
    except (CallfloorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTINGS
    return 0


def on_stop(stop: Callable[[], object]) -> None:
    """From now on SIGTERM and SIGINT only call ``stop``, on the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
