"""The agent's page in Debian's chromium, over the real web side and the fake floor's scripted contact."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.assist_web.goldens import CASES, FOLDER
from tests.browser.conftest import Desktop, Floors
from tests.fakes import contact_script as script

pytestmark = pytest.mark.browser


def focus_title(page: Page, title: str) -> None:
    expect(page.locator("#cards .focus h3")).to_have_text(title)


def test_the_page_folds_the_golden_desks_as_python_does(desktop: Desktop, floors: Floors) -> None:
    desktop.page.goto(floors.start().url)
    for name in CASES:
        case = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        fold = """async (golden) => {
            const { apply } = await import("/state.js");
            const before = JSON.stringify(golden.start);
            const desk = golden.messages.reduce(apply, golden.start);
            return { desk, untouched: before === JSON.stringify(golden.start) };
        }"""
        result = desktop.page.evaluate(fold, case)
        assert result == {"desk": case["desk"], "untouched": True}, name


def test_a_customer_is_held_and_a_colleague_asked(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    expect(page.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Resume")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".hold-timer")).to_contain_text("On hold 0:0")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".hold-timer")).to_be_hidden()
    page.keyboard.press("t")
    expect(page.get_by_role("combobox", name="Agent, queue or number")).to_be_focused()
    expect(page.get_by_role("option")).to_contain_text(["Ben Okafor", "Cora Diaz", "billing", "support"])
    page.keyboard.type("be")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_contain_text("Ready")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Give to ben")).to_be_enabled()
    expect(page.get_by_role("button", name="All three")).to_be_visible()
    expect(page.locator("#pass-to")).to_be_hidden()
    assert desktop.barriers() == []
    page.get_by_role("button", name="Let ben go").click()
    expect(page.locator("#passing")).to_be_hidden()


def test_keys_are_pressed_and_help_is_asked_for(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    page.keyboard.press("p")
    page.keyboard.type("4#")
    page.get_by_role("button", name="Star").click()
    expect(page.locator("#keypad .sent")).to_have_text("4#*")
    assert desktop.barriers() == []
    page.keyboard.press("p")
    expect(page.locator("#keypad")).to_be_hidden()
    assert floor.asked() == ["PressKeys 4", "PressKeys #", "PressKeys *"]
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Hand is up")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Help")).to_have_attribute("aria-pressed", "false")


def test_a_pause_has_its_reason_and_nobody_disturbs(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start(), desktop.page
    desktop.log_in(floor.url)
    page.get_by_label("Pause for").select_option("Meal")
    expect(page.locator(".state")).to_contain_text("Not ready")
    expect(page.locator(".state")).to_contain_text("meal")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+R")
    expect(page.locator(".state")).to_have_text("Ready")
    page.get_by_label("Pause for").select_option("Do not disturb")
    expect(page.locator(".state")).to_contain_text("do not disturb")
    floor.tell("until ringing")


def test_an_answer_goes_into_the_note_and_is_voted_for(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    page.locator("#note").fill("asked about the refund")
    floor.tell("article")
    page.locator("#cards .stack button", has_text="Refunds take").click()
    expect(page.locator(".focus .stale")).to_contain_text("Past its review date")
    page.locator("#customer").focus()
    page.keyboard.press("i")
    expect(page.locator("#note")).to_have_value("asked about the refund\nOnce released, three to five working days.")
    expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    page.get_by_role("button", name="It helped").click()
    expect(page.locator("#cards .settled")).to_contain_text("accepted")


def test_the_wrap_up_is_edited_survives_and_is_confirmed(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("ended"), desktop.page
    desktop.log_in(floor.url)
    assert desktop.barriers() == []
    expect(page.locator("#summary .count")).to_have_text("Draft from the call")
    expect(page.get_by_label("What is to be done")).to_have_value("Confirmation email to Maria")
    page.keyboard.press("w")
    page.keyboard.press("Control+A")
    page.keyboard.type("Refunded; she is content")
    page.get_by_label("Disposition").select_option("billing follow up")
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Add a task").click()
    page.keyboard.type("Call her on Friday")
    expect(page.locator(".connection")).to_have_text("Live")
    floor.kill()
    expect(page.locator("#summary .count")).to_contain_text("Kept here")
    page.keyboard.type(" at noon")
    floors.start("ended", floor.port)
    expect(page.locator(".connection")).to_have_text("Live")
    expect(page.locator("#summary .count")).to_have_text("Saved")
    page.reload()
    expect(page.locator("#wrap-text")).to_have_value("Refunded; she is content")
    expect(page.get_by_label("What is to be done").last).to_have_value("Call her on Friday at noon")
    expect(page.get_by_label("Yes")).to_be_checked()
    page.keyboard.press("Shift+W")
    expect(page.locator(".state")).to_have_text("Ready")
    expect(page.locator("#customer")).to_contain_text("Call her on Friday at noon")


def test_a_note_being_typed_is_not_lost_when_the_contact_leaves_the_desk(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("ended"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator("#summary h2")).to_be_visible()
    page.locator("#note").fill("typed in the last moment")
    floor.tell("until ready again")
    expect(page.locator("#note")).to_be_hidden()
    page.wait_for_function("localStorage.getItem('callfloor.note.c-20481') === null")
    assert floor.asked()[-1:] == ["Note typed in the last moment"]


def test_a_call_from_ringing_to_summary(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start(), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator("#strip")).to_contain_text("Waiting for the next call")
    floor.tell("until ringing")
    expect(page.locator("#customer .name")).to_have_text("Maria")
    expect(page.locator("#customer")).to_contain_text("2 open issues")
    expect(page.locator("#alerts")).to_have_text("Maria is calling for billing")
    focus_title(page, script.HISTORY.title)
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".state")).to_have_text("Talking")
    floor.tell("until four cards")
    focus_title(page, script.NO_CARD_NUMBERS.title)
    expect(page.locator("#cards .stack li")).to_have_count(3)
    floor.tell("until calmer")
    expect(page.locator("#transcript .line")).to_have_count(10)
    expect(page.locator("#transcript .line.partial")).to_have_count(0)
    expect(page.locator("#transcript .gap")).to_contain_text("Not transcribed 0:57 to 1:00")
    expect(page.locator("#transcript .withheld")).to_have_count(2)
    expect(page.locator("#transcript .unsure")).to_have_text("lopez")
    floor.tell("until ended")
    expect(page.locator("#summary .headline")).to_contain_text("Double charge of March refunded")
    floor.tell("until ready again")
    expect(page.locator("#customer .name")).to_have_text("No call")
    expect(page.locator("#summary")).to_be_hidden()


def test_a_poor_line_is_said_and_a_good_one_has_its_number(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start(), desktop.page
    desktop.log_in(floor.url)
    floor.tell("until four cards")
    for mos, words in ((4.2, "Line good"), (3.8, "Line fair"), (3.1, "Line poor")):
        floor.tell(f"line {mos}")
        expect(page.locator(".quality")).to_contain_text(f"{words}MOS {mos}")
    expect(page.locator("#strip")).to_contain_text("The line is poor (MOS 3.1 of 4.4)")


def test_lines_that_do_not_change_are_not_drawn_again(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("sentiment"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator('[data-utterance="u3"]')).to_be_visible()
    page.evaluate("""window.kept = document.querySelector('[data-utterance="u3"]')""")
    floor.tell("until worst")
    expect(page.locator('[data-utterance="u5"]')).to_be_visible()
    assert page.evaluate("""window.kept === document.querySelector('[data-utterance="u3"]')""")


def test_a_new_card_waits_and_does_not_push_the_one_being_read(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    focus_title(page, script.HISTORY.title)
    floor.tell("until sentiment")
    expect(page.locator("#cards .stack .fresh")).to_have_count(2)
    focus_title(page, script.HISTORY.title)
    floor.tell("until four cards")
    focus_title(page, script.NO_CARD_NUMBERS.title)


def test_what_was_unfolded_and_marked_stays_when_other_cards_come(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    page.get_by_text("2 more").click()
    expect(page.get_by_text("Before, 3 March: router replaced")).to_be_visible()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.focus .why'))")
    floor.tell("until worst")
    expect(page.locator("#cards .stack .fresh")).to_have_count(2)
    expect(page.get_by_text("Before, 3 March: router replaced")).to_be_visible()
    assert str(page.evaluate("getSelection().toString()")).startswith("Maria called twice")


def test_the_checklist_is_there_and_in_nobodys_way(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    focus_title(page, script.HISTORY.title)
    floor.tell("checklist")
    row = page.locator("#cards .stack button", has_text=script.CHECKLIST.title)
    expect(row).to_contain_text("1/2")
    expect(page.locator("#cards .stack .fresh")).to_have_count(0)
    expect(page.locator("#news")).not_to_contain_text(script.CHECKLIST.title)
    page.keyboard.press("d")
    expect(page.locator("#cards .focus .outcome")).to_have_text("dismissed")
    focus_title(page, script.HISTORY.title)
    row.click()
    focus_title(page, script.CHECKLIST.title)
    assert desktop.barriers() == []
    expect(page.locator(".focus .steps input").first).to_be_checked()
    page.keyboard.press("2")
    expect(page.locator(".focus .steps input").last).to_be_checked()


def test_cards_are_dealt_with_by_keyboard(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("sentiment"), desktop.page
    desktop.log_in(floor.url)
    focus_title(page, script.BILLING.title)
    page.keyboard.press("a")
    expect(page.locator(".card .kind")).to_contain_text("Following")
    page.keyboard.press("1")
    expect(page.locator(".focus .steps input").first).to_be_checked()
    page.keyboard.press("d")
    focus_title(page, script.FALLING.title)
    expect(page.locator("#cards .stack .settled")).to_contain_text("dismissed")
    page.keyboard.press("j")
    focus_title(page, script.HISTORY.title)
    page.keyboard.press("k")
    focus_title(page, script.FALLING.title)
    page.keyboard.press("n")
    page.keyboard.type("a dad jam")
    expect(page.locator("#note")).to_have_value("a dad jam")
    focus_title(page, script.FALLING.title)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys on").click()
    page.keyboard.press("d")
    expect(page.locator("#cards .stack .settled")).to_have_count(1)


def test_a_screen_reader_hears_each_card_once_criticals_at_once_and_never_the_transcript(
    desktop: Desktop, floors: Floors
) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator("#news")).to_contain_text(script.HISTORY.title)
    page.evaluate("""() => {
        window.heard = [];
        const live = document.querySelectorAll("[aria-live]:not([aria-live=off]), [role=status], [role=alert]");
        for (const region of live) {
            new MutationObserver(() => window.heard.push([region.id, region.textContent]))
                .observe(region, { childList: true, characterData: true, subtree: true });
        }
    }""")
    floor.tell("until four cards")
    focus_title(page, script.NO_CARD_NUMBERS.title)
    heard = page.evaluate("window.heard")
    told = {region: " | ".join(text for place, text in heard if place == region) for region in ("alerts", "news")}
    assert told["alerts"] == f"Attention: {script.NO_CARD_NUMBERS.title}"
    assert told["news"].count("New card: ") == 2, "next step and feeling, though both have got new titles since"
    assert not [text for _, text in heard if "charged twice" in text or "unacceptable" in text]
    expect(page.locator("#transcript")).to_contain_text("charged twice")


def test_a_key_pressed_before_the_last_one_was_answered_counts(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("sentiment"), desktop.page
    held = desktop.hold_replies()
    desktop.log_in(floor.url)
    focus_title(page, script.BILLING.title)
    page.keyboard.press("1")
    expect(page.locator(".focus .steps input").first).to_be_disabled()
    page.keyboard.press("d")
    while not held:  # the page's own clock turns Playwright's events; the deadline is the test's
        page.wait_for_timeout(10)
    held.pop()()
    focus_title(page, script.FALLING.title)
    expect(page.locator("#cards .stack .settled")).to_contain_text("dismissed")


def test_evidence_leads_to_its_words_and_live_leads_back(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("calmer"), desktop.page
    page.set_viewport_size({"width": 1280, "height": 480})
    desktop.log_in(floor.url)
    page.locator("#cards .stack button", has_text="Settled").click()
    page.locator(".focus .quote").click()
    pointed = page.locator("#transcript .pointed")
    expect(pointed.locator("mark")).to_have_text("charged twice on my last bill")
    expect(pointed).to_be_in_viewport()
    page.get_by_role("button", name="Live", exact=False).click()
    expect(page.locator('[data-utterance="u10"]')).to_be_in_viewport()


def test_a_reload_in_mid_call_shows_everything_again(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("worst"), desktop.page
    desktop.log_in(floor.url)
    page.keyboard.press("d")
    expect(page.locator("#cards .settled")).to_have_count(1)
    page.locator("#note").fill("call back on Friday")
    expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    page.reload()
    expect(page.locator("#customer .name")).to_have_text("Maria")
    expect(page.locator("#transcript .line")).to_have_count(5)
    expect(page.locator("#cards .settled")).to_have_count(1)
    expect(page.locator("#note")).to_have_value("call back on Friday")


def test_a_restart_of_the_floor_in_mid_call(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("worst"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator("#transcript .line")).to_have_count(5)
    floor.kill()
    expect(page.locator(".connection")).to_have_text("Reconnecting")
    expect(page.locator("#strip")).to_contain_text(re.compile(r"What you see is from \d\d:\d\d:\d\d"))
    expect(page.locator(".buttons button").first).to_be_disabled()
    expect(page.locator(".focus [data-key=accept]")).to_be_disabled()
    page.locator("#note").fill("typed while the floor was away")
    page.locator("#note").blur()
    again = floors.start("four cards", floor.port)
    expect(page.locator(".connection")).to_have_text("Live")
    focus_title(page, script.NO_CARD_NUMBERS.title)
    expect(page.locator("#transcript .line")).to_have_count(6)
    expect(page.locator("#note")).to_have_value("typed while the floor was away")
    expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    again.tell("until calmer")
    expect(page.locator("#transcript .line")).to_have_count(10)


def test_a_call_cut_off_is_said_plainly(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("worst"), desktop.page
    desktop.log_in(floor.url)
    floor.tell("lost")
    expect(page.locator("#strip")).to_contain_text("cut off by a fault on our side")
    expect(page.locator(".state")).to_have_text("Wrap-up")
    expect(page.locator(".buttons button")).to_have_count(0)


def test_a_refusal_is_said_with_its_reason(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("worst"), desktop.page
    desktop.log_in(floor.url)
    floor.tell("refuse the station is not connected")
    page.keyboard.press("m")
    expect(page.locator("#strip")).to_contain_text("Mute: not done. the station is not connected")


def test_the_recogniser_and_its_model_are_named(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("four cards"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator(".recogniser")).to_contain_text("demo-en-8k")
    expect(page.locator(".recogniser")).to_contain_text("demo model")
    expect(page.locator(".recogniser")).to_contain_text("3.4 % of words wrong")
    floor.tell("until recogniser down")
    expect(page.locator("#strip")).to_contain_text("The recogniser is down")


def test_a_wrong_secret_is_said_and_nothing_opens(browser: Browser, floors: Floors) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(floors.start().url)
    page.get_by_label("User").fill(script.AGENT)
    page.get_by_label("Secret").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("User or secret is wrong.")
    expect(page.locator("#desk")).to_be_hidden()
    expect(page.get_by_label("Secret")).to_be_focused()
    context.close()


def test_one_agent_does_not_see_anothers_call(desktop: Desktop, floors: Floors) -> None:
    floor = floors.start("worst")
    desktop.log_in(floor.url, user="ben")
    expect(desktop.page.locator("#customer .name")).to_have_text("No call")
    assert "Maria" not in desktop.page.content()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (320, 640), (1920, 1080)])
def test_nothing_scrolls_sideways(desktop: Desktop, floors: Floors, width: int, height: int) -> None:
    desktop.page.set_viewport_size({"width": width, "height": height})
    desktop.log_in(floors.start("four cards").url)
    focus_title(desktop.page, script.NO_CARD_NUMBERS.title)
    assert desktop.page.evaluate("document.documentElement.scrollWidth") <= width
    assert desktop.page.evaluate(SPILLS) == []
    if width >= 1280:
        assert desktop.page.evaluate("document.documentElement.scrollHeight") <= height


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("away", [False, True])
def test_text_has_contrast(browser: Browser, floors: Floors, scheme: str, away: bool) -> None:
    """WCAG 2.2 1.4.3: 4.5:1 for every visible piece of text against the nearest painted ground."""
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    desktop = Desktop(context)
    floor = floors.start("recogniser down")
    desktop.log_in(floor.url)
    focus_title(desktop.page, script.NO_CARD_NUMBERS.title)
    if away:
        floor.kill()
        expect(desktop.page.locator(".connection")).to_have_text("Reconnecting")
    assert desktop.page.evaluate(CONTRAST) == []
    assert desktop.barriers() == []
    context.close()


SPILLS = """() => [...document.querySelectorAll("section, .stack, .focus, #topbar, #strip")]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.id || e.className)"""

CONTRAST = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const channel = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility({ opacityProperty: true })) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.className} ${walk.currentNode.data}`);
  }
  return poor;
}"""
