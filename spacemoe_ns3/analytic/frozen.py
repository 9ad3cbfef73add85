"""The formula on the draws with each slot's links frozen, as the paper has them: what freezing costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.errors import require
from spacemoe_ns3.latency import GatewayDelays
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSteps:
    """What steps take by slot-frozen delays, in nanoseconds, float; infinite where no slot has a path.

    Parameters
    ----------
    layers_ns
        From the moment a layer's gateway has everything to the moment the next one has, shape (N, L).
    steps_ns
        From a step's start to the emission of its token, shape (N,).
    """

    layers_ns: np.ndarray
    steps_ns: np.ndarray


def frozen_steps(
    *,
    workload: Workload,
    placement: Placement,
    delays: GatewayDelays,
    slot_ns: int,
    layer_starts_ns: np.ndarray,
) -> FrozenSteps:
    """Evaluate the paper's formula on a workload's draws: max over experts of there, computing and on.

    Every message is alone in the network and takes the delay that its way has in the slot in which the layer
    starts (arXiv 2605.00515); past the last slot the slots begin anew. Experts that share a satellite compute
    one after the other, as their messages come, those that come together in the order of selection.

    Supported are steps of one token, whose messages are all as long as those of ``delays``.

    Parameters
    ----------
    workload
        What is computed, and the draws.
    placement
        Who hosts what.
    delays
        Between the placement's gateways and everyone, of a message of one token
        (:func:`spacemoe_ns3.latency.frozen_message_delays`), arrays of shape (T, L, S).
    slot_ns
        Duration of a slot in nanoseconds.
    layer_starts_ns
        When each layer of each step starts in nanoseconds, shape (N, L): as the replay or the packets had it
        (``trace.layer_start()``).

    Returns
    -------
    What layers and steps take.

    Raises
    ------
    ScenarioError
        If a step carries more than one token, or starts are of another shape.
    """
    widest = int(workload.widths.max())
    require(
        widest == 1,
        f"traffic.prompt_tokens: a step of {widest} tokens given, frozen delays are those of one token's "
        "message; leave prompts out",
    )
    shape = (workload.tokens, workload.layers)
    require(
        np.shape(layer_starts_ns) == shape,
        f"frozen_steps.layer_starts_ns: shape {np.shape(layer_starts_ns)} given, the workload has {shape[0]} "
        f"steps of {shape[1]} layers; give shape {shape}",
    )
    layer = np.arange(workload.layers)[:, np.newaxis]
    onward = np.roll(np.arange(workload.layers), -1)
    gateways = placement.gateways.astype(np.intp)
    gateway_ns = workload.computing.gateways_ns(gateways)
    done_ns = layer_starts_ns + gateway_ns
    experts = workload.activations.astype(np.intp)
    hosts = placement.serving(done_ns[..., np.newaxis], layer=layer, expert=experts).astype(np.intp)
    slot = (layer_starts_ns // slot_ns % len(delays.outbound.total_s))[..., np.newaxis]
    there_ns = delays.outbound.total_s[slot, layer, hosts] * NANOSECONDS_PER_SECOND
    on_ns = delays.inbound.total_s[slot, onward[:, np.newaxis], hosts] * NANOSECONDS_PER_SECOND
    computing_ns = workload.computing.at_ns(hosts, layer=layer, gateways=gateways)
    slowest_ns = (_finished_ns(there_ns, hosts, computing_ns) + on_ns).max(axis=2)
    if workload.sends_residual:
        past_s = delays.inbound.total_s[slot[..., 0], onward, gateways]
        slowest_ns = np.maximum(slowest_ns, past_s * NANOSECONDS_PER_SECOND)
    layers_ns: np.ndarray = gateway_ns + slowest_ns
    head_ns = workload.computing.head_at_ns(int(gateways[0]))
    return FrozenSteps(layers_ns=layers_ns, steps_ns=layers_ns.sum(axis=1) + head_ns)


def _finished_ns(arrived_ns: np.ndarray, hosts: np.ndarray, computing_ns: np.ndarray) -> np.ndarray:
    """Return when experts have computed, shape (N, L, K): on each satellite as their messages come."""
    order = np.argsort(arrived_ns, axis=2, kind="stable")
    arrived, host, takes = (
        np.take_along_axis(values, order, axis=2) for values in (arrived_ns, hosts, computing_ns)
    )
    finished = np.zeros_like(arrived)
    for turn in range(arrived.shape[2]):
        is_here = host[..., :turn] == host[..., turn : turn + 1]
        free_ns = np.where(is_here, finished[..., :turn], 0.0).max(axis=2, initial=0.0)
        finished[..., turn] = np.maximum(arrived[..., turn], free_ns) + takes[..., turn]
    result = np.empty_like(finished)
    np.put_along_axis(result, order, finished, axis=2)
    return result
