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
from playwright.async_api import Page, expect

from assist.demo.stage import Cast
from ivr.supervision import SupervisionEnded, SupervisionStarted
from tests.scenarios.pages import browser, log_in
from tests.scenarios.test_supervisor import SARA, SECRET, Supervisor, supervisor
from tests.scenarios.theatre import happened, on_stage
from voice.phone import LegDisconnected

SCREENSHOT = os.environ.get("CALLFLOOR_BOARD_SCREENSHOT")


@pytest.mark.live
@pytest.mark.browser
def test_a_click_on_the_board_lets_her_hear_the_call(tmp_path: Path) -> None:
    asyncio.run(_listen_in(tmp_path))


async def _listen_in(tmp_path: Path) -> None:
    async with on_stage(tmp_path, more=SARA) as cast, supervisor(cast) as sara, browser() as chromium:
        page = await chromium.new_page(viewport={"width": 1280, "height": 720})
        await log_in(page, cast, "sara", SECRET, "/board.html")
        await expect(page.locator("#agents .row")).not_to_have_count(0)
        await cast.connect()
        await _listen(page, cast, sara)
        if SCREENSHOT:
            await page.screenshot(path=SCREENSHOT)
        await _leave(page, cast, sara)


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
