"""Clients that vanish, lie or jump, and a server with more than it can do: on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import RATE, golden, quiet
from tests.transcription.test_server import HELLO, SPEC, SPEECH, Floor, dialled, rejected, serving, speak, until
from transcription import scheduling, wire
from transcription.server import TranscriptionServer
from transcription.session import LEGS


async def admitted(server: TranscriptionServer) -> None:
    """Call again and again until there is room, and be heard."""
    while True:
        async with dialled(server, None) as socket:
            await socket.send(wire.encode(HELLO.model_copy(update={"channels": (SPEC,)})))
            with contextlib.suppress(ConnectionClosed):
                await speak(socket)
                await until(socket, wire.Final)
                return
            assert socket.close_code == 1013


async def still_serves(server: TranscriptionServer, socket: ClientConnection) -> None:
    """Whoever was there before is heard to the end."""
    await speak(socket)
    assert (await until(socket, wire.Final))[-1].utterance.text
    assert server.streams == LEGS


class Bully:
    """A client that sends sound without end, as fast as it can, and reads what comes back or (``deaf``) nothing."""

    def __init__(self, socket: ClientConnection, deaf: bool) -> None:
        self._socket = socket
        self._hears = asyncio.Event()
        if not deaf:
            self._hears.set()
        self._enough = False
        self.sent = 0
        self.decided = 0
        self.finals = 0

    async def send(self) -> None:
        while not self._enough:
            await speak(self._socket, offset=self.sent)
            self.sent += len(SPEECH) // 2
        await self._socket.send(wire.encode(wire.Finish()))

    async def hear(self) -> None:
        await self._hears.wait()
        for message in await until(self._socket, wire.Finished):
            self.finals += isinstance(message, wire.Final)
            self.decided = message.sample if isinstance(message, wire.DecidedUntil) else self.decided

    def relent(self) -> None:
        self._enough = True
        self._hears.set()


def short_buffers() -> socket.socket:
    """A listener whose connections hold little: what is not read is soon felt at the other end."""
    listener = socket.socket()
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        listener.setsockopt(socket.SOL_SOCKET, option, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@pytest.mark.parametrize("deaf", [False, True])
def test_a_client_that_floods_or_does_not_listen_delays_nobody(deaf: bool) -> None:
    """Its flood has no end before the others have been heard; and of its own words none is lost."""

    async def main() -> None:
        async with (
            serving(ScriptedEngine(["word" * 500]), listener=short_buffers()) as server,  # answers fill buffers
            dialled(server, HELLO, SPEC) as rude,
            dialled(server, HELLO, SPEC) as good,
            asyncio.TaskGroup() as group,
        ):
            bully = Bully(rude, deaf)
            group.create_task(bully.send())
            group.create_task(bully.hear())
            said, seconds = 0, len(SPEECH) / 2 / RATE
            while True:
                before = server.statistics.audio_s
                await speak(good, offset=said * len(SPEECH) // 2)
                said += 1
                assert (await until(good, wire.Final))[-1].utterance.text
                # Who does not listen is soon not listened to; one that only floods goes on beside.
                stuck = server.statistics.audio_s - before == pytest.approx(seconds)
                if said >= 3 and stuck == deaf:
                    break
            bully.relent()
        assert bully.finals >= 1
        assert bully.decided == bully.sent

    asyncio.run(main())


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x82\x81\0\0\0\0\x07", 4400),  # one byte of audio
        (b"\x82\xff" + (10 * 1024 * 1024).to_bytes(8, "big") + bytes(4), 1009),  # ten megabytes are announced
        (b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc", 1007),  # a text that is not UTF-8
        (b"\x81\x82\0\0\0\0\x01\x02", 4400),  # samples, sent as a text
        (b"\x82\x01\x07", 1002),  # a frame that is not masked
        (b"\xff\x80\0\0\0\0", 1002),  # reserved bits and an opcode nobody knows
    ],
)
def test_a_frame_that_is_none_ends_its_own_connection(frame: bytes, code: int) -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as good:
            async with dialled(server, HELLO, SPEC) as bad:
                bad.transport.write(frame)
                assert (await rejected(bad))[0] == code
            await still_serves(server, good)

    asyncio.run(main())


def test_a_client_that_is_gone_without_a_word_is_noticed_by_its_silence() -> None:
    """Half open: the connection stands, but nobody answers the pings; its streams are given to others."""

    async def main() -> None:
        async with serving(max_streams=LEGS, ping_s=0.1) as server, dialled(server, HELLO, SPEC) as gone:
            gone.transport.pause_reading()
            await admitted(server)
            gone.transport.abort()

    asyncio.run(main())


def test_a_client_that_sends_speech_and_nothing_more_is_given_up() -> None:
    async def main() -> None:
        async with serving(idle_s=0.2) as server, dialled(server, HELLO, SPEC) as socket:
            await speak(socket, SPEECH[:20000])
            assert (await rejected(socket))[0] == 4408
            assert server.streams == 0

    asyncio.run(main())


def test_offsets_that_jump_are_holes_or_repetitions_never_words_twice() -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as socket:
            speech, hour = quiet(0.5) + golden("refund")[0], 3600 * RATE
            await speak(socket, speech)
            await speak(socket, speech)  # all of it again
            await speak(socket, speech + quiet(1), offset=hour)
            await socket.send(wire.encode(wire.Finish()))
            messages = await until(socket, wire.Finished)
            finals = [message.utterance for message in messages if isinstance(message, wire.Final)]
            assert [round(final.start_s) // 3600 for final in finals] == [0, 1]
            assert finals[0].end_s <= len(speech) / 2 / RATE
            decided = [message for message in messages if isinstance(message, wire.DecidedUntil)]
            assert decided[-1].sample == hour + len(speech) // 2 + RATE

    asyncio.run(main())


def test_the_wall_clock_may_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back by a year and forward by two: nobody is given up, nothing is late, times are the media's."""
    wall = time.time

    async def main() -> None:
        async with serving(idle_s=5) as server, dialled(server, HELLO, SPEC) as socket:
            for years in (-1, 2):
                monkeypatch.setattr(time, "time", lambda years=years: wall() + years * 31536000)
                await speak(socket, SPEECH, offset=0 if years < 0 else len(SPEECH) // 2)
                final = (await until(socket, wire.Final))[-1].utterance
                assert final.lateness_s < 5
                assert final.end_s < 2 * len(SPEECH) / 2 / RATE + 1

    asyncio.run(main())


def test_over_capacity_live_streams_lose_partials_then_run_late_but_no_final_and_it_is_shown() -> None:
    """One decoding thread stands still for a while: what a machine with too many calls looks like to each of them."""
    floor, engine = Floor(), ScriptedEngine()

    async def main() -> None:
        async with serving(engine, floor) as server, dialled(server, HELLO, SPEC) as socket:
            engine.gate.clear()  # the recogniser is being opened: nothing is decoded
            second = wire.ChannelSpec(channel=1, party="agent", rate=RATE)
            await socket.send(wire.encode(wire.Open(**second.model_dump())))
            speech = quiet(0.3) + golden("refund")[0] * 2 + quiet(1)
            await speak(socket, speech, channel=1)
            await socket.send(wire.encode(wire.Finish()))
            server._pool.overload.behind(time.monotonic(), scheduling.ADMIT_UNTIL_S + 1)
            async with dialled(server, None) as refused:
                await refused.send(wire.encode(HELLO))
                assert (await rejected(refused))[0] == 1013
            engine.gate.set()
            messages = await until(socket, wire.Finished)
            finals = [message.utterance for message in messages if isinstance(message, wire.Final)]
            assert " ".join(final.text for final in finals)
            assert not any(isinstance(message, wire.Partial) for message in messages)
            assert max(final.lateness_s for final in finals) > 1
            assert server.statistics.worst_lateness_s > 1
            assert server.statistics.partials_withheld
            assert server.statistics.refused == {"busy": 1}

    asyncio.run(main())


def test_a_recogniser_that_breaks_ends_its_contact_with_a_reason() -> None:
    async def main() -> None:
        async with serving(Breaking()) as server, dialled(server, HELLO, SPEC) as socket:
            with contextlib.suppress(OSError):
                await speak(socket)
            code, reason = await rejected(socket)
            assert (code, "process is gone" in reason) == (1011, True)
            assert server.streams == 0

    asyncio.run(main())


class Breaking(ScriptedEngine):
    """Its recognisers die at the first sound."""

    def open(self, *arguments: Any, **named: Any) -> Any:
        from transcription.recogniser import RecogniserError

        class Dying:
            closed = False

            def accept(self, pcm: bytes) -> bool:
                raise RecogniserError("the recogniser's process is gone")

            def close(self) -> None:
                self.closed = True

        return Dying()


def test_json_that_goes_deep_is_a_bad_message() -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, None) as socket:
            await socket.send("[" * 60000)
            assert (await rejected(socket))[0] in (4400, 4401)
            async with dialled(server, HELLO, SPEC) as other:
                await other.send(json.dumps({"type": "open", "channel": 3, "grammar": [["x"]]}))
                assert (await rejected(other))[0] == 4400

    asyncio.run(main())
