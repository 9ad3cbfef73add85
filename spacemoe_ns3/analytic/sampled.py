"""Monte Carlo: the formula for many tokens at once, the same tokens for every placement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.moe import Gating
from spacemoe_ns3.placement.objective import Ways, others_before

LEAST_TOKENS = 10_000
SHARES = (0.5, 0.95, 0.99)
_TWO_SIDED_95 = 1.959963984540054  # quantile 0.975 of the standard normal distribution
_MOST_AT_ONCE = 2_000_000  # values of an array: memory
_PARTS = ("compute", "propagation", "serialisation", "queueing", "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledTokens:
    """Tokens to sample the formula with: as many in every slot.

    Parameters
    ----------
    slots
        Slot of each token, shape (N,).
    activations
        Experts of each token, shape (N, L, K), uint16.
    places
        Of these experts in raveled arrays of shape (T, L, E), by selection, shape (K, N, L).
    """

    slots: np.ndarray
    activations: np.ndarray
    places: np.ndarray


def sample_tokens(gating: Gating, *, slots: int, random: np.random.Generator) -> SampledTokens:
    """Draw tokens, at least 10,000.

    Parameters
    ----------
    gating
        Which experts tokens activate.
    slots
        Number of slots T.
    random
        The stream to draw from.
    """
    count = slots * -(-LEAST_TOKENS // slots)
    slot = np.arange(count) % slots
    activations = random.permutation(gating.draw(count, random))
    first = (slot[:, np.newaxis] * gating.layers + np.arange(gating.layers)) * gating.experts
    places = np.ascontiguousarray((first[..., np.newaxis] + activations).transpose(2, 0, 1))
    return SampledTokens(slots=slot, activations=activations, places=places)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledLatency:
    """What sampled tokens take, without gateways and head.

    Parameters
    ----------
    token_s
        Of each token, shape (N,).
    half_width_s
        Of the 95 % confidence interval of the mean of ``token_s``.
    """

    token_s: np.ndarray
    half_width_s: float

    def quantiles_s(self) -> dict[float, float]:
        """Return the seconds within which a share of the tokens is done, by share."""
        values = np.quantile(self.token_s, SHARES)
        return dict(zip(SHARES, values.tolist(), strict=True))


def sample_latency(ways: Ways, tokens: SampledTokens) -> SampledLatency:
    """Evaluate the formula for sampled tokens.

    Parameters
    ----------
    ways
        The ways through the experts.
    tokens
        The tokens.

    Returns
    -------
    What they take; the interval is that of a sample stratified by slot.
    """
    token_s = np.empty(len(tokens.slots))
    shares = bool(ways.shares().any())
    for chosen in _chunks(tokens):
        finishes = _finishes(ways, tokens, chosen, shares=shares)
        last_s, _ = next(finishes)
        for finish_s, _ in finishes:
            np.maximum(last_s, finish_s, out=last_s)
        token_s[chosen] = last_s.sum(axis=1)
    strata = token_s[np.argsort(tokens.slots, kind="stable")].reshape(int(tokens.slots.max()) + 1, -1)
    variance = strata.var(axis=1, ddof=1).mean() / len(token_s) if strata.shape[1] > 1 else np.inf
    return SampledLatency(token_s=token_s, half_width_s=_TWO_SIDED_95 * float(np.sqrt(variance)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledParts:
    """Where the time of sampled tokens goes.

    Parameters
    ----------
    parts_s
        Mean of each part in each layer, shape (L,), without gateways and head.
    waiting_probability
        Share of tokens that wait on their critical path for a slot with a path.
    """

    parts_s: Mapping[str, np.ndarray]
    waiting_probability: float


def sample_parts(ways: Ways, tokens: SampledTokens) -> SampledParts:
    """Follow the experts that sampled tokens wait for.

    Parameters
    ----------
    ways
        The ways through the experts.
    tokens
        The tokens.
    """
    count, layers, _ = tokens.activations.shape
    sums_s = {part: np.zeros(layers) for part in _PARTS}
    waits = 0
    shares = bool(ways.shares().any())
    for chosen in _chunks(tokens):
        parts = _critical_parts(ways, tokens, chosen, shares=shares)
        waits += int((parts["waiting"] > 0).any(axis=1).sum())
        for part, values in parts.items():
            sums_s[part] += values.sum(axis=0)
    return SampledParts(
        parts_s={part: values / count for part, values in sums_s.items()}, waiting_probability=waits / count
    )


def _chunks(tokens: SampledTokens) -> Iterator[slice]:
    """Yield slices of tokens that fit the memory."""
    count, layers, top_k = tokens.activations.shape
    at_once = max(1, _MOST_AT_ONCE // (layers * top_k))
    for first in range(0, count, at_once):
        yield slice(first, first + at_once)


def _finishes(
    ways: Ways, tokens: SampledTokens, chosen: slice, *, shares: bool
) -> Iterator[tuple[np.ndarray, np.ndarray | float]]:
    """Yield, by selection, when results arrive and how much of that is sharing, each of shape (N, L)."""
    total_s = ways.total_s.reshape(-1)
    if not shares:
        for places in tokens.places[:, chosen]:
            yield np.take(total_s, places), 0.0
        return
    activated = tokens.activations[chosen]
    slot = tokens.slots[chosen] if len(ways.hosts) > 1 else np.zeros(len(activated), np.intp)
    layer = np.arange(activated.shape[1])[:, np.newaxis]
    before = others_before(ways.hosts[slot[:, np.newaxis, np.newaxis], layer, activated])
    computing_s = ways.computing_s.reshape(-1)
    for k, places in enumerate(tokens.places[:, chosen]):
        sharing_s = before[..., k] * np.take(computing_s, places)
        yield np.take(total_s, places) + sharing_s, sharing_s


def _critical_parts(
    ways: Ways, tokens: SampledTokens, chosen: slice, *, shares: bool
) -> dict[str, np.ndarray]:
    """Return the parts of the way of the expert that each layer waits for, each of shape (N, L)."""
    found = list(_finishes(ways, tokens, chosen, shares=shares))
    last = np.argmax([finish_s for finish_s, _ in found], axis=0)
    expert = np.take_along_axis(tokens.activations[chosen], last[..., np.newaxis], axis=2)[..., 0]
    sharing = np.stack([np.broadcast_to(sharing_s, last.shape) for _, sharing_s in found])
    queueing_s = np.take_along_axis(sharing, last[np.newaxis], axis=0)[0]
    slot, layer = tokens.slots[chosen][:, np.newaxis], np.arange(expert.shape[1])
    compute_s, propagation_s, waiting_s, total_s = (
        values[slot, layer, expert]
        for values in (ways.computing_s, ways.propagation_s, ways.waiting_s, ways.total_s)
    )
    return {
        "compute": compute_s,
        "propagation": propagation_s,
        "serialisation": total_s - compute_s - propagation_s - waiting_s,
        "queueing": queueing_s,
        "waiting": waiting_s,
    }
