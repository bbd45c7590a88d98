"""What agents' pages say of the recogniser: up, down, or so far behind the words of an agent's own contact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from assist.desk_events import RecogniserChanged
from ivr.agents import AgentState
from ivr.contacts import AgentStateChanged, ContactEnded
from transcription.utterances import UtteranceFinal
from voice.events import Event

BEHIND_S = 2.0
"""Words this late are no longer in step with the talk."""
IN_STEP_S = 1.0
_WITHOUT_CONTACT = frozenset({AgentState.AVAILABLE, AgentState.NOT_READY, AgentState.OFFLINE})


@dataclass(slots=True)
class RecogniserWatch:
    """``said``: what pages say where nobody is behind; ``tell`` an agent's, ``tell_all`` everybody's."""

    said: RecogniserChanged
    tell: Callable[[str, RecogniserChanged], None]
    tell_all: Callable[[RecogniserChanged], None]
    _behind: dict[str, int] = field(default_factory=dict)

    def service(self, up: bool) -> None:
        """It came up or went down."""
        self._behind.clear()
        self.said = replace(self.said, state="up" if up else "down")
        self.tell_all(self.said)

    def heard(self, agent: str, event: Event) -> None:
        """Something happened to the contact of ``agent`` (empty: nobody's yet)."""
        match event:
            case UtteranceFinal(lateness_s=late_s) if agent and late_s >= BEHIND_S:
                if (seconds := round(late_s)) != self._behind.get(agent):
                    self._behind[agent] = seconds
                    self.tell(agent, replace(self.said, state="behind", behind_s=float(seconds)))
            case UtteranceFinal(lateness_s=late_s) if late_s < IN_STEP_S:
                self._in_step(agent)
            case ContactEnded():
                self._in_step(agent)

    def agent_state(self, event: AgentStateChanged) -> None:
        """An agent does something else; what she was behind with may have gone to a colleague."""
        if event.state in _WITHOUT_CONTACT:
            self._in_step(event.agent)

    def _in_step(self, agent: str) -> None:
        if self._behind.pop(agent, None) is not None:
            self.tell(agent, self.said)
