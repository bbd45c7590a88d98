"""Recordings of recorders that were killed are finished: everything heard is in them, but for what must not be."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.transcription.speech import RATE
from tests.transcription.test_recording import KEY, LOUD, redacting, second, seconds
from transcription.keeper import Keeper, Listen, Unfinished, listening
from transcription.keeping import Keeping
from transcription.recording import ContactRecorder, read_recording
from transcription.recording_format import Recording
from transcription.utterances import UtteranceFinal


class House:
    """A keeper at a socket, and recorders that are killed: their connection ends without a word."""

    def __init__(self, directory: Path, keeper: Keeper, listener: socket.socket) -> None:
        self.directory = directory
        self.keeper = keeper
        self._listener = listener

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, directory: Path, listen: Listen) -> AsyncIterator[House]:
        keeper = Keeper(lambda: KEY, listen)
        with listening(directory / "keeper.sock") as listener:
            serving = asyncio.create_task(keeper.serve(listener))
            try:
                yield cls(directory, keeper, listener)
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    def recorder(self, zero_s: float = 0.0) -> ContactRecorder:
        socket_path = self.directory / "keeper.sock"
        return ContactRecorder(self.directory, "c1", KEY, zero_s=zero_s, keeper=socket_path)

    async def kill(self, recorder: ContactRecorder) -> None:
        """And wait for what the keeper does about it."""
        keeping = recorder._keeping
        assert isinstance(keeping, Keeping)
        for _ in range(5):  # it has been taken in
            await asyncio.sleep(0)
        keeping._keeper.close()
        keeping._memory.close()
        assert recorder._file is not None
        recorder._file.close()
        await self.keeper.drained()

    def only_file(self) -> Path:
        (file,) = [file for file in self.directory.iterdir() if file.suffix != ".sock"]
        return file

    def finished(self) -> Recording:
        return read_recording(self.only_file(), KEY)


async def deaf(unfinished: Unfinished) -> None:
    """A recogniser that is away."""


class Heard:
    """A recogniser that hears ``finals`` in what is undecided, and decides all of it."""

    def __init__(self, *finals: UtteranceFinal) -> None:
        self.finals = finals
        self.asked: dict[int, tuple[int, int]] = {}

    async def __call__(self, unfinished: Unfinished) -> None:
        for channel, (first, pcm) in unfinished.undecided().items():
            self.asked[channel] = (first, len(pcm) // 2)
            unfinished.decided(channel, first + len(pcm) // 2)
        for final in self.finals:
            unfinished.heard(final)


def test_what_was_undecided_when_it_was_killed_is_in_the_recording_and_its_card_number_is_not(tmp_path: Path) -> None:
    listen = Heard(redacting(4.0, 4.5))

    async def main() -> None:
        async with House.open(tmp_path, listen) as house:
            recorder = house.recorder()
            caller, agent = recorder.sink("caller"), recorder.sink("agent")
            for index in range(5):
                second(caller, index)
                second(agent, index)
            recorder.heard(redacting(1.0, 1.5))
            recorder.decided("caller", 3.0)
            recorder.decided("agent", 2.0)
            await house.kill(recorder)
            found = house.finished()
            assert (found.complete, found.seconds) == (True, 5.0)
            assert [pair[0] for pair in seconds(found.pcm)] == [1000] * 10
            assert [pair[1] for pair in seconds(found.pcm)] == [1000, 1000, 0, *[1000] * 5, 0, 1000]
            assert [(span.start_s, span.end_s, span.reason) for span in found.silenced] == [
                (1.0, 1.5, "card"),
                (4.0, 4.5, "card"),
            ]

    asyncio.run(main())
    assert listen.asked == {0: (2 * RATE, 3 * RATE), 1: (3 * RATE, 2 * RATE)}


def test_what_nobody_can_recognise_becomes_silence(tmp_path: Path) -> None:
    async def main() -> None:
        async with House.open(tmp_path, deaf) as house:
            recorder = house.recorder(zero_s=10.0)
            caller = recorder.sink("caller", base_s=10.0)
            for index in range(3):
                second(caller, index)
            recorder.decided("caller", 11.0)
            await house.kill(recorder)
            found = house.finished()
            assert (found.complete, found.seconds) == (True, 3.0)
            assert [pair[1] for pair in seconds(found.pcm)] == [1000, 1000, 0, 0, 0, 0]
            (span,) = found.silenced
            assert (span.channel, span.start_s, span.end_s, span.reason) == ("caller", 11.0, 13.0, "undecided")

    asyncio.run(main())


def test_a_redaction_that_was_known_and_not_written_is_not_asked_for_again(tmp_path: Path) -> None:
    listen = Heard()

    async def main() -> None:
        async with House.open(tmp_path, listen) as house:
            recorder = house.recorder()
            caller, _ = recorder.sink("caller"), recorder.sink("agent")
            for index in range(3):
                second(caller, index)
            recorder.heard(redacting(1.0, 2.0))
            recorder.decided("caller", 2.5)  # the agent's leg is not: nothing may be written yet
            assert read_recording(house.directory / recorder._part.name, KEY).seconds == 0
            await house.kill(recorder)
            assert [pair[1] for pair in seconds(house.finished().pcm)] == [1000, 1000, 0, 0, 1000, 1000]

    asyncio.run(main())
    assert listen.asked == {1: (int(2.5 * RATE), RATE // 2)}


def test_a_chunk_that_was_being_written_is_written_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with House.open(tmp_path, Heard()) as house:
            recorder = house.recorder()
            caller = recorder.sink("caller")
            for index in range(3):
                second(caller, index)
                recorder.decided("caller", index + 1.0)
            part = house.only_file()
            part.write_bytes(part.read_bytes()[:-1000])
            await house.kill(recorder)
            found = house.finished()
            assert (found.complete, found.seconds) == (True, 3.0)
            assert [pair[1] for pair in seconds(found.pcm)] == [1000] * 6

    asyncio.run(main())


def test_a_recording_that_was_finished_or_cannot_be_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listen = Heard()

    async def main() -> None:
        async with House.open(tmp_path, listen) as house:
            recorder = house.recorder()
            second(recorder.sink("caller"), 0)
            assert recorder.close() is not None
            await house.keeper.drained()
            assert house.finished().complete
            house.only_file().unlink()
            altered = house.recorder()
            second(altered.sink("caller"), 0)
            altered.decided("caller", 1.0)
            part = house.only_file()
            data = bytearray(part.read_bytes())
            data[-1] ^= 1
            part.write_bytes(data)
            await house.kill(altered)
            assert part.read_bytes() == data

    asyncio.run(main())
    assert listen.asked == {}
    assert "stays unfinished" in caplog.text


def test_who_shares_nothing_is_no_trouble_and_without_a_keeper_a_call_is_recorded_all_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        async with House.open(tmp_path, deaf) as house:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
                stranger.connect(str(tmp_path / "keeper.sock"))
                stranger.send(b"/etc/passwd")
                for _ in range(5):
                    await asyncio.sleep(0)
            await house.keeper.drained()
        recorder = ContactRecorder(tmp_path, "c1", KEY, keeper=tmp_path / "nobody.sock")
        second(recorder.sink("caller"), 0, LOUD)
        assert recorder.close() is not None

    asyncio.run(main())
