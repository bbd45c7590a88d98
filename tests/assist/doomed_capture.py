"""A station's capture to be killed: ``python -m tests.assist.doomed_capture URL STATE``. It hears a call as it is
spoken, 100 ms at a time, and prints how many it has heard.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from assist.station_capture import StationCapture
from tests.transcription.speech import RATE, golden, quiet
from voice.audio import AudioFrame
from voice.clock import SystemClock
from voice.station_state import CallLine, Phase

BATCH = RATE // 10
CALLER = golden("refund")[0] + quiet(1.2) + golden("card")[0] + quiet(5)
AGENT = golden("supervisor")[0] * 8


async def main(url: str, state: str) -> None:
    capture = StationCapture(url, Path(state), SystemClock())
    await capture.start()
    sinks = capture.begun(CallLine("leg", Phase.IN_CALL, "c-1", contact_id="doomed"))
    began = time.monotonic()
    for number in range(len(CALLER) // (2 * BATCH)):
        await asyncio.sleep(max(0.0, began + (number + 1) / 10 - time.monotonic()))
        for party, pcm in (("caller", CALLER), ("agent", AGENT)):
            piece = pcm[2 * number * BATCH : 2 * (number + 1) * BATCH]
            sinks[party].write(AudioFrame(piece, number * BATCH, RATE, time.monotonic()))
        print(number + 1, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
