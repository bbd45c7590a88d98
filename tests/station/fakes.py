"""A phone that records what it is asked, for the station's own tests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from voice.audio import AudioFrame, AudioSink
from voice.phone import (
    AudioPath,
    FrameSource,
    IncomingLeg,
    LegConnected,
    LegDisconnected,
    LegQuality,
    PhoneError,
    PhoneFailure,
    PhoneListener,
    SipAccount,
)

CONTACT = {"x-callfloor-contact": "c-1"}


def incoming(leg_id: str = "leg-1", headers: Mapping[str, str] = CONTACT) -> IncomingLeg:
    return IncomingLeg(leg_id, f"{leg_id}@test", "sip:+441632960011@trunk", "Mrs Bell", "sip:anna@callfloor", headers)


class RecordingPhone:
    """Carries everything out at once: a 200 connects, a hang-up disconnects. ``refuse`` names methods that fail."""

    def __init__(self, listener: PhoneListener) -> None:
        self.listener = listener
        self.asked: list[tuple[str, str, int]] = []
        self.refuse: set[str] = set()
        self.paths: frozenset[AudioPath] = frozenset()
        self.sources: dict[str, FrameSource] = {}
        self.sinks: dict[str, AudioSink] = {}
        self.accounts: list[SipAccount] = []
        self.closed = False
        self.moved = asyncio.Event()
        self.unlocked = asyncio.Event()
        self.unlocked.set()

    def lock(self) -> None:
        """Stand still, as SIP's stack does with a leg whose REFER is not answered yet."""
        self.unlocked.clear()

    async def start(self) -> tuple[str, int]:
        return ("127.0.0.1", 5070)

    async def add_account(self, account: SipAccount) -> None:
        self.accounts.append(account)

    async def dial(self, leg_id: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        raise AssertionError("a station does not dial")

    async def answer(self, leg_id: str, code: int = 200) -> None:
        await self.unlocked.wait()
        self._ask("answer", leg_id, code)
        if code == 200:
            self.listener(LegConnected(leg_id, "PCMU"))

    async def hang_up(self, leg_id: str, code: int = 0) -> None:
        self._ask("hang_up", leg_id, code)
        self.listener(LegDisconnected(leg_id, code or 200, "ended here"))

    async def send_digits(self, leg_id: str, digits: str) -> None:
        raise AssertionError("a station sends no digits")

    async def hold(self, leg_id: str) -> None:
        raise AssertionError("a station behind our front does not hold by SIP")

    async def resume(self, leg_id: str) -> None:
        raise AssertionError("a station behind our front does not hold by SIP")

    async def transfer(self, leg_id: str, target: str) -> None:
        raise AssertionError("a station does not transfer")

    async def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        raise AssertionError("a station does not transfer")

    async def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        self._ask("answer_referral", leg_id, 603 if new_leg_id is None else 202)
        self.unlocked.set()

    async def quality(self, leg_id: str) -> LegQuality:
        raise AssertionError("a station does not ask")

    async def probe(self, leg_id: str) -> bool:
        raise AssertionError("a station does not ask")

    async def add_source(self, name: str, source: FrameSource, rate: int | None = None) -> None:
        self.sources[name] = source

    async def add_sink(self, name: str, sink: AudioSink, batch_ms: int = 20, rate: int | None = None) -> None:
        self.sinks[name] = sink

    async def set_paths(self, paths: frozenset[AudioPath]) -> None:
        self.paths = paths
        self.moved.set()

    async def close(self) -> None:
        self.closed = True

    def hear(self, pcm: bytes) -> None:
        self.sinks["ear"].write(AudioFrame(pcm, 0, 8000, 0.0))

    def _ask(self, what: str, leg_id: str, code: int) -> None:
        self.asked.append((what, leg_id, code))
        if what in self.refuse:
            raise PhoneError(PhoneFailure.STACK, "as the test wants")
