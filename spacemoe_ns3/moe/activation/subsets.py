"""Tables over all subsets of a few experts, and who is last from them: the hot path of small models.

A subset is a bit mask: bit e is expert e.
"""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.errors import require

MOST_TABULATED_EXPERTS = 16  # 2^16 numbers a layer


def check_tabulated(experts: int) -> None:
    """Raise unless a table over all subsets of the experts is small enough.

    Raises
    ------
    ScenarioError
        If there are more than 16.
    """
    require(
        experts <= MOST_TABULATED_EXPERTS,
        f"activation: a table over all subsets of {experts} experts was asked for, must be at most "
        f"{MOST_TABULATED_EXPERTS} experts; ask for straggler_probability, which needs no table",
    )


def set_table(weights: np.ndarray, top_k: int) -> np.ndarray:
    """Return the probability of each set of K experts, by recursion over the expert drawn last.

    Parameters
    ----------
    weights
        Of successive sampling, shape (L, E), at least K of each layer above 0.
    top_k
        Experts activated in a layer, K.

    Returns
    -------
    By mask, zero for sets that are not of K, shape (L, 2^E).
    """
    layers, experts = weights.shape
    masks = np.arange(2**experts)
    sizes = _sizes(experts)
    left = np.zeros((layers, 2**experts))  # of the experts in a mask: a sum, as a difference would cancel
    for expert in range(experts):
        left[:, 1 << expert : 2 << expert] = left[:, : 1 << expert] + weights[:, expert, np.newaxis]
    table = np.zeros((layers, 2**experts))
    table[:, 0] = 1.0
    for size in range(top_k):
        drawn = masks[sizes == size]
        share = table[:, drawn] / left[:, ~drawn & (2**experts - 1)]
        table[:, drawn] = 0.0
        for expert in range(experts):
            can_follow = (drawn >> expert) & 1 == 0
            table[:, drawn[can_follow] | 1 << expert] += share[:, can_follow] * weights[:, expert, np.newaxis]
    return table


def _sizes(experts: int) -> np.ndarray:
    """Return how many experts are in each mask, shape (2^E,)."""
    sizes = np.zeros(1, np.int64)
    for _ in range(experts):
        sizes = np.concatenate([sizes, sizes + 1])
    return sizes


def containment_table(of_sets: np.ndarray) -> np.ndarray:
    """Sum a table of sets over the subsets of each mask.

    Parameters
    ----------
    of_sets
        Probability that the activated set is this, by mask, shape (L, 2^E).

    Returns
    -------
    Probability that all activated experts are in the mask, shape (L, 2^E).
    """
    table = of_sets.copy()
    layers, masks = table.shape
    for expert in range(masks.bit_length() - 1):
        halves = table.reshape(layers, -1, 2, 1 << expert)
        halves[:, :, 1] += halves[:, :, 0]
    return table


def straggler_from_containment(containment: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Return how likely each expert is the activated one with the largest way.

    Parameters
    ----------
    containment
        Shape (L, 2^E).
    ways
        Shape (T, L, E). Of equal ways, the lowest expert's counts as the largest.

    Returns
    -------
    Shape (T, L, E), summing to 1 over E.
    """
    layers, masks = containment.shape
    by_expert = np.ascontiguousarray(np.moveaxis(ways, -1, 0))
    experts = len(by_expert)
    before = np.zeros((experts, *ways.shape[:2]), np.int32)  # who has a smaller way, as a mask
    for one in range(experts):
        for other in range(one + 1, experts):
            is_other_before = by_expert[other] <= by_expert[one]
            before[one] += is_other_before * np.int32(1 << other)
            before[other] += ~is_other_before * np.int32(1 << one)
    before += (np.arange(layers, dtype=np.int32) * masks)[:, np.newaxis].T
    own = (1 << np.arange(experts, dtype=np.int32))[:, np.newaxis, np.newaxis]
    flat = containment.ravel()
    difference = np.maximum(flat[before + own] - flat[before], 0.0)  # of sums: may round to -1e-17
    probability: np.ndarray = np.moveaxis(difference, 0, -1)
    return probability
