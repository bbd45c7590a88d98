from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from voice.process import die_with_parent

pytestmark = pytest.mark.live

CHILD = "from voice.process import die_with_parent; die_with_parent({parent}); print('up', flush=True); input()"
MIDDLE = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}.format(parent=os.getpid())], stdin=0)
print(child.pid, flush=True)
child.wait()
"""


def test_without_a_parent_to_follow_nothing_happens() -> None:
    die_with_parent(None)


def test_it_ends_when_its_parent_is_killed() -> None:
    """With its stdin still open, so that nothing else ends it."""
    with subprocess.Popen([sys.executable, "-c", MIDDLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as middle:
        assert middle.stdout is not None
        lines = {middle.stdout.readline().strip(), middle.stdout.readline().strip()}
        child = psutil.Process(int(next(line for line in lines if line != b"up")))
        middle.kill()
        child.wait(timeout=15)


def test_it_ends_when_its_parent_is_gone_already() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CHILD.format(parent=os.getpid() + 1)], stdin=subprocess.DEVNULL, timeout=15, check=False
    )
    assert ended.returncode == -15
