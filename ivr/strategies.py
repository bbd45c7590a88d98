"""Which of the agents who could take a contact gets it: the strategies, as ranks (smaller first)."""

from __future__ import annotations

from enum import StrEnum

from ivr.agents import Agent
from ivr.queue import Rank


class Strategy(StrEnum):
    """Under the names contact centres know."""

    LONGEST_IDLE = "longest-idle"
    LEAST_RECENT = "least-recent"
    FEWEST_CALLS = "fewest-calls"
    LEAST_TALK = "least-talk"
    ROUND_ROBIN = "round-robin-memory"
    WEIGHTED = "weighted"
    RING_ALL = "ring-all"


RUNG_AT_ONCE = 3
"""Stations ``ring-all`` rings at once: a worker has four call slots, and the caller has one of them."""


def rank(strategy: Strategy, agent: Agent, queue: str) -> Rank:
    """The agent's place among the available of ``queue``; equal ranks: who has been idle longest.

    ``longest-idle``: over all queues. The rest count this queue only: ``least-recent`` by the end of the last contact;
    ``fewest-calls``; ``least-talk`` in seconds; ``round-robin-memory``: each in turn, who was offered a contact last
    goes to the back and who was away keeps the turn; ``weighted``: contacts in proportion to the agents' weights;
    ``ring-all``: the ``RUNG_AT_ONCE`` idle longest at once, and the first to answer has it.
    """
    served = agent.in_queue(queue)
    match strategy:
        case Strategy.LONGEST_IDLE | Strategy.RING_ALL:
            return (agent.idle_since,)
        case Strategy.LEAST_RECENT:
            return (served.last_ended, agent.idle_since)
        case Strategy.FEWEST_CALLS:
            return (served.calls, agent.idle_since)
        case Strategy.LEAST_TALK:
            return (served.talk_s, agent.idle_since)
        case Strategy.ROUND_ROBIN:
            return (served.turn, agent.idle_since)
        case Strategy.WEIGHTED:
            # Stride scheduling: as if each contact cost 1/weight, and the cheapest so far is next.
            return ((served.calls + 1) / agent.weight(queue), agent.idle_since)
