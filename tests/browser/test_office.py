"""The administrator's and auditor's page in Debian's chromium, over the real web side and a store."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desktop, Floors

pytestmark = pytest.mark.browser


def enter(desktop: Desktop, floors: Floors, user: str) -> Page:
    """The office, by way of the agents' login, which leads here."""
    floor, page = floors.start(), desktop.page
    floor.tell("people")
    desktop.log_in(floor.url, user)
    expect(page).to_have_url(re.compile("/office.html"))
    return page


def test_a_person_is_added_shut_out_let_in_and_removed(desktop: Desktop, floors: Floors) -> None:
    page = enter(desktop, floors, "ada")
    people = page.locator("#people tbody tr")
    expect(people).to_have_count(5)
    expect(people.filter(has_text="anna")).to_contain_text("from the settings")
    assert desktop.barriers() == []
    page.get_by_label("User name").fill("nora")
    page.get_by_label("Name", exact=True).fill("Nora Berg")
    page.get_by_label("Role", exact=True).select_option("auditor")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#told output")).to_have_text(re.compile(r"^\w{4}(-\w{4}){3}$"))
    assert desktop.barriers() == []
    page.get_by_role("button", name="I have it").click()
    nora = people.filter(has_text="Nora Berg")
    expect(nora).to_contain_text("Must choose a password")
    page.get_by_label("Role of nora").select_option("supervisor")
    expect(page.locator("#notice")).to_have_text("nora is supervisor now.")
    page.get_by_role("button", name="Shut out: nora").click()
    expect(nora).to_contain_text("Shut out")
    expect(page.get_by_role("button", name="Let in: nora")).to_be_focused()
    page.get_by_role("button", name="Remove: nora").click()
    expect(page.get_by_role("button", name="Keep: nora")).to_be_focused()
    page.get_by_role("button", name="Remove for good: nora").click()
    expect(people).to_have_count(5)
    page.get_by_role("link", name="Audit").click()
    expect(page.locator("#audit tbody tr").first).to_contain_text("user_removed")


def test_an_agent_who_is_shut_out_is_told_so_at_once(browser: Browser, desktop: Desktop, floors: Floors) -> None:
    page = enter(desktop, floors, "ada")
    context = browser.new_context()
    annas = Desktop(context)
    annas.log_in(page.url.partition("/office")[0])
    page.get_by_role("button", name="Shut out: anna").click()
    expect(annas.page.get_by_role("button", name="Log in")).to_be_visible()
    expect(annas.page.get_by_role("alert")).to_have_text("Your session has expired. Log in again.")
    context.close()


def test_the_audit_is_searched_read_on_and_exported(desktop: Desktop, floors: Floors) -> None:
    page = enter(desktop, floors, "carl")
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    rows = page.locator("#audit tbody tr")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Older entries").click()
    expect(page.locator("#audit .count")).to_have_text("120 entries")
    assert desktop.barriers() == []
    page.get_by_label("Did what").fill("listen")
    page.get_by_role("button", name="Search").click()
    expect(rows).to_have_count(40)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert (len(lines), lines[0].split(",")[3]) == (41, "action")


def test_a_password_is_changed_and_the_session_goes_on(desktop: Desktop, floors: Floors) -> None:
    page = enter(desktop, floors, "carl")
    page.get_by_role("link", name="My password").click()
    assert desktop.barriers() == []
    page.get_by_label("The password you have").fill("kestrel-demo")
    page.get_by_label("The password you want").fill("another kestrel")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator("#notice")).to_have_text("Your password is changed.")
    expect(page.locator("#audit tbody tr").first).to_contain_text("password_changed")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (1920, 1080)])
def test_nothing_scrolls_sideways(browser: Browser, floors: Floors, width: int, height: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark")
    desktop = Desktop(context)
    page = enter(desktop, floors, "ada")
    expect(page.locator("#people tbody tr")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert desktop.barriers() == []
    context.close()
