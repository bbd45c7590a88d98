"""``callfloor serve`` is killed, so that it cannot stop its processes: they end by themselves."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.live

CALLFLOOR = Path(sys.executable).with_name("callfloor")
DEADLINE_S = 60.0


def test_a_killed_serve_leaves_nobody_behind(tmp_path: Path) -> None:
    settings = tmp_path / "callfloor.toml"
    settings.write_text(
        f'[run]\nstate_dir = "{tmp_path / "house"}"\n[front]\nhost = "127.0.0.3"\nport = 0\n[rtp]\nhost = "127.0.0.3"\n'
        "[transcription]\nport = 0\n[web]\nport = 0\n"
    )

    async def main() -> None:
        house = await asyncio.create_subprocess_exec(
            CALLFLOOR, "serve", "--settings", settings, stdout=asyncio.subprocess.PIPE
        )
        assert house.stdout is not None
        family: list[psutil.Process] = []
        try:
            async with asyncio.timeout(DEADLINE_S):
                while b"State" not in await house.stdout.readline():
                    pass
            family = psutil.Process(house.pid).children(recursive=True)
            names = " ".join(argument for child in family for argument in child.cmdline())
            assert all(part in names for part in ("voice.front", "voice.zygote", "transcription", "floor_process"))
            house.kill()
            await house.wait()
            gone, alive = await asyncio.to_thread(psutil.wait_procs, family, DEADLINE_S)
            assert not alive
            assert len(gone) == len(family)
        finally:
            if house.returncode is None:
                house.kill()
                await house.wait()
            for child in family:
                if child.is_running():
                    child.kill()

    asyncio.run(main())
