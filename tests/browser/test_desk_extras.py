"""Beside the call, in Debian's chromium: what is due, who of several it is, how long wrap-up lasts, how long a hold."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Desktop, Floors

pytestmark = pytest.mark.browser


def test_what_is_due_is_dialled_and_ticked_off(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start(), desktop.page
    desktop.log_in(floor.url)
    tasks = page.locator("#due li")
    expect(tasks).to_have_count(2)
    expect(tasks.first).to_contain_text("James Smith")
    expect(tasks.first.locator(".late")).to_contain_text("was due")
    expect(page.locator("#due .count")).to_have_text("2 to do")
    assert desktop.barriers() == []
    page.get_by_role("button", name="Call back James Smith").click()
    page.get_by_role("button", name="Done: “call back about the bill”").click()
    expect(tasks).to_have_count(1)
    expect(tasks.first).to_contain_text("Anna Street")
    assert floor.asked() == ["CallNumber +12025550142"]
    page.reload()
    expect(tasks).to_have_count(1)
    floor.tell("until ringing")
    expect(page.locator("#due")).to_be_hidden()


def test_one_of_several_customers_is_chosen(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("answered"), desktop.page
    desktop.log_in(floor.url)
    floor.tell("several")
    choices = page.locator("#customer .choices button")
    expect(choices).to_have_count(2)
    expect(choices.first).to_contain_text("since 2019, Fibre 500")
    assert desktop.barriers() == []
    choices.first.click()
    expect(page.locator("#customer .name")).to_have_text("Maria")
    expect(choices).to_have_count(0)
    assert floor.asked() == ["ChooseCustomer 7"]


def test_wrap_up_counts_down_and_asks_for_attention(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("ended"), desktop.page
    desktop.log_in(floor.url)
    floor.tell("wrap 300")
    left = page.locator("#summary .left-s")
    expect(left).to_contain_text("Ready again in 4:")
    expect(left).to_have_attribute("data-soon", "false")
    page.get_by_role("button", name="More time").click()
    floor.tell("wrap 9")
    expect(left).to_have_attribute("data-soon", "true")
    assert desktop.barriers() == []


def stays_whole_while_scrolling(desktop: Desktop, box: Locator, at_least: int, steps: int, button: Locator) -> None:
    """``box`` has more than ``at_least`` pixels to scroll; at every step ``button`` is in sight and nothing covered."""
    below = box.evaluate("(e) => e.scrollHeight - e.clientHeight")
    assert below > at_least
    for share in range(steps + 1):
        box.evaluate("(e, top) => { e.scrollTop = top; }", below * share // steps)
        assert desktop.barriers() == []
        expect(button).to_be_in_viewport(ratio=1)


def test_a_long_wrap_up_has_no_half_covered_button_wherever_it_is_scrolled(desktop: Desktop, floors: Floors) -> None:
    floor, page = floors.start("ended"), desktop.page
    desktop.log_in(floor.url)
    floor.tell("wrap 300")
    for words in ("Call her about the router, and tell the shop what was agreed about it", "Send the form"):
        page.get_by_role("button", name="Add a task").click()
        page.keyboard.type(words)
    save = page.get_by_role("button", name="Save and be ready")
    stays_whole_while_scrolling(desktop, page.locator("#summary .draft"), 100, 5, save)


def test_a_card_too_long_for_a_low_window_scrolls_between_its_head_and_its_buttons(
    desktop: Desktop, floors: Floors
) -> None:
    page = desktop.page
    page.set_viewport_size({"width": 1280, "height": 560})
    desktop.log_in(floors.start("worst").url)
    stays_whole_while_scrolling(desktop, page.locator("#cards .told"), 20, 4, page.locator("#cards [data-key=accept]"))
