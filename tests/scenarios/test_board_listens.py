"""A supervisor listens in by a click on her board: real call, real telephone, real browser, real words.

She presses Listen on the row of a call that runs; her registered telephone is rung and hears the customer; her board
says that nobody hears her; the transcript she reads along is the agent's. The modes' audio is proved in
``tests.sip.test_hearing_by_tones``.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from assist.demo.stage import Cast
from ivr.supervision import SupervisionEnded, SupervisionStarted
from tests.browser.conftest import CHROMIUM, QUIET
from tests.scenarios.test_supervisor import SARA, SECRET, Supervisor, supervisor
from tests.scenarios.theatre import happened, on_stage
from voice.phone import LegDisconnected

SCREENSHOT = os.environ.get("CALLFLOOR_BOARD_SCREENSHOT")
DEADLINE_MS = 20_000.0


@pytest.mark.live
@pytest.mark.browser
def test_a_click_on_the_board_lets_her_hear_the_call(tmp_path: Path) -> None:
    asyncio.run(_listen_in(tmp_path))


async def _listen_in(tmp_path: Path) -> None:
    expect.set_options(timeout=DEADLINE_MS)
    async with (
        on_stage(tmp_path, more=SARA) as cast,
        supervisor(cast) as sara,
        async_playwright() as playwright,
    ):
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            page = await chromium.new_page(viewport={"width": 1280, "height": 720})
            await _log_in(page, cast)
            await cast.connect()
            await _listen(page, cast, sara)
            if SCREENSHOT:
                await page.screenshot(path=SCREENSHOT)
            await _leave(page, cast, sara)
        finally:
            await chromium.close()


async def _log_in(page: Page, cast: Cast) -> None:
    await page.goto(f"{cast.house.addresses.web}/board.html")
    await page.get_by_label("User").fill("sara")
    await page.get_by_label("Secret").fill(SECRET)
    await page.keyboard.press("Enter")
    await expect(page.locator("#agents .row")).not_to_have_count(0)


async def _listen(page: Page, cast: Cast, sara: Supervisor) -> None:
    contact = cast.seen.contact_id
    row = page.locator(f'#contacts [data-id="{contact}"]')
    await expect(row.locator(".phase")).to_have_text("Talking")
    await row.get_by_role("button", name="Listen", exact=True).click()
    leg = await sara.answers()
    assert leg.headers["x-callfloor-supervise"] == contact
    await expect(page.locator("#supervising")).to_contain_text("Your microphone is closed: nobody hears you.")
    listening = asyncio.create_task(sara.phone.do("hear_burst", "ear", 800))
    await cast.talk(range(3))
    assert await listening, "she hears the customer"
    await row.locator(".who").click()
    await expect(page.locator("#reading .line.caller").first).to_be_visible()
    await expect(row.locator(".said")).to_contain_text("Caller")
    await row.get_by_role("button", name="Whisper").click()
    await expect(page.locator("#supervising")).to_contain_text("the caller does not")
    await cast.seen.until(lambda: bool(happened(cast, contact, SupervisionStarted)), "her to listen")


async def _leave(page: Page, cast: Cast, sara: Supervisor) -> None:
    contact = cast.seen.contact_id
    await page.locator("#supervising").get_by_role("button", name="Leave").click()
    await sara.phone.expect(LegDisconnected)
    await expect(page.locator("#supervising")).to_contain_text("You supervise no contact")
    await cast.seen.until(lambda: bool(happened(cast, contact, SupervisionEnded)), "her to be gone")
    await cast.hang_up()
    await expect(page.locator(f'#contacts [data-id="{contact}"]')).to_have_count(0)
