from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from assist.store import DEMO_NUMBER, seed_demo
from assist.summary import FollowUp
from tests.assist_web.kept_house import BEGAN, KeptHouse, in_kept_house, summary


async def promise(house: KeptHouse) -> None:
    store = house.store
    await seed_demo(store, datetime.fromtimestamp(BEGAN, UTC).date())
    customer = (await store.look_up(DEMO_NUMBER)).customer
    assert customer is not None
    made = FollowUp("i will call you back", None, "u1", 1.0)
    await store.record_contact(replace(summary("c9", "anna", customer_id=customer.customer_id), follow_ups=(made,)))


def test_promises_are_listed_to_who_made_them_and_ticked_off_audited() -> None:
    async def test(house: KeptHouse) -> None:
        await promise(house)
        (task,) = (await house.get("anna", "/api/tasks")).json()
        assert (task["number"], task["agent"], task["due_on"]) == (DEMO_NUMBER, "anna", None)
        assert (await house.get("olga", "/api/tasks")).json() == []
        path = f"/api/tasks/{task['id']}/done"
        assert (await house.http.post(path, headers=await house.bearer("olga"))).status_code == 404
        assert (await house.http.post(path, headers=await house.bearer("anna"))).json() == {"done": True}
        assert (await house.get("anna", "/api/tasks")).json() == []
        assert ("anna", "task_done", task["id"]) in await house.audited()

    in_kept_house(test)
