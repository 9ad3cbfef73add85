"""What a study found out: a row a variant, seed and placement, and what follows from the rows.

A *variant* is the scenario as it is chosen, or the same with one assumption read otherwise, or a point of a
sweep. All variants use the same seeds, so a difference between two of them is surer than each.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.results import ExpectedLatency

CHOSEN = "chosen"  # name of the variant that changes nothing
_SURE = 2.0  # standard errors that a change must exceed to count as one


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What somebody else reports, to be set beside our results.

    Parameters
    ----------
    source
        Where it is reported.
    s_per_token
        Least and greatest seconds a token, by placement.
    """

    source: str
    s_per_token: Mapping[str, tuple[float, float]]

    def middle_s(self, placement: str) -> float | None:
        """Return the middle of the range of a placement in seconds, None if it is not reported."""
        if placement not in self.s_per_token:
            return None
        low, high = self.s_per_token[placement]
        return (low + high) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One reading of the scenario.

    Parameters
    ----------
    name
        Short and unique in the study.
    assumption, chosen, reading
        What is read otherwise, how the scenario reads it, and how this variant does; empty if this is none of
        the alternatives.
    point
        Where it stands on the axis of the sweep; None if it is no point of it.
    """

    name: str
    assumption: str = ""
    chosen: str = ""
    reading: str = ""
    point: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The expected latency of a placement in one variant with one seed."""

    variant: str
    seed: int
    placement: str
    expected: ExpectedLatency


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFailure:
    """Why something has no evaluation.

    Parameters
    ----------
    variant, seed
        Which.
    placement
        Which; None if the variant as a whole failed.
    error
        The sentence.
    """

    variant: str
    seed: int
    placement: str | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRemark:
    """What a user must know of an evaluation whose results stand, such as an optimum that is not proven."""

    variant: str
    seed: int
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A mean over seeds.

    Parameters
    ----------
    mean
        Mean.
    deviation
        Standard deviation of one seed (n - 1); None of a single seed.
    seeds
        Number of seeds n.
    """

    mean: float
    deviation: float | None
    seeds: int

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean; None of a single seed."""
        return None if self.deviation is None else self.deviation / math.sqrt(self.seeds)

    @classmethod
    def of(cls, values: np.ndarray) -> Spread | None:
        """Return the spread of some values, shape (n,); None if there are none."""
        if not len(values):
            return None
        deviation = float(values.std(ddof=1)) if len(values) > 1 else None
        return cls(mean=float(values.mean()), deviation=deviation, seeds=len(values))


class Verdict(enum.Enum):
    """Whether a reported trend is there."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNCLEAR = "within the spread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How a placement's latency changes from the first to the last point of a sweep.

    Parameters
    ----------
    placement
        Which.
    change
        Last over first, less 1, in the mean over seeds.
    standard_error
        Of ``change``; None of a single seed.
    is_steady
        Whether every step goes the same way.
    reported
        ``"rises"`` or ``"falls"``; empty if nothing is reported.
    """

    placement: str
    change: float
    standard_error: float | None
    is_steady: bool
    reported: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """Whether what is reported is there; None if nothing is reported.

        A change within two standard errors, or of a single seed, is no evidence either way.
        """
        if not self.reported:
            return None
        if self.standard_error is None or abs(self.change) <= _SURE * self.standard_error:
            return Verdict.UNCLEAR
        rises = self.change > 0
        return Verdict.HOLDS if rises == (self.reported == "rises") else Verdict.FAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResults:
    """All that a study found out.

    Parameters
    ----------
    name
        Name of the study.
    variants
        The chosen one first, alternatives next, then points of the sweep.
    placements
        Their names; gains are those of the first.
    seeds
        Seeds of every variant.
    evaluations, failures, remarks
        What was found out, what could not be, and what a user must know of it, in the order of variants,
        seeds and placements.
    published
        What somebody else reports; None without.
    axis
        Label of the sweep's axis; empty without a sweep.
    reported
        ``"rises"`` or ``"falls"`` by placement, along the sweep.
    is_interrupted
        Whether evaluations are missing because the study was interrupted.
    """

    name: str
    variants: tuple[Variant, ...]
    placements: tuple[str, ...]
    seeds: tuple[int, ...]
    evaluations: tuple[Evaluation, ...]
    failures: tuple[StudyFailure, ...] = ()
    remarks: tuple[StudyRemark, ...] = ()
    published: Published | None = None
    axis: str = ""
    reported: Mapping[str, str] = field(default_factory=dict)
    is_interrupted: bool = False

    @property
    def alternatives(self) -> tuple[Variant, ...]:
        """Variants that read an assumption otherwise."""
        return tuple(variant for variant in self.variants if variant.assumption)

    @property
    def points(self) -> tuple[Variant, ...]:
        """Points of the sweep, along its axis."""
        on_axis = [variant for variant in self.variants if variant.point is not None]
        return tuple(sorted(on_axis, key=lambda variant: variant.point or 0.0))

    def by_seed(self, variant: str, placement: str, *, part: str | None = None) -> dict[int, float]:
        """Return what each seed gave.

        Parameters
        ----------
        variant, placement
            Which.
        part
            One of :data:`spacemoe_ns3.results.PARTS`; None for the whole latency.

        Returns
        -------
        Seconds a token, by seed.
        """
        return {
            row.seed: row.expected.s_per_token if part is None else row.expected.parts_s[part]
            for row in self.evaluations
            if row.variant == variant and row.placement == placement
        }

    def spread(self, variant: str, placement: str, *, part: str | None = None) -> Spread | None:
        """Return mean and deviation over seeds in seconds a token; None if no seed was evaluated."""
        return Spread.of(np.array(list(self.by_seed(variant, placement, part=part).values())))

    def difference(self, variant: str, placement: str) -> float | None:
        """Return by how much the mean is off the middle of what is published, relative to that."""
        spread = self.spread(variant, placement)
        middle_s = self.published.middle_s(placement) if self.published else None
        return None if spread is None or middle_s is None else spread.mean / middle_s - 1

    def worst_difference(self, variant: str) -> float | None:
        """Return the greatest difference, regardless of sign, over all published placements."""
        differences = [self.difference(variant, placement) for placement in self.placements]
        return max((abs(each) for each in differences if each is not None), default=None)

    def gain(self, variant: str, baseline: str, *, part: str | None = None) -> float | None:
        """Return how many times faster the first placement is than another: the ratio of their means."""
        first = self.spread(variant, self.placements[0], part=part)
        other = self.spread(variant, baseline, part=part)
        return None if first is None or other is None or first.mean == 0 else other.mean / first.mean

    def published_gain(self, baseline: str) -> float | None:
        """Return the same of the middles of what is published."""
        if self.published is None:
            return None
        first_s = self.published.middle_s(self.placements[0])
        other_s = self.published.middle_s(baseline)
        return None if first_s is None or other_s is None else other_s / first_s

    def change(self, variant: str, placement: str, *, part: str | None = None) -> Spread | None:
        """Return by how much a placement's latency differs from that of the sweep's first point.

        Parameters
        ----------
        variant, placement
            Which.
        part
            One of :data:`spacemoe_ns3.results.PARTS`; None for the whole latency.

        Returns
        -------
        The ratio of the latencies less 1, seed by seed; None if no seed has both.
        """
        first = self.by_seed(self.points[0].name, placement, part=part)
        here = self.by_seed(variant, placement, part=part)
        ratios = [here[seed] / first[seed] for seed in first if seed in here and first[seed] > 0]
        return Spread.of(np.array(ratios) - 1)

    def trend(self, placement: str, *, part: str | None = None) -> Trend | None:
        """Return how a placement's latency, or a part of it, changes along the sweep.

        None if fewer than two points have been evaluated.
        """
        changes = [
            change
            for point in self.points
            if (change := self.change(point.name, placement, part=part)) is not None
        ]
        if len(changes) < 2:
            return None
        steps = np.sign(np.diff([change.mean for change in changes]))
        return Trend(
            placement=placement,
            change=changes[-1].mean,
            standard_error=changes[-1].standard_error,
            is_steady=bool(np.all(steps == steps[0])),
            reported=self.reported.get(placement, ""),
        )
