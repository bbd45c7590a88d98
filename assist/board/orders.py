"""What supervisors order by way of the board: who is ready, and who gets a contact that waits. Refused, or done and
written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assist.api.commands import ForceState, GiveContact
from assist.board.events import ContactGiven, DeskWatched, StateForced
from assist.dispatch import Dispatch
from assist.supervision import may_supervise
from ivr.acd_messages import NotReady, Ready
from voice.bus.base import Bus
from voice.commands import Reply
from voice.settings import AgentSettings


@dataclass(frozen=True, slots=True)
class Orders:
    """``agents``: everybody of the settings, supervisors included. ``at_desk``: the contact on an agent's desk, or
    None.
    """

    agents: Mapping[str, AgentSettings]
    dispatch: Dispatch
    bus: Bus
    at_desk: Callable[[str], str | None]

    def command(self, user: str, command: ForceState | GiveContact) -> Reply:
        """Carry out a supervisor's order, or refuse it."""
        if why_not := self._may(user, command.agent):
            return Reply(False, why_not)
        match command:
            case ForceState(agent, state, reason):
                self.dispatch.decide(Ready(agent) if state == "ready" else NotReady(agent, reason))
                self.bus.publish(StateForced(user, agent, state, reason))
            case GiveContact(contact_id, agent):
                if why_not := self.dispatch.direct(contact_id, agent):
                    return Reply(False, why_not)
                self.bus.publish(ContactGiven(user, agent), contact_id=contact_id)
        return Reply(True)

    def watch(self, user: str, agent: str) -> str:
        """A supervisor reads along on an agent's desk: empty, or why not."""
        if user == agent:
            return ""  # a supervisor's own, who has taken a contact over
        if why_not := self._may(user, agent):
            return why_not
        self.bus.publish(DeskWatched(user, agent), contact_id=self.at_desk(agent))
        return ""

    def may_see(self, user: str, agent: str) -> bool:
        """Whether what is about ``agent`` (empty: about nobody yet) is on the board of ``user``."""
        return user == agent or not may_supervise(self.agents.get(user), self.agents.get(agent))

    def _may(self, user: str, agent: str) -> str:
        known = self.agents.get(agent)
        if known is None or known.role != "agent":
            return f"there is no agent {agent!r}"
        return may_supervise(self.agents.get(user), known)
