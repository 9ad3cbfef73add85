"""RandPlace: gateways and experts anywhere."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.placement.base import PlacementProblem


def place_rand_place(problem: PlacementProblem, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Place everything on distinct satellites of the shell at random (arXiv 2605.00515, baseline).

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
    shape = (problem.layers, problem.experts + 1)
    hosts = random.choice(problem.layout.members(problem.shell), size=shape, replace=False)
    return hosts[:, 0], hosts[:, 1:]
