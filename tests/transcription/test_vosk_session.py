"""vosk-server's clients, each behaving as its published source does, against the server on a real socket.

Layout to the byte is ``test_vosk_wire``; here it is who sends what when, and what comes back.
"""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from vosk.transcriber.transcriber import Transcriber
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import RATE, golden, quiet, understood
from tests.transcription.vosk_clients import EOF, EXAMPLES, SAID, SPEECH, Conversation, lockstep, texts, wav
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.recogniser import Engine
from transcription.resampling import Resampler
from transcription.server import ServerConfig, TranscriptionServer
from transcription.shelf import ModelShelf


@pytest.fixture(scope="module")
def engine() -> Engine:
    return VoskEngine(find_model("demo-en-8k"))


def talk(
    engine: Engine | ModelShelf, *conversations: Conversation, path: str = "/", **config: Any
) -> TranscriptionServer:
    """Serve, and have all conversations at once."""

    async def one(server: TranscriptionServer, conversation: Conversation) -> None:
        async with connect(f"ws://127.0.0.1:{server.port}{path}", max_size=None) as socket:
            await conversation(socket)

    async def main() -> TranscriptionServer:
        async with asyncio.timeout(20), TranscriptionServer(engine, ServerConfig(**config)).running() as server:
            await asyncio.gather(*(one(server, conversation) for conversation in conversations))
        return server

    return asyncio.run(main())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_published_examples_are_served(engine: Engine, example: Conversation) -> None:
    talk(engine, example)


def test_the_client_that_comes_with_vosk_is_served_unchanged(engine: Engine) -> None:
    """``vosk-transcriber --server``: its own code, given samples where it would run ffmpeg."""

    async def main() -> list[dict[str, Any]]:
        samples = asyncio.StreamReader()
        samples.feed_data(Resampler(RATE, 16000).feed(SPEECH))
        samples.feed_eof()
        async with asyncio.timeout(20), TranscriptionServer(engine, ServerConfig()).running() as server:
            client = SimpleNamespace(args=SimpleNamespace(server=f"ws://127.0.0.1:{server.port}"))
            process = SimpleNamespace(stdout=samples)
            answers, _ = await Transcriber.recognize_stream_server(client, process)
            return list(answers)

    answers = asyncio.run(main())
    assert understood(SAID, " ".join(texts(answers)))
    subtitles = Transcriber.format_result(SimpleNamespace(args=SimpleNamespace(output_type="srt")), answers)
    assert "00:00:0" in subtitles
    assert texts(answers)[0] in subtitles


def test_node_sends_the_whole_file_without_waiting_and_ends_when_the_server_closes(engine: Engine) -> None:
    async def client(socket: ClientConnection) -> None:
        data = wav(SPEECH * 3)
        sent = 0
        for start in range(0, len(data), 65536):
            await socket.send(data[start : start + 65536])
            sent += 1
        await socket.send(EOF)
        answers = [json.loads(answer) async for answer in socket]
        assert len(answers) == sent + 1, "one answer each"
        assert " ".join(texts(answers)) == " ".join([SAID] * 3)
        assert socket.close_code == 1000

    talk(engine, client)


def test_csharp_reads_one_frame_per_chunk_and_closes_by_itself(engine: Engine) -> None:
    async def client(socket: ClientConnection) -> None:
        data = wav()
        for start in range(0, len(data), 8000):
            await socket.send(data[start : start + 8000])
            assert isinstance(await socket.recv(decode=False), bytes), "each answer is one frame"
        await socket.send(EOF)
        await socket.recv()
        await socket.close(1000, "OK")
        assert socket.close_code == 1000

    talk(engine, client)


def test_go_and_java_send_whole_buffers_whatever_they_read(engine: Engine) -> None:
    async def client(socket: ClientConnection) -> None:
        data = wav()
        answers = await lockstep(socket, data + bytes(-len(data) % 8000), 8000)
        assert SAID in texts(answers)

    talk(engine, client)


def test_asterisk_res_speech_vosk_never_waits_and_leaves_without_listening(engine: Engine) -> None:
    """It reads at most one answer a write, asks for a subprotocol, ends with eof and shuts the socket at once."""

    async def main() -> None:
        async with asyncio.timeout(20), TranscriptionServer(engine, ServerConfig()).running() as server:
            asterisk = [Subprotocol("ws")]
            async with connect(f"ws://127.0.0.1:{server.port}", subprotocols=asterisk) as socket:
                heard: list[dict[str, Any]] = []
                for start in range(0, len(SPEECH), 3200):
                    await socket.send(SPEECH[start : start + 3200])
                    await asyncio.sleep(0)
                while not texts(heard):
                    heard.append(json.loads(await socket.recv()))
                assert texts(heard) == [SAID]
                await socket.send(EOF)
                socket.transport.abort()
        assert server.streams == 0

    asyncio.run(main())


def test_asterisk_eagi_reads_odd_pieces_from_a_pipe(engine: Engine) -> None:
    async def client(socket: ClientConnection) -> None:
        answers = await lockstep(socket, SPEECH, 1601)
        assert texts(answers) == [SAID], "half a sample waits for its other half"

    talk(engine, client)


def test_freeswitch_mod_vosk_looks_for_substrings_and_drops_the_socket(engine: Engine) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), TranscriptionServer(engine, ServerConfig()).running() as server:
            results = []
            async with connect(f"ws://127.0.0.1:{server.port}") as socket:
                for start in range(0, len(SPEECH), 3200):
                    await socket.send(SPEECH[start : start + 3200])
                    answer = await socket.recv(decode=False)
                    if b'"partial"' not in answer:
                        results.append(json.loads(answer)["text"])
                socket.transport.abort()
        assert [text for text in results if text] == [SAID]
        assert server.streams == 0

    asyncio.run(main())


def test_the_end_without_audio_and_silence_are_answered_as_libvosk_does(engine: Engine) -> None:
    async def nothing(socket: ClientConnection) -> None:
        await socket.send(EOF)
        assert await socket.recv() == '{"text": ""}'

    async def silence(socket: ClientConnection) -> None:
        await socket.send(quiet(1))
        assert await socket.recv() == '{\n  "partial" : ""\n}'
        await socket.send(b"")
        assert await socket.recv() == '{\n  "partial" : ""\n}'
        await socket.send(EOF)
        assert await socket.recv() == '{\n  "text" : ""\n}'

    talk(engine, nothing, silence)


def test_silence_is_not_decoded_and_a_long_message_is_cut_for_the_others(engine: Engine) -> None:
    async def client(socket: ClientConnection) -> None:
        await socket.send(quiet(60))
        await socket.recv()

    server = talk(engine, client)
    assert server.statistics.finals == 0
    assert server._pool.decode_s < 0.02


def test_one_clients_configuration_is_its_own() -> None:
    scripted = ScriptedEngine(["one", "two"])

    async def first(socket: ClientConnection) -> None:
        await socket.send('{"config": {"sample_rate": 16000, "phrase_list": ["billing"], "words": 0}}')
        await socket.send(quiet(0.1))
        await socket.recv()

    async def second(socket: ClientConnection) -> None:
        await socket.send(quiet(0.1))
        await socket.recv()

    talk(scripted, first, second)
    assert sorted(scripted.opened, key=str) == [(16000, ("billing",)), (8000, None)]


def test_what_is_changed_after_the_first_samples_counts_for_the_next_recogniser_only() -> None:
    scripted = ScriptedEngine()

    async def client(socket: ClientConnection) -> None:
        await socket.send(quiet(0.1))
        await socket.recv()
        await socket.send('{"config": {"sample_rate": 16000, "phrase_list": ["billing"]}}')
        await socket.send(quiet(0.1))
        await socket.recv()
        assert scripted.opened == [(8000, None)], "no grammar is set on a recogniser that decodes"
        await socket.send('{"config": {"model": "script"}}')
        await socket.send(quiet(0.1))
        await socket.recv()

    talk(scripted, client)
    assert scripted.opened == [(8000, None), (16000, ("billing",))]


def test_the_model_key_chooses_an_installed_model_and_nothing_else() -> None:
    loaded: list[str] = []

    def load(name: str) -> Engine:
        loaded.append(name)
        return ScriptedEngine(["other"], name)

    shelf = ModelShelf(ScriptedEngine(["default"]), ["other"], load)
    speech = quiet(0.5) + golden("refund")[0]

    def choosing(model: str, words: set[str]) -> Conversation:
        async def client(socket: ClientConnection) -> None:
            await socket.send(json.dumps({"config": {"model": model}}))
            assert set(" ".join(texts(await lockstep(socket, speech, 3200))).split()) == words

        return client

    async def outsider(socket: ClientConnection) -> None:
        await socket.send('{"config": {"model": "/etc"}}')
        await socket.send(b"12")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert (socket.close_code, socket.close_reason) == (4400, "no such model here; there are: other, script")

    talk(
        shelf, *[choosing("other", {"other"})] * 3, choosing("", {"default"}), choosing("script", {"default"}), outsider
    )
    assert loaded == ["other"]


def test_how_late_finals_are_and_which_partials_were_withheld_is_counted_here_too() -> None:
    async def client(socket: ClientConnection) -> None:
        server._pool.overload.behind(time.monotonic(), 2.0)
        answers = await lockstep(socket, SPEECH, 3200)
        assert texts(answers)
        assert not any(answer.get("partial") for answer in answers)

    async def main() -> None:
        async with asyncio.timeout(20), server.running(), connect(f"ws://127.0.0.1:{server.port}") as socket:
            await client(socket)

    server = TranscriptionServer(ScriptedEngine(), ServerConfig())
    asyncio.run(main())
    assert server.statistics.finals == 1
    assert "late_count 1" in server.statistics.lateness.lines("late")
    assert 0 < server.statistics.worst_lateness_s < 10
    assert server.statistics.partials_withheld > 0


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("hello", "not JSON"),
        ('{"config": {"sample_rate": 0}}', "sample_rate is a number"),
        ('{"config": {"phrase_list": "one two"}}', "phrase_list is a list"),
        ('{"type": "hello"}', "contact_id"),
    ],
)
def test_bad_messages_are_closed_with_a_plain_reason(message: str, reason: str) -> None:
    async def client(socket: ClientConnection) -> None:
        await socket.send(message)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4400
        assert reason in (socket.close_reason or "")

    talk(ScriptedEngine(), client)


def test_a_phrase_list_the_model_does_not_know_is_refused(engine: Engine) -> None:
    async def client(socket: ClientConnection) -> None:
        await socket.send('{"config": {"phrase_list": ["xylophone"]}}')
        await socket.send(b"1234")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4400
        assert "grammar" in (socket.close_reason or "")

    talk(engine, client)


def test_digits_do_not_leave_the_server_here_either() -> None:
    scripted = ScriptedEngine(["four", "one", "one", "two", "nine", "five", "six"])
    speech = quiet(0.5) + golden("refund")[0]

    def client(configuration: str) -> Conversation:
        async def run(socket: ClientConnection) -> None:
            await socket.send(configuration)
            answers = await lockstep(socket, speech, 1600)
            shown = " ".join(json.dumps(answer) for answer in answers)
            assert "[digits]" in shown
            assert "five" not in shown

        return run

    talk(scripted, client('{"config": {}}'), client('{"config": {"max_alternatives": 2}}'))


def test_a_token_may_stand_in_the_url_or_in_a_bearer_header() -> None:
    async def good(socket: ClientConnection) -> None:
        await socket.send(b"12")
        await socket.recv()

    async def bad(socket: ClientConnection) -> None:
        await socket.send(b"12")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4401

    talk(ScriptedEngine(), good, path="/?token=s3cret", token="s3cret")
    server = talk(ScriptedEngine(), bad, bad, path="/?token=other", token="s3cret")
    assert server.statistics.refused == {"token": 2}

    async def header() -> None:
        async with TranscriptionServer(ScriptedEngine(), ServerConfig(token="s3cret")).running() as server:
            address = f"ws://127.0.0.1:{server.port}"
            async with connect(address, additional_headers={"Authorization": "Bearer s3cret"}) as socket:
                await good(socket)

    asyncio.run(header())


def test_streams_beyond_the_limit_are_refused_with_1013() -> None:
    async def main() -> None:
        config = ServerConfig(max_streams=1)
        async with asyncio.timeout(20), TranscriptionServer(ScriptedEngine(), config).running() as server:
            address = f"ws://127.0.0.1:{server.port}"
            async with connect(address) as first, connect(address) as second:
                await first.send(b"12")
                await first.recv()
                await second.send(b"12")
                with pytest.raises(ConnectionClosed):
                    await second.recv()
                assert (second.close_code, "1 streams" in (second.close_reason or "")) == (1013, True)

    asyncio.run(main())


def test_a_client_that_sends_nothing_is_given_up() -> None:
    async def silent(socket: ClientConnection) -> None:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4408

    async def fell_silent(socket: ClientConnection) -> None:
        await socket.send(b"12")
        assert await socket.recv() == '{\n  "partial" : ""\n}'
        assert await socket.recv() == '{\n  "text" : ""\n}', "whatever was open is settled"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4408

    talk(ScriptedEngine(), silent, fell_silent, idle_s=0.05)


def test_a_closing_server_answers_with_the_last_words(engine: Engine) -> None:
    async def main() -> None:
        answers: list[dict[str, Any]] = []
        async with TranscriptionServer(engine, ServerConfig()).running() as server:
            socket = await connect(f"ws://127.0.0.1:{server.port}")
            await socket.send(SPEECH[: -len(quiet(1.4))])
            answers.append(json.loads(await socket.recv()))
        async for answer in socket:
            answers.append(json.loads(answer))
        assert texts(answers) == [SAID]
        assert socket.close_code == 1001

    asyncio.run(main())
