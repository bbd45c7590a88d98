"""Service metrics: how quickly callers reach a person, and how the time of agents is spent."""

from __future__ import annotations

from assist.metrics.registry import REGISTRY, mean, share
from assist.metrics.targets import DEFAULT_VARIANT, ServiceLevel
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


@REGISTRY.metric("Service level (variant 3)", "%")
def service_level_default(totals: Totals) -> float | None:
    """Answered≤T ÷ (answered + abandoned − abandoned≤T), T = 20 s unless the queue says otherwise. Variant 3 of the
    five in use; 80 % in 20 s is a custom, not a standard.
    """
    return service_level(totals, DEFAULT_VARIANT)


@REGISTRY.metric("Average speed of answer", "s")
def asa(totals: Totals) -> float | None:
    """Total wait of answered contacts ÷ answered. Wait: from queueing to the agent's answer, flow prompts excluded."""
    return mean(totals.wait_answered_s, totals.answered)


@REGISTRY.metric("Abandon rate", "%")
def abandon_rate(totals: Totals) -> float | None:
    """(Abandoned − short abandons) ÷ (offered − short abandons). Short: within 5 s unless set otherwise; a call back
    is not an abandon.
    """
    return share(totals.abandoned - totals.abandoned_short, totals.offered - totals.abandoned_short)


@REGISTRY.metric("Average wait of those who gave up", "s")
def abandon_wait(totals: Totals) -> float | None:
    """Total wait of abandoned contacts ÷ abandoned."""
    return mean(totals.wait_abandoned_s, totals.abandoned)


@REGISTRY.metric("Average handle time", "s")
def aht(totals: Totals) -> float | None:
    """(Talk + hold + wrap-up) ÷ handled."""
    return mean(totals.talk_s + totals.hold_s + totals.wrap_up_s, totals.handled)


@REGISTRY.metric("Average talk time", "s")
def average_talk(totals: Totals) -> float | None:
    """Talk ÷ handled; hold is not talk."""
    return mean(totals.talk_s, totals.handled)


@REGISTRY.metric("Average hold time", "s")
def average_hold(totals: Totals) -> float | None:
    """Hold ÷ handled."""
    return mean(totals.hold_s, totals.handled)


@REGISTRY.metric("Average wrap-up time", "s")
def average_wrap_up(totals: Totals) -> float | None:
    """Wrap-up ÷ handled."""
    return mean(totals.wrap_up_s, totals.handled)


@REGISTRY.metric("Contacts put on hold", "%")
def hold_rate(totals: Totals) -> float | None:
    """Handled contacts with at least one hold ÷ handled."""
    return share(totals.held, totals.handled)


@REGISTRY.metric("Transfer rate", "%")
def transfer_rate(totals: Totals) -> float | None:
    """Handled contacts that were transferred at least once ÷ handled."""
    return share(totals.transferred, totals.handled)


@REGISTRY.metric("Call backs kept", "%")
def callback_kept_rate(totals: Totals) -> float | None:
    """Call backs in which customer and agent spoke ÷ call backs promised."""
    return share(totals.callbacks_kept, totals.called_back)


@REGISTRY.metric("Self-service", "%")
def self_service_rate(totals: Totals) -> float | None:
    """Contacts that ended in the flow without having queued ÷ all contacts (those that queued, and these)."""
    return share(totals.self_service, totals.offered + totals.self_service)
