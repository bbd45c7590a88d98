"""A contact worker with a real SIP stack and nothing else: answers, says a tone, leaves when the call ends."""

from __future__ import annotations

import asyncio
import os

from tests.sip.ends import TONES, Tone
from voice.clock import SystemClock
from voice.phone import AudioPath, IncomingLeg, LegConnected, LegDisconnected, PhoneConfig, PhoneEvent, SipAccount
from voice.sip.phone import SipPhone
from voice.zygote import WorkerSlot

STAY = "stay"
"""In the number called: the worker stays until the call ends; any other it leaves after a moment."""
MOMENT_S = 1.5


def speaks(slot: WorkerSlot) -> None:
    asyncio.run(_speaks(slot))


async def _speaks(slot: WorkerSlot) -> None:
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[PhoneEvent] = asyncio.Queue()
    config = PhoneConfig(rtp_host=slot.rtp_host, rtp_first_port=slot.rtp_first_port, rtp_ports=slot.rtp_ports)
    phone = SipPhone(config, events.put_nowait, SystemClock())
    _, port = await phone.start()
    await phone.add_account(SipAccount("sip:callfloor@callfloor", proxy=f"sip:{slot.front_inner};lr"))
    await phone.add_source("tone", Tone(TONES[0], config.clock_rate))
    loop.add_reader(slot.assigned_fd, _told, slot)
    slot.ready(port)
    while not isinstance(event := await events.get(), LegDisconnected):
        if isinstance(event, IncomingLeg):
            if STAY not in event.to_uri:
                loop.call_later(MOMENT_S, os._exit, 0)
            await phone.answer(event.leg_id, 200)
        if isinstance(event, LegConnected):
            await phone.set_paths(frozenset({AudioPath("tone", f"leg:{event.leg_id}")}))
    os._exit(0)


def _told(slot: WorkerSlot) -> None:
    """End of file is the zygote's death, hence ours."""
    if not os.read(slot.assigned_fd, 1):
        os._exit(0)
