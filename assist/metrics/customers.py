"""What customers say, and what they do: resolution at first contact, and the three survey scores."""

from __future__ import annotations

from assist.metrics.registry import REGISTRY, mean, share
from assist.metrics.totals import Totals


@REGISTRY.metric("First-contact resolution (no repeat)", "%")
def fcr_repeat(totals: Totals) -> float | None:
    """Handled contacts after which the same customer did not come back about the same issue within 7 days ÷ handled
    contacts whose 7 days are over. Kept apart from what agents declare. Source: callfloor's own, the window is a
    convention; resolution at first contact as in Gans, Koole and Mandelbaum, "Telephone call centers" (2003).
    """
    return share(totals.repeat_known - totals.repeated, totals.repeat_known)


@REGISTRY.metric("First-contact resolution (declared)", "%")
def fcr_declared(totals: Totals) -> float | None:
    """Contacts whose agent declared the issue resolved ÷ contacts whose agent declared either way. Source: callfloor's
    own; what agents say is measured apart from what customers do.
    """
    return share(totals.declared_resolved, totals.declared)


@REGISTRY.metric("CSAT", "%")
def csat(totals: Totals) -> float | None:
    """Answers of 4 or 5 on the scale 1-5 ÷ answers. Source: Farris et al., "Marketing Metrics" (top-two-box)."""
    return share(totals.csat_satisfied, totals.csat_answers)


@REGISTRY.metric("CSAT, mean", "score")
def csat_mean(totals: Totals) -> float | None:
    """Mean of the answers on the scale 1-5. Source: Farris et al., "Marketing Metrics"."""
    return mean(totals.csat_points, totals.csat_answers)


@REGISTRY.metric("NPS", "score")
def nps(totals: Totals) -> float | None:
    """% of answers 9-10 minus % of answers 0-6, on the scale 0-10; from -100 to 100. Source: Reichheld, "The One Number
    You Need to Grow" (Harvard Business Review, December 2003).
    """
    return 100.0 * (totals.nps_promoters - totals.nps_detractors) / totals.nps_answers if totals.nps_answers else None


@REGISTRY.metric("CES, mean", "score")
def ces_mean(totals: Totals) -> float | None:
    """Mean of the answers on the scale 1-7 (7: very easy). Source: Dixon, Freeman and Toman, "Stop Trying to Delight
    Your Customers" (Harvard Business Review, 2010), in the later form of seven points.
    """
    return mean(totals.ces_points, totals.ces_answers)


@REGISTRY.metric("CES", "%")
def ces(totals: Totals) -> float | None:
    """Answers of 5, 6 or 7 on the scale 1-7 ÷ answers. Source: Dixon, Freeman and Toman, the later form: who found it
    at least somewhat easy.
    """
    return share(totals.ces_easy, totals.ces_answers)
