"""The desk's own buttons in a real call: answer, keypad, a raised hand, a colleague consulted and given the customer.

Hold and mute on the page are in ``test_live_page``; what the page looks like meanwhile, in ``tests/browser``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from assist.coaching import HandLowered, HandRaised
from assist.demo.stage import AGENT, Cast
from ivr.controls import ConsultAnswered
from tests.browser.conftest import AWAY
from tests.scenarios.pages import browser, log_in
from tests.scenarios.test_call_control import BEN, BEN_TOO, SECRET, taken_over, until_free
from tests.scenarios.theatre import Extra, colleague, happened, on_stage


@pytest.mark.live
@pytest.mark.browser
def test_the_desks_buttons_reach_the_customer_the_supervisors_and_a_colleague(tmp_path: Path) -> None:
    asyncio.run(_work(tmp_path))


async def _work(tmp_path: Path) -> None:
    async with on_stage(tmp_path, more=BEN_TOO) as cast, browser() as chromium:
        complaints: list[str] = []
        page, his = await chromium.new_page(), await (await chromium.new_context()).new_page()
        for each, user, secret in ((page, AGENT, cast.secret), (his, BEN, SECRET)):
            each.on("console", lambda message: complaints.append(message.text))
            await log_in(each, cast, user, secret)
            await expect(each.locator("#topbar .who")).to_be_visible()
        await _answer(page, cast)
        async with colleague(cast, BEN, SECRET, "127.0.0.5") as ben:
            await until_free(cast, BEN)
            await _keys(page, cast)
            await _hand(page, cast)
            await _pass_on(page, his, cast, ben)
            await cast.hang_up()
        assert [line for line in complaints if not line.startswith(AWAY)] == []


async def _answer(page: Page, cast: Cast) -> None:
    await cast.dial()
    await cast.choose()
    await page.locator("#controls [data-key=answer]").click()
    await expect(page.locator("#topbar .state")).to_have_text("Talking")
    await cast.seen.until(lambda: cast.seen.station["phase"] == "in_call", "her headset to show it")


async def _keys(page: Page, cast: Cast) -> None:
    """What she types on the pad arrives at the customer's telephone, in order."""
    await page.locator("#controls [data-key=keypad]").click()
    await page.keyboard.type("47#")
    await expect(page.locator("#keypad .sent")).to_have_text("47#")
    await cast.seen.until(lambda: _heard(cast) == ["4", "7", "#"], "the keys at the customer's")
    await page.locator("#controls [data-key=keypad]").click()
    await expect(page.locator("#keypad")).to_be_hidden()


def _heard(cast: Cast) -> list[str]:
    return [told["digit"] for party, told in cast.seen.reports if party == "caller" and told["event"] == "digit"]


async def _hand(page: Page, cast: Cast) -> None:
    hand = page.locator("#controls [data-key=hand]")
    for pressed, said in (("true", HandRaised), ("false", HandLowered)):
        await hand.click()
        await expect(hand).to_have_attribute("aria-pressed", pressed)
        await cast.seen.until(
            lambda said=said: bool(happened(cast, cast.seen.contact_id, said)),  # type: ignore[misc]
            said.type,
        )


async def _pass_on(page: Page, his: Page, cast: Cast, ben: Extra) -> None:
    """She asks Ben, by his name from the list, and gives him the customer: the contact leaves her page for his."""
    await page.locator("#controls [data-key=passing]").click()
    await page.get_by_role("combobox").fill("Ben")
    await page.get_by_role("option", name="Ben Okafor").click()
    await page.locator("#passing [data-key=consult]").click()
    ben.puppet.order("answer")
    await cast.seen.until(lambda: bool(happened(cast, cast.seen.contact_id, ConsultAnswered)), "Ben to answer")
    await expect(his.locator("#customer")).to_contain_text("James Smith")
    await page.locator("#passing [data-key=complete_transfer]").click()
    await taken_over(cast, ben)
    await expect(his.locator("#topbar .state")).to_have_text("Talking")
    await expect(page.locator("#topbar .state")).not_to_have_text("Talking")
