"""Robust: hosts by what their paths take in bad slots, not in the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_number
from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """Place experts as SpaceMoE does, but by the tail of path latency over slots.

    Subnets and gateways are SpaceMoE's (arXiv 2605.00515). A satellite counts by the mean path latency of the
    slots in which it is longest: the worst 10 % of slots at a quantile of 0.9. That is the conditional value
    at risk (Rockafellar & Uryasev 2000), which unlike the quantile itself tells how bad bad slots are; 0 is
    SpaceMoE. The link states are those of the problem's slots, one draw of outages; in others, what links do
    by geometry repeats, and what they do by chance does not.

    Parameters
    ----------
    quantile
        Share of slots that do not count, at least 0 and below 1.

    Raises
    ------
    ScenarioError
        If the quantile is out of its range.

    Examples
    --------
    >>> Robust(quantile=0.95).name
    'robust-95'
    """

    quantile: float = 0.9

    def __post_init__(self) -> None:
        check_number("placements.robust.quantile", self.quantile, least=0, most=0.9999)

    @property
    def name(self) -> str:
        """Name of the algorithm, with the quantile in percent, a hyphen for the point."""
        return f"robust-{self.quantile * _PERCENT:g}".replace(".", "-")

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            Not used.

        Raises
        ------
        PlacementError
            If the shell has too little room.
        """
        subnets, room = ring_of_subnets(problem), problem.room()
        gateways = central_gateways(problem, subnets, room=room)
        by_activation = np.argsort(-problem.activation_probability(), axis=1, kind="stable")
        experts = np.empty(by_activation.shape, np.int64)
        for layer, subnet in enumerate(subnets):
            tail_s = mean_of_worst(problem.way_s(gateways, layer, subnet), self.quantile)
            near = subnet[np.argsort(tail_s, kind="stable")]
            hosts = np.repeat(near, room.for_experts()[near])[: problem.experts]
            experts[layer, by_activation[layer]] = hosts
            for satellite in hosts.tolist():
                room.take_expert(satellite)
        return Hosts(gateways=gateways, experts=experts)


def mean_of_worst(values: np.ndarray, quantile: float) -> np.ndarray:
    """Return the mean of the largest values: the conditional value at risk.

    Parameters
    ----------
    values
        Of n equally likely slots, shape (n, C).
    quantile
        Share of slots that do not count; a slot may count in part.

    Returns
    -------
    Shape (C,).

    References
    ----------
    Rockafellar & Uryasev 2000, Optimization of conditional value-at-risk, Journal of Risk 2, equation for
    finite samples.

    Examples
    --------
    The worst half of three slots is the worst and half of the next.

    >>> float(mean_of_worst(np.array([[1.0], [5.0], [2.0]]), 0.5)[0])
    4.0
    """
    worst_first = np.sort(values, axis=0)[::-1]
    counted = (1 - quantile) * len(values)
    weights = np.clip(counted - np.arange(len(values)), 0.0, 1.0)
    mean: np.ndarray = weights @ worst_first / counted
    return mean
