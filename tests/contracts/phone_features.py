"""Hold, transfer and quality: what every Phone does beyond plain calls. Run with ``tests.contracts.phone``."""

from __future__ import annotations

from tests.contracts.phone import Floor, connect, refusal
from tests.sip.ends import TONES, Party
from voice.phone import (
    IncomingLeg,
    LegConnected,
    LegDisconnected,
    LegHoldChanged,
    LegProgressed,
    LegQuality,
    LegReferred,
    LegReplaced,
    PhoneFailure,
    TransferProgressed,
)


async def hold_stops_the_far_end_and_lets_music_through(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    for party, hz in ((caller, TONES[0]), (callee, TONES[2])):
        await party.do("add_tone", "tone", hz)
        await party.do("add_ear", "ear")
    leg_id = await connect(caller, callee, uri)
    leg = f"leg:{leg_id}"
    await callee.do("set_paths", [("tone", leg, 1.0), (leg, "ear", 1.0)])
    await caller.do("set_paths", [("tone", "leg:call", 1.0), ("leg:call", "ear", 1.0)])
    await caller.do("until_hears", "ear", [TONES[2]])
    await caller.do("hold", "call")
    await caller.do("hold", "call")  # once is enough
    assert await caller.expect(LegHoldChanged) == LegHoldChanged("call", True, False)
    assert await callee.expect(LegHoldChanged) == LegHoldChanged(leg_id, False, True)
    await callee.do("until_hears", "ear", [TONES[0]])  # the holder's music
    await caller.do("until_hears", "ear", [])
    await caller.do("resume", "call")
    assert await caller.expect(LegHoldChanged) == LegHoldChanged("call", False, False)
    assert await callee.expect(LegHoldChanged) == LegHoldChanged(leg_id, False, False)
    await caller.do("until_hears", "ear", [TONES[2]])


async def both_ends_may_hold(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    assert await refusal(caller.do("hold", "call")) is PhoneFailure.NO_SUCH_LEG
    await caller.do("dial", "call", uri)
    assert await refusal(caller.do("hold", "call")) is PhoneFailure.BAD_ARGUMENT
    leg_id = (await callee.expect(IncomingLeg)).leg_id
    await callee.do("answer", leg_id)
    await callee.expect(LegConnected)
    await caller.expect(LegConnected)
    await caller.do("hold", "call")
    await callee.expect(LegHoldChanged)
    await callee.do("hold", leg_id)
    assert await callee.expect(LegHoldChanged) == LegHoldChanged(leg_id, True, True)
    await caller.expect(LegHoldChanged)
    assert await caller.expect(LegHoldChanged) == LegHoldChanged("call", True, True)
    await caller.do("resume", "call")
    assert await caller.expect(LegHoldChanged) == LegHoldChanged("call", False, True)
    await callee.expect(LegHoldChanged)
    await callee.do("resume", leg_id)
    assert await callee.expect(LegHoldChanged) == LegHoldChanged(leg_id, False, False)
    assert await caller.expect(LegHoldChanged) == LegHoldChanged("call", False, False)


async def early_media_is_heard_before_the_answer(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    await callee.do("add_tone", "tone", TONES[3])
    await caller.do("add_ear", "ear")
    await caller.do("dial", "call", uri)
    await caller.do("set_paths", [("leg:call", "ear", 1.0)])
    leg_id = (await callee.expect(IncomingLeg)).leg_id
    await callee.do("set_paths", [("tone", f"leg:{leg_id}", 1.0)])
    await callee.do("answer", leg_id, 183)
    assert (await caller.expect(LegProgressed)).code == 183
    await caller.do("until_hears", "ear", [TONES[3]])
    await callee.do("answer", leg_id)
    await caller.expect(LegConnected)
    await caller.do("until_hears", "ear", [TONES[3]])


async def a_blind_transfer_is_asked_for_and_reported(floor: Floor) -> None:
    (agent, _), (customer, uri), (other, other_uri) = [await floor.party() for _ in range(3)]
    leg_id = await connect(agent, customer, uri)
    assert await refusal(agent.do("transfer", "call", "nowhere")) is PhoneFailure.BAD_ADDRESS
    assert await refusal(customer.do("answer_referral", leg_id, None)) is PhoneFailure.BAD_ARGUMENT
    await agent.do("transfer", "call", other_uri)
    referred = await customer.expect(LegReferred)
    assert (referred.leg_id, referred.replaces) == (leg_id, False)
    assert referred.target == other_uri
    await customer.do("answer_referral", leg_id, "moved")
    incoming = await other.expect(IncomingLeg)
    await other.do("answer", incoming.leg_id)
    assert (await customer.expect(LegConnected)).leg_id == "moved"
    assert await end_of_transfer(agent) == 200
    await agent.do("hang_up", "call")
    assert (await customer.expect(LegDisconnected)).leg_id == leg_id


async def a_transfer_may_be_declined_or_fail(floor: Floor) -> None:
    (agent, _), (customer, uri), (other, other_uri) = [await floor.party() for _ in range(3)]
    leg_id = await connect(agent, customer, uri)
    await agent.do("transfer", "call", other_uri)
    await customer.expect(LegReferred)
    await customer.do("answer_referral", leg_id, None)
    assert await end_of_transfer(agent) == 603
    await agent.do("transfer", "call", other_uri)
    await customer.expect(LegReferred)
    await customer.do("answer_referral", leg_id, "moved")
    await other.do("hang_up", (await other.expect(IncomingLeg)).leg_id, 486)
    assert (await customer.expect(LegDisconnected)).leg_id == "moved"
    assert await end_of_transfer(agent) == 486
    assert await agent.do("received", "call") >= 0  # the call itself goes on


async def an_attended_transfer_takes_a_place(floor: Floor) -> None:
    (agent, _), (customer, uri), (other, other_uri) = [await floor.party() for _ in range(3)]
    leg_id = await connect(agent, customer, uri)
    consulted = await connect(agent, other, other_uri, "consult")
    assert await refusal(agent.do("transfer_to", "call", "call")) is PhoneFailure.BAD_ARGUMENT
    await agent.do("transfer_to", "call", "consult")
    referred = await customer.expect(LegReferred)
    assert (referred.leg_id, referred.replaces) == (leg_id, True)
    await customer.do("answer_referral", leg_id, "moved")
    replaced = await other.expect(LegReplaced)
    assert replaced.leg_id == consulted
    assert (await customer.expect(LegConnected)).leg_id == "moved"
    assert (await other.expect(LegConnected)).leg_id == replaced.new_leg_id
    assert (await agent.expect(LegDisconnected)).leg_id == "consult"
    await agent.do("hang_up", "call")
    await customer.do("add_tone", "tone", TONES[1])
    await other.do("add_ear", "ear")
    await customer.do("set_paths", [("tone", "leg:moved", 1.0)])
    await other.do("set_paths", [(f"leg:{replaced.new_leg_id}", "ear", 1.0)])
    await other.do("until_hears", "ear", [TONES[1]])


async def quality_is_reported_again_and_again(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    assert await refusal(caller.do("received", "call")) is PhoneFailure.NO_SUCH_LEG
    await connect(caller, callee, uri)
    first, second = await caller.expect(LegQuality), await caller.expect(LegQuality)
    assert {first.leg_id, second.leg_id} == {"call"}
    assert second.received > 0
    assert 4.0 < second.mos <= 4.5
    assert second.loss < 0.05
    assert await caller.do("received", "call") >= first.received + second.received


async def a_far_end_is_asked_whether_it_is_there(floor: Floor) -> None:
    (caller, _), (callee, uri) = await floor.party(), await floor.party()
    assert await refusal(caller.do("probe", "call")) is PhoneFailure.NO_SUCH_LEG
    await caller.do("dial", "call", uri)
    leg_id = (await callee.expect(IncomingLeg)).leg_id
    assert await refusal(caller.do("probe", "call")) is PhoneFailure.BAD_ARGUMENT
    await callee.do("answer", leg_id)
    await caller.expect(LegConnected)
    assert await caller.do("probe", "call") is True
    assert await callee.do("probe", leg_id) is True
    await caller.do("hang_up", "call")
    assert (await callee.expect(LegDisconnected)).leg_id == leg_id


async def end_of_transfer(agent: Party) -> int:
    """The final code of a transfer."""
    while True:
        progress = await agent.expect(TransferProgressed)
        if progress.final:
            return int(progress.code)


FEATURES = (
    hold_stops_the_far_end_and_lets_music_through, both_ends_may_hold, early_media_is_heard_before_the_answer,
    a_blind_transfer_is_asked_for_and_reported, a_transfer_may_be_declined_or_fail, an_attended_transfer_takes_a_place,
    quality_is_reported_again_and_again, a_far_end_is_asked_whether_it_is_there,
)  # fmt: skip
