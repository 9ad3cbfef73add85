"""Monte Carlo: the formula for many tokens at once, the same tokens for every placement."""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    slots: np.ndarray
    activations: np.ndarray


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
    return SampledTokens(
        slots=np.arange(count) % slots, activations=random.permutation(gating.draw(count, random))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledLatency:
    """What sampled tokens take, without gateways and head.

    Parameters
    ----------
    token_s
        Of each token, shape (N,).
    parts_s
        Mean of each part in each layer, shape (L,).
    half_width_s
        Of the 95 % confidence interval of the mean of ``token_s``.
    quantiles_s
        By share of the tokens.
    waiting_probability
        Share of tokens that wait on their critical path for a slot with a path.
    """

    token_s: np.ndarray
    parts_s: Mapping[str, np.ndarray]
    half_width_s: float
    quantiles_s: Mapping[float, float]
    waiting_probability: float


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
    count, layers, top_k = tokens.activations.shape
    token_s, waits = np.empty(count), np.empty(count, bool)
    sums_s = {part: np.zeros(layers) for part in _PARTS}
    shares = bool(ways.shares().any())
    at_once = max(1, _MOST_AT_ONCE // (layers * top_k))
    for first in range(0, count, at_once):
        chosen = slice(first, first + at_once)
        parts = _critical_parts(ways, tokens.slots[chosen], tokens.activations[chosen], shares=shares)
        token_s[chosen] = np.add.reduce(list(parts.values())).sum(axis=1)
        waits[chosen] = (parts["waiting"] > 0).any(axis=1)
        for part, values in parts.items():
            sums_s[part] += values.sum(axis=0)
    strata = token_s[np.argsort(tokens.slots, kind="stable")].reshape(int(tokens.slots.max()) + 1, -1)
    variance = strata.var(axis=1, ddof=1).mean() / count if strata.shape[1] > 1 else np.inf
    return SampledLatency(
        token_s=token_s,
        parts_s={part: values / count for part, values in sums_s.items()},
        half_width_s=_TWO_SIDED_95 * float(np.sqrt(variance)),
        quantiles_s={share: float(np.quantile(token_s, share)) for share in SHARES},
        waiting_probability=float(waits.mean()),
    )


def _critical_parts(
    ways: Ways, slots: np.ndarray, activations: np.ndarray, *, shares: bool
) -> dict[str, np.ndarray]:
    """Return the parts of the way of the expert that each layer waits for, each of shape (N, L)."""
    activated = activations.astype(np.intp)
    slot, layer = slots[:, np.newaxis], np.arange(activated.shape[1])
    where = slot[..., np.newaxis], layer[:, np.newaxis], activated
    finish_s = ways.total_s[where]
    sharing_s = np.zeros_like(finish_s)
    if shares:
        hosts = ways.hosts[where[0] if len(ways.hosts) > 1 else 0, where[1], activated]
        sharing_s = others_before(hosts) * ways.computing_s[where]
        finish_s = finish_s + sharing_s
    last = finish_s.argmax(axis=2)[..., np.newaxis]
    expert = np.take_along_axis(activated, last, axis=2)[..., 0]
    queueing_s = np.take_along_axis(sharing_s, last, axis=2)[..., 0]
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
