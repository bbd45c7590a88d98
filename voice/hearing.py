"""Who hears whom: one table, from which the audio paths of a contact follow. Pure.

The bridge has no other source of paths, so what is not in the table is silence.
"""

from __future__ import annotations

from voice.calls import Call, Role
from voice.phone import AudioPath

HEARS: dict[Role, frozenset[Role]] = {
    Role.CALLER: frozenset({Role.AGENT}),
    Role.AGENT: frozenset({Role.CALLER}),
}
"""Listener → the speakers it hears."""

PROMPTS = "prompts"
"""The port our own announcements and music come from; only the caller hears it."""


def tap(role: Role) -> str:
    """The port that listens to what ``role`` says."""
    return f"tap:{role}"


def paths(call: Call, *, prompting: bool, tapping: bool) -> frozenset[AudioPath]:
    """The audio paths between the connected legs. ``prompting``: a prompt or music plays; ``tapping``: consent was
    announced, so each connected leg is tapped for recognition and recording.
    """
    port = {role: f"leg:{leg.id}" for role in Role if (leg := call.connected(role)) is not None}
    found = {
        AudioPath(port[speaker], port[listener])
        for listener, speakers in HEARS.items()
        for speaker in speakers
        if speaker in port and listener in port
    }
    if prompting and Role.CALLER in port:
        found.add(AudioPath(PROMPTS, port[Role.CALLER]))
    if tapping:
        found |= {AudioPath(source, tap(role)) for role, source in port.items()}
    return frozenset(found)
