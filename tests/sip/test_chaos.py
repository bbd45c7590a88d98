"""Three phones told anything at any time: requests are refused or carried out, and no process aborts.

pjsua2 answers misuse with abort(); what it allows when is in no document. Sequences are seeded, timing is not.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.sip.ends import TONES, Party
from tests.sip.test_phone_contract import SipFloor, sip_floor
from voice.phone import IncomingLeg, LegDisconnected, LegReferred, LegReplaced, PhoneError, PhoneEvent

pytestmark = pytest.mark.live

REQUESTS = 250
OFTEN = ("dial", "answer", "answer", "hold", "resume", "transfer", "transfer_to", "transfer_to", "hang_up")
SOMETIMES = ("dial", "answer", "send_digits", "set_paths", "received", "probe", "answer_referral")


class Monkey:
    """One phone, the legs it may have, and who pulls its levers."""

    def __init__(self, party: Party, chance: random.Random, uris: list[str]) -> None:
        self.party, self._chance, self._uris = party, chance, uris
        self.legs: set[str] = set()
        self.referred: set[str] = set()
        self._read = 0

    async def pull(self, number: int) -> bool:
        """One request; whether it was carried out."""
        self._look()
        legs = sorted(self.legs) or ["none"]
        leg, other = self._chance.choice(legs), self._chance.choice(legs)
        request = self._chance.choice(OFTEN + SOMETIMES)
        if self.referred and self._chance.random() < 0.8:
            request, leg = "answer_referral", self.referred.pop()
        try:
            await self.party.do(request, *self._arguments(request, leg, other, number))
        except PhoneError:
            return False
        return True

    def _arguments(self, request: str, leg: str, other: str, number: int) -> list[Any]:
        match request:
            case "dial":
                self.legs.add(f"dialled-{number}")
                return [f"dialled-{number}", self._chance.choice(self._uris)]
            case "answer":
                return [leg, self._chance.choice((180, 183, 200, 200))]
            case "transfer":
                return [leg, self._chance.choice(self._uris)]
            case "transfer_to":
                return [leg, other]
            case "answer_referral":
                self.legs.add(f"moved-{number}")
                return [leg, self._chance.choice((None, f"moved-{number}", f"moved-{number}"))]
            case "send_digits":
                return [leg, "1#"]
            case "set_paths":
                return [[("tone", f"leg:{leg}", 1.0), (f"leg:{leg}", "ear", 1.0)]]
        return [leg]

    def _look(self) -> None:
        seen: list[PhoneEvent] = self.party.inbox.seen  # type: ignore[attr-defined]
        for event in seen[self._read :]:
            match event:
                case IncomingLeg(leg_id=leg_id) | LegReplaced(new_leg_id=leg_id):
                    self.legs.add(leg_id)
                case LegDisconnected(leg_id=leg_id):
                    self.legs.discard(leg_id)
                case LegReferred(leg_id=leg_id):
                    self.referred.add(leg_id)
        self._read = len(seen)


async def play(floor: SipFloor, seed: int) -> int:
    chance, uris, monkeys = random.Random(seed), list[str](), list[Monkey]()
    for _ in range(3):
        party, uri = await floor.party()
        await party.do("add_tone", "tone", TONES[0])
        await party.do("add_ear", "ear")
        uris.append(uri)
        monkeys.append(Monkey(party, chance, uris))
    done = 0
    for number in range(REQUESTS):
        done += await chance.choice(monkeys).pull(number)
    return done


@pytest.mark.parametrize("seed", [1, 2])
def test_no_request_at_any_time_aborts_a_phone(seed: int) -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            assert await play(floor, seed) > REQUESTS // 10

    asyncio.run(main())
