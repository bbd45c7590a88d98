"""Quality by API, for supervisors and auditors: scorecards, reviews, agents' means and plans, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from assist.api.access import Asker, Problem, only
from assist.api.archive import FOUND, OWN, ContactId, visible
from assist.quality.agents import AgentQuality, of_agent
from assist.quality.aside import Scores
from assist.quality.calibration import Calibration, calibrate, latest
from assist.quality.forms import MAX_COMMENT, Form, FormSpec, QaAnswer, QaReviewed, ReviewError, review
from assist.quality.principles import Scorecard
from assist.quality.reading import Quality

quality = APIRouter(prefix="/api/quality", tags=["quality"])
Reviewer = Annotated[Asker, Depends(only("supervisor", "auditor"))]
Days = Annotated[int, Query(ge=1, le=366)]
DAY_S = 86_400.0
_REVIEWED: dict[int | str, dict[str, Any]] = {**FOUND, 409: {"model": Problem, "description": "refused, and why"}}


@dataclass(frozen=True, slots=True)
class QualityDesk:
    """What these paths work on. ``reading``: reviews; ``scores``: scorecards; ``zone``: whose weeks trends tell of."""

    reading: Quality
    scores: Scores
    forms: dict[str, Form]
    zone: ZoneInfo


class Given(BaseModel):
    """One answer of a review."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=32)
    value: int | None = None
    comment: str = Field(default="", max_length=MAX_COMMENT)


class NewReview(BaseModel):
    """A filled-in form; ``agent``: whose part it is about, without it the one who had the contact last."""

    model_config = ConfigDict(extra="forbid")

    form: str = Field(max_length=32)
    answers: list[Given] = Field(max_length=60)
    agent: str = Field(default="", max_length=64)
    comment: str = Field(default="", max_length=MAX_COMMENT)


class ContactQuality(BaseModel):
    """One contact: a scorecard for each agent who had it, with what each comes to (0..100 or None), and of each
    reviewer and form the last review.
    """

    scorecards: list[Scorecard]
    overall: list[float | None]
    reviews: list[QaReviewed]


class ReviewLine(BaseModel):
    """One review among others. ``score``: 0..100, None where no question applied; ``failed``: auto-fail questions."""

    contact_id: str
    form: str
    reviewer: str
    agent: str
    score: float | None
    failed: tuple[str, ...]


def _desk(request: Request) -> QualityDesk:
    desk: QualityDesk | None = request.app.state.quality
    if desk is None:
        raise HTTPException(503, "this floor keeps nothing")
    return desk


Desk = Annotated[QualityDesk, Depends(_desk)]


@quality.get("/forms", responses=OWN)
async def forms(who: Reviewer, desk: Desk) -> list[FormSpec]:
    """The forms that can be filled in."""
    return [form.spec for form in desk.forms.values()]


@quality.get("/contacts/{contact_id}", responses=FOUND)
async def contact(contact_id: ContactId, who: Reviewer, desk: Desk) -> ContactQuality:
    """How a contact was served, with the words that show it; audited as ``read``."""
    await visible(contact_id, who)
    await who.audit("read", contact_id, "quality")
    cards = await desk.scores.of_contact(contact_id, who.clock.wall())
    reviews = await desk.reading.reviews_of(contact_id)
    return ContactQuality(scorecards=list(cards), overall=[card.overall for card in cards], reviews=list(reviews))


@quality.get("/reviews", responses=OWN)
async def reviews(who: Reviewer, desk: Desk, days: Days = 28) -> list[ReviewLine]:
    """Who reviewed what in the last ``days``: of each contact, reviewer and form the last review."""
    now, seen = who.clock.wall(), who.visible_agents()
    found = await desk.reading.reviews(now - days * DAY_S, now)
    return [
        ReviewLine(
            contact_id=contact_id, form=each.form, reviewer=each.reviewer, agent=each.agent, score=each.score,
            failed=each.failed,
        )
        for contact_id, made in found.items()
        for each in latest(made)
        if seen is None or each.agent in seen
    ]  # fmt: skip


@quality.post("/contacts/{contact_id}/reviews", responses=_REVIEWED)
async def add_review(contact_id: ContactId, body: NewReview, who: Reviewer, desk: Desk) -> QaReviewed:
    """Keep a review, audited as ``review``; a later one by the same reviewer with the same form takes its place."""
    line = await visible(contact_id, who)
    if (form := desk.forms.get(body.form)) is None:
        raise HTTPException(404, f"there is no form {body.form!r}")
    now = who.clock.wall()
    had_it = {card.agent for card in await desk.scores.of_contact(contact_id, now)}
    agent = body.agent or line.agent
    if agent not in had_it:
        raise HTTPException(409, f"{agent or 'nobody'} did not have this contact")
    if agent == who.identity.user:
        raise HTTPException(409, "nobody reviews herself")
    answers = tuple(QaAnswer(given.question, given.value, given.comment) for given in body.answers)
    try:
        made = review(form, who.identity.user, agent, answers, body.comment)
    except ReviewError as error:
        raise HTTPException(409, str(error)) from None
    await who.audit("review", contact_id, f"{body.form} of {agent}")
    await desk.reading.keep(contact_id, made, now)
    return made


@quality.get("/agents/{agent}", responses=FOUND)
async def agent_quality(
    agent: Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")], who: Reviewer, desk: Desk, days: Days = 28
) -> AgentQuality:
    """Means, trend by week and coaching plan of an agent, over the last ``days``; audited as ``read``."""
    seen = who.visible_agents()
    if seen is not None and agent not in seen:
        raise HTTPException(404, "there is no such agent")
    await who.audit("read", agent, "quality")
    now = who.clock.wall()
    cards = await desk.scores.cards(now - days * DAY_S, now, now, agent)
    return of_agent(agent, cards, desk.reading.spec, desk.zone)


@quality.get("/calibration", responses=OWN)
async def calibration(
    who: Reviewer,
    desk: Desk,
    form: Annotated[str, Query(max_length=32)],
    first: Annotated[str, Query(max_length=64)],
    second: Annotated[str, Query(max_length=64)],
    days: Days = 28,
) -> Calibration:
    """How far two reviewers agree, over the contacts of the last ``days`` that both reviewed."""
    now, seen = who.clock.wall(), who.visible_agents()
    found = await desk.reading.reviews(now - days * DAY_S, now)
    mine = {
        contact_id: [each for each in reviews if seen is None or each.agent in seen]
        for contact_id, reviews in found.items()
    }
    return calibrate(mine, form, first, second)
