"""The published formula on the draws: each slot's links stand still, and each message is alone."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import require
from spacemoe_ns3.latency import GatewayDelays
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement


def frozen_replay(
    *,
    workload: Workload,
    placement: Placement,
    delays: GatewayDelays,
    slot_ns: int,
    layer_starts_ns: np.ndarray,
) -> np.ndarray:
    """Return what each layer takes by slot-frozen delays (``docs/latency.md``), on a workload's draws.

    Every message takes the delay that its path has in the middle of the slot in which the layer's gateway
    dispatches. Experts that share a satellite do not wait for each other.

    Parameters
    ----------
    workload
        What is computed, and the draws; steps of one token.
    placement
        Who hosts what.
    delays
        Delays of a token's message from and to the placement's gateways, by slot.
    slot_ns
        Duration of a slot in nanoseconds.
    layer_starts_ns
        When each layer of each step starts, shape (N, L).

    Returns
    -------
    Nanoseconds, shape (N, L), float.

    Raises
    ------
    ScenarioError
        If steps have several tokens: the delays are those of one.
    """
    require(
        bool((workload.widths == 1).all()),
        "validation: frozen delays are those of one token's message; leave out traffic.prompt_tokens",
    )
    done_ns = layer_starts_ns + workload.computing.gateways_ns(placement.gateways)
    slot = (done_ns // slot_ns)[:, :, np.newaxis]
    layer = np.arange(workload.layers)
    onward = np.roll(layer, -1)
    experts = workload.activations.astype(np.intp)
    hosts = placement.serving(done_ns[:, :, np.newaxis], layer=layer[:, np.newaxis], expert=experts)
    out, back = delays.outbound.total_s, delays.inbound.total_s
    ways_s = out[slot, layer[:, np.newaxis], hosts] + back[slot, onward[:, np.newaxis], hosts]
    computing_ns = workload.computing.at_ns(hosts, layer=layer[:, np.newaxis], gateways=placement.gateways)
    last_ns = (ways_s * NANOSECONDS_PER_SECOND + computing_ns).max(axis=2)
    if workload.sends_residual:
        past_s = out[slot[..., 0], layer, placement.gateways[onward]]
        last_ns = np.maximum(last_ns, past_s * NANOSECONDS_PER_SECOND)
    latency_ns: np.ndarray = done_ns - layer_starts_ns + last_ns
    return latency_ns
