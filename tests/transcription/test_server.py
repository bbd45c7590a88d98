"""The server on a real socket, in this process, with the scripted recogniser."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.fakes.recogniser import ScriptedEngine, ScriptedRecogniser
from tests.transcription.speech import RATE, golden, quiet
from transcription import wire
from transcription.channel import QUEUE_S, Channel, Recognition
from transcription.metrics import Statistics
from transcription.redaction import Redactor
from transcription.scheduling import DecodePool, Pace
from transcription.server import VOSK_MESSAGE, ServerConfig, TranscriptionServer
from transcription.shelf import ModelShelf
from transcription.utterances import UtteranceFinal, UtterancePartial
from voice.errors import DocumentError
from voice.events import Event

SPEECH = quiet(0.5) + golden("refund")[0] + quiet(1.5)
HELLO = wire.Hello(token="t0ken", contact_id="c1")
SPEC = wire.ChannelSpec(channel=0, party="caller", rate=RATE)


class Floor:
    """Collects what the server publishes."""

    def __init__(self) -> None:
        self.events: list[tuple[Event, str]] = []

    def __call__(self, event: Event, contact_id: str) -> None:
        self.events.append((event, contact_id))


@contextlib.asynccontextmanager
async def serving(
    engine: ScriptedEngine | ModelShelf | None = None, floor: Floor | None = None, **config: Any
) -> AsyncIterator[TranscriptionServer]:
    settings = ServerConfig(token="t0ken", threads=2, **config)
    async with (
        asyncio.timeout(20),
        TranscriptionServer(engine or ScriptedEngine(), settings, floor or Floor()).running() as server,
    ):
        yield server


@contextlib.asynccontextmanager
async def dialled(
    server: TranscriptionServer, hello: wire.Hello | None = HELLO, *specs: wire.ChannelSpec
) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{server.port}") as socket:
        if hello is not None:
            await socket.send(wire.encode(hello))
            assert isinstance(await receive(socket), wire.Welcome)
        for spec in specs:
            await socket.send(wire.encode(wire.Open(**spec.model_dump())))
        yield socket


async def receive(socket: ClientConnection) -> wire.ServerMessage:
    return wire.decode_server(await socket.recv(decode=True))


async def speak(socket: ClientConnection, pcm: bytes = SPEECH, channel: int = 0, offset: int = 0) -> None:
    for start in range(0, len(pcm), 1600):
        await socket.send(wire.pack_audio(channel, offset + start // 2, pcm[start : start + 1600]))


async def until(socket: ClientConnection, kind: type[Any]) -> list[Any]:
    """Messages up to the first of ``kind``, included."""
    received: list[wire.ServerMessage] = []
    while not received or not isinstance(received[-1], kind):
        received.append(await receive(socket))
    return received


async def rejected(socket: ClientConnection) -> tuple[int, str]:
    """The close code and reason."""
    async for _ in closing(socket):
        pass
    return socket.close_code or 0, socket.close_reason or ""


async def closing(socket: ClientConnection) -> AsyncIterator[wire.ServerMessage]:
    """Messages until the connection is closed, however it is."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            yield await receive(socket)


def test_speech_becomes_partials_and_one_final_published_once_and_echoed() -> None:
    floor = Floor()

    async def main() -> list[Any]:
        async with serving(floor=floor) as server, dialled(server, HELLO, SPEC) as socket:
            await speak(socket, SPEECH[:28000])
            messages = await until(socket, wire.Partial)
            await speak(socket, SPEECH[28000:], offset=14000)
            await socket.send(wire.encode(wire.Finish()))
            messages += await until(socket, wire.Finished)
            assert await rejected(socket) == (1000, "finished")
            return messages

    messages = asyncio.run(main())
    echoed = [message.utterance for message in messages if isinstance(message, wire.Partial | wire.Final)]
    assert [(event, "c1") for event in echoed] == floor.events
    *partials, final = echoed
    assert partials
    assert all(isinstance(event, UtterancePartial) for event in partials)
    revisions = [event.revision for event in partials if isinstance(event, UtterancePartial)]
    assert revisions == list(range(1, len(partials) + 1))
    assert {event.utterance_id for event in echoed} == {final.utterance_id}
    assert isinstance(final, UtteranceFinal)
    assert final.text.startswith("alpha beta gamma")
    assert final.written == final.text
    assert (final.engine, final.model, final.party) == ("scripted 1", "script", "caller")
    kinds = [type(message) for message in messages]
    assert kinds[-3:] == [wire.DecidedUntil, wire.Closed, wire.Finished]
    assert messages[-3].sample == len(SPEECH) // 2


def test_what_a_recogniser_costs_elsewhere_is_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedRecogniser, "cpu_elsewhere_s", lambda self: 1.0)

    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as socket:
            await speak(socket)
            await socket.send(wire.encode(wire.Finish()))
            await until(socket, wire.Finished)
            async with httpx.AsyncClient() as client:
                text = (await client.get(f"http://127.0.0.1:{server.port}/metrics")).text
            (spent,) = re.findall(r"^callfloor_transcription_decode_seconds_total ([\d.]+)", text, re.MULTILINE)
            assert float(spent) >= len(golden("refund")[0]) / 2 / RATE

    asyncio.run(main())


def test_times_are_the_contacts_and_channels_come_and_go() -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as socket:
            agent = wire.ChannelSpec(channel=7, party="agent", rate=RATE, base_s=100.0)
            await socket.send(wire.encode(wire.Open(**agent.model_dump())))
            await speak(socket, SPEECH[: len(SPEECH) // 2], channel=7)
            await socket.send(wire.encode(wire.Close(channel=7)))
            messages = await until(socket, wire.Closed)
            (final,) = [message.utterance for message in messages if isinstance(message, wire.Final)]
            assert final.party == "agent"
            assert 100.2 < final.start_s < 101.0
            assert all(final.start_s <= word.start_s < word.end_s for word in final.words)
            await speak(socket)
            assert (await until(socket, wire.Final))[-1].utterance.party == "caller"

    asyncio.run(main())


def test_digits_do_not_leave_the_server() -> None:
    floor = Floor()

    async def main() -> None:
        engine = ScriptedEngine(["four", "one", "one", "two", "nine"])
        async with serving(engine, floor) as server, dialled(server, HELLO, SPEC) as socket:
            await speak(socket, SPEECH[:28000])
            await until(socket, wire.Partial)
            await speak(socket, SPEECH[28000:], offset=14000)
            final = (await until(socket, wire.Final))[-1].utterance
            assert final.text == "[digits]"
            assert [word.text for word in final.words] == ["[digits]"]
            assert final.redactions[0].kind == "digits"

    asyncio.run(main())
    partials = [event.text for event, _ in floor.events if isinstance(event, UtterancePartial)]
    assert partials[-1] == "four one one [digits]"


def test_a_resumed_contact_is_wary_of_digits() -> None:
    async def main() -> None:
        hello = HELLO.model_copy(update={"resumed": True})
        async with serving(ScriptedEngine(["four"])) as server, dialled(server, hello, SPEC) as socket:
            await speak(socket, SPEECH[:24000])
            assert (await until(socket, wire.Partial))[-1].utterance.text == "[card]"

    asyncio.run(main())


def test_a_gather_hears_only_its_grammar_and_can_stay_unpublished() -> None:
    floor = Floor()
    engine = ScriptedEngine()

    async def main() -> None:
        gather = SPEC.model_copy(update={"grammar": ("billing", "sales"), "publish": False})
        async with serving(engine, floor) as server, dialled(server, HELLO, gather) as socket:
            await speak(socket)
            final = (await until(socket, wire.Final))[-1].utterance
            assert set(final.text.split()) == {"billing", "sales"}

    asyncio.run(main())
    assert engine.opened == [(RATE, ("billing", "sales"))]
    assert floor.events == []


@pytest.mark.parametrize(("grammar", "heard"), [(("sales",), {"[unk]"}), (None, {"alpha", "beta", "gamma"})])
def test_a_floor_counts_for_grammars_only(grammar: tuple[str, ...] | None, heard: set[str]) -> None:
    async def main() -> None:
        spec = SPEC.model_copy(update={"grammar": grammar, "floor": 0.95})
        async with serving() as server, dialled(server, HELLO, spec) as socket:
            await speak(socket)
            assert set((await until(socket, wire.Final))[-1].utterance.text.split()) == heard

    asyncio.run(main())


@pytest.mark.parametrize(
    ("model", "heard"), [("", "house"), ("billing", "invoice"), ("/elsewhere/billing", "roaming"), ("gone", "house")]
)
def test_a_queue_is_heard_with_its_own_model_and_never_not_at_all(model: str, heard: str) -> None:
    """Loaded ahead by the name a client says, a directory too; what the server has not got is heard with its own."""
    scripts = {"billing": ["invoice"], "/elsewhere/billing": ["roaming"]}
    shelf = ModelShelf(ScriptedEngine(["house"]), ["billing"], lambda name: ScriptedEngine(scripts[name], name))
    shelf.add("/elsewhere/billing")

    async def main() -> None:
        floor = Floor()
        spec = SPEC.model_copy(update={"model": model})
        async with serving(shelf, floor) as server, dialled(server, HELLO, spec) as socket:
            await speak(socket)
            await socket.send(wire.encode(wire.Finish()))
            await until(socket, wire.Finished)
        (final,) = (event for event, _ in floor.events if isinstance(event, UtteranceFinal))
        assert set(final.text.split()) == {heard}
        assert final.model == (model if heard != "house" else "script")

    asyncio.run(main())


class Shop:
    """Loads models when it is told to, or fails at it."""

    def __init__(self, *broken: str) -> None:
        self.may = threading.Event()
        self.asked: list[str] = []
        self._broken = broken

    def load(self, name: str) -> ScriptedEngine:
        self.asked.append(name)
        self.may.wait(10)
        if name in self._broken:
            raise DocumentError(name, None, "cannot be loaded", "get it again")
        return ScriptedEngine([name], name)


def test_models_being_loaded_keep_no_thread_and_nobody_else() -> None:
    """More models are awaited than there are threads; who has one, the server's own or a named one, is heard."""
    shop = Shop("broken")
    shelf = ModelShelf(ScriptedEngine(["house"]), ["slow", "broken", "ready"], shop.load)
    shop.may.set()
    shelf.add("ready")
    shop.may.clear()

    async def heard(server: TranscriptionServer, model: str, begun: asyncio.Event | None = None) -> str:
        async with dialled(server, HELLO, SPEC.model_copy(update={"model": model})) as socket:
            if begun is not None:
                begun.set()
            await speak(socket)
            final = (await until(socket, wire.Final))[-1].utterance
            return f"{final.model}: {final.text.split()[0]}"

    async def main() -> None:
        async with serving(shelf) as server, asyncio.TaskGroup() as group:
            begun = [asyncio.Event() for _ in range(4)]
            waiting = [
                group.create_task(heard(server, model, event))
                for model, event in zip(("slow", "slow", "broken", "broken"), begun, strict=True)
            ]
            for event in begun:
                await event.wait()
            assert await heard(server, "") == "script: house"
            assert await heard(server, "ready") == "ready: ready"
            assert not any(task.done() for task in waiting)
            shop.may.set()
            assert [await task for task in waiting] == ["slow: slow"] * 2 + ["script: house"] * 2

    asyncio.run(main())
    assert shop.asked.count("slow") == 1


def test_sound_that_waited_for_a_model_does_not_count_as_overload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "is_live", lambda *_: True)
    shop = Shop()

    async def main(model: str) -> float:
        with contextlib.closing(DecodePool(1)) as pool:
            shared = Recognition(ModelShelf(ScriptedEngine(), ["slow"], shop.load), pool, Floor(), Statistics())
            channel = Channel(SPEC.model_copy(update={"model": model}), "c1", Redactor(), shared, Deaf())
            async with asyncio.TaskGroup() as group:
                decoding = group.create_task(channel.run())
                await asyncio.sleep(0)
                for part in range(5):
                    await channel.put(part * RATE, golden("refund")[0][: 2 * RATE])
                shop.may.set()
                channel.end()
                await decoding
            return pool.overload.lag_s(time.monotonic())

    assert asyncio.run(main("slow")) == 0.0
    assert asyncio.run(main("")) > 1.0, "five seconds at once"


@pytest.mark.parametrize("changes", [{"grammar": ("impossible",)}, {"grammar": ()}])
def test_a_channel_that_cannot_be_opened_is_refused_and_the_others_go_on(changes: dict[str, Any]) -> None:
    async def main() -> None:
        other = wire.ChannelSpec(channel=1, party="agent", rate=RATE)
        bad = SPEC.model_copy(update=changes)
        async with serving() as server, dialled(server, HELLO, bad, other) as socket:
            refused = (await until(socket, wire.Refused))[-1]
            assert (refused.channel, bool(refused.reason)) == (0, True)
            await speak(socket, channel=0)
            await speak(socket, channel=1)
            assert (await until(socket, wire.Final))[-1].channel == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("first", "code", "reason"),
    [
        ("", 4401, "token"),
        ("hello", 4401, "token"),
        (b"\0", 4401, "token"),
        ('{"config": {"sample_rate": 8000}}', 4401, "token"),
        ('{"type": "finish"}', 4400, "must be hello, not finish"),
        ('{"type": "hello", "version": 9, "contact_id": "c"}', 4400, "version"),
        (wire.encode(HELLO.model_copy(update={"token": "wrong"})), 4401, "token"),
        (wire.encode(HELLO.model_copy(update={"token": ""})), 4401, "token"),
    ],
)
def test_a_bad_beginning_is_closed_with_a_plain_reason(first: str | bytes, code: int, reason: str) -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, None) as socket:
            await socket.send(first)
            found, text = await rejected(socket)
            assert found == code
            assert reason in text

    asyncio.run(main())


@pytest.mark.parametrize(
    ("frame", "code", "reason"),
    [
        (b"\0", 4400, "shorter than its header"),
        (wire.pack_audio(0, 0, b"123"), 4400, "within a sample"),
        (wire.pack_audio(9, 0, b"12"), 4400, "channel 9 is not open"),
        (bytes(wire.MAX_MESSAGE + 1), 1009, ""),
        (bytes(VOSK_MESSAGE + 1), 1009, ""),
        ("x" * (VOSK_MESSAGE + 1), 1009, ""),
        ("{", 4400, "Invalid JSON"),
        (wire.encode(HELLO), 4400, "hello was said already"),
        (wire.encode(wire.Close(channel=4)), 4400, "channel 4 is not open"),
        (wire.encode(wire.Open(**SPEC.model_dump())), 4400, "channel 0 is open already"),
    ],
)
def test_a_bad_message_ends_that_connection_only(frame: str | bytes, code: int, reason: str) -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as good, dialled(server, HELLO, SPEC) as bad:
            await speak(good, SPEECH[:16000])
            await bad.send(frame)
            found, text = await rejected(bad)
            assert found == code
            assert reason in text
            await speak(good, SPEECH[16000:], offset=8000)
            assert (await until(good, wire.Final))[-1].utterance.text

    asyncio.run(main())


def test_a_client_that_vanishes_in_mid_frame_costs_nobody_anything() -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as good:
            async with dialled(server, HELLO, SPEC) as gone:
                await speak(gone, SPEECH[:8000])
                gone.transport.write(b"\x82\xfe\xff\xff\0\0\0\0half a frame")
                gone.transport.abort()
            await speak(good)
            assert (await until(good, wire.Final))[-1].utterance.text

    asyncio.run(main())


def test_over_capacity_is_1013_until_somebody_leaves() -> None:
    async def main() -> None:
        async with serving(max_streams=2) as server:
            async with dialled(server) as first:
                async with dialled(server, None) as second:
                    await second.send(wire.encode(HELLO))
                    code, reason = await rejected(second)
                    assert (code, "2 streams" in reason) == (1013, True)
                await first.send(wire.encode(wire.Finish()))
                await rejected(first)
            async with dialled(server):
                pass
            assert server.statistics.refused == {"full": 1}

    asyncio.run(main())


def test_a_closing_server_flushes_what_it_has_and_says_go_elsewhere() -> None:
    async def main() -> None:
        messages: list[Any] = []
        async with serving() as server:
            socket = await connect(f"ws://127.0.0.1:{server.port}")
            await socket.send(wire.encode(HELLO.model_copy(update={"channels": (SPEC,)})))
            await speak(socket, SPEECH[:32000])
            messages += await until(socket, wire.Partial)
        messages += [message async for message in closing(socket)]
        assert socket.close_code == 1001
        assert any(isinstance(message, wire.Final) for message in messages)
        assert isinstance(messages[-1], wire.DecidedUntil)
        assert messages[-1].sample == 16000
        await socket.close()

    asyncio.run(main())


def test_a_flooding_client_is_read_no_further_than_the_queue() -> None:
    """``put`` waits, so the connection is not read, so TCP stops the sender."""

    async def main() -> None:
        floor, engine = Floor(), ScriptedEngine()
        with contextlib.closing(DecodePool(1)) as pool:
            shared = Recognition(ModelShelf(engine), pool, floor, Statistics())
            channel = Channel(SPEC, "c1", Redactor(), shared, Deaf())
            second = bytes(2 * RATE)
            for index in range(int(QUEUE_S)):
                await channel.put(index * RATE, second)
            waiting = asyncio.create_task(channel.put(int(QUEUE_S) * RATE, second))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not waiting.done()
            decoding = asyncio.create_task(channel.run())
            async with asyncio.timeout(10):
                await waiting
            channel.end()
            await decoding
            assert shared.statistics.audio_s == QUEUE_S + 1

    asyncio.run(main())


class Deaf(ServerConnection):
    """A connection whose other side reads everything and answers nothing."""

    def __init__(self) -> None:
        pass

    async def send(self, *_: Any, **__: Any) -> None:
        pass


def test_numbers_are_also_written_as_one_writes_them_but_not_what_is_withheld() -> None:
    async def main() -> None:
        spoken = ["forty", "five", "dollars"]
        for script, shown in ((spoken, "$45"), (["four", "one"], "[digits]")):
            async with serving(ScriptedEngine(script)) as server, dialled(server, HELLO, SPEC) as socket:
                await speak(socket)
                final = (await until(socket, wire.Final))[-1].utterance
                assert shown in final.written
                assert final.text.split()[0] == ("forty" if shown == "$45" else "[digits]")

    asyncio.run(main())


def test_a_server_that_is_behind_gives_up_partials_and_new_streams_but_no_final() -> None:
    async def main() -> None:
        async with serving() as server, dialled(server, HELLO, SPEC) as socket:
            server._pool.overload.behind(time.monotonic(), 10.0)
            await speak(socket)
            messages = await until(socket, wire.Final)
            assert messages[-1].utterance.text
            assert not any(isinstance(message, wire.Partial) for message in messages)
            assert server.statistics.partials_withheld > 0
            async with dialled(server, None) as late:
                await late.send(wire.encode(HELLO))
                code, reason = await rejected(late)
                assert (code, "behind" in reason) == (1013, True)
            assert server.statistics.refused == {"busy": 1}

    asyncio.run(main())


def test_a_third_leg_beyond_the_limit_is_refused_and_the_call_goes_on() -> None:
    async def main() -> None:
        async with serving(max_streams=2) as server, dialled(server, HELLO, SPEC) as socket:
            for number in (1, 2):
                other = wire.ChannelSpec(channel=number, party="agent", rate=RATE)
                await socket.send(wire.encode(wire.Open(**other.model_dump())))
            refused = (await until(socket, wire.Refused))[-1]
            assert (refused.channel, "no room" in refused.reason) == (2, True)
            await speak(socket, channel=2)
            await speak(socket, channel=1)
            assert (await until(socket, wire.Final))[-1].channel == 1

    asyncio.run(main())


@pytest.mark.parametrize(("codec", "silence", "sound"), [("pcmu", 0xFF, 0x90), ("pcma", 0xD5, 0x85)])
def test_g711_channels_take_a_byte_a_sample(codec: wire.Codec, silence: int, sound: int) -> None:
    async def main() -> None:
        spec = SPEC.model_copy(update={"codec": codec})
        async with serving() as server, dialled(server, HELLO, spec) as socket:
            pulse = bytes((sound, sound ^ 0x80)) * 40 + bytes([silence]) * 20
            pcm = bytes([silence]) * 4000 + pulse * 120 + bytes([silence]) * 8000
            await socket.send(wire.pack_audio(0, 0, pcm))
            final = (await until(socket, wire.Final))[-1].utterance
            assert 0.1 < final.start_s < 0.6
            assert 2.0 < final.end_s < 3.0

    asyncio.run(main())
