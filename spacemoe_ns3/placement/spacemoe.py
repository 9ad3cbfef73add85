"""SpaceMoE: the most active expert on the satellite with the shortest expected path."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.placement.base import PlacementProblem
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets


def place_spacemoe(problem: PlacementProblem, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Place a model as arXiv 2605.00515 does.

    A ring of subnets, the central satellite of each as gateway; in each subnet the experts in order of
    activation probability, descending, on the free satellites in order of expected path latency,
    ascending. Nothing is random.

    Parameters
    ----------
    problem
        What to place, and where.
    random
        Not used.

    Returns
    -------
    Gateways of shape (L,), experts of shape (L, E).
    """
    near, gateways = nearest_satellites(problem)
    order = np.argsort(-problem.activation_probability, axis=1, kind="stable")
    experts = np.empty_like(near)
    np.put_along_axis(experts, order, near, axis=1)
    return gateways, experts


def nearest_satellites(problem: PlacementProblem) -> tuple[np.ndarray, np.ndarray]:
    """Return each subnet's free satellites with the shortest expected paths, and the central gateways.

    Parameters
    ----------
    problem
        What to place, and where.

    Returns
    -------
    near
        Satellites, shortest path first, shape (L, E).
    gateways
        Satellites, shape (L,).
    """
    subnets = ring_of_subnets(problem)
    gateways = central_gateways(problem, subnets)
    latency = problem.path_latency(gateways)
    near = np.empty((problem.layers, problem.experts), np.int64)
    for layer, subnet in enumerate(subnets):
        free = subnet[subnet != gateways[layer]]
        order = np.argsort(latency[layer, free], kind="stable")
        near[layer] = free[order[: problem.experts]]
    return near, gateways
