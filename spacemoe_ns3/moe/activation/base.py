"""What decides which experts a token activates: the law of a scenario, and the gating of a run."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from spacemoe_ns3.moe.activation.sets import ActivationSets
from spacemoe_ns3.moe.activation.skew import Skew


class Gating(Protocol):
    """Which K of E experts a token activates in each of L layers, and how likely.

    The *activation probability* of an expert, that it is among the K, sums to K over a layer. It is not the
    weight that successive sampling draws with.
    """

    @property
    def layers(self) -> int:
        """Number of layers L."""
        ...

    @property
    def experts(self) -> int:
        """Routed experts of a layer E."""
        ...

    @property
    def top_k(self) -> int:
        """Experts that a token activates in a layer K."""
        ...

    def draw(self, tokens: int, random: np.random.Generator) -> np.ndarray:
        """Return the experts of N tokens in order of their selection, shape (N, L, K), uint16."""
        ...

    def activation_probability(self) -> np.ndarray:
        """Return the probability that an expert is activated, shape (L, E), each layer's summing to K."""
        ...

    def straggler_probability(self, ways: np.ndarray) -> np.ndarray:
        """Return how likely each expert is the activated one with the largest way.

        Parameters
        ----------
        ways
            How long the way over an expert is, in any unit, in each slot, shape (T, L, E). Of equal ways,
            that of the lowest expert counts as the largest.

        Returns
        -------
        Shape (T, L, E), summing to 1 over E, so that its product with ``ways`` sums to the expected maximum.
        """
        ...

    def containment(self) -> np.ndarray:
        """Return the probability that all activated experts lie in a subset, shape (L, 2^E).

        Index of a subset is its bit mask: bit e is expert e.

        Raises
        ------
        ScenarioError
            If there are more than 16 experts.
        """
        ...

    def sets(self) -> ActivationSets | None:
        """Return all sets with their probabilities; None if a layer has more than 20,000."""
        ...

    def skew(self) -> Skew:
        """Return how uneven the activation probabilities are."""
        ...


class ActivationLaw(Protocol):
    """How a scenario says which experts tokens activate."""

    def gating(self, *, layers: int, experts: int, top_k: int, random: np.random.Generator) -> Gating:
        """Return the gating of a model.

        Parameters
        ----------
        layers, experts, top_k
            Of the model: layers with experts L, routed experts of each E, activated K.
        random
            The stream for what the law draws.

        Raises
        ------
        ScenarioError
            If the law does not fit the model.
        """
        ...
