"""Staffing formulas: Erlang C (callers wait as long as it takes) and Erlang A (callers lose patience).

Sources: A. K. Erlang (1917); C. Palm (1957); Garnett, Mandelbaum and Reiman, "Designing a call center with impatient
customers", M&SOM 4(3), 2002. Load in erlangs is arrivals per second times mean handle time. All of it is computed by
recurrences that neither overflow nor lose precision with hundreds of agents.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AGENTS_MAX = 10_000
GRID = 20_001
"""Points of the numeric integral over waits."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Demand:
    """``calls``: arrivals per hour; ``aht_s``: mean handle time, wrap-up included; ``patience_s``: mean time until a
    waiting caller gives up, infinite for Erlang C. Raises ValueError for what is not positive.
    """

    calls: float
    aht_s: float
    patience_s: float = math.inf

    def __post_init__(self) -> None:
        if not (self.calls > 0 and self.aht_s > 0 and self.patience_s > 0):
            raise ValueError("calls per hour, handle time and patience must be greater than 0")

    @property
    def erlangs(self) -> float:
        """Offered load."""
        return self.calls / 3600 * self.aht_s


@dataclass(frozen=True, slots=True)
class Forecast:
    """What ``agents`` achieve. Shares are 0..1. ``wait_share``: callers who wait at all; ``service_level``: answered
    within T of all who called; ``asa_s``: mean wait of the answered; ``abandoned``: share of callers; ``occupancy``.
    """

    agents: int
    wait_share: float
    service_level: float
    asa_s: float
    abandoned: float
    occupancy: float


def erlang_b(erlangs: float, agents: int) -> float:
    """The share of calls that find all ``agents`` busy where nobody waits: B(0) = 1, B(n) = A·B(n-1)/(n + A·B(n-1))."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked


def erlang_c(demand: Demand, agents: int, answer_s: float) -> Forecast:
    """Pw = B / (1 - (A/N)(1 - B)); SL = 1 - Pw·e^(-(N-A)·T/AHT); ASA = Pw·AHT/(N-A). Where N <= A the queue grows
    without end: everyone waits, forever.
    """
    load = demand.erlangs
    if agents <= load:
        return Forecast(agents, 1.0, 0.0, math.inf, 0.0, 1.0)
    blocked = erlang_b(load, agents)
    waits = blocked / (1 - load / agents * (1 - blocked))
    spare = agents - load
    in_time = 1 - waits * math.exp(-spare * answer_s / demand.aht_s)
    return Forecast(agents, waits, in_time, waits * demand.aht_s / spare, 0.0, load / agents)


def erlang_a(demand: Demand, agents: int, answer_s: float) -> Forecast:
    """M/M/N+M. The wait v a caller with endless patience would have has, beyond those not waiting at all, the density
    f(v) ~ λ·e^(λ·H(v) - N·v/AHT), H(v) = θ·(1 - e^(-v/θ)), θ the patience; who is patient until v is answered then
    (Zeltyn and Mandelbaum, "Call centers with impatient customers", Queueing Systems 51, 2005).
    """
    if math.isinf(demand.patience_s):
        return erlang_c(demand, agents, answer_s)
    rate, serve, theta = demand.calls / 3600, agents / demand.aht_s, demand.patience_s
    blocked = erlang_b(demand.erlangs, agents - 1)
    if blocked < sys.float_info.min:  # so many agents that the chance that one waits is below what a float can say
        return Forecast(agents, 0.0, 1.0, 0.0, 0.0, demand.erlangs / agents)
    grid, exponent = _offered_wait(rate, serve, theta)
    peak = float(exponent.max())
    density = rate * np.exp(exponent - peak)
    free = math.exp(-peak) / blocked
    norm = free + float(np.trapezoid(density, grid))
    answered = density * np.exp(-grid / theta) / norm
    served_late = float(np.trapezoid(answered, grid))
    served = free / norm + served_late
    within = np.interp(answer_s, grid, _cumulated(answered, grid))
    asa = float(np.trapezoid(answered * grid, grid)) / served
    busy = rate * served * demand.aht_s / agents
    return Forecast(agents, 1 - free / norm, free / norm + float(within), asa, 1 - served, busy)


def agents_needed(demand: Demand, answer_s: float, service_level: float) -> Forecast:
    """The fewest agents who answer ``service_level`` (0..1) of callers within ``answer_s``, and what they achieve.
    Raises ValueError where not even ``AGENTS_MAX`` do.
    """
    if not 0 < service_level < 1:
        raise ValueError("the service level wanted must lie between 0 and 1")
    low, high = 1, AGENTS_MAX
    if erlang_a(demand, high, answer_s).service_level < service_level:
        raise ValueError(f"not even {AGENTS_MAX} agents answer {service_level:.0%} within {answer_s:g} s")
    while low < high:
        middle = (low + high) // 2
        if erlang_a(demand, middle, answer_s).service_level >= service_level:
            high = middle
        else:
            low = middle + 1
    return erlang_a(demand, low, answer_s)


def _offered_wait(rate: float, serve: float, theta: float) -> tuple[_Floats, _Floats]:
    """Waits around the likeliest one, as far as the density reaches, and the exponent of the density at each."""
    mode = theta * math.log(rate / serve) if rate > serve else 0.0
    width = 1 / serve
    top = _exponent(np.array([mode]), rate, serve, theta)[0]
    while _exponent(np.array([mode + width]), rate, serve, theta)[0] > top - 50:
        width *= 1.5
    grid = np.linspace(max(0.0, mode - 2 * width), mode + width, GRID)
    return grid, _exponent(grid, rate, serve, theta)


def _exponent(wait: _Floats, rate: float, serve: float, theta: float) -> _Floats:
    return -rate * theta * np.expm1(-wait / theta) - serve * wait


def _cumulated(values: _Floats, grid: _Floats) -> _Floats:
    steps = (values[1:] + values[:-1]) / 2 * np.diff(grid)
    return np.concatenate(([0.0], np.cumsum(steps)))
