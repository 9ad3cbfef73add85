"""The formula on the draws that the packets used: the same activations, start times and link states.

Each message is walked hop by hop over links that are idle but for its own packets, with each link's light
time at the moment of departure, in whole nanoseconds. There are no events and no queues between messages:
what the packet engine measures beyond this is queueing.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from spacemoe_ns3.analytic.walk import Walker
from spacemoe_ns3.errors import require
from spacemoe_ns3.links import Routes
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import TokenTrace


def replay(*, workload: Workload, placement: Placement, routes: Routes) -> TokenTrace:
    """Evaluate the formula on a workload's draws.

    Parameters
    ----------
    workload
        What is computed, and the draws.
    placement
        Who hosts what.
    routes
        The forwarding tables, for all hosts of the placement.

    Returns
    -------
    The trace; its queueing is zero.

    Raises
    ------
    UndeliveredError
        If a message finds no path before the time span ends.
    ScenarioError
        If a step reads a prompt.
    """
    require(
        bool((workload.widths == 1).all()),
        f"traffic.prompt_tokens: {workload.widths.max()} given, the formula follows steps of one "
        "token only; choose --engine packet",
    )
    walker = Walker(routes=routes, message_bytes=workload.message_bytes)
    trace = TokenTrace.empty(
        tokens=workload.tokens,
        layers=workload.layers,
        fan_out=workload.fan_out,
        sends_residual=workload.sends_residual,
    )
    first = np.cumsum(workload.sequence_tokens) - workload.sequence_tokens
    ready_ns = workload.starts_ns.copy()
    for place in range(int(workload.sequence_tokens.max())):
        goes_on = workload.sequence_tokens > place
        rows = first[goes_on] + place
        trace.start[rows] = ready_ns[goes_on]
        now = trace.start[rows]
        for layer in range(workload.layers):
            _replay_layer(trace, rows, layer, now, workload=workload, placement=placement, walker=walker)
            now = trace.layer_end()[rows, layer]
        trace.head_started[rows] = now
        trace.head_finished[rows] = now + workload.computing.head_at_ns(int(placement.gateways[0]))
        ready_ns[goes_on] = trace.head_finished[rows]
    return trace


def _replay_layer(
    trace: TokenTrace,
    rows: np.ndarray,
    layer: int,
    now: np.ndarray,
    *,
    workload: Workload,
    placement: Placement,
    walker: Walker,
) -> None:
    """Fill in one layer of the tokens in ``rows``, whose gateway has everything at ``now``."""
    experts = workload.activations[rows, layer].astype(np.intp)
    here = placement.gateways[layer]
    onward = placement.gateways[(layer + 1) % workload.layers]
    done = now + workload.computing.gateways_ns(placement.gateways)[layer]
    hosts = placement.serving(done[:, np.newaxis], layer=np.array(layer), expert=experts)
    trace.gateway_started[rows, layer] = now
    trace.gateway_finished[rows, layer] = done

    sequence, place = workload.token_rows()

    def name(kind: str, message: int) -> str:
        row, k = divmod(message, 1 if kind == "residual" else workload.top_k)
        of = "" if kind == "residual" else f" of expert {experts[row, k]}"
        return f"request {sequence[rows[row]]}, token {place[rows[row]]}, layer {layer}, {kind}{of}"

    there = np.broadcast_to(here, hosts.shape), hosts
    walker.walk(trace.dispatch, (rows, layer), *there, done[:, np.newaxis], partial(name, "dispatch"))
    computing_ns = workload.computing.at_ns(hosts, layer=layer, gateways=placement.gateways)
    started = _one_after_the_other(trace.dispatch.arrived[rows, layer], hosts, computing_ns)
    finished = started + computing_ns
    trace.expert_started[rows, layer] = started
    trace.expert_finished[rows, layer] = finished
    on = hosts, np.broadcast_to(onward, hosts.shape)
    walker.walk(trace.result, (rows, layer), *on, finished, partial(name, "result"))
    if trace.residual is not None:
        past = np.broadcast_to(here, rows.shape), np.broadcast_to(onward, rows.shape)
        walker.walk(trace.residual, (rows, layer), *past, done, partial(name, "residual"))


def _one_after_the_other(arrived: np.ndarray, hosts: np.ndarray, computing_ns: np.ndarray) -> np.ndarray:
    """Return when experts start to compute, shape (n, K): those that share a satellite in their order.

    A gateway's messages to one satellite are dispatched in the order of selection and take one way.
    """
    started = arrived.copy()
    for later in range(1, hosts.shape[1]):
        for earlier in range(later):
            ready = np.maximum(started[:, later], started[:, earlier] + computing_ns[:, earlier])
            is_same = hosts[:, later] == hosts[:, earlier]
            started[:, later] = np.where(is_same, ready, started[:, later])
    return started
