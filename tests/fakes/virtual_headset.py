"""A headset of null sinks on a PulseAudio server of the test's own, and loudspeakers on which it must not be heard."""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

EAR, MOUTH, MICROPHONE, SPEAKERS = "vh_ear", "vh_mouth", "vh_mic", "speakers"

_SCRIPT = f"""
load-module module-native-protocol-unix socket={{socket}} auth-anonymous=1
load-module module-null-sink sink_name={SPEAKERS} rate=48000 channels=2 norewinds=1
load-module module-null-sink sink_name={EAR} rate=48000 channels=2 norewinds=1
load-module module-null-sink sink_name={MOUTH} rate=48000 channels=1 norewinds=1
load-module module-remap-source master={MOUTH}.monitor source_name={MICROPHONE}
set-default-sink {EAR}
set-default-source {MICROPHONE}
"""


class VirtualHeadset:
    """``environment`` brings a process to this server; ``record`` and ``speak`` are what the world hears and says."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {
            "XDG_RUNTIME_DIR": str(directory),
            "HOME": str(directory),
            "PULSE_SERVER": f"unix:{directory / 'native'}",
        }

    async def _run(self, *command: str, feed: bytes = b"") -> bytes:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ | self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            output, _ = await process.communicate(feed)
        assert process.returncode == 0, command
        return output

    async def unplug_ear(self) -> None:
        listing = (await self._run("pactl", "list", "short", "modules")).decode()
        (number,) = [line.split("\t")[0] for line in listing.splitlines() if f"sink_name={EAR}" in line]
        await self._run("pactl", "unload-module", number)

    async def plug_ear(self) -> None:
        await self._run("pactl", "load-module", "module-null-sink", f"sink_name={EAR}", "rate=48000", "norewinds=1")

    async def streams_on(self, sink: str) -> int:
        """How many streams play there."""
        names = {
            line.split("\t")[0]: line.split("\t")[1]
            for line in (await self._run("pactl", "list", "short", "sinks")).decode().splitlines()
        }
        inputs = (await self._run("pactl", "list", "short", "sink-inputs")).decode().splitlines()
        return sum(names.get(line.split("\t")[1]) == sink for line in inputs)

    async def speak(self, pcm: bytes, rate: int = 8000) -> None:
        """Say int16 mono before the microphone; returns when it is said."""
        raw = ("--raw", "--format=s16le", f"--rate={rate}", "--channels=1")
        await self._run("pacat", "--playback", f"--device={MOUTH}", *raw, feed=pcm)

    @contextlib.asynccontextmanager
    async def recording(self, sink: str, rate: int = 8000) -> AsyncIterator[Recorder]:
        """What can be heard on ``sink`` while it lasts."""
        process = await asyncio.create_subprocess_exec(
            *("parec", f"--device={sink}.monitor", "--raw", "--format=s16le", f"--rate={rate}", "--channels=1"),
            "--latency-msec=20",
            env=os.environ | self.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        recorder = Recorder(process)
        reading = asyncio.create_task(recorder.read())
        try:
            await recorder.more(rate // 10)
            yield recorder
        finally:
            with contextlib.suppress(ProcessLookupError):  # it ends with its sink
                process.terminate()
            await reading
            await process.wait()


class Recorder:
    """``samples`` grows."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._came = asyncio.Event()
        self.samples: array.array[int] = array.array("h")

    async def read(self) -> None:
        assert self._process.stdout is not None
        odd = b""
        while data := await self._process.stdout.read(3200):
            data = odd + data
            whole = len(data) // 2 * 2
            self.samples.frombytes(data[:whole])
            odd = data[whole:]
            self._came.set()

    async def more(self, samples: int) -> array.array[int]:
        """The next ``samples``."""
        start = len(self.samples)
        async with asyncio.timeout(15):
            while len(self.samples) < start + samples:
                self._came.clear()
                await self._came.wait()
        return self.samples[start : start + samples]


@contextlib.asynccontextmanager
async def virtual_headset(directory: Path) -> AsyncIterator[VirtualHeadset]:
    directory.chmod(0o700)
    script = directory / "vh.pa"
    script.write_text(_SCRIPT.format(socket=directory / "native"))
    headset = VirtualHeadset(directory)
    server = await asyncio.create_subprocess_exec(
        *("pulseaudio", "-n", "-F", str(script), "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
        *("--realtime=no", "--high-priority=no", "--disable-shm=yes", "--log-level=error"),
        env=os.environ | headset.environment,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(15):
            while not (directory / "native").exists():  # noqa: ASYNC110 - the server says nothing when it is ready
                await asyncio.sleep(0.05)
        yield headset
    finally:
        server.terminate()
        await server.wait()
