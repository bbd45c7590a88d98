"""A note that is being typed is never lost: what may happen meanwhile, in Debian's chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desktop, Floors
from tests.fakes import contact_script as script

pytestmark = pytest.mark.browser

KEY = f"callfloor.note.{script.CONTACT}"


def log_in(page: Page, url: str, user: str = script.AGENT) -> None:
    page.goto(url)
    page.get_by_label("User").fill(user)
    page.get_by_label("Secret").fill(script.SECRET)
    page.keyboard.press("Enter")
    expect(page.locator(".connection")).to_have_text("Live")


def test_a_tab_is_closed_while_the_floor_is_away(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator(".connection")).to_have_text("Live")
    floor.kill()
    expect(page.locator(".connection")).to_have_text("Reconnecting")
    page.locator("#note").fill("wants it in writing")
    expect(page.locator("#note-panel [role=status]")).to_contain_text("Kept here")
    page.close()
    again, colleague = floors.start("answered", floor.port), desktop.page.context.new_page()
    log_in(colleague, again.url, "ben")
    expect(colleague.locator("#customer .name")).to_have_text("No call")
    colleague.close()
    assert again.asked() == [""], "what she wrote is not for a colleague's page to send"
    back = desktop.page.context.new_page()
    log_in(back, again.url)
    expect(back.locator("#note")).to_have_value("wants it in writing")
    back.wait_for_function(f"localStorage.getItem('{KEY}') === null")
    assert again.asked() == ["Note wants it in writing"]


def test_the_last_words_before_the_tab_closes(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    expect(page.locator("#customer .name")).to_have_text("Maria")
    page.locator("#note").fill("half a second is long")
    page.close(run_before_unload=False)
    back = desktop.page.context.new_page()
    log_in(back, floor.url)
    expect(back.locator("#note")).to_have_value("half a second is long")
    back.wait_for_function(f"localStorage.getItem('{KEY}') === null")
    assert set(floor.asked()) == {"Note half a second is long"}


@pytest.mark.parametrize("broken", ["setItem", "getItem"])
def test_a_browser_that_keeps_nothing(desktop: Desktop, floors: Floors, broken: str) -> None:
    """A full disk, or cookies forbidden: the note is not kept on the machine, and reaches the floor all the same."""
    floor, page = floors.start("answered"), desktop.page
    failing = "() => { throw new DOMException('no', 'QuotaExceededError'); }"
    if broken == "setItem":
        page.add_init_script(f"Storage.prototype.setItem = {failing};")
    else:
        page.add_init_script(f"Object.defineProperty(window, 'localStorage', {{ get: {failing} }});")
    desktop.log_in(floor.url)
    page.locator("#note").fill("asked for a supervisor")
    expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    floor.kill()
    expect(page.locator(".connection")).to_have_text("Reconnecting")
    page.locator("#note").fill("asked for a supervisor twice")
    expect(page.locator("#note-panel [role=status]")).to_contain_text("Kept here")
    again = floors.start("answered", floor.port)
    expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    assert again.asked()[-1] == "Note asked for a supervisor twice"


def test_a_note_that_is_not_taken_says_why_and_stays(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    floor.tell("refuse this is not your contact")
    page.locator("#note").fill("too late")
    expect(page.locator("#note-panel [role=status]")).to_have_text("Not taken: this is not your contact. Kept here.")
    expect(page.locator("#note")).to_have_value("too late")


def test_what_nobody_came_back_for_leaves_the_machine(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    page.goto(floor.url)
    old = "{ by: 'anna', at: Date.now() - 8 * 86400000, value: 'eight days old' }"
    page.evaluate(f"localStorage.setItem('callfloor.note.c-1', JSON.stringify({old}))")
    page.evaluate("localStorage.setItem('callfloor.note.c-2', 'not what we wrote')")
    desktop.log_in(floor.url)
    page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('callfloor.note.'))")
    assert floor.asked() == [""]


def test_a_forged_token_leads_to_the_login(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    forged = "{ token: 'forged', user: 'anna', name: 'Anna', role: 'agent', expires: Date.now() / 1000 + 3600 }"
    page.add_init_script(f"sessionStorage.setItem('callfloor.token', JSON.stringify({forged}))")
    page.goto(floor.url)
    expect(page.get_by_role("alert")).to_have_text("Your session has expired. Log in again.")
    expect(page.locator("#desk")).to_be_hidden()
    assert "Maria" not in page.content()


def test_a_token_that_was_tampered_with_is_no_token(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    page.add_init_script("sessionStorage.setItem('callfloor.token', '{\"token\"')")
    page.goto(floor.url)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
