"""The flow runner, as a caller meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow import (
    AgentConnected,
    AgentFailed,
    AgentLeft,
    AgentRinging,
    AskPlace,
    CallerLeft,
    CancelTimer,
    ChoiceReported,
    DigitPressed,
    Effect,
    FlowRunner,
    HangUp,
    Input,
    JoinQueue,
    LeftQueue,
    MaskDigits,
    PlaceTold,
    PlayPrompts,
    PromptFinished,
    SpeechHeard,
    StartSpeech,
    StartTimer,
    StopPrompts,
    StopSpeech,
    TimerFired,
    TurnedAway,
    load_flow,
)
from ivr.prompts import PromptSource
from ivr.schema import Flow

HEADER = "flow: test\nspeech: false\nslower: ''\nstart: first\nnodes:\n"
MENU = """
  first:
    verb: gather
    say: Choose.
    help: Really choose.
    retries: 1
    timeout: 7
    mask: false
    choices: {"1": line, "12": bye}
    noInput: silent
    noMatch: wrong
  silent: {verb: say, text: You are silent., next: bye}
  wrong: {verb: say, text: That is wrong., next: bye}
  line: {verb: enqueue, queue: billing}
  bye: {verb: hangup}
"""
LINE = """
  first:
    verb: enqueue
    queue: billing
    priority: 8
    announcement: [Please wait., Really.]
    comfort: Still waiting.
    comfortInterval: 20
    connecting: Connecting.
"""


class Caller:
    """A caller in a flow: hands in what happens and remembers what is in force."""

    def __init__(self, flow: Flow) -> None:
        self.runner = FlowRunner(flow, {"caller": "2025550142"})
        self.playing: PlayPrompts | None = None
        self.timers: dict[str, StartTimer] = {}
        self.masked = False
        self.seen: list[Effect] = []
        self.note(self.runner.start())

    def give(self, *inputs: Input) -> tuple[Effect, ...]:
        return tuple(effect for each in inputs for effect in self.note(self.runner.handle(each)))

    def note(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        for effect in effects:
            self.seen.append(effect)
            match effect:
                case PlayPrompts():
                    self.playing = effect
                case StopPrompts():
                    assert self.playing is not None, "silence is stopped"
                    self.playing = None
                case StartTimer(name):
                    self.timers[name] = effect
                case CancelTimer(name):
                    del self.timers[name]
                case MaskDigits(on):
                    self.masked = on
                case _:
                    pass
        return effects

    @property
    def hears(self) -> list[str]:
        return [prompt.text or prompt.audio for prompt in self.playing.prompts] if self.playing else []

    def serve_and_leave(self) -> None:
        self.give(AgentRinging(), AgentConnected(), AgentLeft())

    def hear_out(self) -> tuple[Effect, ...]:
        assert self.playing is not None
        assert not self.playing.loop
        token, self.playing = self.playing.token, None
        return self.give(PromptFinished(token))

    def press(self, digits: str) -> tuple[Effect, ...]:
        return self.give(*(DigitPressed(digit) for digit in digits))

    def run_out(self, name: str) -> tuple[Effect, ...]:
        return self.give(TimerFired(name, self.timers.pop(name).token))


def caller_in(tmp_path: Path, nodes: str) -> Caller:
    file = tmp_path / "flow.yaml"
    file.write_text(HEADER + nodes.lstrip("\n"))
    return Caller(load_flow(file))


def test_a_digit_silences_the_prompt_and_chooses_in_one_step(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU.replace('"12": bye', '"2": bye'))
    assert caller.hears == ["Choose."]
    effects = caller.press("1")
    assert effects[0] == StopPrompts()
    assert effects[1:3] == (ChoiceReported("first", "1", "digits"), MaskDigits(True))
    assert JoinQueue("billing", 5) in effects
    assert caller.hears == ["hold"]
    assert caller.runner.node == "line"


def test_a_choice_that_begins_a_longer_one_waits_for_more(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    assert caller.press("1") == (StopPrompts(), StartTimer("inter-digit", 5.0, 2))
    caller.run_out("inter-digit")
    assert caller.runner.node == "line"
    caller = caller_in(tmp_path, MENU)
    assert caller.press("12")[-1] == HangUp("self_service")
    caller = caller_in(tmp_path, MENU)
    caller.press("1#")
    assert caller.runner.node == "line"


def test_silence_is_asked_again_with_help_then_leads_on(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    assert caller.timers == {}, "the time runs from the end of the prompt"
    assert caller.hear_out() == (StartTimer("no-input", 7.0, 2),)
    caller.run_out("no-input")
    assert caller.hears == ["Really choose."]
    caller.hear_out()
    caller.run_out("no-input")
    assert caller.hears == ["You are silent."]
    assert caller.hear_out() == (HangUp("self_service"),)
    assert caller.runner.finished


def test_a_wrong_digit_is_asked_again_then_leads_on(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    caller.press("9")
    assert caller.hears == ["Really choose."]
    caller.press("#")
    assert caller.hears == ["That is wrong."]
    assert not any(isinstance(effect, ChoiceReported) for effect in caller.seen)


def test_a_digit_after_the_prompt_ends_the_wait_for_input(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    caller.hear_out()
    assert CancelTimer("no-input") in caller.press("1")


def test_without_barge_in_digits_wait_for_the_end_of_the_prompt(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU.replace("    mask: false", "    mask: false\n    bargein: false"))
    assert caller.press("12") == ()
    caller.hear_out()
    caller.press("12")
    assert caller.runner.finished


def test_a_number_is_gathered_masked_and_kept_as_a_variable(tmp_path: Path) -> None:
    nodes = """
  first: {verb: gather, say: Number., minDigits: 4, maxDigits: 6, variable: account, next: bye, noInput: bye}
  bye: {verb: hangup}
"""
    caller = caller_in(tmp_path, nodes)
    effects = caller.press("1234#")
    assert caller.masked
    assert ChoiceReported("first", "****", "digits") in effects
    assert caller.runner.variables == {"caller": "2025550142", "account": "1234"}
    assert "1234" not in repr(caller.seen)
    caller = caller_in(tmp_path, nodes)
    caller.press("123456")
    assert caller.runner.variables["account"] == "123456"
    caller = caller_in(tmp_path, nodes)
    caller.press("123#")
    assert caller.hears == ["Number."], "too short: asked again"


def test_digits_are_shown_only_while_an_unmasked_gather_listens(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    assert caller.seen[:2] == [MaskDigits(True), MaskDigits(False)]
    caller.press("99")
    assert caller.masked


def test_digits_keyed_during_a_notice_answer_the_menu_once_it_was_heard(tmp_path: Path) -> None:
    nodes = MENU.replace("first:", "menu:", 1)
    caller = caller_in(
        tmp_path, "  first: {verb: say, text: This call is recorded., next: menu}\n" + nodes.lstrip("\n")
    )
    assert caller.press("12") == ()
    effects = caller.hear_out()
    assert ChoiceReported("menu", "12", "digits") in effects
    assert not any(isinstance(effect, PlayPrompts) for effect in effects), "the menu need not be spoken"
    caller = caller_in(tmp_path, "  first: {verb: say, text: Hello., bargein: true, next: menu}\n" + nodes.lstrip("\n"))
    assert caller.press("1")[0] == StopPrompts()
    assert caller.runner.node == "menu"


def test_a_wrong_digit_keyed_ahead_does_not_answer_the_question_asked_again(tmp_path: Path) -> None:
    nodes = "  first: {verb: say, text: Hello., next: menu}\n" + MENU.replace("first:", "menu:", 1).lstrip("\n")
    caller = caller_in(tmp_path, nodes)
    caller.press("91")
    caller.hear_out()
    assert (caller.runner.node, caller.hears) == ("menu", ["Really choose."])


def test_waiting_is_announcement_music_comfort_music(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, LINE)
    assert caller.seen[1] == JoinQueue("billing", 8), "hearing the announcement costs no place in the queue"
    assert caller.hears == ["Please wait.", "Really."]
    caller.hear_out()
    music = caller.playing
    assert music is not None
    assert (music.prompts[0].audio, music.loop) == ("hold", True)
    assert caller.timers["comfort"].seconds == 20
    caller.run_out("comfort")
    assert caller.hears == ["Still waiting."]
    caller.hear_out()
    assert caller.hears == ["hold"]
    assert "comfort" in caller.timers
    assert caller.press("123") == ()


def test_an_agent_who_answers_stops_everything_and_leaving_ends_the_contact(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, LINE)
    caller.hear_out()
    caller.give(AgentRinging())
    assert caller.hears == ["Connecting."]
    assert caller.give(AgentConnected()) == (StopPrompts(),)
    assert caller.timers == {}
    assert caller.give(AgentFailed("late"), AgentRinging()) == ()
    assert caller.give(AgentLeft()) == (HangUp("completed"),)


def test_an_agent_who_does_not_answer_gives_the_music_back(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, LINE)
    caller.hear_out()
    caller.give(AgentRinging(), AgentFailed("no answer"))
    assert caller.hears == ["hold"]
    assert "comfort" in caller.timers


def test_an_announcement_is_heard_out_while_an_agent_rings_but_not_after_the_answer(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, LINE)
    assert caller.give(AgentRinging(), AgentFailed("busy"), AgentRinging()) == ()
    assert caller.hears == ["Please wait.", "Really."]
    assert caller.give(AgentConnected()) == (StopPrompts(),)


def test_the_flow_goes_on_after_the_agent_where_it_says_so(tmp_path: Path) -> None:
    nodes = """
  first: {verb: enqueue, queue: billing, next: thanks}
  thanks: {verb: say, text: Goodbye., next: bye}
  bye: {verb: hangup}
"""
    caller = caller_in(tmp_path, nodes)
    assert caller.give(AgentLeft()) == (), "there was no agent"
    caller.give(AgentConnected(), AgentLeft())
    assert caller.hears == ["Goodbye."]
    assert caller.hear_out() == (HangUp("completed"),)


def test_nothing_happens_after_the_caller_left(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, LINE)
    caller.hear_out()
    assert caller.give(CallerLeft()) == (StopPrompts(), CancelTimer("comfort"))
    assert caller.runner.finished
    assert caller.give(AgentConnected(), DigitPressed("1"), CallerLeft(), AgentLeft()) == ()


def test_stale_tokens_are_harmless(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    caller.hear_out()
    stale = caller.timers["no-input"].token
    caller.press("9")
    assert caller.give(TimerFired("no-input", stale), PromptFinished(1), TimerFired("unknown", 1)) == ()
    assert caller.hears == ["Really choose."]


def test_play_pause_and_redirect(tmp_path: Path) -> None:
    nodes = """
  first: {verb: redirect, next: jingle}
  jingle: {verb: play, recording: hold, next: breath}
  breath: {verb: pause, length: 0.5, next: bye}
  bye: {verb: hangup}
"""
    caller = caller_in(tmp_path, nodes)
    assert caller.hears == ["hold"]
    assert caller.hear_out() == (StartTimer("pause", 0.5, 2),)
    assert caller.run_out("pause") == (HangUp("self_service"),)


def test_what_is_said_carries_the_key_of_its_recording(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    assert caller.playing is not None
    assert caller.playing.prompts[0].audio == PromptSource("Choose.", "slt").key


def test_a_runner_starts_once(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, MENU)
    with pytest.raises(RuntimeError):
        caller.runner.start()


DEMO = load_flow(Path(__file__).parents[2] / "ivr" / "flows" / "demo.yaml")
EVERY = load_flow(Path(__file__).parents[1] / "golden" / "flows" / "good" / "every_verb.yaml")


@given(st.sampled_from([DEMO, EVERY]), st.lists(st.integers(0, 9), max_size=60))
def test_whatever_happens_the_caller_is_never_left_in_silence(flow: Flow, happenings: list[int]) -> None:
    """After every input something plays, or a timer runs, or an agent talks, or it is over."""
    caller = Caller(flow)
    talking = False
    for happening in happenings:
        match happening:
            case 0 if caller.playing and not caller.playing.loop:
                caller.hear_out()
            case 1 if caller.timers:
                caller.run_out(next(iter(caller.timers)))
            case 2 | 3 | 4:
                caller.press("12#"[happening - 2])
            case 5:
                caller.press("9")
            case 6 if caller.seen and any(isinstance(effect, JoinQueue) for effect in caller.seen):
                caller.give(AgentRinging())
            case 7 if caller.runner.node in ("line", "billing", "support"):
                caller.give(AgentConnected())
                talking = True
            case 8:
                caller.give(AgentFailed("no answer"))
            case 9 if talking:
                caller.give(AgentLeft())
                talking = False
            case _:
                continue
        assert caller.playing or caller.timers or talking or caller.runner.finished


WAITING = """
  first:
    verb: enqueue
    queue: billing
    skills: {spanish: 3}
    announcement: Please wait.
    comfort: Still waiting.
    comfortInterval: 20
    announcePosition: true
    announceWait: true
    choices: {"1": elsewhere}
    empty: nobody
    full: elsewhere
  nobody: {verb: say, text: Nobody is here., next: bye}
  elsewhere: {verb: say, text: Elsewhere., next: bye}
  bye: {verb: hangup}
"""
SECOND = "You are number two in line."
RANGE = "We expect a wait of one to three minutes."


def waiting(tmp_path: Path) -> Caller:
    caller = caller_in(tmp_path, WAITING)
    assert JoinQueue("billing", 5, (("spanish", 3),)) in caller.seen
    assert AskPlace() in caller.hear_out()
    return caller


def test_place_and_wait_are_told_with_the_comfort_message(tmp_path: Path) -> None:
    caller = waiting(tmp_path)
    assert caller.hears == ["hold"]
    caller.give(PlaceTold(1, 70.0, 170.0))
    assert caller.hears == [SECOND, RANGE, "Still waiting."]
    caller.hear_out()
    assert AskPlace() in caller.run_out("comfort")
    caller.give(PlaceTold(1, None, None))
    assert caller.hears == [SECOND, "Still waiting."], "no wait is known any more"


def test_the_same_place_and_wait_are_not_told_twice(tmp_path: Path) -> None:
    caller = waiting(tmp_path)
    caller.give(PlaceTold(1, 70.0, 170.0))
    caller.hear_out()
    caller.run_out("comfort")
    caller.give(PlaceTold(1, 65.0, 175.0))
    assert caller.hears == ["Still waiting."]


def test_a_floor_that_does_not_answer_costs_the_place_only(tmp_path: Path) -> None:
    caller = waiting(tmp_path)
    caller.run_out("place")
    assert caller.hears == ["Still waiting."]
    assert caller.give(PlaceTold(1, 70.0, 170.0)) == ()


@pytest.mark.parametrize(
    ("given", "hears"),
    [
        (TurnedAway("empty"), "Nobody is here."),
        (TurnedAway("full"), "Elsewhere."),
        (DigitPressed("1"), "Elsewhere."),
    ],
)
def test_a_caller_may_leave_the_queue(tmp_path: Path, given: Input, hears: str) -> None:
    caller = waiting(tmp_path)
    assert LeftQueue() in caller.give(given)
    assert caller.hears == [hears]
    assert caller.timers == {}


def test_without_another_way_a_caller_waits(tmp_path: Path) -> None:
    caller = caller_in(tmp_path, LINE)
    assert caller.give(TurnedAway("empty"), DigitPressed("1")) == ()
    caller.hear_out()
    assert caller.hears == ["hold"]


SPOKEN = """
  first:
    verb: gather
    input: [digits, speech]
    say: Bill or fault.
    help: Say bill or fault.
    retries: 1
    mask: false
    minBargeinWordCount: 2
    choices: {"1": line, "2": bye}
    phrases: {bill: "1", my bill: "1", a fault: "2"}
    noInput: silent
    noMatch: wrong
  silent: {verb: say, text: You are silent., next: bye}
  wrong: {verb: say, text: That is wrong., next: bye}
  line: {verb: enqueue, queue: billing}
  bye: {verb: hangup}
"""


def spoken_to(tmp_path: Path, nodes: str = SPOKEN) -> tuple[Caller, StartSpeech]:
    caller = caller_in(tmp_path, nodes)
    (turn,) = (effect for effect in caller.seen if isinstance(effect, StartSpeech))
    return caller, turn


def test_enough_words_silence_the_prompt_and_the_utterance_chooses(tmp_path: Path) -> None:
    caller, turn = spoken_to(tmp_path)
    assert set(turn.phrases or ()) == {"bill", "my bill", "a fault"}
    assert caller.give(SpeechHeard(turn.token, "my [unk]", False)) == (), "one word is a cough"
    assert caller.give(SpeechHeard(turn.token, "my bill", False)) == (StopPrompts(), StartTimer("speech", 10.0, 3))
    effects = caller.give(SpeechHeard(turn.token, "it is my bill", True))
    assert ChoiceReported("first", "1", "speech") in effects
    assert StopSpeech() in effects
    assert caller.runner.node == "line"
    assert caller.give(SpeechHeard(turn.token, "a fault", True)) == ()


@pytest.mark.parametrize("said", ["bill a fault", "[unk]", "billing"])
def test_what_means_nothing_or_two_things_is_asked_again(tmp_path: Path, said: str) -> None:
    caller, turn = spoken_to(tmp_path)
    caller.hear_out()
    caller.give(SpeechHeard(turn.token, said, True))
    assert caller.hears == ["Say bill or fault."]
    caller.hear_out()
    caller.give(SpeechHeard(turn.token, said, True))
    assert caller.hears == ["That is wrong."]


def test_speech_whose_end_never_comes_is_asked_again(tmp_path: Path) -> None:
    """The recogniser died in mid-sentence."""
    caller, turn = spoken_to(tmp_path)
    caller.hear_out()
    caller.give(SpeechHeard(turn.token, "my", False))
    assert set(caller.timers) == {"speech"}
    caller.run_out("speech")
    assert caller.hears == ["Say bill or fault."]


def test_sound_without_words_changes_nothing(tmp_path: Path) -> None:
    caller, turn = spoken_to(tmp_path)
    caller.hear_out()
    assert caller.give(SpeechHeard(turn.token, "", True)) == ()
    caller.run_out("no-input")
    assert caller.hears == ["Say bill or fault."]


def test_a_menu_taken_by_speech_can_be_keyed(tmp_path: Path) -> None:
    caller, _ = spoken_to(tmp_path)
    caller.press("1")
    assert caller.runner.node == "line"
    assert StopSpeech() in caller.seen


def test_any_words_are_taken_into_a_variable(tmp_path: Path) -> None:
    caller, turn = spoken_to(
        tmp_path,
        """
  first: {verb: gather, input: [speech], say: Why do you call., variable: reason, next: bye, noInput: bye}
  bye: {verb: hangup}
""",
    )
    assert turn.phrases is None
    caller.press("1")
    caller.hear_out()
    caller.give(SpeechHeard(turn.token, "my modem is on fire", True))
    assert caller.runner.variables["reason"] == "my modem is on fire"
    assert ChoiceReported("first", "*" * 19, "speech") in caller.seen, "masked like digits"
