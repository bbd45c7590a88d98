"""A real Kamailio (Debian's) with our configuration, in a directory of its own and without privileges."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.fakes.sip_peer import SipPeer
from voice.front.kamailio import KamailioSettings, render, write
from voice.settings import AgentSettings, FrontSettings

KAMAILIO = shutil.which("kamailio", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MEMORY = ("-m", "32", "-M", "4")  # MiB: shared, and of each process


def own_address(number: int = 0) -> str:
    """Kamailio cannot ask the kernel for a port, so each run has addresses of loopback to itself; ``number`` 0-4."""
    pid = os.getpid()
    return f"127.{100 + 20 * number + (pid >> 16) % 20}.{(pid >> 8) % 256}.{1 + pid % 254}"


@contextlib.asynccontextmanager
async def kamailio(
    settings: KamailioSettings, front: FrontSettings, agents: tuple[AgentSettings, ...]
) -> AsyncIterator[tuple[str, int]]:
    """Serving at the address it yields."""
    with tempfile.TemporaryDirectory(prefix="kamailio-") as name:
        write(render(settings, front, agents, Path(name)), Path(name))
        async with serving(Path(name), settings.host, settings.port):
            yield settings.host, settings.port


@contextlib.asynccontextmanager
async def serving(directory: Path, host: str, port: int = 5060) -> AsyncIterator[None]:
    """Run on ``directory``'s kamailio.cfg; where we are root everything in there becomes nobody's."""
    assert KAMAILIO is not None
    user, group = _give_away(directory)
    with (directory / "log").open("w+b") as log:
        process = await asyncio.create_subprocess_exec(
            *(KAMAILIO, "-DD", "-E", "-f", str(directory / "kamailio.cfg"), "-w", directory, "-Y", directory, *MEMORY),
            user=user,
            group=group,
            start_new_session=True,
            stdout=log,
            stderr=log,
        )
        try:
            await _answering((host, port), process)
            yield
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """All its processes: one that was told to end in the wrong moment waits a minute for another's lock."""
    for told in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, told)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                await process.wait()
                return


def _give_away(directory: Path) -> tuple[int | None, int | None]:
    """To nobody, where we are root; the user and group to run as."""
    if os.geteuid() != 0:
        return None, None
    nobody = pwd.getpwnam("nobody")
    for path in (directory, *directory.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_uid, nobody.pw_gid


async def _answering(address: tuple[str, int], process: asyncio.subprocess.Process) -> None:
    """Until it answers OPTIONS."""
    async with asyncio.timeout(20), SipPeer.open("127.0.0.9") as asking:
        for number in range(1, 200):
            assert process.returncode is None, "Kamailio ended"
            asking.send(asking.request("OPTIONS", "sip:callfloor", f"up-{number}"), address)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await asking.responses.get()
                    return
