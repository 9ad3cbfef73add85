"""Replaying a trace: the experts that recorded tokens activated, with whatever correlation there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.checks import check_whole
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.moe.activation.sets import MOST_ENUMERATED_SETS, ActivationSets
from spacemoe_ns3.moe.activation.skew import Skew, skew_of
from spacemoe_ns3.moe.activation.subsets import (
    MOST_TABULATED_EXPERTS,
    check_tabulated,
    containment_table,
    straggler_from_containment,
)
from spacemoe_ns3.moe.activation.successive_sampling import MOST_EXPERTS, by_ascending_way, check_ways


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReplayedTrace:
    """Gating by replaying recorded tokens in their order, all layers of a token together.

    So the correlation between layers, and between successive tokens, is that of the trace.

    Parameters
    ----------
    activations
        Experts that each of N0 recorded tokens activated, in order of selection, shape (N0, L, K), integers.
    experts
        Routed experts of a layer, E.

    Raises
    ------
    ScenarioError
        If an expert is out of range, or twice among a token's K.

    Examples
    --------
    >>> trace = ReplayedTrace(activations=np.array([[[0, 1]], [[2, 1]]]), experts=3)
    >>> trace.activation_probability().tolist()
    [[0.5, 1.0, 0.5]]
    """

    activations: np.ndarray
    experts: int
    _memo: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        given = np.asarray(self.activations)
        require(
            given.ndim == 3 and given.size > 0 and np.issubdtype(given.dtype, np.integer),
            f"trace.activations: {given.dtype} of shape {given.shape} given, must be whole numbers, tokens "
            "by layers by experts; give at least one token",
        )
        check_whole("trace.experts", self.experts, least=1, most=MOST_EXPERTS)
        check_activations(given, self.experts, where="trace.activations")
        activations = given.astype(np.uint16)
        activations.flags.writeable = False
        object.__setattr__(self, "activations", activations)

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return int(self.activations.shape[1])

    @property
    def top_k(self) -> int:
        """Experts that a token activates in a layer, K."""
        return int(self.activations.shape[2])

    def draw(self, tokens: int, random: np.random.Generator) -> np.ndarray:
        """Return the experts of N tokens: a contiguous run that starts anywhere and wraps round.

        Parameters
        ----------
        tokens
            Number of tokens N.
        random
            The stream that the start is drawn from.

        Returns
        -------
        In order of selection, shape (N, L, K), uint16.
        """
        recorded = len(self.activations)
        run = (random.integers(recorded) + np.arange(tokens)) % recorded
        drawn: np.ndarray = self.activations[run]
        return drawn

    def activation_probability(self) -> np.ndarray:
        """Return how often an expert is activated a token, shape (L, E), each layer's summing to K."""
        tokens, layers, _ = self.activations.shape
        where = self.activations + np.arange(layers)[:, np.newaxis] * self.experts
        counts = np.bincount(where.ravel(), minlength=layers * self.experts)
        frequency: np.ndarray = counts.reshape(layers, self.experts) / tokens
        return frequency

    def straggler_probability(self, ways: np.ndarray) -> np.ndarray:
        """Return how often each expert is the activated one with the largest way.

        Parameters
        ----------
        ways
            In any unit, shape (T, L, E). Of equal ways, that of the lowest expert counts as the largest.

        Returns
        -------
        Shape (T, L, E), summing to 1 over E.
        """
        check_ways(ways, (self.layers, self.experts))
        if self.experts <= MOST_TABULATED_EXPERTS:
            return straggler_from_containment(self.containment(), ways)
        order = by_ascending_way(ways)
        place = np.empty(order.shape, np.uint16)  # of an expert in the order: small, as it is looked up often
        np.put_along_axis(place, order, np.arange(self.experts, dtype=np.uint16), axis=-1)
        result = np.zeros(ways.shape)
        for layer, (members, probability) in enumerate(self._distinct()):
            by_rank = np.ascontiguousarray(members.T)
            for slot in range(len(ways)):
                last = place[slot, layer].take(by_rank).max(axis=0)
                frequency = np.bincount(last, probability, minlength=self.experts)
                result[slot, layer, order[slot, layer]] = frequency
        return result

    def containment(self) -> np.ndarray:
        """Return how often all activated experts lie in a subset, by bit mask, shape (L, 2^E).

        Raises
        ------
        ScenarioError
            If there are more than 16 experts.
        """
        check_tabulated(self.experts)
        if "containment" not in self._memo:
            masks = (1 << self.activations.astype(np.int64)).sum(axis=-1)
            counts = np.stack([np.bincount(each, minlength=2**self.experts) for each in masks.T])
            table = containment_table(counts.astype(np.float64)) / len(masks)  # counts add up exactly
            table.flags.writeable = False
            self._memo["containment"] = table
        return self._memo["containment"]

    def sets(self) -> ActivationSets | None:
        """Return the distinct sets with their frequencies; None if a layer has more than 20,000."""
        distinct = []
        for members, probability in self._distinct():
            if len(members) > MOST_ENUMERATED_SETS:
                return None
            distinct.append((members, probability))
        most = max(len(members) for members, _ in distinct)
        return ActivationSets(
            members=np.stack([np.resize(members, (most, self.top_k)) for members, _ in distinct]),
            probability=np.stack([np.pad(each, (0, most - len(each))) for _, each in distinct]),
        )

    def skew(self) -> Skew:
        """Return how uneven the activation probabilities are."""
        return skew_of(self.activation_probability())

    def _distinct(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield each layer's distinct sets, shape (n, K), and how often each comes up, shape (n,)."""
        for layer in range(self.layers):
            key = f"sets {layer}"
            if key not in self._memo:
                ordered = np.sort(self.activations[:, layer], axis=-1).astype(np.intp)
                members, counts = np.unique(ordered, axis=0, return_counts=True)
                self._memo[key], self._memo[f"counts {layer}"] = members, counts
            yield self._memo[key], self._memo[f"counts {layer}"] / len(self.activations)


def check_activations(
    activations: np.ndarray, experts: int, *, where: str, row: np.ndarray | None = None
) -> None:
    """Raise unless each token activates distinct experts within range in each layer.

    Parameters
    ----------
    activations
        Shape (N0, L, K), whole numbers.
    experts
        Routed experts of a layer, E.
    where
        What the sentence calls the array.
    row
        Row of a table that each token and layer stands in, shape (N0, L); the sentence then gives it instead.

    Raises
    ------
    ScenarioError
        Naming the first token and layer that are wrong.
    """

    def place(token: int, layer: int) -> str:
        return f"{where}[{token}][{layer}]" if row is None else f"{where}[{row[token, layer]}]"

    is_outside = (activations < 0) | (activations >= experts)
    if is_outside.any():
        token, layer, rank = np.argwhere(is_outside)[0]
        raise ScenarioError(
            f"{place(token, layer)}: expert {activations[token, layer, rank]} given, must be at least 0 and "
            f"at most {experts - 1}; number routed experts from 0, without shared ones, or choose the model "
            "that was traced"
        )
    ordered = np.sort(activations, axis=-1)
    is_twice = (ordered[..., 1:] == ordered[..., :-1]).any(axis=-1)
    if is_twice.any():
        token, layer = np.argwhere(is_twice)[0]
        raise ScenarioError(
            f"{place(token, layer)}: experts {activations[token, layer].tolist()} given, must be distinct; a "
            "token activates an expert once"
        )
