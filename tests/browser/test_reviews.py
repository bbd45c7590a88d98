"""The reviews' page in Debian's chromium, over the real web side and a store of contacts that are over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Desktop, Floors
from tests.fakes import contact_script as script
from tests.fakes.kept_contacts import NEWEST

pytestmark = pytest.mark.browser

BEST = {
    "greeting": "1",
    "identity": "skip",
    "understood": "5",
    "empathy": "skip",
    "correct": "5",
    "plain": "5",
    "closing": "1",
    "secrets": "1",
}


class Reviews(Desktop):
    """Sara's."""

    def enter(self, url: str, at: str = "") -> Page:
        """Through the login, to what ``at`` names."""
        self.log_in(f"{url}#{at}", "sara")
        return self.page

    def answer(self, **changed: str) -> None:
        """Fill the form in, everything at its best but what is ``changed``."""
        for question, value in {**BEST, **changed}.items():
            self.page.locator(f'input[name="{question}"][value="{value}"]').check()

    def score(self, principle: str) -> Locator:
        return self.page.locator("#scorecard .score", has_text=principle)


@pytest.fixture(scope="module")
def house() -> Iterator[str]:
    """The page of one floor for all these tests: what each leaves behind the others can bear."""
    floors = Floors()
    yield f"{floors.start('', 0, '--kept').url}/reviews.html"
    floors.end()


@pytest.fixture
def reviews(browser: Browser) -> Iterator[Reviews]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    reviews = Reviews(context)
    yield reviews
    context.close()
    assert reviews.problems == []


def test_a_contact_is_read_heard_and_scored(reviews: Reviews, house: str) -> None:
    page = reviews.enter(house)
    expect(page.locator("#list li")).to_have_count(5)
    page.get_by_label("Agent", exact=True).select_option("ben")
    expect(page.locator("#list li")).to_have_count(2)
    page.get_by_label("Agent", exact=True).select_option("")
    page.locator("#list li a").first.click()
    expect(page.locator("#said .line")).to_have_count(5)
    expect(reviews.score("Clarity").locator(".value")).to_have_text("75")
    reviews.score("Clarity").locator("summary").click()
    reviews.score("Clarity").get_by_role("button", name="the dslam").click()
    expect(page.locator("#said .pointed")).to_contain_text("the dslam in your street is down")
    page.get_by_role("button", name="Get the recording").click()
    page.get_by_role("button", name="Play from 0:20").click()
    page.wait_for_function(
        "document.querySelector('audio').currentTime >= 10"
    )  # it begins at the contact's 10th second


def test_a_review_is_filled_in_saved_and_found_again(reviews: Reviews, house: str) -> None:
    page = reviews.enter(house, "contact/k-2")
    save, outcome = page.locator("#form button[type=submit]"), page.locator("#form .outcome")
    expect(save).to_be_disabled()
    expect(outcome).to_have_text("8 questions have no answer yet")
    reviews.answer(secrets="0")
    expect(page.locator('[data-fails="secrets"]')).to_have_text("This answer makes the whole review 0.")
    page.get_by_label("Comment on: Asked for no card number, PIN or password").fill("asked for the PIN")
    page.reload()
    expect(page.locator('input[name="secrets"][value="0"]')).to_be_checked()
    save.click()
    expect(outcome).to_contain_text("Saved. Score: 0. Failed by: Asked for no card number, PIN or password.")
    row = page.locator("#list a[href='#contact/k-2']")
    expect(row).to_contain_text("reviewed by me")
    reviews.answer(understood="3")
    save.click()
    expect(outcome).to_have_text("Saved. Score: 88.")  # 75 of 85
    page.reload()
    expect(page.locator('input[name="understood"][value="3"]')).to_be_checked()
    expect(page.get_by_label("Comment on: Asked for no card number, PIN or password")).to_have_value(
        "asked for the PIN"
    )
    page.get_by_label("Without a review of mine").check()
    expect(page.locator("#list li").first).to_be_visible()
    expect(row).to_have_count(0)


def test_what_somebody_else_judged_is_folded_away(reviews: Reviews, house: str) -> None:
    page = reviews.enter(house, f"contact/{NEWEST}")
    others = page.locator("#form .others")
    expect(others.get_by_text("carl: ")).to_be_hidden()
    others.locator("summary").click()
    expect(others).to_contain_text("a hurried call")


def test_two_reviewers_are_calibrated(reviews: Reviews, house: str) -> None:
    page = reviews.enter(house, f"contact/{NEWEST}")
    reviews.answer(identity="1", understood="4", empathy="3", plain="3", correct="2")
    page.locator("#form button[type=submit]").click()
    expect(page.locator("#form .outcome")).to_contain_text("Saved")
    page.get_by_role("link", name="Calibration").click()
    facts = page.locator("#calibration .facts")
    expect(facts).to_contain_text("87.5 %")  # carl found the answers right: 7 of 8 alike
    expect(facts).to_contain_text("0.81 (almost perfect)")  # po 56, pe 21 of 64: 35 ÷ 43
    page.locator("#calibration .plan").get_by_role("link", name="What was said and done was right").click()
    expect(page.locator("#said .line")).to_have_count(5)


def test_an_agents_trend_and_plan_lead_to_the_moment(reviews: Reviews, house: str) -> None:
    page = reviews.enter(house, "agent/anna")
    clarity = page.locator("#agents tr", has_text="Clarity")
    expect(clarity.locator(".trend")).to_contain_text("falling")
    expect(page.locator("#agents .plan").first).to_contain_text("Practise clarity")
    page.get_by_role("link", name="the dslam in your street is down").click()
    expect(page.locator("#said .pointed")).to_contain_text("dslam")
    page.go_back()
    page.get_by_label("Agent", exact=True).last.select_option("ben")
    expect(page.locator("#agents h2").first).to_have_text("ben: 2 contacts")


def test_an_agent_is_told_whose_page_it_is(browser: Browser, house: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(house)
    page.get_by_label("User").fill(script.AGENT)
    page.get_by_label("Secret").fill(script.SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Reviews are for supervisors and auditors.")
    context.close()


def test_by_keyboard_alone(reviews: Reviews, house: str) -> None:
    page = reviews.enter(house)
    page.locator("#list li a").first.focus()
    page.keyboard.press("Enter")
    page.locator('input[name="greeting"]').first.focus()
    page.keyboard.press("Space")
    expect(page.locator('input[name="greeting"][value="1"]')).to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(page.locator('input[name="greeting"][value="0"]')).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("too quick")
    expect(page.get_by_label("Comment on: Greeted")).to_have_value("too quick")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_assistive_technology(reviews: Reviews, house: str, scheme: str) -> None:
    """axe-core on every view, in both schemes; and nothing scrolls sideways."""
    reviews.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = reviews.enter(house, f"contact/{NEWEST}")
    expect(page.locator("#said .line")).to_have_count(5)
    reviews.score("Clarity").locator("summary").click()
    reviews.answer(secrets="0")
    found = {"contact": reviews.barriers()}
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#form .outcome")).to_contain_text("Saved")
    page.get_by_role("link", name="Agents").click()
    expect(page.locator("#agents table")).to_be_visible()
    found["agent"] = reviews.barriers()
    page.get_by_role("link", name="Calibration").click()
    expect(page.locator("#calibration table")).to_be_visible()
    found["calibration"] = reviews.barriers()
    assert found == {"contact": [], "agent": [], "calibration": []}
    for width in (1280, 640):
        page.set_viewport_size({"width": width, "height": 720})
        for link in ("Contacts", "Agents", "Calibration"):
            page.get_by_role("link", name=link, exact=True).click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, link)
