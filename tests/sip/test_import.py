"""A zygote imports voice.sip and forks: the import may start no thread."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys, os
import voice.sip
assert len(os.listdir("/proc/self/task")) == 1, os.listdir("/proc/self/task")
assert "numpy" not in sys.modules
child = os.fork()
if child == 0:
    import asyncio
    from voice.clock import SystemClock
    from voice.phone import PhoneConfig
    async def main():
        phone = voice.sip.SipPhone(PhoneConfig(), print, SystemClock())
        host, port = await phone.start()
        assert port > 0
        phone.abandon()
    asyncio.run(main())
    os._exit(42)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_import_leaves_one_thread_and_a_forked_child_can_phone() -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT], cwd=root, env=environment, capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "42", "")


def test_nothing_else_imports_pjsua2() -> None:
    root = Path(__file__).parents[2]
    packages = ("hardware", "voice", "transcription", "ivr", "assist", "bench")
    files = [file for package in packages for file in (root / package).rglob("*.py")]
    importers = {
        str(file.relative_to(root).parent)
        for file in files
        if re.search(r"^\s*(import|from) pjsua2", file.read_text(), re.MULTILINE)
    }
    assert importers == {"voice/sip"}
