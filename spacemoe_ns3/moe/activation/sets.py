"""All sets of experts that a token may activate, where they are few."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.moe.activation.race import set_probability

MOST_ENUMERATED_SETS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ActivationSets:
    """All sets of experts that a token may activate, with their probabilities.

    Parameters
    ----------
    members
        Experts of each set, ascending, shape (L, n, K). Layers with fewer sets than others repeat one with
        probability 0.
    probability
        Of each set, shape (L, n); each layer's sum to 1.
    """

    members: np.ndarray
    probability: np.ndarray

    def activation_probability(self, experts: int) -> np.ndarray:
        """Return the probability that an expert is activated, shape (L, E), each layer's summing to K."""
        result = np.zeros((len(self.members), experts))
        for layer, (members, probability) in enumerate(zip(self.members, self.probability, strict=True)):
            np.add.at(result[layer], members, probability[:, np.newaxis])
        return result


def activation_sets(*, weights: np.ndarray, top_k: int) -> ActivationSets | None:
    """Return the sets that successive sampling gives, with exact probabilities.

    Parameters
    ----------
    weights
        Shape (L, E), at least K of each layer above 0.
    top_k
        Experts activated in a layer, K.

    Returns
    -------
    All sets of K experts; None if a layer has more than 20,000.

    Examples
    --------
    With weights 1/2, 1/4, 1/4 the pair {1, 2} comes up as 1 then 2 or 2 then 1, 2 (1/4 . 1/3) = 1/6:

    >>> sets = activation_sets(weights=np.array([[0.5, 0.25, 0.25]]), top_k=2)
    >>> sets.members[0].tolist(), sets.probability[0].round(4).tolist()
    ([[0, 1], [0, 2], [1, 2]], [0.4167, 0.4167, 0.1667])
    """
    layers, experts = weights.shape
    if math.comb(experts, top_k) > MOST_ENUMERATED_SETS:
        return None
    members = np.array(list(itertools.combinations(range(experts), top_k)), dtype=np.intp)
    return ActivationSets(
        members=np.broadcast_to(members, (layers, *members.shape)),
        probability=np.stack([set_probability(each, top_k, members) for each in weights]),
    )
