"""``callfloor staff``."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.staffing import Question, StaffingError, answer
from assist.staffing_day import Hour, answer_day, hours_of
from assist.weekday import Weekday
from ivr.settings import QueueSettings
from tests.reports.test_reports import DAY, MONDAY, report

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


def test_the_load_of_a_weekday_is_read_hour_by_hour() -> None:
    fortnight = report(start=MONDAY - 7 * DAY, end=MONDAY + 7 * DAY)  # two Mondays, calls on one of them
    (ten,) = hours_of(fortnight, Weekday.MONDAY)
    assert (ten.hour, ten.calls, ten.aht_s, ten.wrap_up_s) == (10, 1.5, 100.0, 0.0)  # 90 and 110 s; one gave up
    (tuesday,) = hours_of(fortnight, Weekday.TUESDAY)
    assert (tuesday.calls, tuesday.aht_s) == (0.5, 60.0)
    with pytest.raises(StaffingError, match="no contact that was handled on a Sunday"):
        hours_of(fortnight, Weekday.SUNDAY)


def test_each_hour_gets_the_agents_it_takes() -> None:
    hours = [Hour(9, 100.0, 170.0, 10.0), Hour(10, 5.0, 170.0, 10.0)]
    (busy, quiet) = answer_day(hours, ASKED, QueueSettings(name="any"))
    assert (busy[1].agents, quiet[1].agents) == (7, 1)
    assert busy[1].formula.service_level >= 0.8
    assert busy[1].simulated["service_level"] == pytest.approx(100 * busy[1].formula.service_level, abs=6)


@pytest.mark.parametrize("asked", [[], ["--calls", "20"], ["--calls", "20", "--aht", "60", "--weekday", "monday"]])
def test_either_the_load_is_named_or_the_day(asked: list[str]) -> None:
    with pytest.raises(StaffingError, match="either --calls and --aht, or --weekday"):
        CliRunner().invoke(app, ["staff", *asked], catch_exceptions=False)


def test_the_goal_is_the_queues_own(tmp_path: Path) -> None:
    settings = tmp_path / "c.toml"
    settings.write_text('[[queue]]\nname = "vip"\nanswer_s = 5\ntarget = 99\n')
    asked = ["staff", "--calls", "100", "--aht", "170", "--hours", "1", "--json", "--settings", str(settings)]
    plain, strict = (
        json.loads(CliRunner().invoke(app, [*asked, *more], catch_exceptions=False).stdout)["agents"]
        for more in ([], ["--queue", "vip"])
    )
    assert (plain, strict > plain) == (7, True)
