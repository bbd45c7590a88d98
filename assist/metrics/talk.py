"""How people talked with each other, measured on raw voice frames (``transcription.talk``); hold is left out."""

from __future__ import annotations

from assist.metrics.registry import REGISTRY, mean, share
from assist.metrics.totals import Totals


@REGISTRY.metric("Talk ratio of the agent", "%")
def talk_ratio(totals: Totals) -> float | None:
    """Agent's voiced seconds ÷ (agent's + caller's). Source: callfloor's own; "talk-to-listen ratio" elsewhere."""
    return share(totals.agent_speech_s, totals.agent_speech_s + totals.caller_speech_s)


@REGISTRY.metric("Talk-over", "%")
def talk_over(totals: Totals) -> float | None:
    """Seconds in which both spoke, stretches of at least 0.3 s, ÷ seconds of conversation. Source: callfloor's own; 0.3
    s leaves out the overlap of one turn with the next.
    """
    return share(totals.talk_over_s, totals.measured_s)


@REGISTRY.metric("Dead air", "%")
def dead_air(totals: Totals) -> float | None:
    """Seconds in which nobody spoke, stretches of at least 5 s, ÷ seconds of conversation. Source: callfloor's own,
    after the "non-talk time" of speech analytics; hold is told apart from it.
    """
    return share(totals.dead_air_s, totals.measured_s)


@REGISTRY.metric("First response", "s")
def first_response(totals: Totals) -> float | None:
    """Seconds from the agent's answer until she begins to speak, mean. Source: callfloor's own."""
    return mean(totals.response_s, totals.responses)
