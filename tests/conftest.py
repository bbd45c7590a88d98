"""For all tests: missing peers are skipped by name, and in CI a skip is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator

import pytest

PEERS = {
    "postgres": ("pg_ctlcluster", "postgresql"),
    "pulse": ("pulseaudio", "pulseaudio"),
    "sipp": ("sipp", "sip-tester"),
    "browser": ("chromium", "chromium"),
    "vm": ("qemu-system-x86_64", "qemu-system-x86"),
}
NO_SKIPS = "CALLFLOOR_NO_SKIPS"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first; tests whose peer is missing say so."""
    items.sort(key=lambda item: (item.get_closest_marker("live") is not None, _is_scenario(item)))
    for item in items:
        for marker, (program, package) in PEERS.items():
            if item.get_closest_marker(marker) and shutil.which(program) is None:
                item.add_marker(pytest.mark.skip(reason=f"{program} is not installed (Debian package {package})"))


def _is_scenario(item: pytest.Item) -> bool:
    return "scenarios" in item.path.parts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CALLFLOOR_NO_SKIPS set (CI), a skip is a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(NO_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report
