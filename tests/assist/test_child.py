"""One process of a house, small: run again when it ends, given up on when it will not serve, put away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assist import child
from assist.child import Child, ChildFailedError, ChildRefusedError, ChildSpec
from voice.clock import SystemClock

READY = "import sys, time; print('ready', flush=True); "


@dataclass
class Seen:
    """What was told of the child."""

    processes: asyncio.Queue[int | None] = field(default_factory=asyncio.Queue)
    services: list[bool] = field(default_factory=list)

    def child(self, program: str) -> Child:
        """It runs that line of Python."""
        spec = ChildSpec("floor", ("-c", program))
        return Child(spec, SystemClock(), {}, self._process, lambda _, up: self.services.append(up))

    def _process(self, name: str, pid: int | None) -> None:
        assert name == "floor"
        self.processes.put_nowait(pid)


@contextlib.asynccontextmanager
async def kept(one: Child) -> AsyncIterator[None]:
    """Kept running for as long as the block takes, 20 s at most."""
    keeping = asyncio.create_task(one.keep())
    async with asyncio.timeout(20):
        yield
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


@pytest.mark.live
def test_one_that_does_not_take_its_settings_is_given_up_at_once() -> None:
    async def main() -> None:
        with pytest.raises(ChildRefusedError, match="floor does not take its settings"):
            await Seen().child("raise SystemExit(2)").keep()

    asyncio.run(main())


@pytest.mark.live
def test_one_that_dies_whenever_it_is_started_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(child, "LAST_RETRY_S", 0.001)

    async def main() -> None:
        with pytest.raises(ChildFailedError, match=r"floor ended 5 times before it served.*: exit status 1"):
            await Seen().child("import no_such_module").keep()

    asyncio.run(main())
    assert capfd.readouterr().err.count("No module named 'no_such_module'") == 5


@pytest.mark.live
def test_one_that_served_once_is_started_again_whatever_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LAST_RETRY_S", 0.001)

    async def main() -> None:
        seen = Seen()
        async with kept(seen.child(READY + "raise SystemExit(2)")):
            told = [await seen.processes.get() for _ in range(2 * child.STILLBORN + 2)]
        assert None not in told[::2]
        assert set(told[1::2]) == {None}
        assert seen.services[: 2 * child.STILLBORN] == [True, False] * child.STILLBORN

    asyncio.run(main())


@pytest.mark.live
def test_one_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "STOP_S", 0.05)

    async def main() -> None:
        one = Seen().child("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY + "time.sleep(600)")
        async with kept(one):
            await one.ready.wait()
            pid = one.pid
        assert one.pid is None
        assert not Path(f"/proc/{pid}").exists()

    asyncio.run(main())


def test_a_machine_without_a_process_to_spare_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: asyncio.Queue[None] = asyncio.Queue()

    async def refuse(*_: object, **__: object) -> None:
        asked.put_nowait(None)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    async def main() -> None:
        monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
        monkeypatch.setattr(child, "LAST_RETRY_S", 0.001)
        async with kept(Seen().child(READY)):
            for _ in range(child.STILLBORN + 1):
                await asked.get()

    asyncio.run(main())
    assert "floor cannot be started (Resource temporarily unavailable); trying again" in caplog.text
