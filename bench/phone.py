"""What SIP and RTP add between a source and a sink: ``python -m bench.phone [--seconds 20]``, one JSON line.

One phone calls itself, so that both ends have one clock: a pulse leaves a source every 300 ms, passes encoder, RTP on
loopback, jitter buffer, decoder and twice the bridge, and is timed at the sink. What a headset's rings add is
``bench.station``. ``listened_late``: the same where nobody listened for the first four seconds.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import json
import time

from bench.figures import spread
from voice.audio import AudioFrame
from voice.clock import SystemClock
from voice.phone import AudioPath, IncomingLeg, LegConnected, PhoneConfig, PhoneEvent
from voice.sip import SipPhone

PULSE = array.array("h", [20000, -20000] * 80).tobytes()
EVERY = 15  # frames
LOUD = 8000


class Pulses:
    """The source."""

    def __init__(self) -> None:
        self.sent_at = 0.0
        self._frame = 0

    def read(self, samples: int) -> bytes | None:
        """See FrameSource."""
        self._frame += 1
        if self._frame % EVERY:
            return bytes(2 * samples)
        self.sent_at = time.monotonic()
        return PULSE


class Stopwatch:
    """The sink: ``delays`` in milliseconds."""

    def __init__(self, pulses: Pulses) -> None:
        self.delays: list[float] = []
        self._pulses = pulses

    def write(self, frame: AudioFrame) -> None:
        """See AudioSink."""
        if self._pulses.sent_at and max(map(abs, array.array("h", frame.pcm))) > LOUD:
            self.delays.append(1000 * (time.monotonic() - self._pulses.sent_at))
            self._pulses.sent_at = 0.0


async def measure(seconds: float, deaf_s: float) -> dict[str, object]:
    """Delays in milliseconds of one call, after ``deaf_s`` without a listener."""
    events: asyncio.Queue[PhoneEvent] = asyncio.Queue()
    phone, pulses = SipPhone(PhoneConfig(), events.put_nowait, SystemClock()), Pulses()
    watch = Stopwatch(pulses)
    host, port = await phone.start()
    try:
        await phone.add_source("pulses", pulses)
        await phone.add_sink("watch", watch)
        await phone.dial("out", f"sip:self@{host}:{port}")
        leg_id, connected = "", 0
        while connected < 2:
            match await events.get():
                case IncomingLeg(leg_id=leg_id):
                    await phone.answer(leg_id)
                case LegConnected():
                    connected += 1
        await asyncio.sleep(deaf_s)
        await phone.set_paths(frozenset({AudioPath("pulses", "leg:out"), AudioPath(f"leg:{leg_id}", "watch")}))
        await asyncio.sleep(seconds)
        quality = await phone.quality(leg_id)
    finally:
        await phone.close()
    return {
        "pulses": len(watch.delays),
        "delay_ms": spread(watch.delays),
        "loss": quality.loss,
        "mos": round(quality.mos, 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    found = {"direct": asyncio.run(measure(seconds, 0.0)), "listened_late": asyncio.run(measure(seconds, 4.0))}
    print(json.dumps({"bench": "phone", "budget_ms": 120, **found}))


if __name__ == "__main__":
    main()
