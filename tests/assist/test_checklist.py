"""The opening and closing checklist: it ticks itself, the agent ticks it too, and it is in nobody's way."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assist.cards import Card, CardKind, CardSettled, CardShown, StepTicked
from assist.content import BUILT_IN, Content, load_content
from assist.effects import DraftSummary, Effect, ShowCard, UpdateCard
from assist.engine import ContactAssistant, ContactOver, ContactRang, CustomerFound, Input
from assist.outcomes import outcomes
from assist.replay import Line, replay
from tests.assist.dialogue import SARAH, START, final, partial
from voice.errors import DocumentError

GREETED = "broadband care you are speaking with anna"
CALL = (
    ("agent", GREETED),
    ("caller", "i want to change my address please"),
    ("agent", "may i have your full name and postcode please"),
    ("agent", "to sum up your new address counts from monday"),
    ("agent", "is there anything else i can help you with"),
    ("agent", "thank you for calling goodbye"),
)


class Desk:
    """An assistant that was rung, and the checklist as the agent last saw it."""

    def __init__(self, content: Content, queue: str = "billing") -> None:
        self.assistant = ContactAssistant(content, "anna")
        self.seen: list[Card] = []
        self.feed(ContactRang("c1", "", queue))

    def feed(self, event: Input) -> tuple[Effect, ...]:
        effects = self.assistant.handle(event, START)
        cards = [effect.card for effect in effects if isinstance(effect, ShowCard | UpdateCard)]
        self.seen += [card for card in cards if card.kind is CardKind.CHECKLIST]
        return effects

    def done(self) -> list[str]:
        return [step.id for step in self.seen[-1].steps if step.done]


def test_it_is_there_when_it_rings_with_nothing_done(content: Content) -> None:
    (card,) = Desk(content).seen
    assert [step.id for step in card.steps] == ["greeting", "identity", "summary", "further_help", "farewell"]
    assert card.lines == ("Opening: 0 of 2 said", "Closing: 0 of 3 said")
    assert (card.id, card.rule, card.version) == ("c1:checklist:1", "checklist", content.version)
    assert not any(step.done for step in card.steps)


def test_a_well_led_call_ticks_every_item_once_it_is_said(content: Content) -> None:
    desk, done = Desk(content), []
    for number, (party, text) in enumerate(CALL):
        desk.feed(final(f"u{number}", party, text, 10.0 * number))
        done.append(len(desk.done()))
    assert done == [1, 1, 2, 3, 4, 5]
    assert {card.id for card in desk.seen} == {"c1:checklist:1"}, "one card, updated in place"
    assert desk.seen[-1].lines == ("Opening: 2 of 2 said", "Closing: 3 of 3 said")


def test_the_callers_words_tick_nothing(content: Content) -> None:
    desk = Desk(content)
    for number, (_, text) in enumerate(CALL):
        desk.feed(final(f"u{number}", "caller", text, 10.0 * number))
    assert desk.done() == []


def test_a_partial_ticks_and_the_final_takes_back_what_was_misheard(content: Content) -> None:
    desk = Desk(content)
    desk.feed(partial("u1", "agent", f"{GREETED} how", 1))
    assert desk.done() == ["greeting"]
    desk.feed(final("u1", "agent", "broad bean care"))
    assert desk.done() == []


def test_the_agents_own_tick_outranks_what_is_heard(content: Content) -> None:
    desk = Desk(content)
    card_id = desk.seen[0].id
    desk.feed(StepTicked("anna", card_id, "identity", True))
    desk.feed(final("u1", "agent", GREETED))
    desk.feed(StepTicked("anna", card_id, "greeting", False))
    desk.feed(final("u2", "agent", GREETED, 9.0))
    assert desk.done() == ["identity"]
    assert [type(effect) for effect in desk.feed(StepTicked("anna", card_id, "no_such_item", True))] == []


def test_an_item_of_policy_is_there_for_its_queues_alone(content: Content) -> None:
    (card,) = Desk(content, "sales").seen
    assert [step.id for step in card.steps][:3] == ["greeting", "recording_notice", "identity"]
    assert card.lines[0] == "Opening: 0 of 3 said"
    assert content.checklist is not None
    policy = content.checklist.opening[1]
    alone = content.checklist.model_copy(update={"opening": (policy,), "closing": (policy,)})
    assert Desk(replace(content, checklist=alone)).seen == [], "nothing is asked for here"


def test_a_dismissed_checklist_stays_away(content: Content) -> None:
    desk = Desk(content)
    desk.feed(CardSettled("anna", desk.seen[0].id, "dismissed"))
    desk.feed(final("u1", "agent", GREETED))
    assert len(desk.seen) == 1


def test_it_takes_none_of_the_budget_and_changes_no_other_card(content: Content) -> None:
    lines = [Line(t=4.0 + 8.0 * n, speaker=who, text=text) for n, (who, text) in enumerate(CALL)]  # type: ignore[arg-type]
    asked = ("when is my bill due please", "can i get my bills on paper", "when does my contract end")
    lines += [Line(t=60.0 + 7.0 * n, speaker="caller", text=text) for n, text in enumerate(asked)]
    bare = replay(lines, replace(content, checklist=None))
    assert replay(lines, content) == bare
    assert [card.id for card in bare.cards if card.kind == "knowledge"] != []


def test_wrap_up_and_outcomes_know_nothing_of_it(content: Content) -> None:
    desk = Desk(content)
    (draft,) = (each for each in desk.feed(ContactOver("completed", 60.0, 48.0)) if isinstance(each, DraftSummary))
    assert draft.summary.cards == ()
    shown = CardShown("anna", desk.seen[0], 0.1)
    assert outcomes([shown, StepTicked("anna", shown.card.id, "greeting", False)]) == ()
    before = len(desk.seen)
    desk.feed(StepTicked("anna", shown.card.id, "greeting", True))
    assert len(desk.seen) == before, "the contact is over"


MISSED = "opening: [{id: hello, text: Say hello, done_when: [hello]}]\nclosing: [{id: bye, text: Say goodbye, %s}]\n"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("rule: closing_thanks", None),
        ("done_when: [bye]", None),
        ("say: bye", "4: nothing ticks item 'bye'. Fix: give it done_when"),
        ("rule: no_such_rule", "4: no rule 'no_such_rule' that misses an agent's words. Fix: name one with missing"),
        ("rule: no_secrets", "4: no rule 'no_secrets' that misses"),
        ("rule: name_unused", "4: no rule 'name_unused' that misses"),
        ("done_when: [bye, bye]", "4: phrase 'bye' stands here twice"),
    ],
)
def test_content_check_names_the_line_and_the_fix(tmp_path: Path, item: str, said: str | None) -> None:
    directory = shutil.copytree(BUILT_IN, tmp_path / "content")
    file = directory / "checklist.yaml"
    file.write_text("title: Well begun\nwhy: House rules\n" + MISSED % item)
    if said is None:
        assert load_content(directory).checklist is not None
        return
    with pytest.raises(DocumentError) as caught:
        load_content(directory)
    assert str(caught.value).startswith(f"{file}:{said}")


def test_an_item_may_not_stand_in_both_parts(tmp_path: Path) -> None:
    directory = shutil.copytree(BUILT_IN, tmp_path / "content")
    text = "title: Well begun\nwhy: House rules\n" + MISSED.replace("id: bye", "id: hello") % "done_when: [bye]"
    (directory / "checklist.yaml").write_text(text)
    with pytest.raises(DocumentError, match="step 'hello' stands here twice"):
        load_content(directory)


def test_the_version_follows_the_checklist_and_a_pack_without_one_shows_none(tmp_path: Path) -> None:
    directory = shutil.copytree(BUILT_IN, tmp_path / "content")
    before = load_content(directory).version
    (directory / "checklist.yaml").unlink()
    content = load_content(directory)
    assert content.version != before
    assert Desk(content).seen == []


def test_a_name_is_filled_in_when_the_caller_is_known(content: Content) -> None:
    assert content.checklist is not None
    named = replace(content, checklist=content.checklist.model_copy(update={"title": "Greet {name}"}))
    desk = Desk(named)
    desk.feed(CustomerFound(SARAH, ""))
    assert [card.title for card in desk.seen] == ["Greet the caller", "Greet Sarah"]
