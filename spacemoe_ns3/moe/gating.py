"""Which experts a token activates.

Each layer has a weight for every expert. A token activates K distinct experts by successive sampling
without replacement (Plackett-Luce): the first with probability proportional to its weight, the next among
the rest, and so on. The *activation probability* of an expert, that it is among the K, sums to K over the
layer; it is not the weight.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import check_number

MOST_ENUMERATED_SETS = 20_000
SAMPLED_SETS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """How the weights of the experts come about.

    Parameters
    ----------
    concentration
        Each layer's weights are drawn from a symmetric Dirichlet distribution with this concentration;
        infinite gives equal weights. With E experts the coefficient of variation of a weight is
        ``sqrt((E - 1) / (E * concentration + 1))``.

    Raises
    ------
    ScenarioError
        If the concentration is not positive.
    """

    concentration: float = math.inf

    def __post_init__(self) -> None:
        check_number("activation.concentration", self.concentration, above=0, may_be_infinite=True)

    def weights(self, *, layers: int, experts: int, random: np.random.Generator) -> np.ndarray:
        """Return weights of shape (L, E), each layer's summing to 1."""
        if math.isinf(self.concentration):
            return np.full((layers, experts), 1.0 / experts)
        weights = random.dirichlet(np.full(experts, self.concentration), size=layers)
        # A tiny concentration underflows to zero; top_k experts must remain to be chosen.
        return np.maximum(weights, np.finfo(float).tiny)


def draw_activations(
    *, weights: np.ndarray, tokens: int, top_k: int, random: np.random.Generator
) -> np.ndarray:
    """Draw the experts of every token by the Gumbel-top-k trick.

    Parameters
    ----------
    weights
        Shape (L, E).
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
        keys = np.log(weights) + random.gumbel(size=(tokens, *weights.shape))
    order = np.argsort(-keys, axis=-1, kind="stable")
    return order[..., :top_k].astype(np.uint16)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationSets:
    """The sets of experts that a token may activate, with their probabilities.

    Parameters
    ----------
    members
        Experts of each set, shape (L, n, K).
    probability
        Of each set, shape (L, n); each layer's sum to 1.
    is_exact
        Whether all sets are enumerated; otherwise they are a sample, each with the same probability.
    """

    members: np.ndarray
    probability: np.ndarray
    is_exact: bool

    def activation_probability(self, experts: int) -> np.ndarray:
        """Return the probability that an expert is activated, shape (L, E), each layer's summing to K."""
        layers = self.members.shape[0]
        result = np.zeros((layers, experts))
        for layer in range(layers):
            chance = np.broadcast_to(self.probability[layer][:, np.newaxis], self.members[layer].shape)
            np.add.at(result[layer], self.members[layer].ravel(), chance.ravel())
        return result


def activation_sets(*, weights: np.ndarray, top_k: int, random: np.random.Generator) -> ActivationSets:
    """Return the sets of experts that a token may activate.

    All of them, with exact probabilities, if a layer has at most 20,000; otherwise a sample.

    Parameters
    ----------
    weights
        Shape (L, E).
    top_k
        Experts activated in a layer, K.
    random
        The stream for a sample.

    Returns
    -------
    The sets.

    Examples
    --------
    With weights 1/2, 1/4, 1/4 the pair {1, 2} comes up as 1 then 2 or 2 then 1, 2 (1/4 . 1/3) = 1/6:

    >>> sets = activation_sets(weights=np.array([[0.5, 0.25, 0.25]]), top_k=2, random=None)
    >>> sets.members[0].tolist(), sets.probability[0].round(4).tolist()
    ([[0, 1], [0, 2], [1, 2]], [0.4167, 0.4167, 0.1667])
    """
    layers, experts = weights.shape
    if math.comb(experts, top_k) > MOST_ENUMERATED_SETS:
        drawn = draw_activations(weights=weights, tokens=SAMPLED_SETS, top_k=top_k, random=random)
        return ActivationSets(
            members=drawn.transpose(1, 0, 2).astype(np.intp),
            probability=np.full((layers, SAMPLED_SETS), 1.0 / SAMPLED_SETS),
            is_exact=False,
        )
    probability: dict[tuple[int, ...], np.ndarray] = {(): np.ones(layers)}
    for size in range(1, top_k + 1):
        probability = {
            members: _last_step(members, probability, weights)
            for members in itertools.combinations(range(experts), size)
        }
    members = np.array(list(probability), dtype=np.intp)
    return ActivationSets(
        members=np.broadcast_to(members, (layers, *members.shape)),
        probability=np.stack(list(probability.values()), axis=1),
        is_exact=True,
    )


def _last_step(
    members: tuple[int, ...], smaller: dict[tuple[int, ...], np.ndarray], weights: np.ndarray
) -> np.ndarray:
    """Return the probability of a set, from those of the sets with one expert fewer, shape (L,)."""
    total = np.zeros(weights.shape[0])
    for last in members:
        rest = tuple(expert for expert in members if expert != last)
        left = np.delete(weights, rest, axis=1).sum(axis=1)  # not a difference: it would cancel
        total += smaller[rest] * weights[:, last] / left
    return total
