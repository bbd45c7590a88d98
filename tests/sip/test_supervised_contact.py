"""One contact's own decisions over real SIP and RTP, supervised through hold, consultation, conference and transfer.

The core decides (``ivr.contact_core``), a real phone with four real far ends carries out, and every ear is measured:
the table itself is proved in ``test_hearing_by_tones``, here that the contact is in the arrangement it should be in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ivr.contact_commands import ConnectAgent
from ivr.contact_core import ContactCore
from ivr.contact_state import RINGBACK
from ivr.contacts import ContactEnded, ContactQueued
from ivr.controls import CompleteTransfer, Confer, Consult, HoldCustomer
from ivr.schema import load_flow
from ivr.supervision import EndSupervision, SetSupervisionMode, Supervise, SupervisionEnded, SupervisionModeChanged
from tests.scenarios.theatre import FLOW
from tests.sip.carrying import carry_out
from tests.sip.ends import DEADLINE_S, RemoteEnd
from tests.sip.test_hearing_by_tones import HERTZ, PARTIES, TAPS, Bridge
from tests.sip.test_phone_contract import SipFloor, sip_floor
from voice.calls import Role
from voice.commands import Command
from voice.events import Event
from voice.hearing import MUSIC, PROMPTS, TONE, Mode
from voice.phone import IncomingLeg, LegConnected, LegDisconnected

pytestmark = pytest.mark.live

AT = 1_700_000_000.0  # the core's clock: nothing here depends on time


class Contact:
    """The core, the worker's phone, and the four far ends, which answer at once."""

    def __init__(self, worker: RemoteEnd, uri: str) -> None:
        self.core = ContactCore("c1", "w1", load_flow(FLOW))
        self.worker = worker
        self.uri = uri
        self.ends: dict[str, RemoteEnd] = {}
        self.uris: dict[str, str] = {}
        self.legs: dict[str, str] = {}
        self.events: list[Event] = []
        self.ears = Bridge(worker, dict(self.ends))

    async def ask(self, command: Command) -> None:
        reply, effects = self.core.command(command, AT)
        assert reply.ok, reply.reason
        self.events += await carry_out(effects, self.worker)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Take what the phone reports, and do what follows from it."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    event = await self.worker.inbox.next()
                    self.events += await carry_out(self.core.phone_event(event, AT), self.worker)
        except TimeoutError:
            raise AssertionError(f"phone: {self.worker.inbox.seen}; contact: {self.events}") from None

    async def answers(self, who: str) -> None:
        """The far end takes the call it gets."""
        incoming = await self.ends[who].expect(IncomingLeg)
        await self.ends[who].do("answer", incoming.leg_id)
        await self.connected(who, incoming.leg_id)

    async def connected(self, who: str, leg_id: str) -> None:
        end, port = self.ends[who], f"leg:{leg_id}"
        await end.expect(LegConnected)
        self.legs[who] = leg_id
        await end.do("set_paths", [("voice", port, 1.0), (port, "ear", 1.0)])

    async def hears(self, table: str, **taps: str) -> None:
        """``C<A``: the caller hears the agent; ``M`` is music. Who is not named hears nobody."""
        cells = dict(cell.split("<") for cell in table.split())
        names = {"M": MUSIC}
        wanted = {who: {names.get(one, one) for one in cells.get(who, "")} for who in self.legs}
        await self.ears.heard(wanted | {tap: set(speakers) for tap, speakers in taps.items()})

    def mode(self) -> str:
        return self.core.snapshot.supervision_mode

    def happened(self, kind: type[Event]) -> bool:
        return any(isinstance(event, kind) for event in self.events)


async def contact(floor: SipFloor) -> Contact:
    worker, uri = await floor.party()
    assert isinstance(worker, RemoteEnd)
    made = Contact(worker, uri)
    for who in PARTIES:
        end, made.uris[who] = await floor.party()
        assert isinstance(end, RemoteEnd)
        await end.do("add_tone", "voice", HERTZ[who])
        await end.do("add_ear", "ear")
        made.ends[who] = end
    for silent in (PROMPTS, TONE, RINGBACK):
        await worker.do("add_tone", silent, 0)
    await worker.do("add_tone", MUSIC, HERTZ[MUSIC])
    for side in TAPS:
        await worker.do("add_ear", f"tap:{side}")
    made.ears = Bridge(worker, dict(made.ends))
    return made


async def talking(made: Contact) -> None:
    await made.ends["C"].do("dial", "call", made.uri)
    await made.until(lambda: made.core.call.connected(Role.CALLER) is not None)
    await made.connected("C", "call")
    await made.ends["C"].do("send_digits", "call", "1")
    await made.until(lambda: made.happened(ContactQueued))
    await made.ask(ConnectAgent("anna", made.uris["A"], "l1"))
    await made.answers("A")
    await made.until(lambda: made.core.snapshot.phase == "talking")


async def supervised(made: Contact) -> None:
    await made.ask(Supervise("sara", made.uris["S"]))
    await made.answers("S")
    await made.until(lambda: made.mode() == "listen")


def test_hold_consultation_conference_and_transfer_under_supervision() -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            made = await contact(floor)
            await talking(made)
            await supervised(made)
            await made.hears("C<A A<C S<CA", caller="C", agent="A")
            await made.ends["S"].do("send_digits", made.legs["S"], "#5")
            await made.until(lambda: made.mode() == "whisper")
            await made.ask(HoldCustomer("anna", on=True))
            await made.hears("C<M A<S S<A", caller="", agent="")
            await made.ask(Consult("anna", "agent", "ben", made.uris["K"], "l2"))
            await made.answers("K")
            await made.until(lambda: made.core.snapshot.talk == "consult")
            await made.hears("C<M A<KS K<A S<AK", caller="", agent="")
            await made.ask(Confer("anna"))
            await made.ask(SetSupervisionMode("sara", Mode.BARGE))
            await made.hears("C<AKS A<CKS K<CAS S<CAK", caller="C", agent="AKS")
            await made.ask(CompleteTransfer("anna"))
            await made.ends["A"].expect(LegDisconnected)
            del made.legs["A"]
            assert any(isinstance(event, SupervisionModeChanged) and event.by == "system" for event in made.events)
            await made.hears("C<K K<C S<CK", caller="C", agent="K")
            await made.ask(EndSupervision("sara"))
            await made.until(lambda: made.happened(SupervisionEnded))
            del made.legs["S"]
            await made.hears("C<K K<C", caller="C", agent="K")
            await supervised(made)
            await made.ask(SetSupervisionMode("sara", Mode.TAKEOVER))
            await made.ends["K"].expect(LegDisconnected)
            del made.legs["K"]
            await made.hears("C<S S<C", caller="C", agent="S")
            await made.ends["C"].do("hang_up", "call")
            await made.until(lambda: made.happened(ContactEnded) and made.core.call.over)

    asyncio.run(main())
