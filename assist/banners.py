"""Notices of outages that callers hear first: raised and lowered by a supervisor, at once, for everyone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from ivr.schema import load_flow
from ivr.self_service import BannerChanged, RaiseBanner
from voice.commands import Command, Reply
from voice.errors import DocumentError
from voice.rundir import RunDirectory

log = logging.getLogger(__name__)


class Banners:
    """The banners of ``flow``. The one that is raised lies in ``where``, so workers need no floor to know it."""

    def __init__(self, where: RunDirectory, flow: Path) -> None:
        self._where = where
        self._flow = flow

    @property
    def raised(self) -> str:
        """The banner callers hear now; empty for none."""
        return self._where.banner

    async def known(self) -> tuple[str, ...]:
        """The names of the flow's banners; none where it cannot be read now."""
        try:
            return tuple((await asyncio.to_thread(load_flow, self._flow)).banners)
        except DocumentError as error:
            log.warning("the flow cannot be read: %s", error)
            return ()

    async def change(
        self, name: str, by: str, publish: Callable[[BannerChanged], object],
        contacts: Iterable[str], ask: Callable[[str, Command], None],
    ) -> Reply:  # fmt: skip
        """Raise ``name``, or lower what is raised where it is empty, and tell the ``contacts`` that run."""
        try:
            known = (await asyncio.to_thread(load_flow, self._flow)).banners
        except DocumentError as error:
            return Reply(False, f"the flow cannot be read: {error}")
        if name and name not in known:
            named = f"one of {', '.join(known)}" if known else "the flow has none"
            return Reply(False, f"there is no banner {name!r}: {named}")
        try:
            self._where.raise_banner(name)
        except OSError as error:
            return Reply(False, f"the banner cannot be kept: {error.strerror}")
        publish(BannerChanged(name, by))
        for contact_id in contacts:
            ask(contact_id, RaiseBanner(name))
        return Reply(True)
