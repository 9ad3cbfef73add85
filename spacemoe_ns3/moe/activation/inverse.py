"""Weights from activation probabilities: the inverse of successive sampling."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.errors import SpacemoeError
from spacemoe_ns3.moe.activation.race import activation_probability

PROBABILITY_TOLERANCE = 1e-10  # a count of ten thousand million tokens would not tell
_CERTAIN = 1e15  # weight of experts that are always activated, over that of all others together
_MOST_STEPS = 500


def weights_for(probability: np.ndarray, top_k: int) -> np.ndarray:
    """Return weights with which successive sampling gives these activation probabilities.

    By a fixed point. Were the K-th ring of the race at time 1 for certain, P(e in A) = 1 - exp(-w_e); so each
    weight is multiplied by log(1 - wanted) / log(1 - had) until all agree. Experts that are always activated
    get overwhelming weight, those that never are none.

    Parameters
    ----------
    probability
        Of one layer's experts, each at least 0 and at most 1, the sum K, shape (E,).
    top_k
        Experts activated, K.

    Returns
    -------
    Shape (E,). The activation probabilities agree to 1e-10.

    Raises
    ------
    SpacemoeError
        If the fixed point is not reached.

    References
    ----------
    Rosen 1997, On sampling with probability proportional to size, Journal of Statistical Planning and
    Inference 62: the approximation that starts and drives the iteration.

    Examples
    --------
    >>> weights = weights_for(np.array([0.8, 0.6, 0.6]), top_k=2)
    >>> activation_probability(weights, 2).round(9).tolist()
    [0.8, 0.6, 0.6]
    """
    is_certain = probability >= 1 - PROBABILITY_TOLERANCE / 2
    is_open = ~is_certain & (probability > 0)
    weights = np.zeros(len(probability))
    places = top_k - int(is_certain.sum())
    if places > 0:
        open_probability = probability[is_open]
        weights[is_open] = _fixed_point(open_probability * (places / open_probability.sum()), places)
    weights[is_certain] = _CERTAIN * weights.sum() if weights.any() else 1.0
    normalised: np.ndarray = weights / weights.sum()
    return normalised


def _fixed_point(probability: np.ndarray, top_k: int) -> np.ndarray:
    """Return weights for probabilities between 0 and 1."""
    wanted = np.log1p(-probability)
    weights: np.ndarray = -wanted
    for _ in range(_MOST_STEPS):
        had = activation_probability(weights / weights.sum(), top_k)
        if np.abs(had - probability).max() <= PROBABILITY_TOLERANCE:
            return weights
        weights = weights * wanted / np.log1p(-np.minimum(had, 1 - 1e-16))
    raise SpacemoeError(
        f"activation: no weights found in {_MOST_STEPS} steps whose activation probabilities are the "
        f"{len(probability)} measured ones; replay the trace instead (RoutingTrace)"
    )
