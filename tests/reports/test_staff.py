"""``callfloor staff``."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.staffing import Question, StaffingError, answer
from ivr.settings import QueueSettings

ASKED = Question(100, 170, 10, 120, 20, 0.8, 20, 1)


def test_formula_and_simulation_stand_side_by_side() -> None:
    fewest, lines = answer(ASKED, QueueSettings(name="any"))
    assert fewest == 7
    assert [line.agents for line in lines] == [5, 6, 7, 8, 9]
    levels = [line.simulated["service_level"] or 0.0 for line in lines]
    assert levels == sorted(levels)
    assert levels[2] == pytest.approx(100 * lines[2].formula.service_level, abs=6)


def test_what_cannot_be_staffed_is_said() -> None:
    with pytest.raises(StaffingError, match="between 0 and 1"):
        answer(Question(100, 170, 10, math.inf, 20, 1.5, 1, 1), QueueSettings(name="any"))


def test_the_command_prints_one_line_of_json() -> None:
    done = CliRunner().invoke(
        app, ["staff", "--calls", "20", "--aht", "60", "--hours", "1", "--json"], catch_exceptions=False
    )
    found = json.loads(done.stdout)
    assert found["agents"] == 2
    assert len(found["lines"]) == 4


def test_a_queue_the_settings_lack_is_named(tmp_path: Path) -> None:
    settings = tmp_path / "c.toml"
    settings.write_text('[[queue]]\nname = "billing"\n')
    asked = ["staff", "--calls", "20", "--aht", "60", "--queue", "sales", "--settings", str(settings)]
    with pytest.raises(StaffingError, match=r"no \[\[queue\]\] named 'sales' \(there are: billing\)"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
