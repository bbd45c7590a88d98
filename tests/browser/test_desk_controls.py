"""What the agent's page says of the call itself, and how it looks, in Debian's chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desktop, Floors
from tests.fakes import contact_script as script

pytestmark = pytest.mark.browser


def colour(page: Page, selector: str) -> str:
    return str(page.locator(selector).evaluate("(e) => getComputedStyle(e).color"))


def test_a_headset_that_mutes_is_named_and_the_page_cannot_open_it(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    mute = page.locator("#controls [data-key=mute]")
    expect(mute).to_have_text("MuteM")
    floor.tell("muted boom arm")
    expect(mute).to_have_text("Muted by boom arm")
    expect(mute).to_be_disabled()
    expect(mute).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    assert desktop.barriers() == []
    floor.tell("muted")
    expect(mute).to_have_text("UnmuteM")
    page.keyboard.press("m")
    expect(mute).to_have_text("MuteM")
    assert floor.asked() == ["Mute"], "once: the boom arm is not for the page to lift"


def test_a_whole_call_without_a_mouse(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("ringing"), desktop.page
    desktop.log_in(floor.url)
    state, call = page.locator("#topbar .state"), page.locator("#controls .buttons")
    expect(call.locator("[data-key=answer]")).to_be_enabled()
    page.keyboard.press("Shift+A")
    expect(state).to_have_text("Talking")
    expect(call.locator("[data-key=hold]")).to_be_enabled()
    page.keyboard.press("n")
    page.keyboard.type("had a shock")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()
    page.keyboard.press("Shift+H")
    expect(state).to_have_text("Wrap-up")
    for ready in ("Ready", "Not ready"):
        expect(page.locator("[data-key=toggle]")).to_be_enabled()
        page.keyboard.press("Shift+R")
        expect(state).to_contain_text(ready)
    asked = [each.strip() for each in floor.asked()]
    assert [each for each in asked if not each.startswith("Note")] == [
        "Answer",
        "Hold",
        "HangUp",
        "SetState",
        "SetState",
    ]
    assert "Note had a shock" in asked


def test_a_hold_is_amber_from_its_limit_on(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    timer = page.locator(".hold-timer")
    floor.tell("held 10")
    expect(timer).to_contain_text("On hold 0:1")
    expect(timer).to_have_attribute("data-over", "false")
    calm = colour(page, ".hold-timer")
    floor.tell("held 63")
    expect(timer).to_contain_text("Held 1:0")
    expect(timer).to_contain_text("check in")
    assert colour(page, ".hold-timer") != calm
    assert page.locator("#controls").evaluate("(e) => e.scrollWidth - e.clientWidth") == 0
    assert desktop.barriers() == []


def test_what_takes_a_while_is_said_to_be_under_way(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    held = desktop.hold_replies()
    desktop.log_in(floor.url)
    page.keyboard.press("h")
    expect(page.locator("#strip")).to_contain_text("Hold: the floor is at it")
    expect(page.locator("#controls [data-key=hold]")).to_be_disabled()
    held.pop()()
    expect(page.locator("#strip")).to_contain_text("In call with Maria")
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()


def test_how_far_the_recogniser_is_behind_is_said(desktop: Desktop, floors: Floors) -> None:
    floor = floors.start("worst")
    desktop.log_in(floor.url)
    floor.tell("behind 7.6")
    expect(desktop.page.locator("#strip")).to_contain_text("The recogniser is 8 s behind.")
    expect(desktop.page.locator(".recogniser")).to_have_attribute("data-state", "behind")


def test_the_top_bar_says_who_waits_in_her_queues(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start(), desktop.page
    desktop.log_in(floor.url)
    waiting = page.locator("#topbar .waiting")
    expect(waiting).to_be_hidden()
    floor.tell("queues billing:2:70 support:1:20")
    expect(waiting).to_contain_text("3 waiting")
    expect(waiting).to_contain_text(re.compile(r"longest 1:1\d"))
    expect(waiting).to_have_attribute("title", "billing: 2, support: 1")
    assert desktop.barriers() == []
    page.reload()
    expect(waiting).to_contain_text("3 waiting")
    floor.tell("until ended")
    expect(page.locator("#strip .measured")).to_contain_text("3.4 % of words wrong")
    overlap = page.locator("#topbar").evaluate("(e) => e.scrollWidth - e.clientWidth")
    assert overlap == 0
    floor.tell("queues billing:0:0 support:0:0")
    expect(waiting).to_contain_text("Nobody waits")


def test_keys_show_when_pointed_at_and_times_too(desktop: Desktop, floors: Floors) -> None:
    page = desktop.page
    desktop.log_in(floors.start("worst").url)
    hold = page.get_by_role("button", name="Hold")
    expect(hold.locator("kbd")).to_have_css("opacity", "0")
    hold.hover()
    expect(hold.locator("kbd")).to_have_css("opacity", "1")
    line = page.locator('[data-utterance="u3"]')
    expect(line.locator("time")).to_have_css("opacity", "0")
    line.hover()
    expect(line.locator("time")).to_have_css("opacity", "1")
    expect(line.locator("time")).to_have_text("0:34")


def test_the_transcript_stays_where_the_agent_reads(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("worst"), desktop.page
    page.set_viewport_size({"width": 1280, "height": 400})
    desktop.log_in(floor.url)
    log = page.locator("#transcript .log")
    live = page.get_by_role("button", name="Live")
    expect(live).to_be_hidden()
    log.hover()
    page.mouse.wheel(0, -2000)
    expect(live).to_be_visible()
    floor.tell("until calmer")
    expect(page.locator("#transcript .line")).to_have_count(10)
    assert log.evaluate("(e) => e.scrollTop") == 0
    page.keyboard.press("l")
    expect(page.locator('[data-utterance="u10"]')).to_be_in_viewport()
    expect(live).to_be_hidden()


@pytest.mark.parametrize("key", ["p", "t"])
def test_keypad_and_transfer_hide_neither_the_customer_nor_the_call(desktop: Desktop, floors: Floors, key: str) -> None:
    page = desktop.page
    desktop.log_in(floors.start("worst").url)
    page.keyboard.press(key)
    expect(page.locator(".beside:not([hidden])")).to_be_in_viewport(ratio=1)
    for told in ("#customer .name", "#customer .issues", "#customer .last", "#controls", "#note"):
        expect(page.locator(told)).to_be_in_viewport(ratio=1)
    assert page.locator("#customer").evaluate("(e) => e.scrollHeight - e.clientHeight") == 0
    expect(page.locator('[data-utterance="u5"]')).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight") <= 720


@pytest.mark.parametrize("at", ["", "four cards", "ended"])
def test_three_sizes_of_type_and_no_long_motion(desktop: Desktop, floors: Floors, at: str) -> None:
    desktop.log_in(floors.start(at).url)
    assert set(desktop.page.evaluate(SIZES)) <= {"13px", "15px", "20px"}
    desktop.page.emulate_media(reduced_motion="no-preference")
    assert desktop.page.evaluate(LONGEST_MOTION_S) <= 0.15


def test_every_word_of_the_page_stands_in_one_file_and_is_used(desktop: Desktop, floors: Floors) -> None:
    page = desktop.page
    page.goto(floors.start().url)
    assert page.evaluate(UNUSED) == []
    assert page.evaluate(ELSEWHERE) == []


def test_the_page_asks_nobody_but_the_floor(desktop: Desktop, floors: Floors) -> None:
    floor, asked = floors.start("four cards"), list[str]()
    desktop.page.on("request", lambda request: asked.append(request.url))
    desktop.log_in(floor.url)
    expect(desktop.page.locator("#cards .focus h3")).to_have_text(script.NO_CARD_NUMBERS.title)
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(floor.url)] == []


SIZES = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), sizes = new Set();
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && e.checkVisibility()) sizes.add(getComputedStyle(e).fontSize);
  }
  return [...sizes];
}"""

LONGEST_MOTION_S = """() => Math.max(...[...document.querySelectorAll("*")].flatMap((e) => {
  const { transitionDuration, animationDuration } = getComputedStyle(e);
  return `${transitionDuration}, ${animationDuration}`.split(", ").map(parseFloat).filter((s) => s === s);
}))"""

MODULES = """
  const seen = new Map();
  const read = async (path) => {
    if (seen.has(path)) return;
    seen.set(path, "");
    const source = (await (await fetch(path)).text()).replace(/\\/\\*.*?\\*\\/|(^|\\s)\\/\\/.*?$/gms, "$1");
    seen.set(path, source);
    for (const [, next] of source.matchAll(/from "\\.(\\/[a-z_]+\\.js)"/g)) await read(next);
  };
  await read("/app.js");
"""

UNUSED = f"""async () => {{
  {MODULES}
  const {{ T }} = await import("/strings.js");
  const all = [...seen.values()].join("\\n");
  const named = (path) => new RegExp(path.replaceAll(".", "\\\\.") + "\\\\b").test(all);
  const whole = (path) => all.includes(path + "[") || all.includes(`(${{path}})`);
  const walk = (words, path) => Object.entries(words).flatMap(([key, value]) => {{
    const at = `${{path}}.${{key}}`;
    if (typeof value === "object") return whole(at) ? [] : walk(value, at);
    return named(at) ? [] : [at];
  }});
  return walk(T, "T");
}}"""

ELSEWHERE = f"""async () => {{
  {MODULES}
  seen.delete("/strings.js");
  const prose = /(["`])([A-Z][a-z]+ [a-z][^"`]*)\\1/g;
  return [...seen].flatMap(([path, source]) => [...source.matchAll(prose)].map((found) => `${{path}}: ${{found[2]}}`));
}}"""
"""Literals that begin like a sentence, in any module but the one that has the words."""
