"""The agent's own wrap-up: edited, kept before the draft, not lost by a restart; and that nobody rings meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assist.api.commands import DoNotDisturb, SetState, WrapUp
from assist.api.messages import CommandMessage, UnknownCommandError, agent_command
from assist.api.ports import Colleague
from assist.casework import Keep
from assist.content import Content
from assist.desk_events import StationChanged, SummaryDrafted, WrapUpSaved, WrapUpTask
from assist.desk_lines import dispositions, edited
from assist.summary import ContactSummary, FollowUp
from ivr.contacts import AgentStateChanged
from ivr.controls import ContactTransferred
from tests.assist.dialogue import final
from tests.assist.test_casework import ENDED, Script, told
from tests.assist.test_floor import AT_WORK, house

MINE = WrapUpSaved("anna", "In my own words.", "billing_follow_up", True, (WrapUpTask("Send it"),), True)


def kept(script: Script) -> ContactSummary:
    return [effect.summary for effect in script.effects if isinstance(effect, Keep)][-1]


def test_what_the_agent_wrote_is_kept_and_late_words_do_not_undo_it(content: Content) -> None:
    script = Script(content).talking()
    effects = script.play(final("u1", "agent", "i will call you back tomorrow", 9.0), ENDED)
    ((_, draft),) = told(effects, SummaryDrafted)
    assert draft.text == kept(script).text
    assert draft.choices == dispositions(content)
    assert "billing_follow_up" in draft.choices
    assert told(script.play(MINE), WrapUpSaved) == [("anna", MINE)]
    script.play(final("u2", "caller", "thank you that is perfect", 12.0))
    found = kept(script)
    assert (found.text, found.disposition, found.follow_ups[0].text) == (MINE.text, MINE.disposition, "Send it")


def test_a_task_left_as_it_was_keeps_the_words_it_came_from(content: Content) -> None:
    script = Script(content).talking()
    script.play(final("u1", "agent", "i will call you back tomorrow", 9.0), ENDED)
    draft = kept(script)
    (promise,) = draft.follow_ups
    assert promise.due_on is not None
    tasks = (WrapUpTask(promise.text, promise.due_on.isoformat()), WrapUpTask("And this", "2026-12-01"))
    assert edited(draft, replace(MINE, tasks=tasks)).follow_ups == (
        promise, FollowUp("And this", date(2026, 12, 1), "", draft.talk_s),
    )  # fmt: skip


def test_who_passed_the_contact_on_wraps_up_her_part(content: Content) -> None:
    script = Script(content).talking()
    script.play(ContactTransferred("anna", "queue", "support", done=False))
    assert told(script.play(MINE), WrapUpSaved) == [("anna", MINE)]
    assert "anna" in script.case.drafts


@pytest.mark.parametrize("late", [False, True], ids=["while her colleague talks", "after the call"])
def test_what_she_adds_to_her_part_is_kept_beside_the_colleagues(content: Content, late: bool) -> None:
    script = Script(content).talking()
    script.play(final("u1", "agent", "i will call you back tomorrow", 9.0))
    script.play(ContactTransferred("anna", "agent", "ben", done=True))
    tomorrow = kept(script).follow_ups[0]
    later = WrapUpTask(tomorrow.text, "2030-01-02")
    hers = replace(MINE, tasks=(later, WrapUpTask("Send it")))
    script.play(*(() if late else (hers,)), final("u2", "agent", "i will send you a letter on monday", 20.0), ENDED)
    script.play(replace(MINE, agent="ben", text="His own.", tasks=(WrapUpTask(tomorrow.text, str(tomorrow.due_on)),)))
    script.play(*((hers,) if late else ()))
    found = kept(script)
    assert (found.agent, found.text) == ("ben", "His own.\nanna: In my own words.")
    assert [(task.text, task.due_on) for task in found.follow_ups] == [
        (tomorrow.text, date(2030, 1, 2)), ("Send it", None),
    ]  # fmt: skip


def test_who_gets_it_back_is_the_last_again(content: Content) -> None:
    script = Script(content).talking()
    script.play(ContactTransferred("anna", "agent", "ben", done=True))
    script.play(ContactTransferred("ben", "agent", "anna", done=True), replace(MINE, agent="ben"), ENDED)
    assert (kept(script).agent, kept(script).text.splitlines()[-1]) == ("anna", "ben: In my own words.")


def test_it_survives_a_floor_and_is_nobody_elses(tmp_path: Path, content: Content) -> None:
    command = WrapUp("c1", MINE.text, MINE.disposition, MINE.resolved, MINE.tasks, confirmed=True)

    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            built.work()
            worker = built.worker()
            await worker.talk()
            worker.say(ENDED)
            await built.told(SummaryDrafted)
            assert not (await built.floor.command("ben", command)).ok
            assert (await built.floor.command("anna", command)).ok
            assert (await built.told(WrapUpSaved)).data["text"] == MINE.text
            await built.restart()
            assert (await built.kept("c1")).text == MINE.text
            built.work()
            worker.say(final("late", "caller", "thank you", 30.0))
            await built.told(WrapUpSaved)
            contact = built.desk().contact
            assert contact is not None
            assert contact.wrap_up == MINE

    asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"text": "x" * 4001}, "at most 4000 characters"),
        ({"text": "", "tasks": [{"text": "t"}] * 21}, "at most 20 tasks"),
        ({"text": "", "tasks": [{"text": "t" * 301}]}, "at most 20 tasks of 300"),
        ({"text": "", "tasks": [{"text": "t", "due_on": "tomorrow"}]}, "'tomorrow' is not a date"),
    ],
)
def test_what_is_too_much_is_refused(data: dict[str, object], problem: str) -> None:
    with pytest.raises(UnknownCommandError, match=problem):
        agent_command(CommandMessage(type="command", id="1", command="wrap_up", data={"contact_id": "c1", **data}))


def test_who_wants_nobody_to_ring_is_not_ready_until_she_is_ready(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            link = built.work()
            assert (await built.floor.command("anna", DoNotDisturb(True))).ok
            while (await built.told(AgentStateChanged)).data["reason"] != "do not disturb":
                pass
            built.floor.station_reported("anna", replace(AT_WORK, do_not_disturb=True))
            while not (await built.told(StationChanged)).data["do_not_disturb"]:
                pass
            assert (await built.floor.command("anna", SetState("ready"))).ok
            assert link.verbs == ["dnd_on", "dnd_off"]
            assert built.desk().agent.state == "AVAILABLE"

    asyncio.run(main())


def test_the_directory_names_colleagues_and_what_they_do(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            built.work("ben")
            found = built.floor.directory("anna")
            assert found.colleagues == (Colleague("ben", "Ben Okafor", "AVAILABLE", ("billing",)),)
            assert found.queues == ("billing",)

    asyncio.run(main())
