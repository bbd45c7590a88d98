"""The demo's customer: a telephone of her own (pjsua2, PCMU, RFC 4733), moved by the director.

Reports when she was connected, what she hears and, for each turn, CLOCK_MONOTONIC at its first sample's RTP packet.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from assist.demo.level import HearingSink
from assist.demo.puppet import Order, obey, report
from assist.demo.script import RATE, load_script
from ivr.playback import PromptPlayer
from voice.audio import read_wav
from voice.clock import SystemClock
from voice.phone import (
    AudioPath,
    IncomingLeg,
    LegConnected,
    LegDigit,
    LegDisconnected,
    LegProgressed,
    PhoneConfig,
    PhoneEvent,
    SipAccount,
)
from voice.sip import SipPhone

LEG = "call"


class Customer:
    """Carries out the director's orders: call, answer (whoever calls from now on), digits, say (a turn of the
    demo), play (a WAV file, named by a number), hang_up.
    """

    def __init__(self, host: str, rtp_port: int, number: str, server: str) -> None:
        self._clock = SystemClock()
        self._loop = asyncio.get_running_loop()
        self._server = server
        self._number = number
        self._script = load_script()
        self._phone = SipPhone(
            PhoneConfig(host=host, rtp_host=host, rtp_first_port=rtp_port, codecs=("PCMU/8000",)),
            self._heard_of,
            self._clock,
        )
        self._mouth = PromptPlayer(self._forward("spoken"), self._forward("speaking"))
        self._heard_s = 0.0
        self._leg = LEG
        self._answers = False
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bring the telephone up."""
        host, port = await self._phone.start()
        await self._phone.add_account(SipAccount(f"sip:{self._number}@{host}", proxy=f"sip:{self._server};lr"))
        await self._phone.add_source("mouth", self._mouth)
        await self._phone.add_sink("ear", HearingSink(self._hears), 100)
        report("ready", host=host, port=port)

    async def carry_out(self, order: Order) -> None:
        """One order."""
        match order["do"]:
            case "answer":
                self._answers = True
            case "call":
                report("dialling", at=self._clock.monotonic())
                await self._phone.dial(LEG, f"sip:{order['number']}@{self._server}")
                await self._hold_to_the_ear(LEG)
            case "digits":
                await self._phone.send_digits(self._leg, order["digits"])
            case "say":
                self._mouth.play(order["turn"], self._script.turns[order["turn"]].pcm)
            case "play":
                self._mouth.play(order["turn"], read_wav(Path(order["file"]), RATE))
            case "hang_up":
                await self._phone.hang_up(self._leg)

    async def close(self) -> None:
        """Put the telephone away."""
        await self._phone.close()

    async def _hold_to_the_ear(self, leg_id: str) -> None:
        self._leg, leg = leg_id, f"leg:{leg_id}"
        await self._phone.set_paths(frozenset({AudioPath("mouth", leg), AudioPath(leg, "ear")}))

    async def _answer(self, leg_id: str) -> None:
        await self._phone.answer(leg_id)
        await self._hold_to_the_ear(leg_id)

    def _heard_of(self, event: PhoneEvent) -> None:
        now = self._clock.monotonic()
        match event:
            case IncomingLeg(leg_id=leg_id) if self._answers:
                task = self._loop.create_task(self._answer(leg_id))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            case LegProgressed(code=code):
                report("progress", code=code, at=now)
            case LegConnected(codec=codec):
                report("connected", codec=codec, at=now)
            case LegDigit(digit=digit):
                report("digit", digit=digit, at=now)
            case LegDisconnected(code=code, reason=reason):
                report("disconnected", code=code, reason=reason, at=now)

    def _forward(self, event: str) -> _Forward:
        return _Forward(self, event)

    def tell(self, event: str, turn: int, at: float) -> None:
        """From the media thread, through the loop, to the director."""
        self._loop.call_soon_threadsafe(lambda: report(event, turn=turn, at=at))

    def now(self) -> float:
        """CLOCK_MONOTONIC."""
        return self._clock.monotonic()

    def _hears(self, seconds: float) -> None:
        if int(seconds) > int(self._heard_s):
            self._loop.call_soon_threadsafe(lambda: report("hears", seconds=round(seconds, 1)))
        self._heard_s = seconds


class _Forward:
    """A callback for the media thread that stamps the moment and forwards."""

    def __init__(self, customer: Customer, event: str) -> None:
        self._customer = customer
        self._event = event

    def __call__(self, turn: int) -> None:
        self._customer.tell(self._event, turn, self._customer.now())


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m assist.demo.customer", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--rtp-port", type=int, default=0)
    parser.add_argument("--number", required=True)
    parser.add_argument("--server", required=True, help="HOST:PORT of the front")
    arguments = parser.parse_args()
    customer = Customer(arguments.host, arguments.rtp_port, arguments.number, arguments.server)
    await customer.start()
    try:
        await obey(customer.carry_out)
    finally:
        await customer.close()


if __name__ == "__main__":
    asyncio.run(_main())
