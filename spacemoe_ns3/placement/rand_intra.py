"""RandIntra and RandIntra-CG: a ring of subnets, hosts at random inside each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.rand_place import draw_experts, draw_gateway, draw_places, takes_one_of_anything
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets


@dataclass(frozen=True, slots=True, kw_only=True)
class RandIntra:
    """Place gateway and experts at random inside each subnet (arXiv 2605.00515, baseline).

    Where satellites have room for several hosts, each counts as many times as it has room.
    """

    asks_delays = False

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return "rand-intra"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream to draw from.

        Raises
        ------
        PlacementError
            If the shell has too little room, or the gateways happen to leave too little for the experts.
        """
        subnets, room = ring_of_subnets(problem), problem.room()
        if takes_one_of_anything(room, problem.members):
            places, each = room.for_experts(), []
            for subnet in subnets:
                each.append(draw_places(subnet, places[subnet], problem.experts + 1, random))
                places[each[-1]] -= 1
            hosts = np.array(each)
            return Hosts(gateways=hosts[:, 0], experts=hosts[:, 1:])
        gateways = [draw_gateway(room, layer, subnet, random) for layer, subnet in enumerate(subnets)]
        experts = [draw_experts(room, subnet, problem.experts, random) for subnet in subnets]
        return Hosts(gateways=np.array(gateways), experts=np.array(experts))


@dataclass(frozen=True, slots=True, kw_only=True)
class RandIntraCG:
    """Place experts at random inside each subnet, around the central gateway (arXiv 2605.00515, baseline).

    Where satellites have room for several hosts, each counts as many times as it has room.
    """

    asks_delays = False

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return "rand-intra-cg"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        """Place a model.

        Parameters
        ----------
        problem
            What to place, and where.
        random
            The stream to draw from.

        Raises
        ------
        PlacementError
            If the shell has too little room.
        """
        subnets, room = ring_of_subnets(problem), problem.room()
        gateways = central_gateways(problem, subnets, room=room)
        experts = [draw_experts(room, subnet, problem.experts, random) for subnet in subnets]
        return Hosts(gateways=gateways, experts=np.array(experts))
