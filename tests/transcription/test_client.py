from __future__ import annotations

import asyncio
import threading

import pytest

from tests.fakes.clock import VirtualClock
from tests.transcription.speech import RATE, golden, quiet
from tests.transcription.test_server import SPEECH, serving
from transcription.client import TranscriptionClient
from transcription.tap import INBOX_FRAMES
from transcription.utterances import TranscriptionGap, UtteranceFinal
from voice.audio import AudioFrame, AudioSink
from voice.clock import SystemClock
from voice.events import Event


class Heard:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.decided: dict[int, int] = {}
        self._changed = asyncio.Event()

    def take(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def one(self, kind: type[Event]) -> None:
        """Wait for the first event of this kind."""
        async with asyncio.timeout(10):
            while not any(isinstance(event, kind) for event in self.events):
                self._changed.clear()
                await self._changed.wait()

    def client(self, port: int, token: str = "t0ken", clock: VirtualClock | None = None) -> TranscriptionClient:
        return TranscriptionClient(
            f"ws://127.0.0.1:{port}", token, "c1", clock or SystemClock(), self.take, self.decide
        )

    def decide(self, channel: int, sample: int) -> None:
        assert sample >= self.decided.get(channel, 0)
        self.decided[channel] = sample

    @property
    def finals(self) -> list[UtteranceFinal]:
        return [event for event in self.events if isinstance(event, UtteranceFinal)]

    @property
    def gaps(self) -> list[TranscriptionGap]:
        return [event for event in self.events if isinstance(event, TranscriptionGap)]


def speak(sink: AudioSink, pcm: bytes = SPEECH, offset: int = 0) -> None:
    for start in range(0, len(pcm), 320):
        sink.write(AudioFrame(pcm[start : start + 320], offset + start // 2, RATE, 0.0))


def test_audio_written_from_another_thread_before_the_connection_stands_is_heard() -> None:
    heard = Heard()

    async def main() -> None:
        async with serving() as server, asyncio.TaskGroup() as group:
            client = heard.client(server.port)
            sink = client.open_channel(3, "caller", RATE, base_s=50.0)
            thread = threading.Thread(target=speak, args=(sink,))
            thread.start()
            group.create_task(client.run())
            await asyncio.to_thread(thread.join)
            assert await client.finish()
            assert client.engine is not None
            assert client.engine.engine.name == "scripted"
            assert client.talk().talk_s["caller"] > 1

    asyncio.run(main())
    (final,) = heard.finals
    assert 50 < final.start_s < 51
    assert heard.decided == {3: len(SPEECH) // 2}
    assert heard.gaps == []


def test_a_closed_channel_gives_its_last_words_and_its_number_back() -> None:
    heard = Heard()

    async def main() -> None:
        async with serving() as server, asyncio.TaskGroup() as group:
            client = heard.client(server.port)
            group.create_task(client.run())
            speak(client.open_channel(0, "agent", RATE), SPEECH[:32000])
            with pytest.raises(ValueError, match="channel 0 is in use"):
                client.open_channel(0, "caller", RATE)
            client.close_channel(0)
            client.close_channel(99)
            speak(client.open_channel(1, "caller", RATE))
            assert await client.finish()
            client.open_channel(0, "caller", RATE)

    asyncio.run(main())
    assert sorted(final.party for final in heard.finals) == ["agent", "caller"]


def test_a_server_that_restarts_is_resumed_from_what_it_had_decided() -> None:
    heard = Heard()
    pcm = SPEECH + SPEECH

    async def main() -> None:
        async with serving() as first:
            port = first.port
            client = heard.client(port)
            sink = client.open_channel(0, "caller", RATE)
            task = asyncio.create_task(client.run())
            speak(sink, pcm[: len(SPEECH) + 24000])
            await heard.one(UtteranceFinal)
        speak(sink, pcm[len(SPEECH) + 24000 :], offset=(len(SPEECH) + 24000) // 2)
        async with serving(port=port):
            assert await client.finish(15)
            await task

    asyncio.run(main())
    opened, closed = heard.gaps
    assert (opened.open, closed.open, closed.recovered) == (True, False, True)
    assert opened.gap_id == closed.gap_id
    assert heard.decided == {0: len(pcm) // 2}
    spoken = [(final.start_s, final.end_s) for final in heard.finals]
    assert spoken == sorted(spoken)
    assert len({final.utterance_id for final in heard.finals}) == len(heard.finals)


@pytest.mark.parametrize(("token", "reason"), [("t0ken", ""), ("wrong", "token")])
def test_nobody_there_or_refused_is_a_gap_and_never_an_error(token: str, reason: str) -> None:
    heard = Heard()

    async def main() -> None:
        async with serving() as server:
            client = heard.client(server.port if reason else 9, token)
            speak(client.open_channel(0, "caller", RATE))
            task = asyncio.create_task(client.run())
            await heard.one(TranscriptionGap)
            assert reason in client.last_error
            assert await client.finish(0.05) is False
            await task

    asyncio.run(main())
    opened, closed = heard.gaps
    assert opened.open
    assert (closed.open, closed.recovered, closed.start_s) == (False, False, 0.0)
    assert closed.end_s == len(SPEECH) / 2 / RATE


def test_retries_back_off_from_a_tenth_to_two_seconds() -> None:
    heard = Heard()
    clock = VirtualClock()
    naps: list[float] = []

    async def main() -> None:
        client = heard.client(9, clock=clock)
        enough = asyncio.Event()

        async def nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 8:
                enough.set()
                await asyncio.Event().wait()

        clock.sleep = nap  # type: ignore[method-assign]
        task = asyncio.create_task(client.run())
        async with asyncio.timeout(10):
            await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert naps == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


def test_a_refused_grammar_is_a_gap_of_that_channel_only() -> None:
    heard = Heard()

    async def main() -> None:
        async with serving() as server, asyncio.TaskGroup() as group:
            client = heard.client(server.port)
            group.create_task(client.run())
            speak(client.open_channel(0, "caller", RATE, grammar=("impossible",)))
            speak(client.open_channel(1, "agent", RATE))
            assert await client.finish()

    asyncio.run(main())
    assert [final.party for final in heard.finals] == ["agent"]
    assert [(gap.party, gap.open, gap.recovered) for gap in heard.gaps] == [
        ("caller", True, False),
        ("caller", False, False),
    ]


def test_a_tap_is_bounded_and_refuses_other_rates() -> None:
    client = Heard().client(9)
    sink = client.open_channel(0, "caller", RATE)
    for index in range(INBOX_FRAMES + 10):
        sink.write(AudioFrame(bytes(320), index * 160, RATE, 0.0))
    sink.write(AudioFrame(bytes(320), 0, 16000, 0.0))
    assert (client.statistics.frames_dropped, client.statistics.frames_rejected) == (10, 1)


def test_what_could_not_be_kept_is_reported_as_lost() -> None:
    heard = Heard()
    pcm = quiet(40) + golden("refund")[0] + quiet(1)

    async def main() -> None:
        async with serving() as server:
            port = server.port
        client = heard.client(port)
        task = asyncio.create_task(client.run())
        sink = client.open_channel(0, "caller", RATE)
        for start in range(0, len(pcm), 32000):
            sink.write(AudioFrame(pcm[start : start + 32000], start // 2, RATE, 0.0))
        await heard.one(TranscriptionGap)
        async with serving(port=port):
            assert await client.finish(15)
            await task

    asyncio.run(main())
    closed = heard.gaps[-1]
    assert (closed.open, closed.recovered, closed.start_s) == (False, False, 0.0)
    assert 12 < closed.end_s < 16
    assert [final.text != "" for final in heard.finals] == [True]
