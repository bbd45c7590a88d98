"""What agents do with the contact they have: whom they mean is found, the ACD is asked, the worker is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assist.api.commands import (
    CallCommand,
    CancelConsult,
    CompleteTransfer,
    Conference,
    ConsultWith,
    Hold,
    PressKeys,
    SwapParties,
    Transfer,
)
from assist.api.ports import Colleague, Directory
from assist.dispatch import Dispatch
from ivr import controls
from ivr.acd_messages import AgentConsulted, ConsultOver
from ivr.agents import AgentState
from ivr.verbs.dial import dialled
from voice.bus.base import Bus
from voice.commands import Command, Reply
from voice.errors import BusError, CommandRefusedError
from voice.events import new_identifier
from voice.settings import AgentSettings

_STATES = {
    AgentState.OFFLINE: "is not signed in",
    AgentState.NOT_READY: "takes no calls now",
    AgentState.NOT_RESPONDING: "does not respond",
    AgentState.WRAPUP: "is wrapping up",
}


@dataclass(frozen=True, slots=True)
class _Target:
    """Whom to dial; ``lease_id`` where it is an agent, who is kept free for it."""

    kind: controls.TargetKind
    party: str
    address: str
    lease_id: str = ""


class CallDesk:
    """``domain``: the one agents are registered, and outside numbers dialled, under."""

    def __init__(self, bus: Bus, dispatch: Dispatch, agents: Iterable[AgentSettings], domain: str) -> None:
        self._bus = bus
        self._dispatch = dispatch
        self._agents: Mapping[str, AgentSettings] = {agent.user: agent for agent in agents}
        self._domain = domain

    async def command(self, agent: str, contact_id: str, command: CallCommand) -> Reply:
        """Carry it out, or say why not."""
        match command:
            case Hold(on):
                return await self._ask(contact_id, controls.HoldCustomer(agent, on))
            case SwapParties():
                return await self._ask(contact_id, controls.Swap(agent))
            case CancelConsult():
                return await self._ask(contact_id, controls.CancelConsult(agent))
            case Conference():
                return await self._ask(contact_id, controls.Confer(agent))
            case CompleteTransfer():
                return await self._ask(contact_id, controls.CompleteTransfer(agent))
            case PressKeys(digits):
                return await self._ask(contact_id, controls.SendDigits(agent, digits))
            case Transfer("queue", to):
                if not self._dispatch.serves(to):
                    return Reply(False, f"there is no queue {to}")
                return await self._ask(contact_id, controls.TransferContact(agent, "queue", to))
            case ConsultWith(kind, to) | Transfer(kind, to):
                return await self._outward(agent, contact_id, kind, to, consult=isinstance(command, ConsultWith))

    async def call(self, agent: str, number: str) -> Reply:
        """An agent calls somebody: a promised call, a follow-up."""
        bare = self.may_dial(agent, number)
        if bare is None:
            return Reply(False, f"you may not dial {number}")
        if self._dispatch.state(agent) is not AgentState.AVAILABLE:
            return Reply(False, "be ready first: your station is rung before the customer is")
        return await self._dispatch.outbound.call(agent, bare)

    def may_dial(self, agent: str, number: str) -> str | None:
        """``number`` as it is dialled, if ``agent`` may; else None."""
        known, bare = self._agents.get(agent), dialled(number)
        return bare if known is not None and bare is not None and bare.startswith(known.dial) else None

    def directory(self, agent: str) -> Directory:
        """Whom ``agent`` may reach, colleagues by name."""
        colleagues = tuple(
            Colleague(other.user, other.name, self._dispatch.state(other.user).value, tuple(other.queues))
            for other in sorted(self._agents.values(), key=lambda other: other.name)
            if other.user != agent and other.role != "supervisor"
        )
        queues = sorted({queue for other in self._agents.values() for queue in other.queues})
        known = self._agents.get(agent)
        return Directory(colleagues, tuple(queues), known.dial if known is not None else ())

    async def _outward(
        self, agent: str, contact_id: str, kind: controls.TargetKind, to: str, *, consult: bool
    ) -> Reply:
        target = self._find(agent, kind, to)
        if isinstance(target, str):
            return Reply(False, target)
        acd_id = self._dispatch.outbound.stands_for(contact_id)
        if target.lease_id:
            self._dispatch.decide(AgentConsulted(acd_id, target.party))
        command = (
            controls.Consult(agent, target.kind, target.party, target.address, target.lease_id)
            if consult
            else controls.TransferContact(agent, target.kind, target.party, target.address, target.lease_id)
        )
        reply = await self._ask(contact_id, command)
        if target.lease_id and not reply.ok:
            self._dispatch.decide(ConsultOver(acd_id, target.party))
        return reply

    def _find(self, agent: str, kind: controls.TargetKind, to: str) -> _Target | str:
        """The target, or why there is none."""
        if kind == "number":
            number = self.may_dial(agent, to)
            return _Target("number", number, self._address(number)) if number else f"you may not dial {to}"
        if kind == "queue":
            free = self._dispatch.free_in(to, agent)
            if free is None:
                return f"nobody is free in {to}"
            to = free
        if to == agent or to not in self._agents:
            return "that is you" if to == agent else f"there is no agent {to}"
        state = self._dispatch.state(to)
        if state is not AgentState.AVAILABLE:
            return f"{self._agents[to].name} {_STATES.get(state, 'is busy')}"
        return _Target("agent", to, self._address(to), new_identifier())

    def _address(self, user: str) -> str:
        return f"sip:{user}@{self._domain}"

    async def _ask(self, contact_id: str, command: Command) -> Reply:
        try:
            await self._bus.request(f"contact.{contact_id}", command)
        except CommandRefusedError as error:
            return Reply(False, str(error))
        except BusError as error:
            return Reply(False, f"the call does not answer: {error}")
        return Reply(True)
