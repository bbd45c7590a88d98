"""``[[queue]]`` as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.settings import Empty, Widening, read_queues
from ivr.strategies import Strategy
from voice.errors import DocumentError
from voice.settings import SettingsFile, read_settings


def written(tmp_path: Path, text: str) -> SettingsFile:
    file = tmp_path / "callfloor.toml"
    file.write_text(text)
    return read_settings(file, {})


def test_queues_are_read_with_their_rules(tmp_path: Path) -> None:
    text = """
[[queue]]
name = "billing"
strategy = "round-robin-memory"
skills = { bills = 3 }
widen = [{ after_s = 30, lower = 2 }]
leave_empty = "nobody-working"
overflow_to = "general"
[[queue]]
name = "general"
"""
    queues = read_queues(written(tmp_path, text))
    assert list(queues) == ["billing", "general"]
    billing = queues["billing"]
    assert (billing.strategy, billing.skills, billing.leave_empty) == (
        Strategy.ROUND_ROBIN, {"bills": 3}, Empty.NOBODY_WORKING
    )  # fmt: skip
    assert billing.widen == (Widening(after_s=30, lower=2),)
    assert queues["general"].strategy is Strategy.LONGEST_IDLE


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[[queue]]\nname = "a"\n[[queue]]\nname = "a"\n', 4, "queue 'a' stands here twice"),
        ('[[queue]]\nname = "a"\noverflow_to = "b"\n', 3, "queue 'a' overflows to 'b', which is no other queue"),
        ('[[queue]]\nname = "a"\noverflow_to = "a"\n', 3, "queue 'a' overflows to 'a', which is no other queue"),
        ('[[queue]]\nname = "a"\nstrategy = "ring-some"\n', 3, "queue.0.strategy: input should be 'longest-idle'"),
        ('[[queue]]\nname = "a"\nskills = { x = 0 }\n', 3, "queue.0.skills.x: input should be greater"),
    ],
)
def test_a_wrong_queue_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_queues(written(tmp_path, text))
    assert caught.value.line == line
    assert what in caught.value.what
