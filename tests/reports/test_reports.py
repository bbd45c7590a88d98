"""Reports: gathered from a log, written four ways, asked for by a command."""

import asyncio
import csv
import io
import itertools
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from assist.cards import CARD_EVENTS, Card, CardKind, CardSettled, CardShown, QuestionUnanswered
from assist.cli import app
from assist.desk_events import WrapUpSaved
from assist.metrics import REGISTRY, Goal, Targets
from assist.metrics.agents_time import Shift, adherence, occupancy
from assist.metrics.targets import ServiceLevel
from assist.outcomes import RuleOutcome
from assist.quality.agents import AgentQuality, Average
from assist.quality.principles import Principle
from assist.reports.command import ReportError, scope_of, write_report
from assist.reports.gather import Gathering, Report, Scope
from assist.reports.html import as_html
from assist.reports.settings import ReportSettings, read_targets
from assist.reports.tables import as_csv, as_json, interval_rows
from assist.store import Store
from ivr.agents import AgentState
from ivr.contacts import (
    CONTACT_EVENTS,
    AgentStateChanged,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    SurveyAnswered,
)
from voice.events import Envelope, Event, EventCodec
from voice.settings import read_settings

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = 1_795_388_400.0  # 2026-11-23 00:00 in Berlin
DAY = 86_400.0


def log() -> list[Envelope]:
    """Anna answers two contacts of billing on Monday at ten; a third hangs up; on Tuesday ben answers one of sales."""
    ids = itertools.count()
    found: list[Envelope] = []

    def put(at: float, event: Event, contact: str | None = None) -> None:
        found.append(Envelope(f"e{next(ids)}", at, "test", 0, event, contact))

    def contact(name: str, at: float, queue: str, agent: str, wait: float, talk: float) -> None:
        put(at, ContactOffered("w", f"+1555{name}", "100", "demo", "1"), name)
        put(at, ContactQueued(queue, 5, at), name)
        if agent:
            put(at + wait, ContactAnswered(agent, "lease", wait), name)
            put(at + wait + talk, SurveyAnswered("csat", 5), name)
        reason = "completed" if agent else "abandoned"
        put(at + wait + talk, ContactEnded(reason, "caller", wait + talk, talk), name)

    ten = MONDAY + 10 * 3600
    put(ten, AgentStateChanged("anna", AgentState.AVAILABLE, "", ten))
    contact("1", ten, "billing", "anna", 10.0, 90.0)
    contact("2", ten + 200, "billing", "anna", 30.0, 110.0)
    put(ten + 250, AgentStateChanged("anna", AgentState.TALKING, "", ten + 250))
    contact("3", ten + 1000, "billing", "", 25.0, 0.0)
    put(ten + 1030, QuestionUnanswered("anna", "do you ship to <b>mars</b>", "u1", 3.0), "3")
    put(ten + 1040, WrapUpSaved("anna", "", "billing", True, (), confirmed=True), "1")
    contact("4", ten + DAY, "sales", "ben", 5.0, 60.0)
    put(ten + DAY + 100, AgentStateChanged("anna", AgentState.OFFLINE, "", ten + DAY + 100))
    return found


def report(start: float = MONDAY, end: float = MONDAY + 7 * DAY, queue: str = "", agent: str = "") -> Report:
    gathering = Gathering(Scope(start, end, BERLIN, queue, agent))
    for envelope in log():
        gathering.take(envelope)
    return gathering.report()


def test_a_week_adds_up() -> None:
    found = report()
    assert (found.overall.offered, found.overall.answered, found.overall.abandoned) == (4, 3, 1)
    assert {name: totals.offered for name, totals in found.queues.items()} == {"billing": 3, "sales": 1}
    assert [(f"{day:%a}", queue, totals.offered) for (day, queue), totals in found.days.items()] == [
        ("Mon", "billing", 3),
        ("Tue", "sales", 1),
    ]
    assert (found.overall.declared, found.overall.declared_resolved) == (1, 1)
    assert found.gaps == (("do you ship to <b>mars</b>", 1),)


def test_a_question_asked_in_other_words_of_no_weight_is_the_same_gap() -> None:
    gathering = Gathering(Scope(MONDAY, MONDAY + DAY, BERLIN, "", ""))
    asked = ("do you ship to mars", "can you do shipping to Mars please?", "who is it", "how about that", "who is it")
    for number, text in enumerate(asked):
        gap = QuestionUnanswered("anna", text, f"u{number}", 1.0)
        gathering.take(Envelope(f"e{number}", MONDAY + number, "test", number, gap, "c1"))
    assert gathering.report().gaps == (("do you ship to mars", 2), ("who is it", 2), ("how about that", 1))


def test_a_day_a_queue_and_an_agent_are_parts_of_it() -> None:
    assert report(end=MONDAY + DAY).overall.offered == 3
    assert report(queue="sales").overall.offered == 1
    anna = report(agent="anna")
    assert (anna.overall.answered, [line.agent for line in anna.agents]) == (2, ["anna"])


def test_what_was_advised_belongs_to_the_queue_of_its_contact() -> None:
    assert report(queue="sales").gaps == ()
    assert report(queue="billing").gaps == report(queue="billing", agent="anna").gaps == report().gaps
    assert report(queue="billing", agent="ben").gaps == ()


def test_what_becomes_of_a_card_counts_where_it_was_shown() -> None:
    card = Card("c9/1", CardKind.NEXT_STEP, "Look at the bill", "", (), "bill", "1", "final")
    told: list[Event] = [
        ContactOffered("w", "+15559", "100", "demo", "1"), ContactQueued("billing", 5, MONDAY),
        ContactAnswered("anna", "lease", 5.0), CardShown("anna", card, 1.0), ContactQueued("sales", 5, MONDAY + 9),
        CardSettled("anna", card.id, "accepted"), CardShown("ben", replace(card, id="c9/2", rule="upgrade"), 1.0),
    ]  # fmt: skip

    def shown(queue: str, agent: str = "") -> list[tuple[str, int, int]]:
        gathering = Gathering(Scope(MONDAY, MONDAY + DAY, BERLIN, queue, agent))
        for number, event in enumerate(told):
            gathering.take(Envelope(f"e{number}", MONDAY + number, "test", 0, event, "9"))
        return [(rule.rule, rule.shown, rule.accepted) for rule in gathering.report().cards]

    assert shown("billing") == [("bill", 1, 1)]
    assert shown("sales") == [("upgrade", 1, 0)]
    assert shown("", "ben") == [("upgrade", 1, 0)]
    assert shown("support") == []


def test_an_agents_time_is_cut_to_the_scope() -> None:
    monday = report(end=MONDAY + DAY)
    (anna,) = monday.agents
    assert (anna.totals.state_available_s, anna.totals.state_talking_s) == (250.0, 14 * 3600 - 250.0)
    assert occupancy(anna.totals) == occupancy(monday.overall) == pytest.approx(100 * (14 * 3600 - 250) / (14 * 3600))
    assert occupancy(report(queue="billing").overall) is None, "a queue has no time of its own"


def test_agents_time_is_told_by_interval_and_by_day() -> None:
    whole = json.loads(as_json(report()))
    assert [(each["day"], each["agent"]) for each in whole["agent_days"]] == [
        ("2026-11-23", "anna"), ("2026-11-24", "anna"),
    ]  # fmt: skip
    first = whole["agent_intervals"][0]
    assert (first["start"], first["seconds"]) == ("2026-11-23T10:00+01:00", {"AVAILABLE": 250.0, "TALKING": 650.0})
    assert first["occupancy"] == pytest.approx(100 * 650 / 900)
    assert "Occupancy, %" in as_html(report(), "Made by a test.")


def scheduled(*shifts: Shift) -> Report:
    gathering = Gathering(Scope(MONDAY, MONDAY + 7 * DAY, BERLIN), shifts)
    for envelope in log():
        gathering.take(envelope)
    return gathering.report()


def test_adherence_counts_what_the_log_knows_and_no_more() -> None:
    # Logged from Monday at ten to Tuesday at ten and 100 s; anna works all that time, ben never logs in.
    ten = MONDAY + 10 * 3600
    kept = scheduled(Shift("anna", "work", MONDAY + 8 * 3600, ten + 3600), Shift("ben", "break", ten, ten + 1800))
    lines = {line.agent: line.totals for line in kept.agents}
    assert (lines["anna"].scheduled_s, lines["anna"].adhered_s) == (3600, 3600)
    assert (lines["ben"].scheduled_s, lines["ben"].adhered_s) == (1800, 0)
    assert adherence(kept.overall) == pytest.approx(100 * 3600 / 5400)
    later = scheduled(Shift("anna", "work", ten + DAY, ten + 2 * DAY))
    assert later.overall.scheduled_s == 100.0, "what is still to come is not missed yet"
    with_column, without = (as_html(each, "Made by a test.") for each in (kept, report()))
    assert ('<th scope="col">Schedule adherence</th>' in with_column, "0.0 %" in with_column) == (True, True)
    assert '<th scope="col">Schedule adherence</th>' not in without


def test_rows_have_local_starts_and_every_metric() -> None:
    first = interval_rows(report())[0]
    assert (first["start"], first["queue"], first["offered"]) == ("2026-11-23T10:00+01:00", "billing", 2)
    assert (first["service_level"], first["service_level_3"], first["nps"]) == (50.0, 50.0, None)
    assert set(REGISTRY.all) < set(first)


def test_csv_reads_back_and_of_nothing_has_its_header() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(report()))))
    assert [row["queue"] for row in rows] == ["billing", "billing", "sales"]
    assert rows[0]["nps"] == ""
    assert as_csv(report(start=0.0, end=1.0)).startswith("start,queue,")


def test_json_says_what_the_numbers_mean() -> None:
    whole = json.loads(as_json(report()))
    assert whole["overall"]["metrics"]["csat"] == 100.0
    assert "abandoned" in whole["definitions"]["service_level_3"]["definition"]
    assert whole["knowledge_gaps"] == [{"question": "do you ship to <b>mars</b>", "asked": 1}]


def test_parquet_reads_back(tmp_path: Path) -> None:
    write_report(report(), "parquet", tmp_path / "r.parquet")
    table = parquet.read_table(tmp_path / "r.parquet").to_pylist()
    assert [row["queue"] for row in table] == ["billing", "billing", "sales"]
    assert table[0]["nps"] is None


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_else_and_takes_no_words_for_markup() -> None:
    text = as_html(report(), "Made by a test.")
    page = _Page()
    page.feed(text)
    assert "script" not in page.tags
    assert page.outside == []
    assert page.tags.count("svg") == 6
    assert "do you ship to &lt;b&gt;mars&lt;/b&gt;" in text
    assert all(metric.title in text for metric in REGISTRY.all.values())


def test_every_queue_names_what_it_is_measured_by() -> None:
    targets = Targets(queues={"billing": Goal(30.0, 90.0, ServiceLevel.ANSWERED_ONLY)})
    gathering = Gathering(Scope(MONDAY, MONDAY + 7 * DAY, BERLIN, targets=targets))
    for envelope in log():
        gathering.take(envelope)
    found = gathering.report()
    text = as_html(found, "Made by a test.")
    assert '100.0 %<br><span class="goal">90 % in 30 s, variant 2</span>' in text  # both answered within 30 s
    assert '100.0 %<br><span class="goal">80 % in 20 s, variant 3</span>' in text
    whole = json.loads(as_json(found))
    billing, overall = whole["queues"]["billing"], whole["overall"]
    assert (billing["variant"], billing["metrics"]["service_level"]) == (2, 100.0)
    assert (overall["variant"], overall["metrics"]["service_level"]) == (3, overall["metrics"]["service_level_3"])
    assert [row["service_level"] for row in csv.DictReader(io.StringIO(as_csv(found)))] == ["100.0", "", "100.0"]


def test_what_is_measured_by_is_read_from_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    file.write_text(
        "[report]\nanswer_s = 15\nvariant = 4\n[supervision]\ntarget = 70\n"
        '[[queue]]\nname = "billing"\ntarget = 90\n[[queue]]\nname = "vip"\nanswer_s = 5\nvariant = 1\n'
    )
    targets = read_targets(read_settings(file, {}))
    assert targets.of("any") == Goal(15.0, 70.0, ServiceLevel.EARLY_ABANDONS_SERVED)
    assert targets.of("billing") == Goal(15.0, 90.0, ServiceLevel.EARLY_ABANDONS_SERVED)
    assert targets.of("vip") == Goal(5.0, 70.0, ServiceLevel.ALL_OFFERED)


def test_scorecards_cards_and_gaps_are_drawn() -> None:
    nothing = Average(None, 0)
    averages = dict.fromkeys(Principle, nothing)
    judged = [
        AgentQuality(agent, count, value, averages | {Principle.EMPATHY: Average(value, count)}, (), None)
        for agent, value, count in (("anna", 80.0, 3), ("ben", 40.0, 1))
    ]
    shown = RuleOutcome("late_parcel", CardKind.NEXT_STEP, shown=4, accepted=2, dismissed=1)
    text = as_html(replace(report(), quality=tuple(judged), cards=(shown,)), "Made by a test.")
    assert "<title>Empathy: mean score, 0 to 100 70</title>" in text  # (3 × 80 + 40) ÷ 4
    assert "<title>late_parcel: accepted 2</title>" in text
    assert "<title>late_parcel: nothing came of it 1</title>" in text
    assert "<title>do you ship to &lt;b&gt;mars&lt;/b&gt;: times asked 1</title>" in text


def test_a_report_of_nothing_says_so() -> None:
    text = as_html(report(start=0.0, end=DAY), "Made by a test.")
    assert "No contacts in this time." in text
    assert "Nobody was at work." in text


def test_dates_are_local_and_the_last_one_is_included() -> None:
    zone = ZoneInfo("Europe/Berlin")
    scope = scope_of("2026-11-23", "2026-11-23", "", "", zone, Targets(), now=0.0)
    assert (scope.start, scope.end) == (MONDAY, MONDAY + DAY)
    half = scope_of("2026-11-23T10:30", "2026-11-23T11:00+00:00", "", "", zone, Targets(), now=0.0)
    assert (half.start, half.end) == (MONDAY + 10.5 * 3600, MONDAY + 12 * 3600)
    week = scope_of("", "", "", "", zone, Targets(), now=MONDAY + 3600)
    assert (week.start, week.end) == (MONDAY - 6 * DAY, MONDAY + DAY)


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [("tomorrow", "", "'tomorrow' is no date"), ("2026-11-24", "2026-11-22", "must lie after")],
)
def test_bad_dates_are_said(begin: str, end: str, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        scope_of(begin, end, "", "", ZoneInfo("UTC"), Targets(), now=0.0)


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'Mars/Olympus' is no time zone"):
        ReportSettings(zone="Mars/Olympus")


async def _fill(database: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{database}")
    codec = EventCodec((*CONTACT_EVENTS, *CARD_EVENTS, WrapUpSaved))
    await store.append(*map(codec.encode, log()))
    await store.close()


def test_the_command_reads_a_store(tmp_path: Path) -> None:
    asyncio.run(_fill(tmp_path / "callfloor.db"))
    out = tmp_path / "week.html"
    asked = ["report", "--state-dir", str(tmp_path), "--from", "2026-11-22", "--to", "2026-11-30", "--out", str(out)]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert (done.exit_code, "4 contacts queued" in done.output) == (0, True)
    assert "billing" in out.read_text("utf-8")
    plan = tmp_path / "plan.csv"
    plan.write_text("agent,start,end,state\nanna,2026-11-23T09:00,2026-11-23T12:00+00:00,work\n")
    planned = ["--schedule", str(plan), "--format", "json", "--out", str(tmp_path / "planned.json")]
    CliRunner().invoke(app, [*asked[:-2], *planned], catch_exceptions=False)
    (anna, _) = json.loads((tmp_path / "planned.json").read_text("utf-8"))["agents"]
    assert (anna["totals"]["scheduled_s"], anna["metrics"]["adherence"]) == (3 * 3600, 100.0)
    declared = ["--format", "json", "--out", str(tmp_path / "week.json")]
    CliRunner().invoke(app, [*asked[:-2], *declared], catch_exceptions=False)
    week = json.loads((tmp_path / "week.json").read_text("utf-8"))
    assert week["overall"]["metrics"]["fcr_declared"] == 100.0


def test_an_installation_without_a_store_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    asked = ["report", "--state-dir", str(tmp_path), "--out", str(tmp_path / "r.html")]
    with pytest.raises(ReportError, match="there is no store here"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_the_log_is_read_in_batches_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assist.store.store.LOG_BATCH", 3)

    async def read() -> list[str]:
        await _fill(tmp_path / "callfloor.db")
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'callfloor.db'}")
        types = (ContactOffered.type, ContactEnded.type)
        found = [wire["contact_id"] + wire["type"][8] async for wire in store.log(types, MONDAY, MONDAY + DAY)]
        await store.close()
        return found

    assert asyncio.run(read()) == ["1o", "1e", "2o", "2e", "3o", "3e"]
