"""What the phone measures of a contact's legs reaches the bus, with whose leg it is."""

from __future__ import annotations

from ivr.contact_core import ContactCore
from ivr.contact_effects import Publish
from ivr.schema import load_flow
from ivr.settings import IvrSettings
from voice.events import QualityMeasured
from voice.phone import IncomingLeg, LegConnected, LegDisconnected, LegQuality

INVITE = IncomingLeg("in", "call-1", "sip:+12025550142@trunk", "", "sip:100@front", {})
HEARD = LegQuality("in", 248, 0.00812, 3.14159, 41.27, 60.0, 4.1234, 0.0, 4.3)


def test_the_callers_quality_is_published_while_her_leg_lives() -> None:
    core = ContactCore("c1", "w1", load_flow(IvrSettings().flow))
    assert core.phone_event(HEARD, 1000.0) == ()
    core.phone_event(INVITE, 1000.0)
    core.phone_event(LegConnected("in", "PCMU"), 1000.0)
    assert core.phone_event(HEARD, 1005.0) == (
        Publish(QualityMeasured("in", "caller", 4.12, 4.3, 248, 0.0081, 3.1, 41.3)),
    )
    core.phone_event(LegDisconnected("in", 200, "OK"), 1006.0)
    assert core.phone_event(HEARD, 1010.0) == ()
