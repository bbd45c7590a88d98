"""Who may supervise whom, what the supervised are told, and the supervisor's canned tips: settings and rules. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ivr.supervision import Tones
from voice.calls import Role
from voice.hearing import Mode
from voice.settings import AgentSettings, Section

DEFAULT = "default"
"""The policy of agents whose country has none of its own."""

Notice = Literal["tone", "banner"]
TipName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Tip = Annotated[str, Field(min_length=1, max_length=500)]


class NotificationPolicy(Section):
    """What is done when a supervisor enters a mode: nothing (an empty list), a ``tone``, a ``banner`` on the agent's
    page, or both. ``caller_hears_tone``: the customer hears it as well, where the law wants that.
    """

    listen: tuple[Notice, ...] = ("banner",)
    whisper: tuple[Notice, ...] = ("banner",)
    barge: tuple[Notice, ...] = ("banner", "tone")
    takeover: tuple[Notice, ...] = ("banner",)
    caller_hears_tone: bool = False

    def banner(self, mode: Mode) -> bool:
        """Whether the agent's page says so."""
        return "banner" in self._of(mode)

    def tones(self) -> Tones:
        """Who hears the tone on entering which mode."""
        hearers = (Role.AGENT, Role.CALLER) if self.caller_hears_tone else (Role.AGENT,)
        return tuple((mode, hearers) for mode in Mode if "tone" in self._of(mode))

    def _of(self, mode: Mode) -> tuple[Notice, ...]:
        by_mode = {
            Mode.LISTEN: self.listen, Mode.WHISPER: self.whisper, Mode.BARGE: self.barge, Mode.TAKEOVER: self.takeover,
        }  # fmt: skip
        return by_mode[mode]


class SupervisionSettings(Section):
    """``[supervision]``: ``policies`` by the agent's country (``[[agent]] country``), ``default`` for the others;
    ``tips`` that a supervisor sends with one key; ``target``: the service level wanted, in per cent (a
    ``[[queue]]`` may have its own).
    """

    policies: dict[str, NotificationPolicy] = Field(default_factory=dict)
    tips: dict[TipName, Tip] = Field(default_factory=dict)
    target: float = Field(default=80.0, gt=0, le=100)

    def policy(self, agent: AgentSettings | None) -> NotificationPolicy:
        """What applies to ``agent`` (None: nobody has the contact yet)."""
        country = agent.country if agent is not None else DEFAULT
        return self.policies.get(country) or self.policies.get(DEFAULT) or NotificationPolicy()


def may_supervise(who: AgentSettings | None, agent: AgentSettings | None) -> str:
    """Empty where ``who`` may supervise ``agent`` (None: the contact is in the flow or the queue), else why not."""
    if who is None or who.role != "supervisor":
        return "only a supervisor may do this"
    if agent is not None and agent.user == who.user:
        return "nobody supervises herself"
    if agent is not None and who.teams and agent.team not in who.teams:
        return f"{agent.name} is not in a team of yours"
    return ""


def address(who: AgentSettings, domain: str) -> str:
    """The SIP URI of the phone a supervisor listens with: another phone of hers, or her own station."""
    return who.phone if who.phone.startswith("sip:") else f"sip:{who.phone or who.user}@{domain}"
