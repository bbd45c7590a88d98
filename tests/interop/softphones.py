"""baresip and linphone as processes: told what to do on stdin, followed on stdout, heard in the WAV files they write.

Both wait for their user without a terminal, speak a tone, and bind to loopback only.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from tests.interop.pbx import SECRET
from tests.sip.ends import AUDIBLE, DEADLINE_S, TONES, Tone, goertzel

RATE: Final = 8000
_LOOK_S: Final = 0.1
_HEADER: Final = 44


class Softphone:
    """Somebody else's telephone. ``do`` is its own command; ``says`` waits for a line of its own (a regex)."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path, rate: int = RATE) -> None:
        """``rate`` of the file it writes, in Hz."""
        self._process = process
        self._directory = directory
        self._rate, self._window = rate, 2 * rate * 3 // 10
        self._said = ""
        self._at = 0
        self._grown = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    def do(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")

    async def says(self, pattern: str) -> re.Match[str]:
        """The next match in what it prints after the last one. Raises AssertionError."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while (found := re.compile(pattern).search(self._said, self._at)) is None:
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} in {self._said[self._at :][-3000:]}") from None
        self._at = found.end()
        return found

    async def until_hears(self, *tones: int) -> None:
        """Until these of TONES and no other were heard in two windows of new sound. Raises AssertionError."""
        levels: list[float] = []
        agreeing, at = 0, self._heard()
        try:
            async with asyncio.timeout(DEADLINE_S):
                while agreeing < 2:
                    await asyncio.sleep(_LOOK_S)  # a file that grows raises no event
                    if (now := self._heard()) < at:
                        at = 0  # another file
                    if now - at < self._window:
                        continue
                    levels, at = self._levels(now - self._window), now
                    heard = {hz for hz, level in zip(TONES, levels, strict=True) if level > AUDIBLE}
                    agreeing = agreeing + 1 if heard == set(tones) else 0
        except TimeoutError:
            what = f"{type(self).__name__} should hear {tones}; levels of {TONES}: {levels}"
            raise AssertionError(f"{what}; it said {self._said[-3000:]}") from None

    async def shut(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    def ear(self) -> Path | None:
        """The file that what it hears is written to now."""
        raise NotImplementedError

    def _heard(self) -> int:
        """Bytes of sound."""
        ear = self.ear()
        return max(0, ear.stat().st_size - _HEADER) // 2 * 2 if ear is not None and ear.exists() else 0

    def _levels(self, at: int) -> list[float]:
        ear = self.ear()
        assert ear is not None
        with ear.open("rb") as file:
            file.seek(_HEADER + at)
            window = array.array("h", file.read(self._window))
        return [goertzel(window, hz, self._rate) for hz in TONES]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while text := await self._process.stdout.read(4096):
            self._said += text.decode(errors="replace")
            self._grown.set()


class Baresip(Softphone):
    """Answers by itself. Its sndfile filter is its ear until a call is held: baresip 1.0 does not start it again."""

    PROGRAM = shutil.which("baresip")

    def ear(self) -> Path | None:
        files = sorted(self._directory.glob("*-dec.wav"), key=lambda file: file.stat().st_mtime_ns)
        return files[-1] if files else None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, user: str, host: str, registrar: str, tone: int, *, wideband: bool = False, srtp: bool = False
    ) -> AsyncIterator[Baresip]:
        """``wideband``: G722 and nothing else; ``srtp``: encrypted (SDES) or not at all."""
        codec, secure = "g722/16000/1" if wideband else "pcmu", ";mediaenc=srtp-mand" if srtp else ""
        with tempfile.TemporaryDirectory(prefix="baresip-") as name:
            directory = Path(name)
            (directory / "config").write_text(_BARESIP.format(host=host, tone=tone, directory=name))
            (directory / "accounts").write_text(
                f'<sip:{user}@callfloor;transport=udp>;auth_user={user};auth_pass="{SECRET}";'
                f'outbound="sip:{registrar};transport=udp";regint=300;answermode=auto;audio_codecs={codec}{secure}\n'
            )
            assert cls.PROGRAM is not None
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                cls.PROGRAM, "-f", name, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT
            )
            phone = cls(process, directory, 2 * RATE if wideband else RATE)
            try:
                await phone.says("200 OK|useragents? registered")
                yield phone
            finally:
                await phone.shut()


class Linphone(Softphone):
    """Answers when told. One file for all it hears; silent in a call that began beside another of its own."""

    PROGRAM = shutil.which("linphonec")

    def ear(self) -> Path | None:
        return self._directory / "heard.wav"

    async def registered(self) -> None:
        """It does not say when it is: asked until then."""
        async with asyncio.timeout(DEADLINE_S):
            while "registered, identity" not in self._said:
                self.do("status register")
                await asyncio.sleep(_LOOK_S)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, user: str, host: str, registrar: str, tone: int) -> AsyncIterator[Linphone]:
        with tempfile.TemporaryDirectory(prefix="linphone-") as name:
            directory = Path(name)
            (directory / ".local/share/linphone").mkdir(parents=True)  # without it, it listens nowhere
            (directory / "rc").write_text(_LINPHONE.format(user=user, host=host, registrar=registrar, secret=SECRET))
            _write_tone(directory / "tone.wav", tone)
            assert cls.PROGRAM is not None
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *(cls.PROGRAM, "-c", str(directory / "rc")),
                env=os.environ | {"HOME": name},
                stdin=pipe,
                stdout=pipe,
                stderr=asyncio.subprocess.STDOUT,
            )
            phone = cls(process, directory)
            try:
                await phone.registered()
                phone.do("soundcard use files")
                phone.do(f"play {directory / 'tone.wav'}")
                phone.do(f"record {directory / 'heard.wav'}")
                yield phone
            finally:
                await phone.shut()


def _write_tone(file: Path, hz: int) -> None:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((Tone(hz, RATE).read(RATE) or b"") * 60)


_BARESIP = """
sip_listen {host}:5060
net_interface {host}
call_max_calls 4
audio_player aubridge,nowhere
audio_source ausine,{tone}
audio_alert aubridge,nowhere
ausrc_srate 48000
ausrc_channels 2
snd_path {directory}
statmode_default off
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module g722.so
module srtp.so
module sndfile.so
module ausine.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
"""

_LINPHONE = """
[sip]
sip_port=5060
sip_tcp_port=-1
sip_tls_port=-1
bind_address={host}
use_ipv6=0
default_proxy=0
[rtp]
bind_address={host}
audio_rtp_port=7078
[proxy_0]
reg_proxy=<sip:{registrar};transport=tcp>
reg_route=<sip:{registrar};transport=tcp;lr>
reg_identity=sip:{user}@callfloor
reg_expires=300
reg_sendregister=1
publish=0
[auth_info_0]
username={user}
passwd={secret}
realm=callfloor
"""
