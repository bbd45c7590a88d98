"""What an agent promised and has not kept yet: the list of the day, to call from and to tick off."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel

from assist.api.access import Asker, only
from assist.api.archive import FOUND, OWN
from assist.store.tasks import Task
from assist.wording import day_of

tasks = APIRouter(prefix="/api", tags=["tasks"])
AtWork = Annotated[Asker, Depends(only("agent", "supervisor"))]
TaskId = Annotated[str, Path(pattern=r"^(promise|issue)-[0-9]{1,9}$")]


class Settled(BaseModel):
    """The task is done."""

    done: bool


@tasks.get("/tasks", responses=OWN)
async def due(who: AtWork, until: date | None = None) -> list[Task]:
    """Promises due by ``until`` (default: today, where the house is), an agent's own, a supervisor's teams' with the
    open issues. To keep one by telephone, send the command ``call`` with its ``number``.
    """
    day = until or day_of(who.clock.wall(), who.kept.customers.store.zone)
    return list(await who.kept.tasks.due(day, who.visible_agents(), issues=_all_issues(who)))


@tasks.post("/tasks/{task_id}/done", responses=FOUND)
async def done(task_id: TaskId, who: AtWork) -> Settled:
    """Tick a task off; audited as ``task_done``."""
    await who.audit("task_done", task_id)
    kept = await who.kept.tasks.done(task_id, who.clock.wall(), who.visible_agents(), issues=_all_issues(who))
    if not kept:
        raise HTTPException(404, "there is no such task of yours")
    return Settled(done=True)


def _all_issues(who: Asker) -> bool:
    return who.identity.role == "supervisor"
