"""Successive sampling: experts drawn one after the other, without replacement, by weight."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.checks import check_whole
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.moe.activation import race
from spacemoe_ns3.moe.activation.sets import ActivationSets, activation_sets
from spacemoe_ns3.moe.activation.skew import Skew, skew_of
from spacemoe_ns3.moe.activation.subsets import (
    MOST_TABULATED_EXPERTS,
    check_tabulated,
    containment_table,
    set_table,
    straggler_from_containment,
)

MOST_EXPERTS = 2**16  # as experts are uint16
LEAST_WEIGHT = 1e-300  # of the greatest: quotients of weights must not overflow
_CHUNK = 2**20  # numbers drawn at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuccessiveSampling:
    """Gating by successive sampling without replacement (Plackett-Luce).

    The first expert is drawn with probability proportional to its weight, the next among the rest, and so on;
    tokens and layers are independent of each other.

    Parameters
    ----------
    weights
        Of the experts, shape (L, E). Finite, at least 0, at least K of each layer above 0, none of these
        below 1e-300 times the greatest. Only ratios in a layer matter: they are scaled to sum to 1.
    top_k
        Experts activated in a layer, K.

    Raises
    ------
    ScenarioError
        If the weights break a rule.

    Examples
    --------
    >>> gating = SuccessiveSampling(weights=np.array([[0.5, 0.25, 0.25]]), top_k=2)
    >>> gating.activation_probability().round(4).tolist()
    [[0.8333, 0.5833, 0.5833]]
    """

    weights: np.ndarray
    top_k: int
    _memo: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64)
        require(
            weights.ndim == 2 and weights.size > 0,
            f"activation.weights: shape {weights.shape} given, must be layers by experts; give a row a layer",
        )
        check_whole("activation.top_k", self.top_k, least=1, most=weights.shape[1])
        require(
            weights.shape[1] <= MOST_EXPERTS,
            f"activation.weights: {weights.shape[1]} experts given, must be at most {MOST_EXPERTS}",
        )
        _check_layers(weights, self.top_k)
        weights /= weights.max(axis=1, keepdims=True)  # before the sum, which might overflow
        weights /= weights.sum(axis=1, keepdims=True)
        weights.flags.writeable = False
        object.__setattr__(self, "weights", weights)

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return int(self.weights.shape[0])

    @property
    def experts(self) -> int:
        """Experts of a layer E."""
        return int(self.weights.shape[1])

    def draw(self, tokens: int, random: np.random.Generator) -> np.ndarray:
        """Return the experts of N tokens in order of their selection, shape (N, L, K), uint16.

        References
        ----------
        Kool, van Hoof & Welling 2019, Stochastic beams and where to find them, ICML: the Gumbel-top-k trick.
        """
        return draw_activations(weights=self.weights, tokens=tokens, top_k=self.top_k, random=random)

    def activation_probability(self) -> np.ndarray:
        """Return the probability that an expert is activated, shape (L, E), each layer's summing to K."""
        if "activation" not in self._memo:
            probability = [race.activation_probability(weights, self.top_k) for weights in self.weights]
            self._memo["activation"] = _frozen(np.stack(probability))
        return self._memo["activation"]

    def straggler_probability(self, ways: np.ndarray) -> np.ndarray:
        """Return how likely each expert is the activated one with the largest way.

        Parameters
        ----------
        ways
            In any unit, shape (T, L, E). Of equal ways, that of the lowest expert counts as the largest.

        Returns
        -------
        Shape (T, L, E), summing to 1 over E.
        """
        check_ways(ways, self.weights.shape)
        if self.experts <= MOST_TABULATED_EXPERTS:
            return straggler_from_containment(self.containment(), ways)
        order = by_ascending_way(ways)
        result = np.empty(ways.shape)
        for layer, weights in enumerate(self.weights):
            distinct, which = np.unique(order[:, layer], axis=0, return_inverse=True)
            places = _last_places(weights, self.top_k, distinct)[which.reshape(-1)]
            np.put_along_axis(result[:, layer], order[:, layer], places, axis=-1)
        return result

    def containment(self) -> np.ndarray:
        """Return the probability that all activated experts lie in a subset, by bit mask, shape (L, 2^E).

        Raises
        ------
        ScenarioError
            If there are more than 16 experts.
        """
        check_tabulated(self.experts)
        if "containment" not in self._memo:
            self._memo["containment"] = _frozen(containment_table(set_table(self.weights, self.top_k)))
        return self._memo["containment"]

    def sets(self) -> ActivationSets | None:
        """Return all sets with their probabilities; None if a layer has more than 20,000."""
        return activation_sets(weights=self.weights, top_k=self.top_k)

    def skew(self) -> Skew:
        """Return how uneven the activation probabilities are."""
        return skew_of(self.activation_probability())


def draw_activations(
    *, weights: np.ndarray, tokens: int, top_k: int, random: np.random.Generator
) -> np.ndarray:
    """Draw the experts of every token by the Gumbel-top-k trick.

    Parameters
    ----------
    weights
        Shape (L, E), at least K of each layer above 0.
    tokens
        Number of tokens N.
    top_k
        Experts activated in a layer, K.
    random
        The stream to draw from.

    Returns
    -------
    Experts in the order of their selection, shape (N, L, K), uint16.

    References
    ----------
    Kool, van Hoof & Welling 2019, Stochastic beams and where to find them, ICML.
    """
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    result = np.empty((tokens, len(weights), top_k), np.uint16)
    chunk = max(1, _CHUNK // weights.size)
    for start in range(0, tokens, chunk):
        part = result[start : start + chunk]
        keys = -(log_weights + random.gumbel(size=(len(part), *weights.shape)))
        first = np.argpartition(keys, top_k - 1, axis=-1)[..., :top_k]
        place = np.argsort(np.take_along_axis(keys, first, axis=-1), axis=-1)
        part[:] = np.take_along_axis(first, place, axis=-1)
    return result


def _check_layers(weights: np.ndarray, top_k: int) -> None:
    """Raise unless every layer's weights are finite and at least 0, with K of them above 0."""
    is_wrong = ~((weights >= 0) & (weights < np.inf))
    if is_wrong.any():
        layer, expert = np.argwhere(is_wrong)[0]
        value = float(weights[layer, expert])
        raise ScenarioError(
            f"activation.weights[{layer}][{expert}]: {value} given, must be finite and at least 0; correct it"
        )
    usable = (weights > 0).sum(axis=1)
    layer = int(usable.argmin())
    require(
        bool(usable[layer] >= top_k),
        f"activation.weights[{layer}]: {usable[layer]} weights above 0 given, must be at least {top_k}, as a "
        "token activates so many experts; give more experts a weight",
    )
    is_tiny = (weights > 0) & (weights < LEAST_WEIGHT * weights.max(axis=1, keepdims=True))
    if is_tiny.any():
        layer, expert = np.argwhere(is_tiny)[0]
        raise ScenarioError(
            f"activation.weights[{layer}][{expert}]: {weights[layer, expert]} given, must be 0 or at least "
            f"{LEAST_WEIGHT} times the layer's greatest; give 0"
        )


def check_ways(ways: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise unless ways are of shape (T, L, E), given the (L, E) of the gating."""
    require(
        ways.ndim == 3 and ways.shape[1:] == shape,
        f"ways: shape {ways.shape} given, must be (slots, {shape[0]}, {shape[1]}); give each expert's way",
    )


def by_ascending_way(ways: np.ndarray) -> np.ndarray:
    """Return the experts by ascending way, of equal ways the highest first, so that stragglers are last.

    Parameters
    ----------
    ways
        Shape (..., E).

    Returns
    -------
    Shape (..., E).
    """
    # A stable sort of the experts backwards.
    order: np.ndarray = ways.shape[-1] - 1 - np.argsort(ways[..., ::-1], axis=-1, kind="stable")
    return order


def _last_places(weights: np.ndarray, top_k: int, order: np.ndarray) -> np.ndarray:
    """Return how likely each place of the orders is the last activated, shape (n, E)."""
    experts = len(weights)
    if (weights == weights[0]).all():
        # All sets are alike: the last at place j, the other K - 1 before it.
        chance = [math.comb(place, top_k - 1) / math.comb(experts, top_k) for place in range(experts)]
        return np.broadcast_to(chance, order.shape)
    return race.last_place_probability(weights, top_k, order)


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return the array, made read-only."""
    array.flags.writeable = False
    return array
