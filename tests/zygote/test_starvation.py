from __future__ import annotations

import os
import subprocess
import sys

from voice.zygote.starvation import waited_s

SPIN = """import os, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.stdin.readline()
while time.process_time() < 0.3:
    pass
print(flush=True)
sys.stdin.read()
"""


def test_who_shares_a_core_waits_for_it() -> None:
    command = [sys.executable, "-c", SPIN]
    rivals = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write(b"\n")
        rival.stdin.flush()
    try:
        for rival in rivals:
            assert rival.stdout is not None
            rival.stdout.readline()
        assert max(waited_s(rival.pid) for rival in rivals) > 0.05  # they took turns
    finally:
        for rival in rivals:
            rival.communicate()


def test_a_process_that_is_gone_waits_for_nothing() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert waited_s(gone.pid) == 0.0
    assert waited_s(os.getpid()) >= 0.0
