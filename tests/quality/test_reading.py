"""Scorecards read from a store, and the command that shows them."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.content import BUILT_IN, load_content
from assist.quality.forms import QaAnswer, QaReviewed
from assist.quality.principles import Principle, Scorecard
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.store import Store
from assist.vocabulary import EVENTS
from tests.quality.logs import DAY, MONDAY, Log
from voice.clock import SystemClock
from voice.errors import DocumentError
from voice.rundir import RunDirectory

CONTENT = load_content()
SPEC = load_scorecard(CONTENT)


def contact(contact_id: str, at: float, words: str, agent: str = "anna") -> Log:
    """A contact with one thing the agent says after her greeting."""
    log = Log(contact_id, at, agent).agent_says(11, "broadband care Anna speaking").caller_says(15, "hello there")
    return log.agent_says(20, words).ends(40)


async def filled(file: Path, *logs: Log) -> Store:
    """A store with these contacts in its log, their events in the order of time."""
    store = await Store.open(f"sqlite+aiosqlite:///{file}")
    events = sorted((each for log in logs for each in log.envelopes), key=lambda each: each.at)
    await store.append(*map(EVENTS.encode, events))
    return store


def test_contacts_of_a_time_one_by_one(tmp_path: Path) -> None:
    async def main() -> list[Scorecard]:
        logs = (
            contact("c1", MONDAY, "the dslam is down"),
            contact("c2", MONDAY + 20, "it works again", "ben"),  # while c1 still goes on
            contact("c3", MONDAY + 3 * DAY, "it works again"),
        )
        store = await filled(tmp_path / "db", *logs)
        try:
            reading = Quality(store, CONTENT, SPEC)
            cards = [card async for card in reading.between(MONDAY, MONDAY + DAY, MONDAY + DAY)]
            mine = [card async for card in reading.between(MONDAY, MONDAY + DAY, MONDAY + DAY, "ben")]
            assert [card.contact_id for card in mine] == ["c2"]
            assert await reading.of_contact("c1", MONDAY + DAY) == (cards[0],)
            assert await reading.of_contact("nobody", MONDAY) == ()
            return cards
        finally:
            await store.close()

    cards = asyncio.run(main())
    assert [(card.contact_id, card.agent) for card in cards] == [("c1", "anna"), ("c2", "ben")]
    assert [card.value(Principle.CLARITY) for card in cards] == [75.0, 100.0]


def test_a_call_back_promised_and_made_is_found_in_the_log(tmp_path: Path) -> None:
    async def main() -> tuple[float, ...]:
        kept = contact("c1", MONDAY, "I will call you back tomorrow")
        called = Log("c2", MONDAY + DAY, direction="outbound").agent_says(11, "hello Anna speaking").ends(30)
        store = await filled(tmp_path / "db", kept, called)
        try:
            (card,) = await Quality(store, CONTENT, SPEC).of_contact("c1", MONDAY + 9 * DAY)
            return tuple(mark.value for score in card.scores for mark in score.marks if mark.name == "promises_kept")
        finally:
            await store.close()

    assert asyncio.run(main()) == (100.0,)


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["quality", "show", *arguments, "--state-dir", str(tmp_path)])
    return result.exit_code, result.output + str(result.exception or "")


def installation(tmp_path: Path) -> None:
    """One contact of today."""
    now = SystemClock().wall()
    database = RunDirectory(tmp_path).database
    database.parent.mkdir(parents=True, exist_ok=True)

    async def main() -> None:
        store = await filled(database, contact("c1", now - 100, "the dslam is down"))
        answers = (QaAnswer("polite", 0), QaAnswer("right", 5, "by the book"))
        review = QaReviewed("tiny", "v1", "sara", "anna", answers, "", 50.0)
        await Quality(store, CONTENT, SPEC).keep("c1", review, now)
        await store.close()

    asyncio.run(main())


def test_show_a_contact(tmp_path: Path) -> None:
    installation(tmp_path)
    status, output = run(tmp_path, "c1")

    assert status == 0
    assert "jargon 75" in output
    assert "c1 20.4 s" in output
    assert "“the dslam is down”" in output.replace("\n", " ")
    assert "Review of anna by sara, tiny: 50" in output

    status, output = run(tmp_path, "c1", "--json")
    found = json.loads(output)
    assert (found["scorecards"][0]["agent"], found["reviews"][0]["score"]) == ("anna", 50.0)


def test_show_an_agent(tmp_path: Path) -> None:
    installation(tmp_path)
    status, output = run(tmp_path, "anna")

    assert status == 0
    assert "anna: 1 contacts" in output
    assert "Practise" in output


def test_show_what_is_not_there(tmp_path: Path) -> None:
    assert "no store here" in run(tmp_path, "c1")[1]
    installation(tmp_path)
    assert "'zoe' is no contact" in run(tmp_path, "zoe")[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("jargon:", "jargno:"), "no rule 'jargno'"),
        (("{no_empathy: 100", "{no_empathy: 101"), "less than or equal to 100"),
        (("  empathy:\n", "  sympathy:\n"), "principles.sympathy"),
    ],
)
def test_a_scorecard_file_that_is_wrong(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    directory = tmp_path / "content"
    shutil.copytree(BUILT_IN, directory)
    file = directory / "quality" / "scorecard.yaml"
    file.write_text(file.read_text("utf-8").replace(*change), "utf-8")

    with pytest.raises(DocumentError, match=said):
        load_scorecard(load_content(directory), directory)


def test_content_without_a_scorecard_of_its_own_is_judged_by_what_it_has(tmp_path: Path) -> None:
    directory = tmp_path / "content"
    shutil.copytree(BUILT_IN, directory)
    shutil.rmtree(directory / "quality")
    (directory / "rules" / "soft_skill.yaml").unlink()
    (directory / "checklist.yaml").unlink()  # names rules of that file
    spec = load_scorecard(load_content(directory), directory)

    assert spec.principles[Principle.CLARITY].rules == {}
    assert "no_blame" in spec.principles[Principle.PATIENCE].rules


def test_the_report_has_the_scorecards_of_agents(tmp_path: Path) -> None:
    installation(tmp_path)
    out = tmp_path / "report"
    for kind in ("json", "html"):
        asked = ["report", "--state-dir", str(tmp_path), "--format", kind, "--out", str(out)]
        assert CliRunner().invoke(app, asked).exit_code == 0
        text = out.read_text("utf-8")
        if kind == "json":
            (mine,) = json.loads(text)["scorecards"]
            assert (mine["agent"], mine["contacts"]) == ("anna", 1)
            assert mine["principles"]["clarity"] == {"value": 75.0, "contacts": 1}
        else:
            assert "<td>75 (1)</td>" in text
            assert "dslam" not in text  # no words in a report
