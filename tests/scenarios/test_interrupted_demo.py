"""Ctrl-C in the middle of the demo's call: everybody goes home, quietly."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.live

CALLFLOOR = Path(sys.executable).with_name("callfloor")
DEADLINE_S = 90.0


def test_ctrl_c_leaves_no_process_and_no_traceback(tmp_path: Path) -> None:
    async def main() -> None:
        demo = await asyncio.create_subprocess_exec(
            *(CALLFLOOR, "demo", "--state-dir", tmp_path / "demo"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # a process group of its own, as a shell gives it
        )
        assert demo.stdout is not None
        family: list[psutil.Process] = []
        try:
            async with asyncio.timeout(DEADLINE_S):
                while b"IVR:" not in await demo.stdout.readline():
                    pass
                family = psutil.Process(demo.pid).children(recursive=True)
                assert len(family) >= 7
                os.killpg(demo.pid, signal.SIGINT)
                said = await demo.stdout.read()
                assert await demo.wait() == 130
            assert b"Traceback" not in said, said.decode()
            _, alive = await asyncio.to_thread(psutil.wait_procs, family, DEADLINE_S)
            assert not alive
        finally:
            for process in (*family, psutil.Process(demo.pid) if demo.returncode is None else None):
                if process is not None and process.is_running():
                    process.kill()
            await demo.wait()

    asyncio.run(main())
