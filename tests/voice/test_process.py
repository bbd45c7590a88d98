from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest

from voice.errors import DocumentError
from voice.process import WRONG_SETTINGS, die_with_parent, exit_status, on_stop

CHILD = "from voice.process import die_with_parent; die_with_parent({parent}); print('up', flush=True); input()"
MIDDLE = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}.format(parent=os.getpid())], stdin=0)
print(child.pid, flush=True)
child.wait()
"""


def test_without_a_parent_to_follow_nothing_happens() -> None:
    die_with_parent(None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    async def main() -> None:
        stopped = asyncio.Event()
        on_stop(stopped.set)
        os.kill(os.getpid(), number)
        await stopped.wait()

    assert exit_status(main()) == 0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (DocumentError("house.toml", 3, "no such key", "remove it"), "house.toml:3: no such key. Fix: remove it\n"),
        (
            FileNotFoundError(2, "No such file or directory", "ca.pem"),
            "[Errno 2] No such file or directory: 'ca.pem'\n",
        ),
    ],
)
def test_what_it_cannot_work_with_is_one_line(error: Exception, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        raise error

    assert exit_status(main()) == WRONG_SETTINGS
    assert capsys.readouterr().err == line


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    async def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        exit_status(main())


@pytest.mark.live
def test_it_ends_when_its_parent_is_killed() -> None:
    """With its stdin still open, so that nothing else ends it."""
    with subprocess.Popen([sys.executable, "-c", MIDDLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as middle:
        assert middle.stdout is not None
        lines = {middle.stdout.readline().strip(), middle.stdout.readline().strip()}
        child = psutil.Process(int(next(line for line in lines if line != b"up")))
        middle.kill()
        child.wait(timeout=15)


@pytest.mark.live
def test_it_ends_when_its_parent_is_gone_already() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CHILD.format(parent=os.getpid() + 1)], stdin=subprocess.DEVNULL, timeout=15, check=False
    )
    assert ended.returncode == -15
