"""RandIntra and RandIntra-CG: a ring of subnets, hosts at random inside each."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.placement.base import PlacementProblem
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets


def place_rand_intra(problem: PlacementProblem, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Place gateway and experts at random inside each subnet (arXiv 2605.00515, baseline).

    Parameters
    ----------
    problem
        What to place, and where.
    random
        The stream to draw from.

    Returns
    -------
    Gateways of shape (L,), experts of shape (L, E).
    """
    subnets = ring_of_subnets(problem)
    hosts = np.array([random.choice(subnet, problem.experts + 1, replace=False) for subnet in subnets])
    return hosts[:, 0], hosts[:, 1:]


def place_rand_intra_cg(
    problem: PlacementProblem, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Place experts at random inside each subnet, around the central gateway (arXiv 2605.00515, baseline).

    Parameters
    ----------
    problem
        What to place, and where.
    random
        The stream to draw from.

    Returns
    -------
    Gateways of shape (L,), experts of shape (L, E).
    """
    subnets = ring_of_subnets(problem)
    gateways = central_gateways(problem, subnets)
    experts = [
        random.choice(subnet[subnet != gateway], problem.experts, replace=False)
        for subnet, gateway in zip(subnets, gateways, strict=True)
    ]
    return gateways, np.array(experts)
