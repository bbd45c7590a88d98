"""The supervisor's board in Debian's chromium, over the real web side and a fake floor that obeys her."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Desktop, Floors, FloorServer
from tests.fakes import board_script
from tests.fakes import contact_script as script

pytestmark = pytest.mark.browser


class Board(Desktop):
    """Sara's board."""

    def enter(self, floor: FloorServer) -> Page:
        """Through its login."""
        self.log_in(f"{floor.url}/board.html", "sara")
        return self.page

    def contact(self, who: str) -> Locator:
        return self.page.locator("#contacts .row", has_text=who)

    def agent(self, who: str) -> Locator:
        return self.page.locator("#agents .row", has_text=who)


@pytest.fixture
def board(browser: Browser, floors: Floors) -> Iterator[Board]:
    """The page goes before its floor does: a request still under way would complain of the floor's end."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    board = Board(context)
    yield board
    context.close()
    assert board.problems == []


def test_the_floor_at_a_glance(board: Board, floors: Floors) -> None:
    page = board.enter(floors.start("four cards"))
    expect(page.locator("#contacts .row")).to_have_count(8)
    expect(page.locator("#contacts .row .who b").nth(0)).to_have_text("Dev Patel")
    expect(page.locator("#contacts .row .who b").nth(1)).to_have_text("Anna Kovacs")
    expect(board.contact("Dev Patel")).to_contain_text("hand raised")
    expect(board.contact("Elin Berg")).to_contain_text("talk-over")
    expect(board.contact("Hugo Blanc")).to_contain_text("On hold")
    expect(board.contact("202 555 0100").locator(".phase")).to_have_text("Waiting")
    expect(page.locator("#agents .row b").first).to_have_text("Ines Costa")
    expect(page.locator("#agents .count")).to_have_text("3 free")
    billing = page.locator("#queues li", has_text="billing")
    expect(billing.locator(".number")).to_have_text("2")
    expect(billing.locator(".level")).to_contain_text("66.7 %")
    expect(billing.locator(".level")).to_contain_text("below target")
    expect(billing).to_contain_text("target 80 % in 20 s (variant 3)")
    expect(page.locator("#alarms li").first).to_contain_text("asks for a supervisor")
    expect(page.locator("#supervising")).to_contain_text("Your microphone reaches nobody")
    expect(page.locator("#alerts")).to_contain_text("Dev Patel asks for help: may I refund 200?")


def test_the_agents_page_leads_her_here(board: Board, floors: Floors) -> None:
    floor = floors.start()
    board.log_in(floor.url, "sara")
    expect(board.page).to_have_url(f"{floor.url}/board.html")
    expect(board.page.locator("#contacts .row")).to_have_count(8)


def test_she_listens_whispers_and_leaves_and_it_is_said_in_words(board: Board, floors: Floors) -> None:
    page = board.enter(floors.start("four cards"))
    row, strip = board.contact("Anna Kovacs"), page.locator("#supervising")
    expect(row.get_by_role("button", name="Whisper: listen first")).to_be_disabled()
    row.get_by_role("button", name="Listen", exact=True).click()
    expect(strip).to_contain_text("Listening to Anna Kovacs. Your microphone is closed: nobody hears you.")
    expect(row.get_by_role("button", name="Listen", exact=True)).to_have_attribute("aria-pressed", "true")
    row.get_by_role("button", name="Whisper").click()
    expect(strip).to_contain_text("Anna Kovacs hears you; the caller does not")
    page.keyboard.press("b")
    expect(strip).to_contain_text("Caller and agent both hear you")
    page.keyboard.press("l")
    expect(strip).to_contain_text("nobody hears you")
    page.keyboard.press("Shift+T")
    expect(page.get_by_role("dialog")).to_contain_text("Take the caller over from Anna Kovacs?")
    page.get_by_role("button", name="Cancel").click()
    expect(strip).to_contain_text("nobody hears you")
    page.keyboard.press("x")
    expect(strip).to_contain_text("You supervise no contact")


def test_she_reads_along_and_coaches(board: Board, floors: Floors) -> None:
    floor = floors.start("worst")
    page = board.enter(floor)
    board.contact("Anna Kovacs").locator(".who").click()
    reading = page.locator("#reading")
    expect(reading.locator(".line")).to_have_count(5)
    expect(reading.locator(".name")).to_have_text("Maria")
    expect(reading.locator(".line.agent .speaker").first).to_have_text("Anna Kovacs")
    floor.tell("until four cards")
    expect(reading.locator(".focus h3")).to_have_text(script.NO_CARD_NUMBERS.title)
    for name in ("Accept", "Got it", "Dismiss"):
        expect(reading.get_by_role("button", name=name)).to_have_count(0)
    page.keyboard.press("c")
    page.keyboard.type("offer her a call back")
    page.keyboard.press("Enter")
    expect(reading.get_by_role("status").last).to_have_text("Sent: offer her a call back")
    expect(page.locator("#coach-text")).to_have_value("")
    floor.tell("read 12")
    expect(reading.get_by_role("status").last).to_have_text("Read after 12 s (accepted)")
    reading.get_by_role("button", name="Speak a little slower").click()
    expect(reading.get_by_role("status").last).to_have_text("Sent: tip slow")
    floor.tell("hand may I")
    expect(reading).to_contain_text("The agent asks for help: may I")
    reading.get_by_role("button", name="I am on it").click()
    expect(reading.locator(".asks")).to_be_hidden()
    floor.tell(f"over {script.CONTACT}")
    expect(board.contact("Anna Kovacs")).to_have_count(0)
    expect(reading.get_by_role("link", name="Review it")).to_have_attribute(
        "href", f"/reviews.html#contact/{script.CONTACT}"
    )
    reading.get_by_role("button", name="Close").click()
    expect(reading).to_be_hidden()


def test_an_alert_leads_to_its_words_and_is_seen(board: Board, floors: Floors) -> None:
    page = board.enter(floors.start("four cards"))
    alarm = page.locator("#alarms li").first
    alarm.get_by_role("button", name="Show").click()
    expect(page.locator("#reading .pointed")).to_contain_text("this is unacceptable")
    page.keyboard.press("e")
    seen = page.locator("#alarms li", has_text="asks for a supervisor")
    expect(seen).to_contain_text("seen by sara")
    expect(page.locator("#alarms .count")).to_have_text("2 not seen")


def test_an_alert_without_words_leads_to_its_moment(board: Board, floors: Floors) -> None:
    floor = floors.start("four cards")
    page = board.enter(floor)
    floor.tell("alert 30 nobody speaks for 15 s")
    page.locator("#alarms li", has_text="nobody speaks").get_by_role("button", name="Show").click()
    expect(page.locator("#reading .pointed")).to_have_count(1)
    lines = page.locator("#reading .line")
    begun = lines.evaluate_all("lines => lines.map((line) => line.querySelector('time').textContent)")
    pointed = lines.evaluate_all("lines => lines.findIndex((line) => line.matches('.pointed'))")
    assert pointed == max(place for place, moment in enumerate(begun) if moment <= "0:30")
    assert 0 < pointed < len(begun) - 1


def test_a_waiting_contact_is_dragged_to_an_agent(board: Board, floors: Floors) -> None:
    page = board.enter(floors.start("four cards"))
    board.contact("202 555 0100").drag_to(board.agent("Ben Okafor"))
    expect(board.contact("Ben Okafor").locator(".phase")).to_have_text("Ringing")
    page.locator("#contacts .row", has_text="202 555 0102").focus()
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Who is to have +1 202 555 0102?")
    expect(dialog.get_by_role("button", name="Ines Costa")).to_be_focused()
    page.keyboard.press("Enter")
    expect(board.contact("Ines Costa").locator(".phase")).to_have_text("Ringing")


def test_states_are_forced_and_the_banner_is_switched(board: Board, floors: Floors) -> None:
    floor = floors.start("four cards")
    page = board.enter(floor)
    page.get_by_role("button", name="Set the state of Jon Moe").click()
    page.get_by_role("dialog").get_by_role("button", name="Ready", exact=True).click()
    expect(board.agent("Jon Moe").locator(".state")).to_have_text("Ready")
    page.get_by_role("button", name="No outage banner").click()
    page.get_by_role("dialog").get_by_role("button", name="storm").click()
    expect(page.get_by_role("button", name="Callers hear: storm")).to_be_visible()
    floor.tell("refuse the banner cannot be kept")
    page.get_by_role("button", name="Callers hear: storm").click()
    page.get_by_role("dialog").get_by_role("button", name="None").click()
    expect(page.locator("#supervising .notice")).to_contain_text("not done. the banner cannot be kept")


def test_rows_stay_where_they_are_while_she_is_among_them(board: Board, floors: Floors) -> None:
    floor = floors.start("four cards")
    page = board.enter(floor)
    first = page.locator("#contacts .row .who b").first
    expect(first).to_have_text("Dev Patel")
    board.contact("Liam Byrne").hover()
    page.evaluate("""window.kept = document.querySelector('#contacts [data-id="c-44"]')""")
    floor.tell("hand why")
    expect(page.locator("#contacts .count")).to_contain_text("order held")
    expect(board.contact("Anna Kovacs")).to_contain_text("hand raised")
    expect(first).to_have_text("Dev Patel")
    assert page.evaluate("""window.kept === document.querySelector('#contacts [data-id="c-44"]')""")


def test_the_wallboard_answers_four_questions(board: Board, floors: Floors) -> None:
    page = board.enter(floors.start("four cards"))
    page.keyboard.press("v")
    wall = page.locator("#wall")
    expect(wall.locator(".longest")).to_contain_text("2 waiting")
    expect(wall.locator(".level")).to_contain_text("66.7 %")
    expect(wall.locator(".level")).to_contain_text("below 80 % in 20 s, variant 3")
    expect(wall.locator(".help")).to_contain_text("Dev Patel")
    expect(wall.locator(".free .number")).to_have_text("3")
    expect(page.locator("#contacts")).to_be_hidden()
    page.get_by_role("button", name="Back to the board").click()
    expect(page.locator("#contacts")).to_be_visible()


def test_the_wallboard_is_read_from_five_metres(board: Board, floors: Floors) -> None:
    board.page.set_viewport_size({"width": 1920, "height": 1080})
    page = board.enter(floors.start("four cards"))
    page.keyboard.press("v")
    rows = page.locator("#wall .answer p:not(.first, .names) > :is(b, span:not(.goal))")
    expect(rows.first).to_be_visible()
    smallest = rows.evaluate_all("rows => Math.min(...rows.map(row => parseFloat(getComputedStyle(row).fontSize)))")
    assert smallest >= 55  # see board.css
    beyond = "places => Math.max(...places.map(place => place.scrollHeight - place.clientHeight))"
    assert page.locator("#wall .answer").evaluate_all(beyond) <= 0
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080


def test_what_changes_all_the_time_is_not_read_aloud(board: Board, floors: Floors) -> None:
    floor = floors.start("worst")
    page = board.enter(floor)
    expect(page.locator("#alerts")).not_to_be_empty()
    board.contact("Anna Kovacs").locator(".who").click()
    expect(page.locator("#reading .line")).to_have_count(5)
    page.evaluate(
        """() => {
            window.spoken = [];
            const live = '[aria-live]:not([aria-live=off]), [role=status], [role=alert]';
            const heard = new MutationObserver((all) => spoken.push(...all.map((one) => one.target.textContent)));
            const wanted = { childList: true, characterData: true, subtree: true };
            for (const place of document.querySelectorAll(live)) heard.observe(place, wanted);
        }"""
    )
    floor.tell("until four cards")
    expect(page.locator("#reading .focus h3")).to_have_text(script.NO_CARD_NUMBERS.title)
    floor.tell("hand why")
    expect(board.contact("Anna Kovacs")).to_contain_text("hand raised")
    page.wait_for_function("window.spoken.length > 0")
    assert page.evaluate("window.spoken") == ["Anna Kovacs asks for help: why"]


def test_a_floor_that_is_gone_is_said_and_comes_back(board: Board, floors: Floors) -> None:
    floor = floors.start("four cards")
    page = board.enter(floor)
    expect(page.locator(".connection")).to_have_text("Live")
    floor.kill()
    expect(page.locator(".connection")).to_have_text("Reconnecting")
    expect(page.locator("#supervising")).to_contain_text("What you see is from")
    expect(board.contact("Anna Kovacs").get_by_role("button", name="Listen", exact=True)).to_be_disabled()
    floors.start("four cards", floor.port)
    expect(page.locator(".connection")).to_have_text("Live")
    expect(board.contact("Anna Kovacs").get_by_role("button", name="Listen", exact=True)).to_be_enabled()


def test_an_agent_is_told_whose_board_it_is(browser: Browser, floors: Floors) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{floors.start().url}/board.html")
    page.get_by_label("User").fill(script.AGENT)
    page.get_by_label("Secret").fill(script.SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The board is for supervisors.")
    expect(page.locator("#desk")).to_be_hidden()
    context.close()


def test_by_keyboard_alone(board: Board, floors: Floors) -> None:
    page = board.enter(floors.start("four cards"))
    page.keyboard.press("1")
    expect(page.locator("#contacts .row").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(board.contact("Anna Kovacs")).to_be_focused()
    page.keyboard.press("l")
    expect(page.locator("#supervising")).to_contain_text("Listening to Anna Kovacs")
    page.keyboard.press("Enter")
    expect(page.locator("#reading .name")).to_have_text("Maria")
    page.keyboard.press("3")
    expect(page.locator("#alarms button").first).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (1920, 1080)])
def test_nothing_scrolls_sideways(board: Board, floors: Floors, width: int, height: int) -> None:
    board.page.set_viewport_size({"width": width, "height": height})
    page = board.enter(floors.start("four cards"))
    expect(page.locator("#contacts .row").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width >= 1280:
        assert page.evaluate("document.documentElement.scrollHeight") <= height


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_technology(board: Board, floors: Floors, scheme: str) -> None:
    """axe-core, WCAG 2.2 A and AA and its best practices, on everything a supervisor comes to see."""
    board.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = board.enter(floors.start("four cards"))
    found = {"board": board.barriers()}
    board.contact("Anna Kovacs").get_by_role("button", name="Listen", exact=True).click()
    page.keyboard.press("b")
    expect(page.locator("#supervising")).to_contain_text("both hear you")
    board.contact("Anna Kovacs").locator(".who").click()
    expect(page.locator("#reading .line")).to_have_count(6)
    found["in a call"] = board.barriers()
    page.keyboard.press("Shift+T")
    found["asked"] = board.barriers()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#wall .free .number")).to_have_text("3")
    found["wall"] = board.barriers()
    assert found == {"board": [], "in a call": [], "asked": [], "wall": []}


def test_the_script_has_an_agent_for_every_state() -> None:
    assert len(board_script.STAFF) == len(board_script.STATES)
