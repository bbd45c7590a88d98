"""The demo's agent: the real station around a simulated headset, moved by the director.

Everything inward of the headset's plug is the product's own: rings, call control, softphone, link to the floor.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import operator
from functools import partial
from pathlib import Path

from assist.demo.level import LOUD
from assist.demo.puppet import Order, obey, report
from assist.demo.script import load_script
from assist.station_capture import StationCapture
from hardware.audio.engine import SimulatedSoundCard
from hardware.simulator import SimulatedHeadset
from ivr.music import hold_music
from voice.audio import read_wav
from voice.clock import Clock, SystemClock
from voice.station import Station
from voice.station_build import build_station
from voice.station_settings import CLOCK_RATE, StationSettings
from voice.station_state import Phase

REACH_S = 2.0
"""A person needs a moment to reach for the button."""


class Agent:
    """Carries out the director's orders: answer, mute, say, play (as the customer does), hang_up; all through the
    headset's buttons and microphone.
    """

    def __init__(self, settings: StationSettings, clock: Clock, capture: StationCapture | None) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._script = load_script()
        self._sound = SimulatedSoundCard(CLOCK_RATE, self._hears)
        self._buttons = SimulatedHeadset()
        self._heard_s = 0.0
        self.station: Station = build_station(
            settings,
            self._clock,
            self._sound,
            self._buttons,
            music=hold_music() if settings.pbx else b"",
            capture=capture,
        )

    async def watch(self) -> None:
        """Tell the director of every change of the station's state."""
        state = self.station.state
        while True:
            state = await self.station.until(partial(operator.ne, state))
            report(
                "station",
                phase=state.phase.value,
                registered=state.registered,
                contact_id=state.contact_id,
                lights=sorted(self._buttons.lights),
                at=self._clock.monotonic(),
            )

    async def carry_out(self, order: Order) -> None:
        """One order."""
        match order["do"]:
            case "answer":
                await self._buttons.ring_led()
                await asyncio.sleep(REACH_S)
                self._buttons.press_hook()
            case "mute":
                self._buttons.press_mute()
            case "say":
                self._say(order["turn"], self._script.turns[order["turn"]].pcm)
            case "play":
                self._say(order["turn"], read_wav(Path(order["file"]), CLOCK_RATE))
            case "hang_up" if self.station.state.phase is not Phase.IDLE:
                self._buttons.press_hook()

    def _say(self, turn: int, pcm: bytes) -> None:
        seconds = len(pcm) / 2 / CLOCK_RATE
        spoken = asyncio.wrap_future(self._sound.speak(pcm))

        def done(future: asyncio.Future[float]) -> None:
            if not future.cancelled():
                report("speaking", turn=turn, at=future.result() - seconds)
                report("spoken", turn=turn, at=future.result())

        spoken.add_done_callback(done)

    def _hears(self, pcm: bytes) -> None:
        """On the card's thread: count the seconds of sound in the ear."""
        samples = array.array("h", pcm)
        if samples and sum(map(abs, samples)) / len(samples) > LOUD:
            before, self._heard_s = self._heard_s, self._heard_s + len(samples) / CLOCK_RATE
            if int(before) < int(self._heard_s):
                heard = round(self._heard_s, 1)
                self._loop.call_soon_threadsafe(lambda: report("hears", seconds=heard))


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m assist.demo.agent", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--server", required=True, help="http://HOST:PORT of the floor")
    parser.add_argument("--front", required=True, help="HOST:PORT of the front")
    parser.add_argument("--pbx", help="sip:USER@HOST:PORT: an extension there, and not of the front")
    parser.add_argument("--pbx-secret", default="")
    parser.add_argument("--transcription", default="", help="ws://HOST:PORT, for the calls of a PBX")
    parser.add_argument("--state", type=Path, default=Path(), help="where their recordings go")
    settings = StationSettings(**vars(parser.parse_args()))
    clock, capture = SystemClock(), None
    if settings.policy.capture:
        capture = StationCapture(settings.transcription, settings.state, clock)
    try:
        await _act(Agent(settings, clock, capture), settings)
    finally:
        if capture is not None:
            await capture.close()


async def _act(agent: Agent, settings: StationSettings) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(agent.station.run(settings.account)),
            tasks.create_task(agent.watch()),
        ]
        await obey(agent.carry_out)
        for task in running:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(_main())
