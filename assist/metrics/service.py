"""Service metrics: how quickly callers reach a person, and how the time of agents is spent."""

from __future__ import annotations

from assist.metrics.registry import REGISTRY, mean, share
from assist.metrics.targets import ServiceLevel
from assist.metrics.totals import Totals


def service_level(totals: Totals, variant: ServiceLevel) -> float | None:
    """Per cent of callers answered within T, by ``variant``; call backs and overflow are in none of them."""
    t, everyone = totals, totals.answered + totals.abandoned
    match variant:
        case ServiceLevel.ALL_OFFERED:
            return share(t.answered_in_time, everyone)
        case ServiceLevel.ANSWERED_ONLY:
            return share(t.answered_in_time, t.answered)
        case ServiceLevel.WITHOUT_EARLY_ABANDONS:
            return share(t.answered_in_time, everyone - t.abandoned_in_time)
        case ServiceLevel.EARLY_ABANDONS_SERVED:
            return share(t.answered_in_time + t.abandoned_in_time, everyone)
        case ServiceLevel.SHORT_ABANDONS_SERVED:
            return share(t.answered_in_time + t.abandoned_short, everyone)


@REGISTRY.metric("Service level, variant 1", "%")
def service_level_1(totals: Totals) -> float | None:
    """Answered≤T ÷ (answered + abandoned). T: 20 s unless the queue says otherwise, in all five variants; 80 % in 20 s
    is a custom, not a standard. Source: ICMI QueueTips, "Service Level Calculations" (2002), formula 3.
    """
    return service_level(totals, ServiceLevel.ALL_OFFERED)


@REGISTRY.metric("Service level, variant 2", "%")
def service_level_2(totals: Totals) -> float | None:
    """Answered≤T ÷ answered. Source: ICMI QueueTips (2002), formula 2."""
    return service_level(totals, ServiceLevel.ANSWERED_ONLY)


@REGISTRY.metric("Service level, variant 3", "%")
def service_level_3(totals: Totals) -> float | None:
    """Answered≤T ÷ (answered + abandoned − abandoned≤T); meant where nothing else is set. Source: ICMI QueueTips
    (2002), formula 4.
    """
    return service_level(totals, ServiceLevel.WITHOUT_EARLY_ABANDONS)


@REGISTRY.metric("Service level, variant 4", "%")
def service_level_4(totals: Totals) -> float | None:
    """(Answered≤T + abandoned≤T) ÷ (answered + abandoned). Source: ICMI QueueTips (2002), formula 1."""
    return service_level(totals, ServiceLevel.EARLY_ABANDONS_SERVED)


@REGISTRY.metric("Service level, variant 5", "%")
def service_level_5(totals: Totals) -> float | None:
    """(Answered≤T + short abandons) ÷ (answered + abandoned). Source: ICMI QueueTips (2002), formula 5."""
    return service_level(totals, ServiceLevel.SHORT_ABANDONS_SERVED)


@REGISTRY.metric("Average speed of answer", "s")
def asa(totals: Totals) -> float | None:
    """Total wait of answered contacts ÷ answered. Wait: from queueing to the agent's answer, flow prompts excluded.
    Source: Gans, Koole and Mandelbaum, "Telephone call centers" (M&SOM 5(2), 2003).
    """
    return mean(totals.wait_answered_s, totals.answered)


@REGISTRY.metric("Abandon rate", "%")
def abandon_rate(totals: Totals) -> float | None:
    """(Abandoned − short abandons) ÷ (offered − short abandons): who hangs up at once, within 5 s unless set otherwise,
    neither came nor left; with 0 s it is abandoned ÷ offered. A call back is no abandon. Source: Call Centre Helper,
    "How to Measure Call Abandon Rate"; Cisco ICM's "abandoned call wait time" leaves them out of both sides too.
    """
    return share(totals.abandoned - totals.abandoned_short, totals.offered - totals.abandoned_short)


@REGISTRY.metric("Average wait of those who gave up", "s")
def abandon_wait(totals: Totals) -> float | None:
    """Total wait of abandoned contacts ÷ abandoned, short abandons among them. Source: Gans, Koole and Mandelbaum
    (2003).
    """
    return mean(totals.wait_abandoned_s, totals.abandoned)


@REGISTRY.metric("Average handle time", "s")
def aht(totals: Totals) -> float | None:
    """(Talk + hold + wrap-up) ÷ handled. Source: Cleveland, "Call Center Management on Fast Forward" (ICMI Press)."""
    return mean(totals.talk_s + totals.hold_s + totals.wrap_up_s, totals.handled)


@REGISTRY.metric("Average talk time", "s")
def average_talk(totals: Totals) -> float | None:
    """Talk ÷ handled; hold is not talk. Source: a part of the average handle time (Cleveland)."""
    return mean(totals.talk_s, totals.handled)


@REGISTRY.metric("Average hold time", "s")
def average_hold(totals: Totals) -> float | None:
    """Hold ÷ handled. Source: a part of the average handle time (Cleveland)."""
    return mean(totals.hold_s, totals.handled)


@REGISTRY.metric("Average wrap-up time", "s")
def average_wrap_up(totals: Totals) -> float | None:
    """Wrap-up ÷ handled. Source: a part of the average handle time (Cleveland: after-call work)."""
    return mean(totals.wrap_up_s, totals.handled)


@REGISTRY.metric("Contacts put on hold", "%")
def hold_rate(totals: Totals) -> float | None:
    """Handled contacts with at least one hold ÷ handled. Source: callfloor's own; two holds of one count once."""
    return share(totals.held, totals.handled)


@REGISTRY.metric("Transfer rate", "%")
def transfer_rate(totals: Totals) -> float | None:
    """Handled contacts that were transferred at least once ÷ handled. Source: callfloor's own; a contact is counted
    once for each agent who passed it on.
    """
    return share(totals.transferred, totals.handled)


@REGISTRY.metric("Call backs kept", "%")
def callback_kept_rate(totals: Totals) -> float | None:
    """Call backs in which customer and agent spoke ÷ call backs promised. Source: callfloor's own; a call that nobody
    took up is a promise broken.
    """
    return share(totals.callbacks_kept, totals.called_back)


@REGISTRY.metric("Self-service", "%")
def self_service_rate(totals: Totals) -> float | None:
    """Contacts that ended in the flow without having queued ÷ all contacts (those that queued, and these). Source:
    callfloor's own, also called containment; who hung up in a menu is among them.
    """
    return share(totals.self_service, totals.offered + totals.self_service)
