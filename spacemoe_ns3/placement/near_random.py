"""NearRandom: the satellites that SpaceMoE picks, the experts on them in random order.

It separates "near" from "matched to activation", which the paper's baselines confound.
"""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.placement.base import PlacementProblem
from spacemoe_ns3.placement.spacemoe import nearest_satellites


def place_near_random(
    problem: PlacementProblem, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Place the experts of each layer on the nearest satellites, in random order.

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
    near, gateways = nearest_satellites(problem)
    return gateways, random.permuted(near, axis=1)
