"""Finishes the recordings of processes that were killed: ``python -m transcription.keeper --state DIR --url WS``.

A recorder shares the sound that is not decided yet (``transcription.sound_memory``) on a connection of its own. Where
that ends without a word, the recorder was killed: what was undecided is recognised once more, unpublished, for what is
to be silenced in it, and the recording is finished with it. What cannot be recognised in time becomes silence, as ever.
Nothing undecided reaches a disk, and none of it is left when this process ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from transcription.client import TranscriptionClient
from transcription.keeping import DONE
from transcription.recording import CHUNK_S, SUFFIX, load_or_create_key
from transcription.recording_format import RecordingError, RecordingWriter, SilencedSpan
from transcription.sound_memory import SoundMemory, SoundMemoryError
from transcription.tracks import Tracks
from transcription.utterances import UtteranceFinal
from voice.audio import AudioFrame
from voice.clock import Clock, SystemClock
from voice.errors import CallfloorError
from voice.events import Event
from voice.process import add_parent_option, die_with_parent, exit_status, on_stop
from voice.rundir import RunDirectory

log = logging.getLogger(__name__)

RECOGNISED_WITHIN_S: Final = 30.0
"""A transcription server that is being started again is waited for."""

_MESSAGE: Final = 4096


class Unfinished:
    """A recording whose recorder was killed: what its file holds, and the sound that follows."""

    def __init__(self, part: Path, memory: SoundMemory, key: bytes) -> None:
        """Raises RecordingError, SoundMemoryError, OSError."""
        self._part = part
        self._memory = memory
        self._writer, recording, self._position = RecordingWriter.resumed(part.read_bytes(), key)
        self.header = recording.header
        channels = len(self.header.channels)
        if memory.channels != channels:
            raise SoundMemoryError(f"{memory.channels} channels of sound for a recording of {channels}")
        edge = round(self.header.start_s * self.header.rate) + len(recording.pcm) // (2 * channels)
        notes = memory.notes()
        live = max(memory.live(channel) for channel in range(channels))
        self._tracks = Tracks(channels, max(1, live - edge), edge)
        self._undecided = tuple(max(edge, decided) for decided in notes.decided)
        for channel in range(channels):
            self._tracks.add(channel, *memory.samples(channel, edge))
            self._tracks.decide(channel, notes.decided[channel])
        for redaction in notes.redactions:
            self._tracks.redact(*redaction)

    def undecided(self) -> dict[int, tuple[int, bytes]]:
        """By channel, from which sample of the contact on it must be listened to again, and what is heard there."""
        found = {channel: self._memory.samples(channel, first) for channel, first in enumerate(self._undecided)}
        return {channel: (first, pcm) for channel, (first, pcm) in found.items() if pcm}

    def heard(self, event: Event) -> None:
        """What is to be silenced, by an utterance heard again."""
        if isinstance(event, UtteranceFinal) and event.party in self.header.channels:
            channel, rate = self.header.channels.index(event.party), self.header.rate
            for each in event.redactions:
                self._tracks.redact(channel, round(each.start_s * rate), round(each.end_s * rate), each.kind)

    def decided(self, channel: int, until: int) -> None:
        """Before that sample of the contact nothing more is to be silenced."""
        self._tracks.decide(channel, until)

    def finish(self) -> Path:
        """Write the rest and the end; the finished file. What is undecided still is silence. Raises OSError."""
        rate, step = self.header.rate, int(CHUNK_S * self.header.rate)
        frames, silenced = self._tracks.take(all_of_it=True)
        path = self._part.with_suffix("")
        assert path.suffix == SUFFIX
        with self._part.open("r+b") as file:
            file.truncate(self._position)
            file.seek(self._position)
            for each in silenced:
                party = self.header.channels[each.channel]
                file.write(self._writer.silenced(SilencedSpan(party, each.start / rate, each.end / rate, each.reason)))
            for offset in range(0, len(frames), step):
                file.write(self._writer.audio(frames[offset : offset + step].astype("<i2").tobytes()))
            file.write(self._writer.end())
            file.flush()
            os.fsync(file.fileno())
        self._part.rename(path)
        return path


Listen = Callable[[Unfinished], Awaitable[None]]
"""Have what is undecided of it decided, as far as that can be done."""


class Listener:
    """Listens with the transcription server."""

    def __init__(self, url: str, token: str, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._url, self._token, self._clock, self._tls = url, token, clock, tls

    async def __call__(self, unfinished: Unfinished) -> None:
        """See Listen."""
        undecided, header = unfinished.undecided(), unfinished.header
        if not undecided:
            return
        client = TranscriptionClient(
            *(self._url, self._token, header.contact_id, self._clock, unfinished.heard),
            lambda channel, sample: unfinished.decided(channel, undecided[channel][0] + sample),
            self._tls,
            resumed=True,
        )
        for channel, (first, pcm) in undecided.items():
            party, base_s = header.channels[channel], first / header.rate
            sink = client.open_channel(channel, party, header.rate, base_s, publish=False)
            for at in range(0, len(pcm), 2 * header.rate):
                sink.write(AudioFrame(pcm[at : at + 2 * header.rate], at // 2, header.rate, 0.0))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.run())
            if not await client.finish(RECOGNISED_WITHIN_S):
                log.warning("contact %s: not all that was undecided was recognised", header.contact_id)


class Keeper:
    """Keeps what recorders share, from ``serve`` to the end of the last of them."""

    def __init__(self, key: Callable[[], bytes], listen: Listen) -> None:
        """``key`` of the recordings; may raise DocumentError."""
        self._key = key
        self._listen = listen
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> None:
        """Take recorders in until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            task = asyncio.create_task(self._keep(connection), name="kept recording")
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def drained(self) -> None:
        """Wait until every recorder that was taken in is done or its recording finished."""
        await asyncio.gather(*self._connections)

    async def _keep(self, connection: socket.socket) -> None:
        with connection:
            await _readable(connection)
            try:
                message, memory = _taken(connection)
            except (OSError, ValueError, SoundMemoryError) as error:
                log.warning("a recorder shared nothing that can be used: %s", error)
                return
            with contextlib.closing(memory):
                if not await _said_done(connection):
                    await self._finish(Path(os.fsdecode(message)), memory)

    async def _finish(self, part: Path, memory: SoundMemory) -> None:
        if not part.exists():
            return  # it was finished, and its recorder killed before it could say so
        try:
            unfinished = Unfinished(part, memory, self._key())
            await self._listen(unfinished)
            log.warning("finished for a process that was killed: %s", unfinished.finish().name)
        except (RecordingError, SoundMemoryError, CallfloorError, OSError) as error:
            log.error("%s stays unfinished: %s", part.name, error)


def _taken(connection: socket.socket) -> tuple[bytes, SoundMemory]:
    """A recorder's first message and what came with it. Raises OSError, SoundMemoryError."""
    message, fds, _, _ = socket.recv_fds(connection, _MESSAGE, 1)
    if not fds:
        raise SoundMemoryError("no memory came with the first message")
    try:
        return message, SoundMemory(fds[0])
    except (SoundMemoryError, OSError, ValueError):
        os.close(fds[0])
        raise


async def _readable(connection: socket.socket) -> None:
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(connection)


async def _said_done(connection: socket.socket) -> bool:
    """Wait for the recorder's last word, or for its end."""
    with contextlib.suppress(ConnectionError):
        return await asyncio.get_running_loop().sock_recv(connection, len(DONE)) == DONE
    return False


def listening(path: Path) -> socket.socket:
    """A socket for recorders at ``path``. Raises OSError."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        path.unlink(missing_ok=True)
        bound.bind(str(path))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


async def _run(options: argparse.Namespace) -> None:
    where = RunDirectory(options.state)
    where.create()
    tls = ssl.create_default_context(cafile=options.ca) if options.url.startswith("wss:") else None
    keeper = Keeper(
        lambda: load_or_create_key(where.recording_key),
        Listener(options.url, where.secret("transcription"), SystemClock(), tls),
    )
    stopped = asyncio.Event()
    on_stop(stopped.set)
    if options.until_stdin_ends:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stopped.set)
    with listening(where.keeper) as listener:
        serving = asyncio.create_task(keeper.serve(listener))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stopped.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    await keeper.drained()


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after SIGTERM, SIGINT or the end of stdin; 2 with one line on stderr where it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m transcription.keeper")
    parser.add_argument("--state", type=Path, required=True, help="the state directory whose recordings it keeps")
    parser.add_argument("--url", required=True, help="the transcription server, ws://HOST:PORT or wss://")
    parser.add_argument("--ca", type=Path, help="a PEM file of who signed its certificate")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end when whoever started it does")
    add_parent_option(parser)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="keeper: %(levelname)s %(message)s")
    die_with_parent(options.parent)
    return exit_status(_run(options))


if __name__ == "__main__":
    sys.exit(main())
