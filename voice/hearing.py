"""Who hears whom: one table, from which the audio paths of a contact follow. Pure.

The bridge has no other source of paths, so what is not in the table is silence. The supervisor's modes are those of
Asterisk's ChanSpy (listen, whisper, barge) and takeover, in which she stands where the agent stood.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from voice.calls import Call, Role
from voice.phone import AudioPath


class Talk(StrEnum):
    """How the contact's own parties stand to each other. Whoever is not in the conversation waits with music."""

    DIRECT = "direct"
    """Caller and agent talk; a colleague consulted before waits."""
    HELD = "held"
    """The agent is alone; everybody else waits."""
    CONSULT = "consult"
    """Agent and colleague talk; the caller waits."""
    CONFERENCE = "conference"
    """All three talk."""


class Mode(StrEnum):
    """What a supervisor's leg may do. The first is how every supervision begins: her microphone reaches nobody."""

    LISTEN = "listen"
    """She hears the conversation; nobody hears her."""
    WHISPER = "whisper"
    """The agent hears her as well, nobody else does."""
    BARGE = "barge"
    """She is one of the conversation."""
    TAKEOVER = "takeover"
    """She stands where the agent stood; the agent, whose leg is about to end, hears nobody and is heard by nobody."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Who is to hear whom, whoever is there. ``mode``: of the supervisor's leg; None: nobody supervises."""

    talk: Talk = Talk.DIRECT
    mode: Mode | None = None


CONVERSATION: Mapping[Talk, tuple[Role, ...]] = {
    Talk.DIRECT: (Role.CALLER, Role.AGENT),
    Talk.HELD: (Role.AGENT,),
    Talk.CONSULT: (Role.AGENT, Role.CONSULT),
    Talk.CONFERENCE: (Role.CALLER, Role.AGENT, Role.CONSULT),
}
"""Who talks: each of them hears all the others."""

UNCHANGED = 1.0
SILENT = 0.0
"""Gains. Whoever is heard is heard unchanged: a path that two modes share is never touched in going from one to the
other, and so neither clicks nor changes in loudness. A silent path only keeps a tap's samples counting."""

PROMPTS = "prompts"
"""The port our own announcements, and music in the queue, come from: for the caller, and whoever supervises."""

MUSIC = "music"
"""The port of music on hold, for those who wait."""

TONE = "tone"
"""The port of the short tone that announces a supervisor, where the notification policy wants one."""

TAPPED = (Role.CALLER, Role.AGENT)
"""The channels of transcript and recording: the customer's side and ours."""

Row = Mapping[Role, float]


def tap(role: Role) -> str:
    """The port that listens to what the side of ``role`` (one of ``TAPPED``) says."""
    return f"tap:{role}"


def hears(arrangement: Arrangement) -> dict[Role, Row]:
    """The table: listener → the speakers it hears, with their gains. Who is missing hears nobody."""
    talking = CONVERSATION[arrangement.talk]
    match arrangement.mode:
        case Mode.TAKEOVER:
            talking = tuple(Role.SUPERVISOR if role is Role.AGENT else role for role in talking)
        case Mode.BARGE:
            talking = (*talking, Role.SUPERVISOR)
    table = {listener: {role: UNCHANGED for role in talking if role is not listener} for listener in talking}
    if arrangement.mode in (Mode.LISTEN, Mode.WHISPER):
        table[Role.SUPERVISOR] = dict.fromkeys(talking, UNCHANGED)
    if arrangement.mode is Mode.WHISPER:
        table[Role.AGENT][Role.SUPERVISOR] = UNCHANGED
    return {listener: row for listener, row in table.items() if row}


def waits(arrangement: Arrangement) -> frozenset[Role]:
    """Who is to hear music on hold."""
    return frozenset({Role.CALLER, Role.CONSULT} - set(CONVERSATION[arrangement.talk]))


def in_force(call: Call, arrangement: Arrangement) -> Arrangement:
    """``arrangement`` as far as the legs allow: without an agent (in the flow, in the queue, after the agent has left)
    a supervisor may listen, or have taken over, but neither whisper nor barge.
    """
    if arrangement.mode in (Mode.WHISPER, Mode.BARGE) and call.connected(Role.AGENT) is None:
        return Arrangement(arrangement.talk, Mode.LISTEN)
    return arrangement


def paths(
    call: Call,
    arrangement: Arrangement = Arrangement(),
    *,
    prompting: bool,
    tapping: bool,
    music: bool = False,
    toned: Collection[Role] = (),
) -> frozenset[AudioPath]:
    """The audio paths between the connected legs.

    ``prompting``: a prompt (or music in the queue) plays; ``music``: music on hold plays; ``tapping``: consent was
    announced, so both sides are tapped for recognition and recording; ``toned``: who is to hear the tone.
    """
    arrangement = in_force(call, arrangement)
    port = {role: f"leg:{leg.id}" for role in Role if (leg := call.connected(role)) is not None}
    table = hears(arrangement)
    found = {
        AudioPath(port[speaker], port[listener], gain)
        for listener, row in table.items()
        for speaker, gain in row.items()
        if speaker in port and listener in port
    }
    if prompting:
        with_prompts = {Role.CALLER} | ({Role.SUPERVISOR} if arrangement.mode is not None else set())
        found |= {AudioPath(PROMPTS, port[role]) for role in with_prompts if role in port}
    if music:
        waiting = waits(arrangement) - ({Role.CALLER} if prompting else set())
        found |= {AudioPath(MUSIC, port[role]) for role in waiting if role in port}
    found |= {AudioPath(TONE, port[role]) for role in toned if role in port}
    if tapping and Role.CALLER in port:
        found |= _taps(port, table, arrangement)
    return frozenset(found)


def _taps(port: Mapping[Role, str], table: Mapping[Role, Row], arrangement: Arrangement) -> set[AudioPath]:
    """The customer's channel is the customer while he is in the conversation; ours is whatever he hears of us: neither
    a whisper, nor what is said while he waits. His leg, silent, clocks our channel too, so that both stay in step
    whoever comes and goes.
    """
    caller = port[Role.CALLER]
    in_it = Role.CALLER in CONVERSATION[arrangement.talk]
    heard = table.get(Role.CALLER, {})
    return {
        AudioPath(caller, tap(Role.CALLER), UNCHANGED if in_it else SILENT),
        AudioPath(caller, tap(Role.AGENT), SILENT),
        *(AudioPath(port[role], tap(Role.AGENT), gain) for role, gain in heard.items() if role in port),
    }
