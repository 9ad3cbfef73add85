"""Results of studies written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spacemoe_ns3.results import PARTS, ExpectedLatency
from spacemoe_ns3.study_results import CHOSEN, Evaluation, Published, StudyResults, Variant

COMPUTE_S = 0.25  # of every expectation; the rest is propagation


def expectation(s_per_token: float) -> ExpectedLatency:
    """Return an expectation of a quarter second of computing, the rest light time."""
    parts_s = {**dict.fromkeys(PARTS, 0.0), "compute": COMPUTE_S, "propagation": s_per_token - COMPUTE_S}
    return ExpectedLatency(
        parts_s=parts_s,
        layers_s=np.full(2, s_per_token / 2),
        half_width_s=0.0,
        quantiles_s={0.5: s_per_token},
        waiting_probability=0.125,
    )


def study_results(
    seconds: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    variants: Sequence[Variant] = (),
    published: Mapping[str, tuple[float, float]] | None = None,
    **settings: object,
) -> StudyResults:
    """Return results from seconds a token, one a seed, by variant and placement.

    Seeds count from 1; a NaN stands for an evaluation that is missing.
    """
    placements = tuple(dict.fromkeys(name for each in seconds.values() for name in each))
    count = max(len(values) for each in seconds.values() for values in each.values())
    evaluations = tuple(
        Evaluation(
            variant=variant, seed=seed, placement=name, expected=expectation(seconds[variant][name][seed - 1])
        )
        for variant in seconds
        for seed in range(1, count + 1)
        for name in seconds[variant]
        if not np.isnan(seconds[variant][name][seed - 1])
    )
    return StudyResults(
        name="by-hand",
        variants=(Variant(name=CHOSEN), *variants),
        placements=placements,
        seeds=tuple(range(1, count + 1)),
        evaluations=evaluations,
        published=None if published is None else Published(source="a paper", s_per_token=published),
        **settings,  # type: ignore[arg-type]
    )


def points(*places: float, axis: str = "altitude, km") -> tuple[Variant, ...]:
    """Return the points of a sweep."""
    return tuple(Variant(name=f"{axis}: {place:g}", point=place) for place in places)
