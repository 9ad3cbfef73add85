"""NearRandom: the satellites that SpaceMoE picks, the experts on them in random order.

It separates "near" from "matched to activation", which the paper's baselines confound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement.base import Hosts, PlacementProblem
from spacemoe_ns3.placement.spacemoe import nearest_satellites


@dataclass(frozen=True, slots=True, kw_only=True)
class NearRandom:
    """Place the experts of each layer on the nearest satellites, in random order."""

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return "near-random"

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
        near, gateways = nearest_satellites(problem)
        return Hosts(gateways=gateways, experts=random.permuted(near, axis=1))
