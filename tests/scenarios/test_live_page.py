"""A real call in a real browser: what the demo promises, on the agent's page, through a reload and a killed floor."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from assist.demo.stage import AGENT, Cast, stage
from tests.browser.conftest import AWAY, WCAG
from tests.scenarios.pages import browser, log_in
from tests.scenarios.theatre import NoAudience, service

SCREENSHOT = os.environ.get("CALLFLOOR_SCREENSHOT")
BEN, SECRET = "ben", "kestrel-of-ben"
MORE = (
    f'\n[[agent]]\nuser = "{BEN}"\nname = "Ben Okafor"\nsecret = "{SECRET}"\nqueues = ["billing"]\n'
    "\n[ivr]\nwrap_up_s = 120\n"
)


@pytest.mark.live
@pytest.mark.browser
def test_a_real_call_on_the_agents_page(tmp_path: Path) -> None:
    asyncio.run(_see_a_call(tmp_path, Path(SCREENSHOT) if SCREENSHOT else tmp_path / "agent-page.png"))


async def _see_a_call(tmp_path: Path, screenshot: Path) -> None:
    async with stage(tmp_path, NoAudience(), MORE) as cast, browser() as chromium:
        complaints: list[str] = []
        page, other = await _page(chromium, complaints), await _page(chromium, complaints)
        for each, user, secret in ((page, AGENT, cast.secret), (other, BEN, SECRET)):
            await log_in(each, cast, user, secret)
            await expect(each.locator(".recogniser")).to_contain_text("demo-en-8k")
        await cast.connect()
        await _follow(page, cast, screenshot)
        await _hold(page, cast)
        await _mute(page, cast)
        await _reload(page)
        await _killed_floor(page, cast)
        await expect(other.locator("#customer .name")).to_have_text("No call")
        assert "James" not in await other.content()
        await _wrap_up(page, cast, screenshot)
        assert [line for line in complaints if not line.startswith(AWAY)] == []


async def _page(chromium: Browser, complaints: list[str]) -> Page:
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    return page


async def _follow(page: Page, cast: Cast, screenshot: Path) -> None:
    """Cards appear, are ticked by what is said and by hand, and dismissed."""
    await expect(page.locator("#customer")).to_contain_text("James Smith")
    await expect(page.locator("#cards .focus h3")).to_contain_text("James")
    await page.keyboard.press("d")
    await expect(page.locator("#cards .focus .outcome")).to_have_text("dismissed")
    angry = next(index for index, turn in enumerate(cast.script.turns) if "unacceptable" in turn.text)
    await cast.talk(range(angry + 1))
    cards = page.locator("#cards")
    await expect(cards).to_contain_text("supervisor")
    await expect(page.locator("#transcript")).to_contain_text(re.compile("charged|twice|bill"))
    await _screenshots(page, screenshot)
    await page.locator("#cards .stack button", has_text="/").or_(cards.locator(".focus .steps")).first.click()
    steps = cards.locator(".focus .steps input")
    await expect(steps.locator("nth=0")).to_be_visible()
    ticked = await cards.locator(".focus .steps input:checked").count()
    assert ticked, "what the agent said has ticked a step"
    await steps.last.check()
    await expect(cards.locator(".focus .steps input:checked")).to_have_count(ticked + 1)


async def _screenshots(page: Page, screenshot: Path) -> None:
    assert await _barriers(page) == []
    screenshot.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=screenshot)
    await page.emulate_media(color_scheme="dark")
    assert await _barriers(page) == []
    await page.screenshot(path=screenshot.with_stem(f"{screenshot.stem}-dark"))
    await page.emulate_media(color_scheme="light")
    assert screenshot.stat().st_size > 20_000


async def _hold(page: Page, cast: Cast) -> None:
    """The page's hold and the headset's are one."""
    for key, phase, shown in (("h", "held", "Resume"), ("h", "in_call", "Hold")):
        await page.locator("#customer").focus()
        await page.keyboard.press(key)
        await expect(page.locator("#controls [data-key=hold]")).to_contain_text(shown)
        await cast.seen.until(lambda phase=phase: cast.seen.station["phase"] == phase, "the headset")  # type: ignore[misc]


async def _mute(page: Page, cast: Cast) -> None:
    """The headset's key mutes; the page shows it, and opens the microphone again."""
    button = page.locator("#controls [data-key=mute]")
    cast.agent.order("mute")
    await expect(button).to_contain_text("Unmute")
    await cast.seen.until(lambda: "mute" in cast.seen.station["lights"], "the headset's light")
    await page.keyboard.press("m")
    await expect(button).to_have_attribute("aria-pressed", "false")
    await cast.seen.until(lambda: "mute" not in cast.seen.station["lights"], "the headset's light to go out")


async def _reload(page: Page) -> None:
    await page.locator("#note").fill("wants it in writing")
    await expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    lines = await page.locator("#transcript .line").count()
    await page.reload()
    await expect(page.locator("#customer")).to_contain_text("James Smith")
    await expect(page.locator("#transcript .line")).to_have_count(lines)
    await expect(page.locator("#note")).to_have_value("wants it in writing")
    await expect(page.locator("#cards .settled").first).to_contain_text("dismissed")


async def _killed_floor(page: Page, cast: Cast) -> None:
    lines = await page.locator("#transcript .line").count()
    os.kill(service(cast, "floor"), signal.SIGKILL)
    await expect(page.locator("#strip")).to_contain_text("Connection lost")
    await page.locator("#note").fill("wants it in writing, by Friday")
    await expect(page.locator(".connection")).to_have_text("Live")
    await expect(page.locator("#note-panel [role=status]")).to_have_text("Saved")
    await expect(page.locator(".state")).to_contain_text("Talking")
    await expect(page.locator("#transcript .line")).to_have_count(lines)


async def _wrap_up(page: Page, cast: Cast, screenshot: Path) -> None:
    refund = next(index for index, turn in enumerate(cast.script.turns) if "refund you today" in turn.text)
    await cast.talk([refund])
    await cast.hang_up()
    await expect(page.locator("#wrap-text")).to_have_value(re.compile("James"))
    await expect(page.get_by_label("Disposition")).to_have_value(re.compile("billing|refund"))
    assert await _barriers(page) == []
    await page.screenshot(path=screenshot.with_stem(f"{screenshot.stem}-wrap-up"))
    await page.locator("#wrap-text").fill("Refunded today. He wants it in writing.")
    await page.get_by_label("Yes").check()
    await page.get_by_role("button", name="Save and be ready").click()
    await expect(page.locator("#customer")).to_contain_text("Last call")


async def _barriers(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": list(WCAG)}})
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found.response["violations"]]
