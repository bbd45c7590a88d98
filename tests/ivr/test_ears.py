from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr import ears as module
from ivr.ears import Ears, Gate, Recorded
from tests.transcription.test_server import SPEECH, Floor, serving
from transcription.recording import load_or_create_key, read_recording
from transcription.utterances import TranscriptionGap
from voice.audio import AudioFrame
from voice.bus.base import Subscription
from voice.bus.memory import MemoryBus, MemoryHub
from voice.calls import Role
from voice.clock import SystemClock
from voice.hearing import TAPPED
from voice.rundir import RunDirectory

SECOND = b"\x10\x00" * 8000
NOWHERE = "ws://127.0.0.1:{port}"


def frame(second: int = 0) -> AudioFrame:
    return AudioFrame(SECOND, 8000 * second, 8000, float(second))


class Kept:
    def __init__(self) -> None:
        self.frames: list[AudioFrame] = []

    def write(self, frame: AudioFrame) -> None:
        self.frames.append(frame)


def test_a_gate_is_deaf_until_opened_and_after_it_is_shut() -> None:
    gate, kept = Gate(), Kept()
    gate.write(frame(0))
    gate.open(kept)
    gate.write(frame(1))
    gate.shut()
    gate.write(frame(2))
    assert kept.frames == [frame(1)]


Use = Callable[[Ears, RunDirectory, Subscription], Awaitable[None]]


@pytest.fixture
def with_ears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Use], None]:
    """Ears of contact c1; the transcription server is away: its port is bound, and nobody listens on it."""
    monkeypatch.setattr(module, "FINISH_S", 0.01)
    where = RunDirectory(tmp_path)
    where.create()

    async def main(use: Use, port: int) -> None:
        hub, clock = MemoryHub(), SystemClock()
        bus = MemoryBus(hub, "worker", clock)
        await bus.start()
        heard = bus.subscribe("transcript.*")
        await use(Ears("c1", NOWHERE.format(port=port), where, bus, clock), where, heard)
        await bus.close()

    def run(use: Use) -> None:
        with socket.socket() as away:
            away.bind(("127.0.0.1", 0))
            asyncio.run(main(use, away.getsockname()[1]))

    return run


def speak(ears: Ears) -> None:
    for role in TAPPED:
        ears.sink(role).write(frame())


def test_before_they_are_opened_nothing_is_kept(with_ears: Callable[[Use], None]) -> None:
    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        speak(ears)
        assert await ears.close() == Recorded()
        assert list(where.recordings.iterdir()) == []
        assert not where.recording_key.exists()

    with_ears(use)


def test_without_the_server_the_gap_is_said_and_what_nobody_judged_is_silence(
    with_ears: Callable[[Use], None],
) -> None:
    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        ears.open(3.0)
        speak(ears)
        recorded = await ears.close()
        speak(ears)  # too late
        assert recorded.seconds == pytest.approx(1.0)
        assert recorded.silenced_s == pytest.approx(2.0)  # both parties' second
        recording = read_recording(Path(recorded.path), load_or_create_key(where.recording_key))
        assert recording.header.contact_id == "c1"
        assert set(recording.pcm) == {0}
        parties: set[str] = set()
        while len(parties) < 2:
            event = (await anext(heard)).event
            assert isinstance(event, TranscriptionGap)
            parties.add(event.party)
        assert parties == {"caller", "agent"}

    with_ears(use)


def test_sound_that_follows_a_gathers_turn_is_placed_where_it_was_said(with_ears: Callable[[Use], None]) -> None:
    """A turn taps the caller; when both are recorded later, that tap has counted samples already."""

    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        ears.open(3.0)
        ears.sink(Role.CALLER).write(frame(7))
        ears.sink(Role.AGENT).write(frame(0))
        recorded = await ears.close()
        assert recorded.seconds == pytest.approx(1.0)

    with_ears(use)


def test_a_call_whose_recording_was_declined_leaves_none(with_ears: Callable[[Use], None]) -> None:
    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        ears.open(0.0, recording=False)
        speak(ears)
        assert await ears.close() == Recorded()
        assert list(where.recordings.iterdir()) == []

    with_ears(use)


def test_a_recording_that_cannot_be_made_is_left_out(
    with_ears: Callable[[Use], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        where.recordings.rmdir()
        where.recordings.write_text("in the way")
        ears.open(0.0)
        speak(ears)
        assert await ears.close() == Recorded()

    with_ears(use)
    assert "no recording of contact c1" in caplog.text


def test_without_a_token_for_the_server_the_call_is_still_recorded(
    with_ears: Callable[[Use], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: RunDirectory, name: str) -> str:
        raise OSError(28, "No space left on device")

    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        ears.open(0.0)
        speak(ears)
        assert (await ears.close()).seconds == pytest.approx(1.0)

    monkeypatch.setattr(RunDirectory, "secret", refuse)
    with_ears(use)
    assert "contact c1 is not transcribed" in caplog.text


def test_a_recording_whose_key_was_exchanged_is_still_named(
    with_ears: Callable[[Use], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def use(ears: Ears, where: RunDirectory, heard: Subscription) -> None:
        ears.open(0.0)
        speak(ears)
        where.recording_key.write_bytes(bytes(32))
        recorded = await ears.close()
        assert Path(recorded.path).exists()
        assert recorded.seconds == 0.0

    with_ears(use)
    assert "cannot be read back" in caplog.text


def test_a_turn_is_heard_by_the_gather_alone(tmp_path: Path) -> None:
    """Against a server; the turn begins in the middle of the tap's samples, and its channel is another each time."""
    where = RunDirectory(tmp_path)
    where.create()
    (where.state / "keys").mkdir(exist_ok=True)
    (where.state / "keys" / "transcription").write_text("t0ken")

    async def main() -> None:
        hub, clock = MemoryHub(), SystemClock()
        bus = MemoryBus(hub, "worker", clock)
        await bus.start()
        finals: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

        def heard(token: int, text: str, final: bool) -> None:
            if final:
                finals.put_nowait((token, text))

        floor = Floor()
        async with serving(floor=floor) as server:
            ears = Ears("c1", f"ws://127.0.0.1:{server.port}", where, bus, clock)
            for turn, offset in ((7, 16_000), (8, 80_000)):
                ears.listen(turn, ("bill", "a fault"), 2.0, heard)
                for start in range(0, len(SPEECH), 320):
                    ears.sink(Role.CALLER).write(
                        AudioFrame(SPEECH[start : start + 320], offset + start // 2, 8000, 0.0)
                    )
                token, text = await finals.get()
                assert token == turn
                assert text
                ears.stop_listening()
            ears.sink(Role.CALLER).write(frame(99))
            assert await ears.close() == Recorded()
        assert floor.events == []
        await bus.close()

    asyncio.run(main())
