from __future__ import annotations

from assist.content import Content
from assist.playbook import PlaybookRun
from assist.sightings import Sighting


def run_of(content: Content) -> PlaybookRun:
    run = PlaybookRun(content.playbooks["billing_dispute"])
    run.triggered(Sighting("trigger", "u1", "caller", "charged twice", "charged twice", 4.0, "partial"))
    return run


def title(run: PlaybookRun, name: str | None = "Sarah") -> str:
    return run.card("id", "v", name).title


def test_the_title_is_the_next_open_step_and_the_closing_at_the_end(content: Content) -> None:
    run = run_of(content)
    titles = [title(run)]
    for number, step in enumerate(run.spec.steps):
        run.said(step.id, f"a{number}")
        titles.append(title(run))
    assert titles == [*(step.text for step in run.spec.steps), "Thank Sarah and close warmly"]
    assert run.complete


def test_steps_may_come_in_any_order(content: Content) -> None:
    run = run_of(content)
    run.said("refund", "a1")
    assert title(run) == "Apologise and own the problem"
    assert [step.id for step in run.card("id", "v", None).steps if step.done] == ["refund"]


def test_a_step_done_by_two_utterances_survives_losing_one(content: Content) -> None:
    run = run_of(content)
    run.said("apologise", "a1")
    run.said("apologise", "a2")
    run.withdraw_said("apologise", "a1")
    assert run.done("apologise")
    run.withdraw_said("apologise", "a2")
    assert not run.done("apologise")


def test_the_agents_tick_outranks_what_was_heard(content: Content) -> None:
    run = run_of(content)
    run.said("apologise", "a1")
    run.tick("apologise", False)
    run.tick("look", True)
    run.tick("no such step", True)
    assert (run.done("apologise"), run.done("look")) == (False, True)


def test_an_unknown_caller_is_not_addressed_by_a_placeholder(content: Content) -> None:
    card = run_of(content).card("id", "v", None)
    assert card.why == "The caller disputes a charge"
    assert card.steps[0].say == "I am sorry about that. I will sort it out with you now."


def test_the_card_shows_what_the_agent_may_grant_alone(content: Content) -> None:
    goodwill = content.playbooks["billing_dispute"].goodwill
    assert goodwill
    assert run_of(content).card("id", "v", None).lines == (f"Goodwill: {goodwill}",)


def test_it_lives_as_long_as_one_trigger_stands(content: Content) -> None:
    run = run_of(content)
    run.triggered(Sighting("trigger", "u2", "caller", "wrong bill", "wrong bill", 9.0, "final"))
    run.withdraw_trigger("u1")
    assert run.active
    run.withdraw_trigger("u2")
    assert not run.active
