"""A real call seen in a real browser: what the demo promises, on the agent's page."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from assist.demo.stage import AGENT, Cast, stage
from tests.browser.conftest import CHROMIUM, QUIET
from tests.scenarios.theatre import NoAudience

SCREENSHOT = os.environ.get("CALLFLOOR_SCREENSHOT")
DEADLINE_MS = 20_000.0


@pytest.mark.live
@pytest.mark.browser
def test_the_cards_of_a_real_call_appear_in_the_page(tmp_path: Path) -> None:
    asyncio.run(_see_a_call(tmp_path, Path(SCREENSHOT) if SCREENSHOT else tmp_path / "agent-page.png"))


async def _see_a_call(tmp_path: Path, screenshot: Path) -> None:
    async with stage(tmp_path, NoAudience()) as cast, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            page = await chromium.new_page(viewport={"width": 1280, "height": 720})
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            await _log_in(page, cast)
            await cast.connect()
            await _follow(page, cast, screenshot)
            await _wrap_up(page, cast)
            assert complaints == []
        finally:
            await chromium.close()


async def _log_in(page: Page, cast: Cast) -> None:
    await page.goto(cast.house.addresses.web)
    await page.get_by_label("User").fill(AGENT)
    await page.get_by_label("Secret").fill(cast.secret)
    await page.keyboard.press("Enter")
    await expect(page.locator(".recogniser")).to_contain_text("demo-en-8k", timeout=DEADLINE_MS)


async def _follow(page: Page, cast: Cast, screenshot: Path) -> None:
    await expect(page.locator("#customer")).to_contain_text("James Smith", timeout=DEADLINE_MS)
    angry = next(index for index, turn in enumerate(cast.script.turns) if "unacceptable" in turn.text)
    await cast.talk(range(angry + 1))
    cards = page.locator("#cards")
    for words in ("James", "Apologise", "supervisor"):
        await expect(cards).to_contain_text(words, timeout=DEADLINE_MS)
    await expect(page.locator("#transcript")).to_contain_text("charged twice", timeout=DEADLINE_MS)
    screenshot.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=screenshot)
    assert screenshot.stat().st_size > 20_000


async def _wrap_up(page: Page, cast: Cast) -> None:
    await cast.hang_up()
    await expect(page.locator("#summary")).to_contain_text("billing dispute", timeout=DEADLINE_MS)
