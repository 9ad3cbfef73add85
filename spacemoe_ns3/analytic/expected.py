"""The expected latency of a token: over slots, link states and activations."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.analytic.sampled import SampledTokens, sample_latency, sample_parts
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import GatewayDelays
from spacemoe_ns3.moe import Computing, Gating
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.placement.objective import Stragglers, Ways, stragglers, ways_of
from spacemoe_ns3.results import PARTS, ExpectedLatency


def expected_latency(
    *,
    placement: Placement,
    delays: GatewayDelays,
    computing: Computing,
    gating: Gating,
    tokens: SampledTokens,
) -> ExpectedLatency:
    """Average the formula of arXiv 2605.00515 over slots, link states and activations.

    ``T_l = c_gateway + E[max over activated e of (delay(g_l, x_l(e)) + c_expert + delay(x_l(e), g_l+1))]``
    with the delays of each slot frozen; ``T = sum over l of T_l``, plus the head. Exact where the activated
    sets can be enumerated or no experts of a layer share a satellite; else over the sampled tokens.

    Parameters
    ----------
    placement
        Who hosts what.
    delays
        Message delays between each layer's gateway and everyone.
    computing
        Computing times on every satellite.
    gating
        Which experts tokens activate.
    tokens
        Sampled tokens, the same for all placements, so that differences between them are surer than each.

    Returns
    -------
    The expectation.

    Raises
    ------
    UndeliveredError
        If no slot has a path between a gateway and an expert.
    """
    ways = ways_of(placement, delays=delays, computing=computing)
    _check_paths(ways, placement)
    sampled = sample_latency(ways, tokens)
    last = stragglers(ways, gating)
    if last:
        layer_parts_s, waits = _exact_parts(ways, last), _waiting_probability(ways, last)
    else:
        followed = sample_parts(ways, tokens)
        layer_parts_s, waits = dict(followed.parts_s), followed.waiting_probability
    gateways_s = computing.gateways_ns(placement.gateways) / NANOSECONDS_PER_SECOND
    head_s = computing.head_at_ns(int(placement.gateways[0])) / NANOSECONDS_PER_SECOND
    computed_s = float(gateways_s.sum()) + head_s
    parts_s = {part: float(values.sum()) for part, values in layer_parts_s.items()}
    parts_s["compute"] += computed_s
    return ExpectedLatency(
        parts_s={part: parts_s.get(part, 0.0) for part in PARTS},
        layers_s=gateways_s + sum(layer_parts_s.values()),
        half_width_s=0.0 if last else sampled.half_width_s,
        quantiles_s={share: value + computed_s for share, value in sampled.quantiles_s().items()},
        waiting_probability=waits,
    )


def _check_paths(ways: Ways, placement: Placement) -> None:
    """Raise if a way is infinite."""
    without = np.argwhere(np.isinf(ways.total_s))
    if len(without):
        slot, layer, expert = without[0].tolist()
        host = ways.hosts[min(slot, len(ways.hosts) - 1), layer, expert]
        onward = placement.gateways[(layer + 1) % len(placement.gateways)]
        raise UndeliveredError(
            f"placement {placement.name}: no slot has a path for expert {expert} of layer {layer} on "
            f"satellite {host}, from gateway {placement.gateways[layer]} or on to gateway {onward}; give "
            "links that connect them, or exclude what is cut off"
        )


def _exact_parts(ways: Ways, last: Stragglers) -> dict[str, np.ndarray]:
    """Return the mean of each part in each layer, without gateway and head, shape (L,), seconds."""
    rest_s = ways.total_s - ways.propagation_s - ways.waiting_s - ways.computing_s
    return {
        "compute": last.mean_s(ways.computing_s),
        "propagation": last.mean_s(ways.propagation_s),
        "serialisation": last.mean_s(rest_s),
        "queueing": last.sharing_s.mean(axis=0),
        "waiting": last.mean_s(ways.waiting_s),
    }


def _waiting_probability(ways: Ways, last: Stragglers) -> float:
    """Return the probability that a token waits on its critical path."""
    waits = (last.probability * (ways.waiting_s > 0)).sum(axis=2)
    return float(1 - (1 - np.minimum(waits, 1)).prod(axis=1).mean())
