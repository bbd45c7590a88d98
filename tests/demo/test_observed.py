from __future__ import annotations

import asyncio
import time

import pytest

from assist.demo.observed import Observed, moment
from ivr.contacts import ContactQueued
from tests.demo.calls import ZERO, observed


def test_a_call_says_what_became_of_it() -> None:
    seen = observed()
    assert seen.contact_id == "c1"
    assert seen.offered_at == pytest.approx(ZERO, abs=0.01)
    assert seen.answered
    assert seen.ended is not None
    assert seen.ended.reason == "completed"
    assert seen.closed is not None
    assert seen.closed.recorded_s == 21.0
    assert [final.utterance_id for final in seen.finals] == ["u0", "u1", "u2", "u3"]
    assert seen.events(ContactQueued) == []


def test_a_call_that_has_not_begun() -> None:
    seen = Observed()
    assert (seen.contact_id, seen.answered, seen.closed, seen.ended, seen.finals) == ("", False, None, None, [])


def test_moments_of_the_wall_clock_become_those_of_the_monotonic_one() -> None:
    before, found, after = time.monotonic(), moment(time.time()), time.monotonic()
    assert before - 0.001 <= found <= after + 0.001


def test_waiting_for_something_to_become_true() -> None:
    async def main() -> None:
        seen = Observed()
        waiting = asyncio.ensure_future(seen.until(lambda: 3 in seen.spoken, "turn 3"))
        await asyncio.sleep(0)
        for index in (2, 3):
            assert not waiting.done()
            seen.spoken.add(index)
            seen.changed()
            await asyncio.sleep(0)
        await waiting
        with pytest.raises(TimeoutError, match="waited 0 s for the end"):
            await seen.until(lambda: seen.hung_up, "the end", 0.01)

    asyncio.run(main())
