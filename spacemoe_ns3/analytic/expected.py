"""The expected latency of a token: over slots, link states and activations."""

from __future__ import annotations

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.latency import GatewayDelays
from spacemoe_ns3.moe import ActivationSets, Workload
from spacemoe_ns3.placement import Placement


def expected_s_per_token(
    *, workload: Workload, placement: Placement, sets: ActivationSets, delays: GatewayDelays
) -> float:
    """Average the formula of arXiv 2605.00515 over slots, link states and activations.

    ``T_l = c_gateway + E[max over activated e of (delay(g_l, x_l(e)) + c_expert + delay(x_l(e), g_l+1))]``
    with the delays of each slot frozen; ``T = sum over l of T_l``, plus the head.

    Parameters
    ----------
    workload
        What is computed.
    placement
        Who hosts what.
    sets
        The sets of experts that a token may activate; the expectation is exact if they are.
    delays
        Message delays between each layer's gateway and everyone.

    Returns
    -------
    Seconds a token.
    """
    total_ns = workload.gateway_ns.sum() + workload.expert_ns.sum() + workload.head_ns
    total_s = float(total_ns) / NANOSECONDS_PER_SECOND
    for layer in range(workload.layers):
        hosts = placement.experts[layer]
        onward = (layer + 1) % workload.layers
        path_s = delays.outbound_s[:, layer, hosts] + delays.inbound_s[:, onward, hosts]
        slowest_s = path_s[:, sets.members[layer]].max(axis=2)
        total_s += float((slowest_s @ sets.probability[layer]).mean())
    return total_s
