"""Real pages of a house on stage: the browser, and the way through the login form."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page, async_playwright, expect

from assist.demo.stage import Cast
from tests.browser.conftest import CHROMIUM, QUIET

DEADLINE_MS = 20_000.0


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium; what is expected of its pages has ``DEADLINE_MS``."""
    expect.set_options(timeout=DEADLINE_MS)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield chromium
        finally:
            await chromium.close()


async def log_in(page: Page, cast: Cast, user: str, secret: str, path: str = "") -> None:
    """Through the form of ``path``; what is there then, the caller expects."""
    await page.goto(f"{cast.house.addresses.web}{path}")
    await page.get_by_label("User").fill(user)
    await page.get_by_label("Secret").fill(secret)
    await page.keyboard.press("Enter")
