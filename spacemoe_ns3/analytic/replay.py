"""The formula on the draws that the packets used: the same activations, start times and link states.

Each step is followed alone in the network, hop by hop, with each link's light time at the moment of
departure, in whole nanoseconds. Its own messages share transmitters and computers as the packets do, first
come, first served: what the packet engine measures beyond this is what other steps and other traffic cost.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from spacemoe_ns3.analytic.step import LayerWork, follow
from spacemoe_ns3.analytic.walk import Network
from spacemoe_ns3.errors import require
from spacemoe_ns3.links import Routes
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import Legs, TokenTrace


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
        When each step starts in nanoseconds, shape (N,), to repeat what another engine has seen; None: when
        the step before it in its sequence has been emitted.
    layer_starts_ns
        When each layer's gateway has everything and starts, in nanoseconds, shape (N, L), to repeat each
        layer by itself; None: when the layer before it ends. Then ``starts_ns`` must be None: a step starts
        with its first layer, and its head when its last layer ends.
    shares_lasers
        Whether the messages of a step share transmitters, as packets do; otherwise each is alone in the
        network, as the paper has it (arXiv 2605.00515). Experts that share a satellite share its computer
        either way.

    Returns
    -------
    The trace. Its queueing is that of a step behind itself. With ``layer_starts_ns`` layers need not follow
    on one another.

    Raises
    ------
    ScenarioError
        If starts are of another shape, or both are given.
    UndeliveredError
        If a message finds no path before the time span ends, or is lost with a link.
    """
    _check_starts(workload, starts_ns, layer_starts_ns)
    formula = _Formula(workload=workload, placement=placement, routes=routes, shares_lasers=shares_lasers)
    if layer_starts_ns is not None:
        return formula.layer_by_layer(np.asarray(layer_starts_ns, np.int64))
    if starts_ns is not None:
        return formula.steps_from(np.asarray(starts_ns, np.int64))
    return formula.sequences()


def _check_starts(
    workload: Workload, starts_ns: np.ndarray | None, layer_starts_ns: np.ndarray | None
) -> None:
    """Raise unless at most one of both is given, in the right shape."""
    require(
        starts_ns is None or layer_starts_ns is None,
        "replay: starts_ns and layer_starts_ns given; a step starts with its first layer, give one of them",
    )
    for name, given, shape in (
        ("starts_ns", starts_ns, (workload.tokens,)),
        ("layer_starts_ns", layer_starts_ns, (workload.tokens, workload.layers)),
    ):
        require(
            given is None or given.shape == shape,
            f"replay.{name}: shape {getattr(given, 'shape', ())} given, the workload has {workload.tokens} "
            f"steps of {workload.layers} layers; give shape {shape}",
        )


class _Formula:
    """The steps of a workload, and the trace that they leave."""

    def __init__(
        self, *, workload: Workload, placement: Placement, routes: Routes, shares_lasers: bool
    ) -> None:
        self._workload, self._placement = workload, placement
        self._network = Network(routes=routes)
        self._shares_lasers = shares_lasers
        self._trace = TokenTrace.empty(
            tokens=workload.tokens,
            layers=workload.layers,
            fan_out=workload.fan_out,
            sends_residual=workload.sends_residual,
        )
        self._gateway_ns = workload.computing.steps_ns(placement.gateways, workload.widths)
        self._head_ns = workload.computing.head_at_ns(int(placement.gateways[0]))
        sequence, place = workload.token_rows()
        self._names = np.array(
            [f"request {one}, token {other}" for one, other in zip(sequence, place, strict=True)], object
        )

    def sequences(self) -> TokenTrace:
        """Let each sequence start when it does, and its steps follow on one another."""
        lengths = self._workload.sequence_tokens
        first = np.cumsum(lengths) - lengths
        ready_ns = self._workload.starts_ns.copy()
        for place in range(int(lengths.max())):
            goes_on = lengths > place
            rows = first[goes_on] + place
            ready_ns[goes_on] = self._run(rows, ready_ns[goes_on])
        return self._trace

    def steps_from(self, starts_ns: np.ndarray) -> TokenTrace:
        """Let each step start when it is told."""
        self._run(np.arange(self._workload.tokens), starts_ns)
        return self._trace

    def layer_by_layer(self, starts_ns: np.ndarray) -> TokenTrace:
        """Let each layer of each step start when it is told."""
        rows, layers = (index.ravel() for index in np.indices(starts_ns.shape))
        self._trace.start[:] = starts_ns[:, 0]
        ends_ns = self._follow(rows, layers, starts_ns.ravel())
        self._head(np.arange(self._workload.tokens), ends_ns.reshape(starts_ns.shape)[:, -1])
        return self._trace

    def _run(self, rows: np.ndarray, now_ns: np.ndarray) -> np.ndarray:
        """Run steps from their starts on; return when they are emitted."""
        self._trace.start[rows] = now_ns
        for layer in range(self._workload.layers):
            now_ns = self._follow(rows, np.full(len(rows), layer), now_ns)
        return self._head(rows, now_ns)

    def _head(self, rows: np.ndarray, now_ns: np.ndarray) -> np.ndarray:
        """Let the head compute; return when it has."""
        self._trace.head_started[rows] = now_ns
        emitted_ns: np.ndarray = now_ns + self._head_ns
        self._trace.head_finished[rows] = emitted_ns
        return emitted_ns

    def _follow(self, rows: np.ndarray, layers: np.ndarray, now_ns: np.ndarray) -> np.ndarray:
        """Fill in one layer of each of some steps, whose gateways start at ``now_ns``; return its end."""
        trace, where = self._trace, (rows, layers)
        done_ns = now_ns + self._gateway_ns[where]
        trace.gateway_started[where], trace.gateway_finished[where] = now_ns, done_ns
        found = follow(self._network, self._work(rows, layers, done_ns), shares_lasers=self._shares_lasers)
        trace.expert_started[where], trace.expert_finished[where] = found.started, found.finished
        ends_ns: np.ndarray = found.result.arrived.max(axis=1)
        legs = [(trace.dispatch, found.dispatch), (trace.result, found.result)]
        if trace.residual is not None:
            legs.append((trace.residual, found.residual))
            ends_ns = np.maximum(ends_ns, found.residual.arrived)
        for whole, part in legs:
            for field in fields(Legs):
                getattr(whole, field.name)[where] = getattr(part, field.name)
        return ends_ns

    def _work(self, rows: np.ndarray, layers: np.ndarray, done_ns: np.ndarray) -> LayerWork:
        """Return what steps do in one layer each, whose gateways have computed at ``done_ns``."""
        workload, gateways = self._workload, self._placement.gateways.astype(np.intp)
        shares = workload.shares[rows, layers].astype(np.int64)
        activated = workload.activations[rows, layers].astype(np.intp)
        of_layer = layers[:, np.newaxis]
        hosts = self._placement.serving(
            done_ns[:, np.newaxis], layer=of_layer, expert=np.where(shares > 0, activated, 0)
        ).astype(np.intp)
        width = workload.widths[rows].astype(np.int64) if workload.sends_residual else np.zeros_like(rows)
        steps = [f"{name}, layer {layer}" for name, layer in zip(self._names[rows], layers, strict=True)]
        return LayerWork(
            here=gateways[layers],
            onward=gateways[(layers + 1) % workload.layers],
            hosts=hosts,
            dispatched_ns=done_ns,
            computing_ns=workload.computing.at_ns(hosts, layer=of_layer, gateways=gateways, tokens=shares),
            share_bytes=shares * workload.message_bytes,
            residual_bytes=width * workload.message_bytes,
            names=(np.array(steps, object), activated),
        )
