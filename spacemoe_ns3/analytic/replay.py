"""The formula on the draws that the packets used: the same activations, start times and link states.

Each message is walked hop by hop over links that are idle but for its own packets, with each link's light
time at the moment of departure, in whole nanoseconds. There are no events and no queues between messages:
what the packet engine measures beyond this is queueing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.errors import UndeliveredError
from spacemoe_ns3.latency import light_time_ns, segment_wire_bits, transmission_ns
from spacemoe_ns3.links import LinkTimeline, Routes
from spacemoe_ns3.moe import Workload
from spacemoe_ns3.placement import Placement
from spacemoe_ns3.results import Legs, TokenTrace

_NO_LINK = -1


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
    """
    walker = _Walker(routes=routes, message_bytes=workload.message_bytes)
    trace = TokenTrace.empty(
        tokens=workload.tokens,
        layers=workload.layers,
        top_k=workload.top_k,
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
        trace.head_finished[rows] = now + workload.head_ns
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
    walker: _Walker,
) -> None:
    """Fill in one layer of the tokens in ``rows``, whose gateway has everything at ``now``."""
    experts = workload.activations[rows, layer].astype(np.intp)
    hosts = placement.experts[layer, experts]
    here = placement.gateways[layer]
    onward = placement.gateways[(layer + 1) % workload.layers]
    done = now + workload.gateway_ns[layer]
    trace.gateway_started[rows, layer] = now
    trace.gateway_finished[rows, layer] = done

    walker.walk(trace.dispatch, (rows, layer), np.broadcast_to(here, hosts.shape), hosts, done[:, np.newaxis])
    started = trace.dispatch.arrived[rows, layer]
    finished = started + workload.expert_ns[layer]
    trace.expert_started[rows, layer] = started
    trace.expert_finished[rows, layer] = finished
    walker.walk(trace.result, (rows, layer), hosts, np.broadcast_to(onward, hosts.shape), finished)
    if trace.residual is not None:
        ends = np.broadcast_to(here, rows.shape), np.broadcast_to(onward, rows.shape)
        walker.walk(trace.residual, (rows, layer), *ends, done)


@dataclass(slots=True)
class _State:
    """Segments under way, one a message; arrays of shape (n,)."""

    node: np.ndarray
    goal: np.ndarray
    time_ns: np.ndarray
    propagation_ns: np.ndarray
    waiting_ns: np.ndarray
    hops: np.ndarray


class _Walker:
    """Walks messages over idle links, many at once."""

    def __init__(self, *, routes: Routes, message_bytes: int) -> None:
        timeline: LinkTimeline = routes.timeline
        bits = segment_wire_bits(message_bytes=message_bytes, mtu_bytes=timeline.mtu_bytes)
        self._routes = routes
        self._ephemeris = timeline.ephemeris
        self._slots = timeline.slots
        self._neighbour, self._link = timeline.ports()
        self._row = np.full(timeline.satellites, -1)
        self._row[routes.destinations] = np.arange(len(routes.destinations))
        # The forwarding tables of the slots visited so far, stacked, and the place of each slot in them.
        self._tables = np.empty((0, len(routes.destinations), timeline.satellites), np.uint8)
        self._place_of_slot = np.full(timeline.slots.count, -1)
        # Segment by segment and link by link, shape (m, M).
        self._transmission_ns = transmission_ns(bits[:, np.newaxis], timeline.rate_bps)

    def walk(
        self,
        legs: Legs,
        where: tuple[np.ndarray, int],
        sources: np.ndarray,
        goals: np.ndarray,
        sent_ns: np.ndarray,
    ) -> None:
        """Walk messages and write them into ``legs`` at ``where``; arrays broadcast to one shape."""
        shape = goals.shape
        sent = np.broadcast_to(sent_ns, shape).ravel()
        # Along each message's way: the link of each hop and when its earlier segments leave it free.
        behind: list[tuple[np.ndarray, np.ndarray]] = []
        for transmission in self._transmission_ns:
            state = _State(
                node=sources.ravel().copy(),
                goal=goals.ravel(),
                time_ns=sent.copy(),
                propagation_ns=np.zeros(sent.size, np.int64),
                waiting_ns=np.zeros(sent.size, np.int64),
                hops=np.zeros(sent.size, np.int64),
            )
            self._walk_segment(state, transmission, behind)
        for name, values in (
            ("sent", sent),
            ("arrived", state.time_ns),
            ("propagation", state.propagation_ns),
            ("serialisation", state.time_ns - sent - state.propagation_ns - state.waiting_ns),
            ("waiting", state.waiting_ns),
            ("hops", state.hops),
        ):
            getattr(legs, name)[where] = values.reshape(shape)

    def _walk_segment(
        self, state: _State, transmission: np.ndarray, behind: list[tuple[np.ndarray, np.ndarray]]
    ) -> None:
        while True:
            going = np.flatnonzero(state.node != state.goal)
            if going.size == 0:
                return
            port = self._ports(state, going)
            has_path = port != NO_PORT
            self._wait(state, going[~has_path])
            self._hop(state, going[has_path], port[has_path], transmission, behind)

    def _ports(self, state: _State, going: np.ndarray) -> np.ndarray:
        """Return the output port of each segment, by the table of its slot."""
        slot = state.time_ns[going] // self._slots.slot_ns
        late = slot >= self._slots.count
        if late.any():
            message = going[late][0]
            raise UndeliveredError(
                f"a message from satellite {state.node[message]} to satellite {state.goal[message]} is under "
                f"way at {state.time_ns[message]} ns, the end of the time span: there is no path, or too "
                "little time; give slots.span_s a longer span or ask for fewer tokens"
            )
        for each in np.unique(slot[self._place_of_slot[slot] < 0]):
            self._place_of_slot[each] = len(self._tables)
            self._tables = np.concatenate([self._tables, self._routes.table(int(each))[np.newaxis]])
        port: np.ndarray = self._tables[
            self._place_of_slot[slot], self._row[state.goal[going]], state.node[going]
        ]
        return port

    def _wait(self, state: _State, messages: np.ndarray) -> None:
        """Let segments wait for the next slot."""
        slot_ns = self._slots.slot_ns
        stay = slot_ns - state.time_ns[messages] % slot_ns
        state.time_ns[messages] += stay
        state.waiting_ns[messages] += stay

    def _hop(
        self,
        state: _State,
        messages: np.ndarray,
        port: np.ndarray,
        transmission: np.ndarray,
        behind: list[tuple[np.ndarray, np.ndarray]],
    ) -> None:
        """Move segments over one link, behind the earlier segments of their own message."""
        near = state.node[messages]
        far, link = self._neighbour[near, port], self._link[near, port]
        start = state.time_ns[messages]
        hop = state.hops[messages]
        while len(behind) <= hop.max(initial=0):
            behind.append((np.full(state.node.size, _NO_LINK), np.zeros(state.node.size, np.int64)))
        if len(self._transmission_ns) > 1:
            for each in np.unique(hop):
                chosen = np.flatnonzero(hop == each)
                links, free = behind[each]
                same = links[messages[chosen]] == link[chosen]
                start[chosen] = np.where(
                    same, np.maximum(start[chosen], free[messages[chosen]]), start[chosen]
                )
                links[messages[chosen]] = link[chosen]
                free[messages[chosen]] = start[chosen] + transmission[link[chosen]]
        light = light_time_ns(
            self._ephemeris.positions_at(near, start), self._ephemeris.positions_at(far, start)
        )
        state.time_ns[messages] = start + transmission[link] + light
        state.propagation_ns[messages] += light
        state.hops[messages] += 1
        state.node[messages] = far
