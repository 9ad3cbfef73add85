"""The formula on the draws that the packets used: the same activations, start times and link states.

Every message is followed hop by hop, with each link's light time at the moment of departure, in whole
nanoseconds. Each step is alone in the network: what the packet engine measures beyond this is queueing behind
other steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spacemoe_ns3.analytic.laser_walk import Lasers
from spacemoe_ns3.analytic.layer_walk import LayerWalk, LayerWork, StrandedError
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import Routes
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import Legs, TokenTrace

_MOST_CELLS = 2_000_000  # packets of groups walked at once: some 200 MB
_PARTS = ("propagation", "serialisation", "queueing", "waiting")


def replay(
    *,
    workload: Workload,
    placement: Placement,
    routes: Routes,
    starts_ns: np.ndarray | None = None,
    layer_starts_ns: np.ndarray | None = None,
    shares_lasers: bool = True,
) -> TokenTrace:
    """Evaluate the formula on a workload's draws.

    Parameters
    ----------
    workload
        What is computed, and the draws.
    placement
        Who hosts what.
    routes
        The forwarding tables, for all hosts of the placement.
    starts_ns
        When each step starts, shape (N,); if not given, when the one before it in its sequence is done.
    layer_starts_ns
        When each layer of each step starts, shape (N, L), whatever came of the layer before; the head starts
        when the last layer is done.
    shares_lasers
        Whether the messages of a step share transmitters, first come, first served. If not, each is alone in
        the network, as in the published formula.

    Returns
    -------
    The trace. Its queueing is behind the step's own messages, and behind its own experts where those share a
    satellite.

    Raises
    ------
    UndeliveredError
        If a message finds no path before the time span ends, or is lost with a link.
    """
    run = _Replay(workload, placement, Lasers(routes), shares_lasers)
    trace = run.trace
    if layer_starts_ns is not None:
        trace.start[:] = layer_starts_ns[:, 0]
        steps, layers = (axis.ravel() for axis in np.indices(layer_starts_ns.shape))
        run.walk(steps, layers, layer_starts_ns.ravel())
        run.finish(np.arange(workload.tokens))
        return trace
    for steps, ready_ns in _in_turn(workload, trace, starts_ns):
        trace.start[steps] = now = ready_ns
        for layer in range(workload.layers):
            run.walk(steps, np.full(len(steps), layer), now)
            now = trace.layer_end()[steps, layer]
        run.finish(steps)
    return trace


def _in_turn(
    workload: Workload, trace: TokenTrace, starts_ns: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield steps that can be followed side by side, with their starts: the first of each sequence, ..."""
    if starts_ns is not None:
        yield np.arange(workload.tokens), starts_ns
        return
    first = np.cumsum(workload.sequence_tokens) - workload.sequence_tokens
    ready_ns = workload.starts_ns
    for place in range(int(workload.sequence_tokens.max())):
        goes_on = workload.sequence_tokens > place
        steps = first[goes_on] + place
        yield steps, ready_ns if place == 0 else trace.head_finished[steps - 1]


class _Replay:
    """A replay under way."""

    def __init__(self, workload: Workload, placement: Placement, lasers: Lasers, shares_lasers: bool) -> None:
        self._workload, self._placement, self._lasers = workload, placement, lasers
        self._shares_lasers = shares_lasers
        self._gateway_ns = workload.computing.steps_ns(placement.gateways, workload.widths)
        self.trace = TokenTrace.empty(
            tokens=workload.tokens,
            layers=workload.layers,
            fan_out=workload.fan_out,
            sends_residual=workload.sends_residual,
        )

    def walk(self, step: np.ndarray, layer: np.ndarray, now_ns: np.ndarray) -> None:
        """Fill in layers of steps, whose gateways have everything at ``now_ns``; all of shape (G,)."""
        longest = int(self._workload.widths.max()) * self._workload.message_bytes
        segments = len(segment_wire_bits(message_bytes=longest, mtu_bytes=self._lasers.mtu_bytes))
        at_once = max(1, _MOST_CELLS // ((2 * self._workload.fan_out + 1) * segments))
        for first in range(0, len(step), at_once):
            some = slice(first, first + at_once)
            self._walk(step[some], layer[some], now_ns[some])

    def finish(self, steps: np.ndarray) -> None:
        """Fill in the heads of steps."""
        trace = self.trace
        head_ns = self._workload.computing.head_at_ns(int(self._placement.gateways[0]))
        trace.head_started[steps] = trace.layer_end()[steps, -1]
        trace.head_finished[steps] = trace.head_started[steps] + head_ns

    def _walk(self, step: np.ndarray, layer: np.ndarray, now_ns: np.ndarray) -> None:
        workload, trace = self._workload, self.trace
        done_ns = now_ns + self._gateway_ns[step, layer]
        trace.gateway_started[step, layer] = now_ns
        trace.gateway_finished[step, layer] = done_ns
        work = self._work_of(step, layer, done_ns)
        walk = LayerWalk(work, self._lasers)
        try:
            walk.run()
        except StrandedError as stranded:
            raise UndeliveredError(self._words(stranded, walk, step, layer)) from stranded
        experts = workload.fan_out
        trace.expert_started[step, layer] = walk.started_ns
        trace.expert_finished[step, layer] = walk.finished_ns
        legs: list[tuple[Legs | None, slice | int]] = [
            (trace.dispatch, slice(0, experts)),
            (trace.result, slice(experts, 2 * experts)),
            (trace.residual, 2 * experts),
        ]
        for leg, messages in legs:
            if leg is not None:
                leg.sent[step, layer] = walk.sent_ns[:, messages]
                leg.arrived[step, layer] = walk.arrived_ns[:, messages]
                leg.hops[step, layer] = walk.hops[:, messages]
                for part in _PARTS:
                    getattr(leg, part)[step, layer] = getattr(walk, f"{part}_ns")[:, messages]

    def _work_of(self, step: np.ndarray, layer: np.ndarray, done_ns: np.ndarray) -> LayerWork:
        """Return what layers of steps have to do once their gateways have computed."""
        workload, gateways = self._workload, self._placement.gateways
        shares, experts = workload.shares[step, layer], workload.activations[step, layer].astype(np.intp)
        experts = np.where(shares > 0, experts, 0)
        hosts = self._placement.serving(done_ns[:, np.newaxis], layer=layer[:, np.newaxis], expert=experts)
        computing_ns = workload.computing.at_ns(
            hosts, layer=layer[:, np.newaxis], gateways=gateways, tokens=shares
        )
        residual_tokens = workload.widths[step] if workload.sends_residual else np.zeros(len(step), np.int64)
        return LayerWork(
            sent_ns=done_ns,
            here=gateways[layer].astype(np.int64),
            onward=gateways[(layer + 1) % workload.layers].astype(np.int64),
            hosts=hosts.astype(np.int64),
            message_bytes=shares.astype(np.int64) * workload.message_bytes,
            residual_bytes=residual_tokens.astype(np.int64) * workload.message_bytes,
            computing_ns=computing_ns,
            shares_lasers=self._shares_lasers,
        )

    def _words(self, stranded: StrandedError, walk: LayerWalk, step: np.ndarray, layer: np.ndarray) -> str:
        """Name a message that cannot arrive."""
        workload, group, message = self._workload, stranded.group, stranded.message
        sequence, place = workload.token_rows()
        row, fan_out = step[group], workload.fan_out
        kind = ("dispatch", "result", "residual")[message // fan_out]
        of = (
            ""
            if kind == "residual"
            else f" of expert {workload.activations[row, layer[group], message % fan_out]}"
        )
        source, goal = walk.ends_of(group, message)
        return (
            f"message not delivered (request {sequence[row]}, token {place[row]}, layer {layer[group]}, "
            f"{kind}{of}, from satellite {source} to satellite {goal}, sent at "
            f"{walk.sent_ns[group, message]} ns): "
            f"{stranded.why}"
        )
