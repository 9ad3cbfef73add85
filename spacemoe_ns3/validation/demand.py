"""What a step asks of every computer and every laser, and how long it would wait there.

The formula's side of queueing: no packet is simulated. From a workload's own draws and the forwarding table
of one slot follows how often a step visits each *resource*, and for how long it keeps it busy. What a gateway
sends of one step at once is one visit to each laser that it passes; a result is a visit of its own. With
steps that arrive at random, each resource is an M/G/1 queue (:func:`spacemoe_ns3.analytic.mean_wait_s`).

Departures of a queue with constant service are more regular than a Poisson process, so the queues behind it
wait less than this says: an estimate from above, close while loads are moderate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spacemoe_ns3.analytic import mean_wait_s
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND, NO_EXPERT
from spacemoe_ns3.latency import segment_wire_bits
from spacemoe_ns3.links import Routes
from spacemoe_ns3.pipeline import Experiment
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import TokenTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a step asks of R resources: the S computers, then the two directions of each of M links.

    Parameters
    ----------
    visits
        Mean visits of a step, shape (R,).
    busy_s, busy_s2
        Mean over steps of the sum of its service times, and of their squares, shape (R,).
    ends
        Satellites of each link, shape (M, 2).
    ways
        Layer, expert, resource: what a token that goes to an expert visits on its way to the next gateway, a
        row a visit, shape (V, 3).
    residual_ways
        Layer, resource: what the residual visits, shape (V', 2).
    gateways
        Satellites, shape (L,).
    experts
        Experts of a layer E.
    """

    visits: np.ndarray
    busy_s: np.ndarray
    busy_s2: np.ndarray
    ends: np.ndarray
    ways: np.ndarray
    residual_ways: np.ndarray
    gateways: np.ndarray
    experts: int

    @property
    def capacity_per_s(self) -> float:
        """Steps a second that the busiest resource can serve."""
        return float(1 / self.busy_s.max())

    def waits_s(self, steps_per_s: float) -> np.ndarray:
        """Return the mean wait of a visit at each resource under Poisson arrivals, seconds, shape (R,)."""
        once = np.maximum(self.visits, np.finfo(float).tiny)
        return mean_wait_s(steps_per_s * self.visits, self.busy_s / once, self.busy_s2 / once)

    def queueing_ns(self, trace: TokenTrace, activations: np.ndarray, *, steps_per_s: float) -> np.ndarray:
        """Return what the mean wait of every queue on their ways adds to steps.

        Each message comes later by the waits on its way; a layer lasts until the last of them is there.

        Parameters
        ----------
        trace
            The steps in an idle network.
        activations
            Experts of each step, shape (N, L, M).
        steps_per_s
            Steps that arrive in a second.

        Returns
        -------
        Nanoseconds, shape (N,); infinite where a queue on the way cannot keep up.
        """
        wait_ns = self.waits_s(steps_per_s) * NANOSECONDS_PER_SECOND
        layers = len(self.gateways)
        by_expert = np.zeros((layers, self.experts))
        np.add.at(by_expert, tuple(self.ways[:, :2].T), wait_ns[self.ways[:, 2]])
        is_there = activations != NO_EXPERT
        extra_ns = by_expert[np.arange(layers)[:, np.newaxis], np.where(is_there, activations, 0)]
        end_ns = np.where(is_there, trace.result.arrived + extra_ns, 0).max(axis=2)
        if trace.residual is not None:
            layer, resource = self.residual_ways.T
            residual_ns = np.bincount(layer, wait_ns[resource], minlength=layers)
            end_ns = np.maximum(end_ns, trace.residual.arrived + residual_ns)
        added_ns: np.ndarray = (end_ns - trace.layer_end()).sum(axis=1)
        added_ns += wait_ns[self.gateways].sum() + wait_ns[self.gateways[0]]  # and at the head
        return added_ns


def resource_name(resource: int, *, satellites: int, ends: np.ndarray) -> str:
    """Return what a resource is called.

    Parameters
    ----------
    resource
        Index, as in :class:`Demand`.
    satellites
        Number of satellites S.
    ends
        Satellites of each link, shape (M, 2).

    Examples
    --------
    >>> resource_name(3, satellites=4, ends=np.array([[0, 2]]))
    'computer of satellite 3'
    >>> resource_name(5, satellites=4, ends=np.array([[0, 2]]))
    'link from satellite 2 to 0'
    """
    if resource < satellites:
        return f"computer of satellite {resource}"
    link, direction = divmod(resource - satellites, 2)
    near, far = ends[link, direction], ends[link, 1 - direction]
    return f"link from satellite {near} to {far}"


def demand_of(experiment: Experiment, placement: Placement, *, slot: int) -> Demand:
    """Return what the steps of an experiment ask of every resource.

    Parameters
    ----------
    experiment, placement
        What is run; the draws are its workload's.
    slot
        Whose links and forwarding tables count.
    """
    timeline, workload = experiment.sky.timeline, experiment.workload
    hosts = placement.hosts_in(slot).reshape(workload.layers, workload.experts)
    count = _Count(experiment, placement, slot)
    for layer in range(workload.layers):
        count.add_layer(layer, hosts[layer])
    head_s = workload.computing.head_at_ns(int(placement.gateways[0])) / NANOSECONDS_PER_SECOND
    count.add(np.array([placement.gateways[0]]), np.full((workload.tokens, 1), head_s))
    visits, busy_s, busy_s2 = count.sums / workload.tokens
    return Demand(
        visits=visits,
        busy_s=busy_s,
        busy_s2=busy_s2,
        ends=timeline.ends,
        ways=np.concatenate(count.ways),
        residual_ways=np.concatenate(count.residual_ways),
        gateways=placement.gateways,
        experts=workload.experts,
    )


@dataclass(slots=True)
class _Count:
    """Visits, service and its square, summed up layer by layer."""

    experiment: Experiment
    placement: Placement
    slot: int
    sums: np.ndarray = field(init=False)
    routes: Routes = field(init=False)
    ways: list[np.ndarray] = field(default_factory=list)
    residual_ways: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        timeline = self.experiment.sky.timeline
        self.sums = np.zeros((3, timeline.satellites + 2 * len(timeline.ends)))
        self.routes = self.experiment.routes_to(self.placement)
        self.residual_ways.append(np.zeros((0, 2), np.int64))

    def add(self, resources: np.ndarray, busy_s: np.ndarray) -> None:
        """Add visits, shape (N, n), to n distinct resources; 0 is none."""
        self.sums[0, resources] += (busy_s > 0).sum(axis=0)
        self.sums[1, resources] += busy_s.sum(axis=0)
        self.sums[2, resources] += (busy_s**2).sum(axis=0)

    def add_layer(self, layer: int, hosts: np.ndarray) -> None:
        """Add what one layer asks, its experts on ``hosts``, shape (E,)."""
        workload, timeline = self.experiment.workload, self.experiment.sky.timeline
        gateways = self.placement.gateways
        here, onward = gateways[layer], gateways[(layer + 1) % workload.layers]
        tokens = _tokens_by_expert(
            workload.activations[:, layer], workload.shares[:, layer], workload.experts
        )
        sent_s = [_sent_bits(count, self.experiment) for count in (tokens, workload.widths[:, np.newaxis])]
        outward = self.routes.wires(self.slot, np.full(len(hosts), here), hosts)
        inward = self.routes.wires(self.slot, hosts, np.full(len(hosts), onward))
        past = self.routes.wires(self.slot, np.array([here]), np.array([onward]))
        bps = np.repeat(np.maximum(timeline.rate_bps[self.slot], 1), 2)
        burst = np.concatenate(sent_s, axis=1) if workload.sends_residual else sent_s[0]
        ways = [*outward, *past] if workload.sends_residual else outward
        wires, place = np.unique(np.concatenate(ways), return_inverse=True)
        passes = np.zeros((len(ways), len(wires)))
        passes[np.repeat(np.arange(len(ways)), [len(way) for way in ways]), place] = 1
        self.add(timeline.satellites + wires, burst @ passes / bps[wires])
        for expert, way in enumerate(inward):
            self.add(timeline.satellites + way, sent_s[0][:, [expert]] / bps[way])
        self._add_computers(layer, hosts, tokens)
        for expert, host in enumerate(hosts):
            visited = np.concatenate(
                [timeline.satellites + outward[expert], [host], timeline.satellites + inward[expert]]
            )
            self.ways.append(np.stack(np.broadcast_arrays(layer, expert, visited), axis=1))
        if workload.sends_residual:
            visited = timeline.satellites + past[0]
            self.residual_ways.append(np.stack(np.broadcast_arrays(layer, visited), axis=1))

    def _add_computers(self, layer: int, hosts: np.ndarray, tokens: np.ndarray) -> None:
        """Add the gateway's job of each step and those of its experts."""
        workload, gateways = self.experiment.workload, self.placement.gateways
        gateway_ns = workload.computing.steps_ns(gateways, workload.widths)[:, [layer]]
        self.add(gateways[[layer]], gateway_ns / NANOSECONDS_PER_SECOND)
        for expert in range(len(hosts)):
            time_ns = workload.computing.at_ns(
                hosts[[expert]], layer=layer, gateways=gateways, tokens=tokens[:, [expert]]
            )
            self.add(hosts[[expert]], time_ns / NANOSECONDS_PER_SECOND)


def _tokens_by_expert(activations: np.ndarray, shares: np.ndarray, experts: int) -> np.ndarray:
    """Return the tokens of each step that go to each expert, shape (N, E)."""
    tokens = np.zeros((len(activations), experts), np.int64)
    step, place = np.nonzero(activations != NO_EXPERT)
    tokens[step, activations[step, place]] = shares[step, place]
    return tokens


def _sent_bits(tokens: np.ndarray, experiment: Experiment) -> np.ndarray:
    """Return the bits on a wire of messages of so many tokens, shape of ``tokens``; none of no tokens."""
    sizes, place = np.unique(tokens, return_inverse=True)
    bits = [
        segment_wire_bits(
            message_bytes=int(size) * experiment.workload.message_bytes,
            mtu_bytes=experiment.sky.timeline.mtu_bytes,
        ).sum()
        if size
        else 0
        for size in sizes
    ]
    return np.array(bits, float)[place].reshape(tokens.shape)
