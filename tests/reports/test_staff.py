"""``callfloor staff``."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.staffing import Question, answer, fewest, line_of
from assist.staffing_day import Hour, answer_day, hours_of, load_of
from assist.staffing_house import House, StaffingError
from assist.weekday import Weekday
from ivr.erlang import Demand
from ivr.settings import QueueSettings
from ivr.what_if import Team
from tests.reports.test_reports import DAY, MONDAY, report

ASKED = Question(100, 170, 10, 120, 20, 0.8, 20, 1)


ANY = House(QueueSettings(name="any"))


def test_formula_and_simulation_stand_side_by_side() -> None:
    found = answer(ASKED, ANY)
    assert (found.agents, found.by_formula) == (7, 7)
    assert [line.agents for line in found.lines] == [5, 6, 7, 8, 9]
    levels = [line.simulated["service_level"] or 0.0 for line in found.lines]
    assert levels == sorted(levels)
    assert levels[1] < 80.0 <= levels[2]
    assert levels[2] == pytest.approx(100 * found.line.formula.service_level, abs=6)
    assert found.line.simulated["abandoned"] == pytest.approx(100 * found.line.formula.abandoned, abs=3)


def test_rules_the_formula_does_not_know_take_more_agents() -> None:
    # While a station rings for 2 s a tenth of callers with 20 s of patience gives up; the formula answers at once.
    found = answer(Question(30, 60, 0, 20.0, 20, 0.88, 20, 1), ANY)
    assert found.agents > found.by_formula
    level = {line.agents: line.simulated["service_level"] or 0.0 for line in found.lines}
    assert level[found.agents] >= 88.0 > level[found.agents - 1]


def test_what_cannot_be_staffed_is_said() -> None:
    with pytest.raises(StaffingError, match="between 0 and 1"):
        answer(Question(100, 170, 10, math.inf, 20, 1.5, 1, 1), ANY)
    hasty = Question(5, 170, 10, 5.0, 20, 0.8, 40, 1)  # a third gives up while a free agent's station rings
    with pytest.raises(StaffingError, match="not even 12 agents answer 80%"):
        answer(hasty, ANY)


@pytest.mark.parametrize("wanted", range(1, 41))
@pytest.mark.parametrize("start", [1, 2, 7, 40])
def test_the_fewest_are_found_from_wherever_one_looks(wanted: int, start: int) -> None:
    asked = []

    def keeps(agents: int) -> bool:
        asked.append(agents)
        return agents >= wanted

    assert fewest(keeps, start, 40) == wanted
    assert len(asked) <= 14
    assert min(asked) >= 1
    assert fewest(lambda agents: agents >= 50, start, 40) is None
    assert fewest(lambda agents: True, start, 40, start) == start


BILLING = QueueSettings(name="billing", overflow_to="sales", overflow_after_s=5)
SALES = QueueSettings(name="sales")


def test_agents_a_queue_overflows_to_are_agents_of_its_own_less() -> None:
    asked = replace(ASKED, hours=5)
    alone = answer(asked, House(QueueSettings(name="billing")), around=0).agents
    idle = House(BILLING, (SALES,), {}, (Team(3, ("sales",)),))
    busy = House(BILLING, (SALES,), {"sales": Demand(150, 170, 120)}, (Team(3, ("sales",)),))
    assert answer(asked, idle, around=0).agents < answer(asked, busy, around=0).agents <= alone


def test_the_load_of_the_asked_queue_is_counted_and_no_other() -> None:
    busy = House(BILLING, (SALES,), {"sales": Demand(500, 170, 30)}, (Team(1, ("sales",)),))
    line = line_of(replace(ASKED, hours=5), busy, 7)
    assert line.contacts == pytest.approx(ASKED.calls * 5, rel=0.1)


def test_the_command_prints_one_line_of_json() -> None:
    done = CliRunner().invoke(
        app, ["staff", "--calls", "20", "--aht", "60", "--hours", "1", "--json"], catch_exceptions=False
    )
    found = json.loads(done.stdout)
    assert (found["agents"], found["by_formula"]) == (2, 2)
    assert len(found["lines"]) == 4


def house_of(tmp_path: Path, agents: str) -> list[str]:
    settings = tmp_path / "c.toml"
    settings.write_text(
        '[[queue]]\nname = "billing"\noverflow_to = "sales"\noverflow_after_s = 5\n[[queue]]\nname = "sales"\n'
        + "".join(
            f'[[agent]]\nuser = "{user}"\nname = "{user}"\nsecret = "long enough"\nqueues = [{queues}]\n'
            for user, queues in (each.split(":") for each in agents.split())
        )
    )
    asked = ["staff", "--calls", "60", "--aht", "170", "--hours", "5", "--json"]
    return [*asked, "--queue", "billing", "--settings", str(settings)]


def test_the_command_knows_who_serves_the_queue_overflow_leads_to(tmp_path: Path) -> None:
    asked = house_of(tmp_path, 'anna:"billing" ben:"sales" cleo:"sales" dan:"billing","sales"')
    agents = [
        json.loads(CliRunner().invoke(app, [*asked, "--beside", f"sales={calls}"], catch_exceptions=False).stdout)[
            "agents"
        ]
        for calls in (0, 200)
    ]
    assert agents[0] < agents[1], (
        "with nothing of their own to do two of sales help, with 200 calls an hour they cannot"
    )


@pytest.mark.parametrize(
    ("agents", "beside", "said"),
    [
        ('ben:"sales"', [], "overflows to 'sales', whose agents have their own callers: how many an hour"),
        ('dan:"billing","sales"', ["sales=1"], r"no \[\[agent\]\] serves who does not serve 'billing' too"),
        ('ben:"sales"', ["support=1"], r"billing does not overflow to it \(to: sales\)"),
        ('ben:"sales"', ["sales=many"], "write QUEUE=CALLS"),
        ('ben:"sales"', ["sales=-1"], "from 0 on"),
    ],
)
def test_what_overflow_needs_to_be_told_is_said(tmp_path: Path, agents: str, beside: list[str], said: str) -> None:
    given = [word for each in beside for word in ("--beside", each)]
    with pytest.raises(StaffingError, match=said):
        CliRunner().invoke(app, [*house_of(tmp_path, agents), *given], catch_exceptions=False)


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
    assert hours_of(fortnight, Weekday.MONDAY, "billing") == (ten,)
    assert load_of(fortnight, Weekday.MONDAY, "sales") == ()
    (tuesday,) = hours_of(fortnight, Weekday.TUESDAY)
    assert (tuesday.calls, tuesday.aht_s) == (0.5, 60.0)
    with pytest.raises(StaffingError, match="no contact that was handled on a Sunday"):
        hours_of(fortnight, Weekday.SUNDAY)


def test_each_hour_gets_the_agents_it_takes() -> None:
    hours = [Hour(9, 100.0, 170.0, 10.0), Hour(10, 5.0, 170.0, 10.0)]
    (busy, quiet) = answer_day(hours, ASKED, ANY, {})
    assert (busy[1].agents, busy[1].by_formula, quiet[1].by_formula) == (7, 7, 1)
    assert quiet[1].agents == 2, "one in twenty hours of 5 calls is not enough with these rules"
    assert (busy[1].line.simulated["service_level"] or 0.0) >= 80.0
    asked = replace(ASKED, hours=5)
    (helped,) = answer_day(hours[:1], asked, House(BILLING, (SALES,), {}, (Team(3, ("sales",)),)), {})
    own = {"sales": [Hour(9, 150.0, 170.0, 10.0), Hour(10, 1.0, 170.0, 10.0)]}
    (hindered,) = answer_day(hours[:1], asked, House(BILLING, (SALES,), {}, (Team(3, ("sales",)),)), own)
    assert helped[1].agents < hindered[1].agents, "whom sales has calls for at nine cannot help at nine"


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
