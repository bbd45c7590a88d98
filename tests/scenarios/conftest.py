"""The road by which calls come in and go out: the front alone, or Kamailio before two fronts on two addresses."""

from __future__ import annotations

import pytest

from tests.fakes.kamailio import KAMAILIO
from tests.scenarios.fronts import BehindKamailio

MISSING = pytest.mark.skipif(KAMAILIO is None, reason="Kamailio is not installed (Debian: kamailio)")


@pytest.fixture(params=["front", pytest.param("kamailio", marks=MISSING)])
def gate(request: pytest.FixtureRequest) -> BehindKamailio | None:
    """What is before the house's front in this run of the scenario: nothing, or Kamailio."""
    return BehindKamailio() if request.param == "kamailio" else None


@pytest.fixture
def any_gate() -> BehindKamailio | None:
    """One road for what is about the flow, and takes long: Kamailio's where it is installed, as in CI."""
    return None if KAMAILIO is None else BehindKamailio()
