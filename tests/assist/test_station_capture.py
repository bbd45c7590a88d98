"""A call of a foreign PBX is heard at the station: words from the real recogniser, a recording that can be read."""

from __future__ import annotations

import array
import asyncio
from pathlib import Path

from assist.station_capture import StationCapture
from hardware.audio.engine import SimulatedSoundCard
from hardware.headset import Headset
from tests.fakes.clock import VirtualClock
from tests.fakes.phone import FakeNetwork, FarEnd
from tests.sip.ends import Recording
from tests.transcription.speech import golden, quiet, understood
from tests.transcription.test_server import Floor
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.recording import load_or_create_key, read_recording
from transcription.server import ServerConfig, TranscriptionServer
from transcription.utterances import UtteranceFinal
from voice.clock import SystemClock
from voice.phone import AudioPath, LegConnected, SipAccount
from voice.rundir import RunDirectory
from voice.station import Station
from voice.station_link import NoFloor
from voice.station_messages import FloorCommand
from voice.station_state import Phase, StationPolicy, StationState

ANNA = SipAccount("sip:anna@pbx.test", register=True)
POLICY = StationPolicy(lines=2, sip_calls=True, capture=True)


class Desk:
    """A station on a network in memory, whose PBX calls are captured, and a customer who will say one sentence."""

    def __init__(self, network: FakeNetwork, capture: StationCapture) -> None:
        self.network = network
        card = SimulatedSoundCard()
        self.station = Station(
            network.phone,
            lambda intent, trouble: Headset(card, None, VirtualClock(), intent, trouble),
            NoFloor(),
            policy=POLICY,
            capture=capture,
        )

    async def answered(self, headers: dict[str, str] | None = None) -> StationState:
        self.customer = FarEnd(self.network)
        await self.customer.start()
        leg_id = await self.customer.call(ANNA.uri, headers)
        await self.station.until(lambda state: state.phase is Phase.RINGING)
        assert self.station.command(FloorCommand(leg_id + str(headers), "answer")).ok
        await self.customer.expect(LegConnected)
        await self.customer.phone.add_source("voice", Recording(golden("refund")[0] + quiet(1.5)))
        await self.customer.phone.set_paths(frozenset({AudioPath("voice", f"leg:{leg_id}")}))
        return await self.station.until(lambda state: state.phase is Phase.IN_CALL)


def test_a_pbx_call_is_recognised_and_recorded_and_a_workers_contact_is_not(tmp_path: Path) -> None:
    where = RunDirectory(tmp_path)
    where.create()
    floor = Floor()

    async def main() -> tuple[str, str]:
        config = ServerConfig(token=where.secret("transcription"))
        async with TranscriptionServer(VoskEngine(find_model("demo-en-8k")), config, floor).running() as server:
            capture = StationCapture(f"ws://127.0.0.1:{server.port}", tmp_path, SystemClock())
            network = FakeNetwork()
            desk = Desk(network, capture)
            running = asyncio.create_task(desk.station.run(ANNA))
            try:
                async with asyncio.timeout(30):
                    await desk.station.until(lambda state: state.registered)
                    state = await desk.answered()
                    await network.tick(200)
                    await desk.customer.phone.close()
                    await desk.station.until(lambda state: state.phase is Phase.IDLE)
                    await capture.close()
                    workers = await desk.answered({"X-Callfloor-Contact": "c-9"})
                    await network.tick(100)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await capture.close()
        return state.contact_id, workers.contact_id

    own, workers = asyncio.run(main())
    assert workers == "c-9"
    ((text, contact_id),) = [
        (event.text, contact_id) for event, contact_id in floor.events if isinstance(event, UtteranceFinal)
    ]
    assert contact_id == own
    assert understood("i want a refund please", text), text
    (file,) = where.recordings.iterdir()
    assert own in file.name
    recording = read_recording(file, load_or_create_key(where.recording_key))
    assert recording.complete
    assert recording.seconds > 2
    samples = array.array("h", recording.pcm)
    left, right = samples[0::2], samples[1::2]
    assert sorted(max(map(abs, side)) > 1000 for side in (left, right)) == [False, True]
