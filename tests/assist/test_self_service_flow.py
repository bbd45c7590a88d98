"""The shipped flow of questions and answers, with the knowledge base that comes with it."""

from __future__ import annotations

from pathlib import Path

from assist.content import Content
from ivr.effects import AskKnowledge, KnowledgeTold, SpeechHeard, StartSpeech, Tagged
from ivr.schema import load_flow
from tests.ivr.test_flow import Caller

FLOW = load_flow(Path(__file__).parents[2] / "ivr" / "flows" / "self_service.yaml")


def ask(caller: Caller, content: Content, question: str) -> None:
    """As the floor does it (``assist.dispatch``)."""
    turn = [effect.token for effect in caller.seen if isinstance(effect, StartSpeech)][-1]
    caller.give(SpeechHeard(turn, question, True))
    (asked,) = [effect.question for effect in caller.seen if isinstance(effect, AskKnowledge)][-1:]
    answer = content.library.answer(asked)
    caller.give(KnowledgeTold(answer.article, answer.text) if answer else KnowledgeTold("", ""))


def test_a_caller_asks_two_questions_and_then_for_a_person(content: Content) -> None:
    caller = Caller(FLOW)
    caller.hear_out()
    ask(caller, content, "how can i pay my bill")
    assert caller.hears == [content.library.articles["payment_methods"].answer]
    assert Tagged("answer", "payment_methods") in caller.seen
    caller.hear_out()
    caller.press("1")
    ask(caller, content, "what does the red light on the router mean")
    assert caller.hears == [content.library.articles["router_lights"].answer]
    caller.press("0")
    assert caller.runner.node == "line"


def test_what_nobody_wrote_an_article_about_leads_to_a_person(content: Content) -> None:
    caller = Caller(FLOW)
    caller.hear_out()
    for _ in range(2):
        ask(caller, content, "will it rain tomorrow")
    assert caller.runner.node == "line"
