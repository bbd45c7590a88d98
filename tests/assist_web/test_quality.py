"""Scorecards and reviews by API: who may, what is kept, what is put down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assist.content import BUILT_IN
from assist.quality.aside import Aside
from assist.quality.forms import QaReviewed
from assist.settings import AssistSettings
from assist.vocabulary import EVENTS
from ivr.controls import HoldChanged
from tests.assist_web.kept_house import KeptHouse, in_kept_house, summary
from tests.quality.logs import Log
from tests.quality.test_reading import filled
from voice.clock import SystemClock

GOOD: dict[str, object] = {
    "form": "service",
    "answers": [
        {"question": "greeting", "value": 1}, {"question": "understood", "value": 4, "comment": "one interruption"},
        {"question": "correct", "value": 5}, {"question": "plain", "value": 5}, {"question": "closing", "value": 1},
        {"question": "secrets", "value": 1},
    ],
}  # fmt: skip


def now() -> float:
    return SystemClock().wall() - 100.0


async def had(house: KeptHouse, contact_id: str = "q1", agent: str = "anna") -> None:
    """A contact of now, with a word nobody understands."""
    log = Log(contact_id, now(), agent).agent_says(11, "hello Anna speaking the dslam is down").ends(40)
    await house.store.append(*(EVENTS.encode(each) for each in log.envelopes))
    await house.store.record_contact(summary(contact_id, agent, log.at))


def test_a_contacts_scorecard_with_its_evidence() -> None:
    async def test(house: KeptHouse) -> None:
        await had(house)
        found = (await house.get("carl", "/api/quality/contacts/q1")).json()
        (card,) = found["scorecards"]
        clarity = next(score for score in card["scores"] if score["principle"] == "clarity")
        (moment,) = clarity["marks"][0]["moments"]
        assert (card["agent"], clarity["value"], found["reviews"]) == ("anna", 75.0, [])
        judged = [score["value"] for score in card["scores"] if score["value"] is not None]
        assert found["overall"] == [round(sum(judged) / len(judged), 1)]
        assert (moment["rule"], moment["utterance_id"]) == ("jargon", "agent-11")
        assert await house.audited() == [("carl", "read", "q1")]

    in_kept_house(test)


def test_only_supervisors_and_auditors_and_only_what_they_may_see() -> None:
    async def test(house: KeptHouse) -> None:
        await had(house)
        for user in ("anna", "ada"):
            bearer = await house.bearer(user)
            for path in (
                "/forms",
                "/contacts/q1",
                "/reviews",
                "/agents/anna",
                "/calibration?form=service&first=a&second=b",
            ):
                assert (await house.http.get(f"/api/quality{path}", headers=bearer)).status_code == 403
        assert (await house.get("carl", "/api/quality/contacts/none")).status_code == 404
        assert (await house.get("sara", "/api/quality/forms")).json()[0]["id"] == "service"

    in_kept_house(test)


def test_a_review_is_kept_and_a_later_one_takes_its_place() -> None:
    async def test(house: KeptHouse) -> None:
        await had(house)
        bearer = await house.bearer("sara")
        made = (await house.http.post("/api/quality/contacts/q1/reviews", json=GOOD, headers=bearer)).json()
        assert (made["reviewer"], made["agent"], made["score"]) == ("sara", "anna", 94.1)  # 80 of 85
        worse = {**GOOD, "comment": "on second thoughts"}
        worse["answers"] = [{**each, "value": 0} if each["question"] == "secrets" else each for each in GOOD["answers"]]  # type: ignore[attr-defined]
        await house.http.post("/api/quality/contacts/q1/reviews", json=worse, headers=bearer)
        (kept,) = (await house.get("carl", "/api/quality/contacts/q1")).json()["reviews"]
        assert (kept["score"], kept["failed"], kept["comment"]) == (0.0, ["secrets"], "on second thoughts")
        assert len(await house.store.latest(QaReviewed.type, 10)) == 2
        assert ("sara", "review", "q1") in await house.audited()

    in_kept_house(test)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"form": "none"}, 404, "no form 'none'"),
        ({"answers": []}, 409, "greeting: an answer is needed"),
        ({"agent": "ben"}, 409, "ben did not have this contact"),
        ({"extra": 1}, 422, "extra"),
    ],
)
def test_reviews_that_are_refused(change: dict[str, object], status: int, said: str) -> None:
    async def test(house: KeptHouse) -> None:
        await had(house)
        answer = await house.http.post(
            "/api/quality/contacts/q1/reviews", json={**GOOD, **change}, headers=await house.bearer("sara")
        )
        assert answer.status_code == status
        assert said in answer.json()["detail"]
        assert await house.store.latest(QaReviewed.type, 10) == ()

    in_kept_house(test)


def test_an_agents_means_and_two_reviewers_agreement() -> None:
    async def test(house: KeptHouse) -> None:
        await had(house)
        for user in ("sara", "carl"):
            bearer = await house.bearer(user)
            await house.http.post("/api/quality/contacts/q1/reviews", json=GOOD, headers=bearer)
        found = (await house.get("sara", "/api/quality/agents/anna")).json()
        assert (found["contacts"], found["averages"]["clarity"]) == (1, {"value": 75.0, "contacts": 1})
        lines = (await house.get("carl", "/api/quality/reviews")).json()
        assert [(each["contact_id"], each["reviewer"], each["agent"]) for each in lines] == [
            ("q1", "sara", "anna"), ("q1", "carl", "anna"),
        ]  # fmt: skip
        alike = await house.get("carl", "/api/quality/calibration?form=service&first=sara&second=carl")
        assert (alike.json()["contacts"], alike.json()["agreement"]) == (1, 100.0)

    in_kept_house(test)


def test_the_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        at = now()
        log = Log("q1", at).agent_says(11, "hello Anna speaking the dslam is down")
        log.put(20, HoldChanged("anna", True)).put(45, HoldChanged("anna", False)).ends(50)
        store = await filled(tmp_path / "db", log)
        scores = Aside(
            f"sqlite+aiosqlite:///{tmp_path / 'db'}", BUILT_IN, ZoneInfo("UTC"), AssistSettings(hold_limit_s=20.0)
        )
        try:
            (card,) = await scores.of_contact("q1", at)
            assert await scores.cards(at, at + 50, at + 50, "anna") == (card,)
            assert card.agent == "anna"
            (checked,) = (mark for score in card.scores for mark in score.marks if mark.name == "hold_check_in")
            assert [moment.at_s for moment in checked.moments] == [40.0], "by the house's limit, as live"
        finally:
            scores.close()
            await store.close()

    asyncio.run(main())
