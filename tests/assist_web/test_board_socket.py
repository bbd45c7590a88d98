"""The board's websocket and the desk a supervisor reads along, over real sockets."""

from __future__ import annotations

from assist.desk_events import NoteSaved
from ivr.contacts import AgentStateChanged, ContactEnded, ContactOffered, ContactQueued
from tests.assist_web.test_api import House, closed_with, in_house, received
from tests.fakes import board_script
from tests.fakes import contact_script as script

OFFERED = ContactOffered("w1", "+12025550142", "100", "main", "1")


def test_a_board_begins_with_everything_and_then_hears_what_changed() -> None:
    async def test(house: House) -> None:
        house.floor.board.heard("c1", OFFERED, 100.0)
        async with house.socket("/api/board", house.hello("sara")) as socket:
            assert (await received(socket))["data"]["user"] == "sara"
            whole = await received(socket)
            assert whole["whole"]
            assert [row["id"] for row in whole["contacts"]] == ["c1"]
            assert {row["id"] for row in whole["agents"]} == {
                "anna",
                "ben",
                *(agent.user for agent in board_script.STAFF),
            }
            assert {row["id"] for row in whole["queues"]} == {"billing", "support", "sales"}
            house.floor.board.heard("c1", ContactQueued("billing", 5, 130.0), 130.0)
            house.floor.board.agent_state(AgentStateChanged("ben", "NOT_READY", "meal", 131.0))
            changes = await received(socket)
            assert not changes["whole"]
            assert [(row["phase"], row["since"]) for row in changes["contacts"]] == [("queued", 130.0)]
            assert [(row["id"], row["reason"]) for row in changes["agents"]] == [("ben", "meal")]
            assert [(row["id"], row["waiting"], row["longest_since"]) for row in changes["queues"]] == [
                ("billing", 1, 130.0)
            ]
            house.floor.board.heard("c1", ContactEnded("abandoned", "caller", 50.0, 0.0), 150.0)
            assert (await received(socket))["gone"]["contacts"] == ["c1"]

    in_house(test)


def test_the_board_is_for_supervisors() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/board", house.hello()) as socket:
            assert await closed_with(socket) == (4405, "the board is for supervisors")
        async with house.socket("/api/board", house.hello("sara") | {"token": "x"}) as socket:
            assert (await closed_with(socket))[0] == 4401
        async with house.socket("/api/board", "no") as socket:
            assert (await closed_with(socket))[0] == 4400

    in_house(test)


def test_a_supervisor_reads_along_and_changes_nothing() -> None:
    async def test(house: House) -> None:
        async with house.socket("/api/feed", house.hello("sara") | {"desk": script.AGENT}) as socket:
            await received(socket)
            assert (await received(socket))["data"]["agent"]["user"] == script.AGENT
            house.feed.publish(script.AGENT, NoteSaved("hers"), "c1")
            assert (await received(socket))["data"] == {"text": "hers"}
            await socket.send('{"type": "command", "id": "1", "command": "hang_up"}')
            reply = await received(socket)
            assert (reply["ok"], reply["reason"]) == (False, "this is another's desk")
            assert house.floor.commands == []
            assert house.floor.seen == []
        async with house.socket("/api/feed", house.hello("ben") | {"desk": script.AGENT}) as socket:
            assert await closed_with(socket) == (4405, "only a supervisor may do this")

    in_house(test)
