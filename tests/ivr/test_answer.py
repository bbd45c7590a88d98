"""``answer``: questions, answers, and a person one key or one word away at every step; banners, raised before and while
callers wait.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.effects import AskKnowledge, BannerRaised, KnowledgeTold, SpeechHeard, StartSpeech, Tagged
from ivr.flow import FlowRunner
from ivr.prompts import PromptSource, PromptStore
from ivr.schema import load_flow, load_with_prompts
from tests.ivr.test_flow import Caller
from voice.errors import DocumentError

FLOW = Path(__file__).parents[1] / "golden" / "flows" / "good" / "self_service.yaml"
ASK = "Ask me anything, or press 0 or say agent to talk to somebody."
AGAIN = "I found nothing about that. Please ask once more in other words, or say agent."
OUTAGE = "We know that the network is down in Galway. It is being repaired."


def asking() -> Caller:
    caller = Caller(load_flow(FLOW))
    assert caller.hears == [ASK]
    return caller


def say(caller: Caller, text: str) -> None:
    turn = [effect.token for effect in caller.seen if isinstance(effect, StartSpeech)][-1]
    caller.give(SpeechHeard(turn, text, True))


def test_a_question_is_answered_from_the_knowledge_base() -> None:
    caller = asking()
    say(caller, "how do i move house")
    assert caller.hears == [], "what is asked silences the question"
    assert AskKnowledge("how do i move house") in caller.seen
    caller.give(KnowledgeTold("moving", "Tell us two weeks before."))
    assert caller.hears == ["Tell us two weeks before."]
    assert Tagged("answer", "moving") in caller.seen
    caller.hear_out()
    assert caller.runner.node == "more"


@pytest.mark.parametrize("step", ["asked", "waiting", "answered", "not found", "silent"])
@pytest.mark.parametrize("way", ["key", "word"])
def test_a_person_is_there_at_every_step(step: str, way: str) -> None:
    caller = asking()
    if step in ("waiting", "answered", "not found"):
        say(caller, "how do i move house")
    if step == "answered":
        caller.give(KnowledgeTold("moving", "Tell us."))
    if step == "not found":
        caller.give(KnowledgeTold("", ""))
    if step == "silent":
        caller.hear_out()
    caller.press("0") if way == "key" else say(caller, "give me an agent")
    assert caller.runner.node == "line"


@pytest.mark.parametrize("why", ["nothing found", "floor away", "silence"])
def test_what_comes_to_nothing_is_tried_once_more_and_then_a_person_comes(why: str) -> None:
    caller = asking()
    for expected in ("ask", "line"):
        if why == "silence":
            caller.hear_out()
            caller.run_out("no-input")
        else:
            say(caller, "what about elephants")
            caller.give(KnowledgeTold("", "")) if why == "nothing found" else caller.run_out("knowledge")
        assert caller.runner.node == expected
        if expected == "ask":
            assert caller.hears == [AGAIN]
            caller.give(KnowledgeTold("late", "Too late."))
            assert caller.hears == [AGAIN]


def test_an_answer_nobody_recorded_is_not_said() -> None:
    flow = load_flow(FLOW)
    recorded = {source.key for source in flow.sources()}
    runner = FlowRunner(flow, {}, recorded)
    (turn,) = (effect.token for effect in runner.start() if isinstance(effect, StartSpeech))
    runner.handle(SpeechHeard(turn, "how do i move house", True))
    effects = runner.handle(KnowledgeTold("moving", "A new text."))
    assert [prompt.text for effect in effects for prompt in getattr(effect, "prompts", ())] == [AGAIN]


def test_the_check_finds_answers_nobody_recorded(tmp_path: Path) -> None:
    flow = load_flow(FLOW)
    (tmp_path / "en").mkdir()
    store = PromptStore({source.key: b"" for source in flow.sources()} | {"hold": b""})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PromptStore, "open", lambda directory, rate: store)
        assert load_with_prompts(FLOW, tmp_path)[0].version == flow.version
        with pytest.raises(DocumentError, match="no recording of the answer 'Tell us"):
            load_with_prompts(FLOW, tmp_path, ["Tell us two weeks before."])


def test_a_banner_is_heard_before_everything_else() -> None:
    runner = FlowRunner(load_flow(FLOW), {})
    (said,) = (effect for effect in runner.start(0.0, "outage") if getattr(effect, "prompts", ()))
    assert (runner.node, [prompt.text for prompt in said.prompts]) == ("banner", [OUTAGE])  # type: ignore[union-attr]
    assert said.prompts[0].audio == PromptSource(OUTAGE, "slt").key  # type: ignore[union-attr]
    runner = FlowRunner(load_flow(FLOW), {})
    runner.start(0.0, "another flow's")
    assert runner.node == "ask", "a banner this flow has not is none"


def test_who_waits_hears_a_banner_when_it_is_raised_and_the_music_again() -> None:
    caller = asking()
    caller.press("0")
    assert caller.hears == ["hold"]
    caller.give(BannerRaised("unknown"))
    assert caller.hears == ["hold"]
    caller.give(BannerRaised("outage"))
    assert caller.hears == [OUTAGE]
    assert Tagged("banner", "outage") in caller.seen, "so that the agent knows what she was told"
    caller.hear_out()
    assert caller.hears == ["hold"]
    caller.give(BannerRaised(""))
    assert Tagged("banner", "") not in caller.seen, "it was heard"


def test_a_banner_raised_in_a_menu_is_heard_before_the_next_thing_said_and_once() -> None:
    caller = asking()
    caller.give(BannerRaised("outage"))
    assert caller.hears == [ASK], "nobody is cut short"
    caller.hear_out()
    caller.run_out("no-input")
    assert caller.hears == [OUTAGE, AGAIN]
    caller.hear_out()
    caller.press("0")
    assert caller.hears == ["hold"]


def test_a_banner_raised_on_the_way_to_the_queue_is_heard_before_the_music() -> None:
    caller = asking()
    caller.give(BannerRaised("outage"))
    caller.press("0")
    assert caller.hears == [OUTAGE]
    caller.hear_out()
    assert caller.hears == ["hold"]


def test_a_banner_that_was_lowered_again_is_not_heard() -> None:
    caller = asking()
    caller.give(BannerRaised("outage"))
    caller.give(BannerRaised(""))
    assert [effect for effect in caller.seen if isinstance(effect, Tagged)][-1] == Tagged("banner", "")
    caller.press("0")
    assert caller.hears == ["hold"]
