"""What a validation has found out: a record a regime, and what each was held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

REGIMES = ("idle", "loaded", "lossy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A figure held to its limit.

    Parameters
    ----------
    name
        What is checked, in words.
    value, limit
        The figure and the most that it may be.
    unit
        Of both.
    """

    name: str
    value: float
    limit: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the figure is within its limit; what is not a number is not."""
        return bool(self.value <= self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeResult:
    """One placement in one regime.

    Parameters
    ----------
    placement, regime
        Which; the regime is one of :data:`REGIMES`.
    figures
        Figures by name, as ``docs/validation.md`` defines them; seconds, shares and counts.
    checks
        What was held to a limit.
    tokens
        The comparison token by token, a column a name, each of shape (N,).
    layers
        The comparison layer by layer, a column a name, each of shape (N * L,).
    queues
        The busiest queues, a column a name; empty where there is no load.
    error
        Why there is nothing, in words; empty if there is.
    """

    placement: str
    regime: str
    figures: Mapping[str, float]
    checks: tuple[Check, ...]
    tokens: Mapping[str, np.ndarray] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
    queues: Mapping[str, np.ndarray] = field(default_factory=dict)
    error: str = ""

    @property
    def holds(self) -> bool:
        """Whether there is a result, and every check holds."""
        return not self.error and all(check.holds for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoint:
    """One placement under one load.

    Parameters
    ----------
    placement
        Which.
    load
        Share of the capacity of the busiest resource, by the formula.
    steps_per_s
        Steps that arrive in a second.
    latency_s, latency_p99_s
        Mean and 99th percentile of the packets' latency of a step.
    formula_s
        Mean by the formula, of the same steps.
    estimate_s
        The formula with the mean wait of every queue added.
    busiest
        The resource that was busiest, in words.
    busy_s_per_step
        Seconds that a step keeps it busy.
    """

    placement: str
    load: float
    steps_per_s: float
    latency_s: float
    latency_p99_s: float
    formula_s: float
    estimate_s: float
    busiest: str
    busy_s_per_step: float

    @property
    def excess(self) -> float:
        """By which share the packets' latency is above the formula's."""
        return self.latency_s / self.formula_s - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Knee:
    """Where a placement's latency leaves the formula.

    Parameters
    ----------
    placement
        Which.
    formula_s
        Latency of a step by the formula.
    capacity_per_s
        Steps a second that the busiest resource can serve.
    busiest
        That resource, in words.
    knees_per_s
        Steps a second at which the latency is above the formula's by a share, by that share; the capacity
        where it is not within the loads measured: it lies between the greatest of them and the capacity.
    """

    placement: str
    formula_s: float
    capacity_per_s: float
    busiest: str
    knees_per_s: Mapping[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A scenario validated.

    Parameters
    ----------
    scenario
        Its name.
    about
        What was run in each regime, in words.
    regimes
        Every placement in every regime.
    points, knees
        The load sweep, if it was asked for.
    failures
        Loads of the sweep whose simulations failed, and why, in words.
    engine_use
        How packets were moved from hop to hop, by regime and placement (``"idle-spacemoe"``).
    is_interrupted
        Whether something is missing because it was interrupted.
    """

    scenario: str
    about: Mapping[str, str]
    regimes: tuple[RegimeResult, ...]
    points: tuple[LoadPoint, ...] = ()
    knees: tuple[Knee, ...] = ()
    failures: tuple[str, ...] = ()
    engine_use: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    is_interrupted: bool = False

    @property
    def holds(self) -> bool:
        """Whether every placement holds in every regime, and no load failed; something was found out."""
        is_something = bool(self.regimes or self.points)
        return is_something and not self.failures and all(result.holds for result in self.regimes)
