"""A backlog's events go again to a subscriber that died, but not for ever the one it dies of."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.bus import lost
from tests.voice.test_bus_local import make_bus, running_hub
from voice.bus.backlog import WINDOW, Backlog

EVERY = ("*",)


def filled(directory: Path, count: int) -> Backlog:
    backlog = Backlog("floor", directory)
    for number in range(count):
        backlog.add({"id": f"e{number}", "type": "worker.lost"})
    return backlog


def live(backlog: Backlog, deadly: set[str], handled: list[str]) -> bool:
    """One life of a subscriber; False when it died."""
    while batch := list(backlog.next(EVERY)):
        for event in batch:
            if event["id"] in deadly:
                backlog.lost()
                return False
            handled.append(event["id"])
        for event in batch:
            backlog.handled(event["id"])
    return True


@given(st.sets(st.integers(0, 20), max_size=4), st.integers(1, 21))
def test_the_deadly_are_put_aside_and_all_others_are_handled(deadly: set[int], count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        backlog, handled = filled(Path(directory), count), list[str]()
        names = {f"e{number}" for number in deadly}
        lives = 1
        while not live(backlog, names, handled):
            lives += 1
            assert lives <= 1 + 4 * len(deadly), "it never ends"
        present = {f"e{number}" for number in range(count)}
        assert set(handled) == present - names, "every other event was handled, and no deadly one"
        assert backlog.quarantined == len(names & present)
        backlog.close()


@given(st.lists(st.integers(0, 40), max_size=3), st.integers(1, 30))
def test_a_subscriber_that_is_killed_three_times_loses_nothing(kills: list[int], count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        backlog, handled = filled(Path(directory), count), set[str]()
        deaths = iter(kills)
        until = next(deaths, None)
        while batch := list(backlog.next(EVERY)):
            if until is not None and until < len(batch):
                for event in batch[:until]:
                    handled.add(event["id"])
                    backlog.handled(event["id"])
                backlog.lost()
                until = next(deaths, None)
                continue
            for event in batch:
                handled.add(event["id"])
                backlog.handled(event["id"])
        assert (len(handled), backlog.quarantined) == (count, 0)
        backlog.close()


def test_the_window_is_whole_again_after_the_culprit_is_found(tmp_path: Path) -> None:
    backlog = filled(tmp_path, WINDOW + 5)
    handled: list[str] = []
    while not live(backlog, {"e3"}, handled):
        pass
    for number in range(WINDOW + 5):
        backlog.add({"id": f"f{number}", "type": "worker.lost"})
    assert len(list(backlog.next(EVERY))) == WINDOW
    backlog.close()


def test_a_floor_that_raises_is_not_given_the_event_without_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def one_life() -> list[str]:
        """Reads until the poison, or until all is handled."""
        floor = make_bus(tmp_path, "floor")
        await floor.start()
        heard, seen = floor.subscribe("*", durable="floor"), list[str]()
        async with asyncio.timeout(10):
            async for envelope in heard:
                seen.append(getattr(envelope.event, "worker_id", ""))
                if seen[-1] in ("poison", "last"):
                    break
        if seen[-1] == "last":
            asyncio.get_running_loop().call_later(0.05, heard.close)
            async for _ in heard:
                pass
        await floor.close()
        return seen

    async def main() -> None:
        async with running_hub(tmp_path) as hub:
            worker = make_bus(tmp_path, "worker")
            await worker.start()
            for name in ("first", "poison", "last"):
                worker.publish(lost(name))
            lives = [await one_life() for _ in range(5)]
            assert [seen[-1] for seen in lives] == ["poison"] * 4 + ["last"]
            assert hub.quarantined == 1
            await worker.close()

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    aside = (tmp_path / "spool" / "floor.quarantine").read_text().splitlines()
    assert [json.loads(line)["data"]["worker_id"] for line in aside] == ["poison"]
    assert "put aside" in caplog.text
