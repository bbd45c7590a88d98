"""Banners: raised by a supervisor for callers to come and callers who wait; kept where workers find them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assist.banners import Banners
from ivr.self_service import BannerChanged, RaiseBanner
from voice.commands import Command
from voice.rundir import RunDirectory

FLOW = Path(__file__).parents[1] / "golden" / "flows" / "good" / "self_service.yaml"


def test_a_banner_is_raised_and_lowered_and_nonsense_is_refused(tmp_path: Path) -> None:
    where = RunDirectory(tmp_path)
    banners, published, asked = Banners(where, FLOW), list[BannerChanged](), list[tuple[str, Command]]()

    def change(name: str) -> tuple[bool, str]:
        reply = asyncio.run(
            banners.change(name, "sue", published.append, ["c1", "c2"], lambda to, what: asked.append((to, what)))
        )
        return reply.ok, reply.reason

    assert banners.raised == ""
    assert change("outage")[0]
    assert (banners.raised, where.banner) == ("outage", "outage")
    assert asked == [("c1", RaiseBanner("outage")), ("c2", RaiseBanner("outage"))]
    assert change("flood") == (False, "there is no banner 'flood': one of outage")
    assert banners.raised == "outage"
    asked.clear()
    assert change("")[0]
    assert banners.raised == ""
    assert asked == [("c1", RaiseBanner("")), ("c2", RaiseBanner(""))], "who has not heard it yet need not"
    assert published == [BannerChanged("outage", "sue"), BannerChanged("", "sue")]


def test_a_banner_outlives_the_floor(tmp_path: Path) -> None:
    RunDirectory(tmp_path).raise_banner("outage")
    assert Banners(RunDirectory(tmp_path), FLOW).raised == "outage"
