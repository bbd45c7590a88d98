"""Parties for the phone contract: a phone with tone sources and ears, in this process or at the end of a pipe.

``End`` wraps any Phone. ``serve`` drives an End by JSON lines, for one pjsua2 endpoint fits in a process; ``RemoteEnd``
is the other side of that pipe and offers what End offers.
"""

from __future__ import annotations

import array
import asyncio
import base64
import collections
import dataclasses
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import voice.phone
from voice.audio import AudioFrame
from voice.clock import SystemClock
from voice.phone import AudioPath, Phone, PhoneConfig, PhoneError, PhoneEvent, PhoneFailure, PhoneListener, SipAccount

# Hz; far enough apart for 200 ms windows, and none where a codec's distortion of the others falls (2a-b, a+b-c ...)
TONES = (400, 1000, 1300, 1500, 850)
LOUDNESS = 8000.0  # amplitude of a tone source
AUDIBLE = 200.0  # below this a tone counts as not heard; G.711's own noise stays under 100
STEADY = 160.0  # windows whose levels differ by more were not both whole: a busy machine loses packets
DEADLINE_S = 15.0


def goertzel(samples: array.array[int], hz: float, rate: int) -> float:
    """Amplitude of ``hz`` in ``samples``."""
    w = 2 * math.pi * hz / rate
    coefficient, first, second = 2 * math.cos(w), 0.0, 0.0
    for sample in samples:
        first, second = sample + coefficient * first - second, first
    power = first * first + second * second - coefficient * first * second
    return 2 * math.sqrt(max(power, 0.0)) / len(samples)


class Tone:
    """A FrameSource: one second of wave, made once, again and again."""

    def __init__(self, hz: int, rate: int) -> None:
        wave = (round(LOUDNESS * math.sin(2 * math.pi * hz * n / rate)) for n in range(rate))
        self._second = array.array("h", wave).tobytes()  # whole Hz: a second repeats seamlessly
        self._at = 0

    def read(self, samples: int) -> bytes | None:
        start, self._at = self._at, (self._at + 2 * samples) % len(self._second)
        return self._second[start : start + 2 * samples]


class Recording:
    """A FrameSource that speaks ``pcm`` once, and then nothing."""

    def __init__(self, pcm: bytes) -> None:
        self._pcm, self._at = pcm, 0

    def read(self, samples: int) -> bytes | None:
        start, self._at = self._at, self._at + 2 * samples
        return self._pcm[start : self._at].ljust(2 * samples, b"\0") if start < len(self._pcm) else None


class Mute:
    """A FrameSource that has nothing to say."""

    def read(self, samples: int) -> bytes | None:
        return None


class Broken:
    """A source and a sink that fail every time."""

    def read(self, samples: int) -> bytes | None:
        raise RuntimeError("broken source")

    def write(self, frame: AudioFrame) -> None:
        raise RuntimeError("broken sink")


class Ear:
    """An AudioSink that keeps the last seconds and tells the loop about each frame."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.frames: collections.deque[AudioFrame] = collections.deque(maxlen=300)
        self.arrived = asyncio.Event()

    def write(self, frame: AudioFrame) -> None:
        self.frames.append(frame)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.arrived.set)

    async def window(self, seconds: float) -> array.array[int]:
        """The next ``seconds`` of sound."""
        self.frames.clear()
        rate = 0
        while not rate or sum(frame.samples for frame in self.frames) < seconds * rate:
            self.arrived.clear()
            await self.arrived.wait()
            rate = self.frames[0].rate if self.frames else rate
        return array.array("h", b"".join(frame.pcm for frame in list(self.frames)))


MakePhone = Callable[[PhoneConfig, PhoneListener], Phone]


class End:
    """A phone under test with its tones and ears. All values are plain, so that a pipe can carry them."""

    def __init__(self, make: MakePhone, config: PhoneConfig, tell: PhoneListener) -> None:
        self.phone = make(config, tell)
        self._rate = config.clock_rate
        self._ears: dict[str, Ear] = {}

    async def start(self) -> str:
        host, port = await self.phone.start()
        return f"sip:end@{host}:{port}"

    async def register(self, uri: str, proxy: str, user: str, secret: str) -> None:
        await self.phone.add_account(SipAccount(uri, proxy, user, secret, register=True, expires_s=60))

    async def dial(self, leg_id: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        await self.phone.dial(leg_id, uri, headers)

    async def answer(self, leg_id: str, code: int = 200) -> None:
        await self.phone.answer(leg_id, code)

    async def hang_up(self, leg_id: str, code: int = 0) -> None:
        await self.phone.hang_up(leg_id, code)

    async def send_digits(self, leg_id: str, digits: str) -> None:
        await self.phone.send_digits(leg_id, digits)

    async def hold(self, leg_id: str) -> None:
        await self.phone.hold(leg_id)

    async def resume(self, leg_id: str) -> None:
        await self.phone.resume(leg_id)

    async def transfer(self, leg_id: str, target: str) -> None:
        await self.phone.transfer(leg_id, target)

    async def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        await self.phone.transfer_to(leg_id, other_leg_id)

    async def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        await self.phone.answer_referral(leg_id, new_leg_id)

    async def received(self, leg_id: str) -> int:
        return (await self.phone.quality(leg_id)).received

    async def probe(self, leg_id: str) -> bool:
        return await self.phone.probe(leg_id)

    async def add_tone(self, name: str, hz: int, rate: int | None = None) -> None:
        await self.phone.add_source(name, Tone(hz, rate or self._rate) if hz else Mute(), rate)

    async def add_ear(self, name: str, batch_ms: int = 20, rate: int | None = None) -> None:
        self._ears[name] = Ear(asyncio.get_running_loop())
        await self.phone.add_sink(name, self._ears[name], batch_ms, rate)

    async def add_recording(self, name: str, pcm: str) -> None:
        await self.phone.add_source(name, Recording(base64.b64decode(pcm)))

    async def hear_burst(self, ear: str, samples: int) -> str:
        """The first ``samples`` from the first loud one on, in base64."""
        held = self._ears[ear]
        async with asyncio.timeout(DEADLINE_S):
            while True:
                heard = array.array("h", b"".join(frame.pcm for frame in list(held.frames)))
                loud = next((at for at, value in enumerate(heard) if abs(value) > 5000), len(heard))
                if len(heard) - loud >= samples:
                    return base64.b64encode(heard[loud : loud + samples].tobytes()).decode()
                held.arrived.clear()
                await held.arrived.wait()

    async def hear(self, ear: str, samples: int) -> str:
        """The next ``samples``, in base64."""
        async with asyncio.timeout(DEADLINE_S):
            heard = await self._ears[ear].window(samples / self._rate)
        return base64.b64encode(heard[:samples].tobytes()).decode()

    async def silence_after(self, leg_id: str, digit: str, ear: str, seconds: float) -> float:
        """Presses ``digit``; milliseconds until the last loud frame of the next ``seconds``, by the sound's clock."""
        held = self._ears[ear]
        pressed = held.frames[-1].offset + held.frames[-1].samples
        await self.phone.send_digits(leg_id, digit)
        async with asyncio.timeout(DEADLINE_S):
            while held.frames[-1].offset < pressed + seconds * self._rate:
                held.arrived.clear()
                await held.arrived.wait()
        after = [frame for frame in list(held.frames) if frame.offset >= pressed]
        loud = [frame for frame in after if max(map(abs, array.array("h", frame.pcm)), default=0) > 500]
        last = loud[-1].offset + loud[-1].samples if loud else pressed
        return 1000 * (last - pressed) / self._rate

    async def add_broken(self, source: str, sink: str) -> None:
        await self.phone.add_source(source, Broken())
        await self.phone.add_sink(sink, Broken())

    async def set_paths(self, paths: list[tuple[str, str, float]]) -> None:
        await self.phone.set_paths(frozenset(AudioPath(*path) for path in paths))

    async def shuffle_paths(self, sets: list[list[tuple[str, str, float]]], times: int) -> None:
        for turn in range(times):
            await self.set_paths(sets[turn % len(sets)])

    async def levels(self, ear: str, seconds: float = 0.2) -> list[float]:
        """Amplitudes of TONES in the next ``seconds`` at an ear."""
        async with asyncio.timeout(DEADLINE_S):
            heard = await self._ears[ear].window(seconds)
        rate = self._ears[ear].frames[0].rate
        return [goertzel(heard, hz, rate) for hz in TONES]

    async def until_hears(self, ear: str, tones: list[int]) -> list[float]:
        """Wait until an ear hears ``tones`` and no other, as loud in two windows in a row; their levels. Raises
        AssertionError.
        """
        levels: list[float] = []
        agreeing = 0
        try:
            async with asyncio.timeout(DEADLINE_S):
                while agreeing < 2:
                    before, levels = levels, await self.levels(ear)
                    audible = {hz for hz, level in zip(TONES, levels, strict=True) if level > AUDIBLE}
                    steady = all(abs(now - then) < STEADY for now, then in zip(levels, before, strict=False))
                    agreeing = 0 if audible != set(tones) else 2 if agreeing and steady else 1
        except TimeoutError:
            raise AssertionError(f"{ear} should hear {tones}; levels of {TONES}: {levels}") from None
        return levels

    async def roughness(self, ear: str, hz: int) -> tuple[float, float]:
        """Of the sound an ear holds, which should be one tone: the largest step off it (a click, a gap or a change of
        loudness is thousands; rounding is 2), and the seconds looked at.
        """
        heard = array.array("h", b"".join(frame.pcm for frame in list(self._ears[ear].frames)))
        turn = 2 * math.cos(2 * math.pi * hz / self._rate)
        steps = (abs(c - turn * b + a) for a, b, c in zip(heard, heard[1:], heard[2:], strict=False))
        return max(steps, default=0.0), len(heard) / self._rate

    async def frames(self, ear: str) -> list[tuple[int, int]]:
        """(offset, samples) of the frames an ear holds."""
        return [(frame.offset, frame.samples) for frame in list(self._ears[ear].frames)]

    async def close(self) -> None:
        await self.phone.close()


class Party(Protocol):
    """What the contract needs of an End, near or remote: its methods by name, and its events."""

    async def do(self, method: str, *args: Any) -> Any:
        """Call an End's method. Raises what it raises: PhoneError, AssertionError."""

    async def expect(self, kind: type[PhoneEvent]) -> Any:
        """The next event of ``kind``, skipping others. AssertionError after the deadline."""


class Inbox:
    """Events in order, waited for by kind."""

    def __init__(self) -> None:
        self.seen: list[PhoneEvent] = []
        self._unread: asyncio.Queue[PhoneEvent] = asyncio.Queue()

    def __call__(self, event: PhoneEvent, /) -> None:
        self.seen.append(event)
        self._unread.put_nowait(event)

    async def next(self) -> PhoneEvent:
        """The next event of whatever kind."""
        return await self._unread.get()

    async def expect(self, kind: type[PhoneEvent]) -> Any:
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    event = await self._unread.get()
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__}; there were {self.seen}") from None


class NearEnd:
    """A Party in this process."""

    def __init__(self, make: MakePhone, config: PhoneConfig) -> None:
        self.inbox = Inbox()
        self.end = End(make, config, self.inbox)

    async def do(self, method: str, *args: Any) -> Any:
        return await getattr(self.end, method)(*args)

    async def expect(self, kind: type[PhoneEvent]) -> Any:
        return await self.inbox.expect(kind)


class RemoteEnd:
    """A Party in a process of its own (``python -m tests.sip.ends``), by JSON lines on its pipes."""

    def __init__(self, config: PhoneConfig) -> None:
        self._config = config
        self.inbox = Inbox()
        self._replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        settings = json.dumps(dataclasses.asdict(self._config))
        command = [sys.executable, "-W", "error", "-m", "tests.sip.ends", settings]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 20)
        self._reader = asyncio.create_task(self._read())

    async def do(self, method: str, *args: Any) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([method, args]).encode() + b"\n")
        async with asyncio.timeout(2 * DEADLINE_S):
            reply = await self._replies.get()
        match reply:
            case {"value": value}:
                return value
            case {"refused": failure, "detail": detail}:
                raise PhoneError(PhoneFailure(failure), detail)
            case {"wrong": what}:
                raise AssertionError(what)
        raise AssertionError(f"the end's process died, status {await self._process.wait()}")

    async def expect(self, kind: type[PhoneEvent]) -> Any:
        return await self.inbox.expect(kind)

    async def shut(self) -> int:
        """Close the pipe, which closes the phone; returns the process's exit status."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._reader is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(DEADLINE_S):
                status = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            status = await self._process.wait()
        await self._reader
        return status

    async def kill(self) -> None:
        """End the process as a crash would."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        assert self._reader is not None
        await self._reader

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            message = json.loads(line)
            if "event" in message:
                kind = getattr(voice.phone, message["event"])
                self.inbox(kind(**message["fields"]))
            else:
                self._replies.put_nowait(message)
        self._replies.put_nowait({})


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _say_event(event: PhoneEvent) -> None:
    _say({"event": type(event).__name__, "fields": dataclasses.asdict(event)})


async def _carry_out(end: End, method: str, args: list[Any]) -> dict[str, Any]:
    try:
        return {"value": await getattr(end, method)(*args)}
    except PhoneError as error:
        return {"refused": error.failure.value, "detail": str(error)}
    except (AssertionError, TimeoutError) as error:
        return {"wrong": str(error) or repr(error)}


async def serve(config: PhoneConfig) -> None:
    """Drive a SipPhone from stdin until it ends, then close it."""
    from voice.sip import SipPhone

    end = End(lambda config, listener: SipPhone(config, listener, SystemClock()), config, _say_event)
    reader = asyncio.StreamReader(limit=1 << 20)  # a recording is one line
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        method, args = json.loads(line)
        _say(await _carry_out(end, method, args))
    await end.close()
    transport.close()


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    settings["codecs"] = tuple(settings["codecs"])
    asyncio.run(serve(PhoneConfig(**settings)))
    sys.stdout.flush()
    os._exit(0)  # facts of pjsua2: after libDestroy, end at once
