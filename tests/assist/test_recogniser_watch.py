"""When a page says that the recogniser is behind, and when no longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assist.desk_events import RecogniserChanged
from assist.recogniser_watch import RecogniserWatch
from ivr.contacts import AgentStateChanged, ContactEnded
from transcription.utterances import UtteranceFinal

UP = RecogniserChanged("up", "vosk", "demo-en-8k", 0.065, "the demo's script", demo=True)


class Pages:
    """``told``: the agent (or everybody), state and seconds of each message."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, float]] = []
        self.watch = RecogniserWatch(UP, self.tell, lambda said: self.tell("everybody", said))

    def tell(self, agent: str, said: RecogniserChanged) -> None:
        assert replace(said, state="up", behind_s=0.0) == UP
        self.told.append((agent, said.state, said.behind_s))

    def hear(self, agent: str, *late: float) -> list[tuple[str, str, float]]:
        self.told.clear()
        for seconds in late:
            final = UtteranceFinal("u1", "caller", "yes", (), 1.0, 1.4, 0.9, "vosk", "m", lateness_s=seconds)
            self.watch.heard(agent, final)
        return self.told


def test_words_in_step_are_no_news() -> None:
    assert Pages().hear("anna", 0.0, 0.4, 1.9) == []


def test_who_is_behind_is_told_by_how_much_and_when_it_is_over() -> None:
    pages = Pages()
    assert pages.hear("anna", 3.2, 2.9) == [("anna", "behind", 3.0)], "the same second is no news"
    assert pages.hear("anna", 6.6) == [("anna", "behind", 7.0)]
    assert pages.hear("anna", 1.5) == [], "not in step yet"
    assert pages.hear("anna", 0.3, 0.3) == [("anna", "up", 0.0)]


def test_one_agent_is_behind_and_another_is_not_nor_who_is_in_the_menu() -> None:
    pages = Pages()
    pages.hear("anna", 4.0)
    assert pages.hear("ben", 0.2) == []
    assert pages.hear("", 9.0) == []
    assert pages.hear("anna", 0.2) == [("anna", "up", 0.0)]


@pytest.mark.parametrize(
    "over", [ContactEnded("completed", "caller", 9.0, 8.0), AgentStateChanged("anna", "AVAILABLE", "", 5.0)]
)
def test_nobody_is_behind_without_a_contact(over: ContactEnded | AgentStateChanged) -> None:
    pages = Pages()
    pages.hear("anna", 4.0)
    if isinstance(over, ContactEnded):
        pages.watch.heard("anna", over)
    else:
        pages.watch.agent_state(over)
    assert pages.told[1:] == [("anna", "up", 0.0)]
    assert pages.hear("anna", 0.1) == []


def test_a_recogniser_that_went_down_and_came_up_is_behind_nobody() -> None:
    pages = Pages()
    pages.hear("anna", 4.0)
    pages.watch.service(up=False)
    pages.watch.service(up=True)
    assert pages.told[1:] == [("everybody", "down", 0.0), ("everybody", "up", 0.0)]
    assert pages.hear("anna", 0.2) == []
