"""SpaceMoE: the most active expert on the satellite with the shortest expected path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceMoE:
    """Place a model as arXiv 2605.00515 does.

    A ring of subnets, the central satellite of each as gateway; in each subnet the experts in order of
    activation probability, descending, on the satellites with room in order of expected path latency,
    ascending. The computing time of an expert counts, which changes nothing where computers are equal. A
    satellite with room for several experts takes as many before the next one takes any. Layers that share a
    subnet take their satellites one layer after the other. Nothing is random.
    """

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return "spacemoe"

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
        near, gateways = nearest_satellites(problem)
        order = np.argsort(-problem.activation_probability(), axis=1, kind="stable")
        experts = np.empty_like(near)
        np.put_along_axis(experts, order, near, axis=1)
        return Hosts(gateways=gateways, experts=experts)


def nearest_satellites(problem: PlacementProblem) -> tuple[np.ndarray, np.ndarray]:
    """Return each subnet's satellites with the shortest expected paths, and the central gateways.

    Parameters
    ----------
    problem
        What to place, and where.

    Returns
    -------
    near
        Satellites, shortest path first, each as often as it has room, shape (L, E).
    gateways
        Satellites, shape (L,).

    Raises
    ------
    PlacementError
        If the shell has too little room.
    """
    subnets, room = ring_of_subnets(problem), problem.room()
    gateways = central_gateways(problem, subnets, room=room)
    latency_s = problem.path_latency_s(gateways)
    near = np.empty((problem.layers, problem.experts), np.int64)
    for layer, subnet in enumerate(subnets):
        order = subnet[np.argsort(latency_s[layer, subnet], kind="stable")]
        near[layer] = np.repeat(order, room.for_experts()[order])[: problem.experts]
        for satellite in near[layer].tolist():
            room.take_expert(satellite)
    return near, gateways
