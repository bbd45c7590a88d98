"""A spoken choice, from the caller's sound to the flow's next node: worker's ears, server, and the demo recogniser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.ears import Ears
from ivr.effects import SpeechHeard, StartSpeech
from ivr.flow import FlowRunner
from ivr.schema import load_flow
from tests.transcription.speech import golden, quiet
from tests.transcription.test_server import Floor
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.server import ServerConfig, TranscriptionServer
from voice.audio import AudioFrame
from voice.bus.memory import MemoryBus, MemoryHub
from voice.calls import Role
from voice.clock import SystemClock
from voice.rundir import RunDirectory

FLOW = """
flow: spoken
start: menu
nodes:
  menu:
    verb: gather
    input: [digits, speech]
    say: For a refund press 1 or say refund, for a supervisor press 2 or say supervisor.
    choices: {"1": refund, "2": supervisor}
    phrases: {refund: "1", i want a refund: "1", supervisor: "2"}
    noInput: refund
  refund: {verb: enqueue, queue: refund}
  supervisor: {verb: enqueue, queue: supervisor}
"""


@pytest.mark.parametrize("wanted", ["refund", "supervisor"])
def test_a_spoken_choice_leads_on(tmp_path: Path, wanted: str) -> None:
    where = RunDirectory(tmp_path)
    where.create()
    (tmp_path / "flow.yaml").write_text(FLOW)
    runner = FlowRunner(load_flow(tmp_path / "flow.yaml"), {})
    (turn,) = (effect for effect in runner.start() if isinstance(effect, StartSpeech))

    async def main() -> None:
        clock, moved = SystemClock(), asyncio.Event()
        bus = MemoryBus(MemoryHub(), "worker", clock)
        await bus.start()

        def heard(token: int, text: str, final: bool) -> None:
            runner.handle(SpeechHeard(token, text, final))
            if runner.node != "menu":
                moved.set()

        config = ServerConfig(token=where.secret("transcription"))
        async with TranscriptionServer(VoskEngine(find_model("demo-en-8k")), config, Floor()).running() as server:
            ears = Ears("c1", f"ws://127.0.0.1:{server.port}", where, bus, clock)
            ears.listen(turn.token, turn.phrases, 0.0, heard)
            sound = quiet(0.5) + golden(wanted)[0] + quiet(1.5)
            for start in range(0, len(sound), 320):
                ears.sink(Role.CALLER).write(AudioFrame(sound[start : start + 320], start // 2, 8000, 0.0))
            async with asyncio.timeout(20):
                await moved.wait()
            ears.stop_listening()
            await ears.close()
        await bus.close()

    asyncio.run(main())
    assert runner.node == wanted
