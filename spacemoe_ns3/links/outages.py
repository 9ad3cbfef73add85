"""Links that are down though geometry would let them be up."""

from __future__ import annotations

import numpy as np


def bernoulli(*, slots: int, links: int, survival: float, random: np.random.Generator) -> np.ndarray:
    """Draw each link's state anew in each slot (the paper's space weather).

    Parameters
    ----------
    slots, links
        Number of slots T and of links M.
    survival
        Probability that a link is up in a slot.
    random
        The stream to draw from.

    Returns
    -------
    Whether the link survives, shape (T, M), bool.
    """
    return random.random((slots, links)) < survival
