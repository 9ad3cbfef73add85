"""Message delays with each slot's links frozen, as the formula has them.

A message of m packets over h hops costs propagation, plus the transmission of its own bits on every hop;
packets follow one another as closely as the links allow (store and forward).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.links import LinkTimeline, Router, SlotNetwork, checked_next_hops
from spacemoe_ns3.links.paths import follow


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelays:
    """Delays of a message between pairs of satellites in each slot; arrays of shape (T, L, S), seconds.

    Parameters
    ----------
    total_s
        From being sent to arriving; infinite only where no slot has a path.
    propagation_s
        Light times of the path.
    waiting_s
        For a slot that has a path; None if every slot has one for every pair.
    """

    total_s: np.ndarray
    propagation_s: np.ndarray
    waiting_s: np.ndarray | None = None

    @property
    def mean_s(self) -> np.ndarray:
        """Mean over slots, shape (L, S)."""
        mean: np.ndarray = self.total_s.mean(axis=0)
        return mean


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDelays:
    """Message delays between gateways and everyone, with each slot's links frozen.

    Parameters
    ----------
    outbound
        From each gateway to each satellite.
    inbound
        From each satellite to each gateway; the same record where paths are symmetric.
    """

    outbound: MessageDelays
    inbound: MessageDelays


def frozen_message_delays(
    timeline: LinkTimeline, *, router: Router, gateways: np.ndarray, wire_bits: np.ndarray
) -> GatewayDelays:
    """Return the delay of a message between gateways and everyone, with each slot's links frozen.

    The first packet pays its transmission on every hop; the others follow at the pace of the slowest link of
    the path, which for links of one rate is exact: ``(m + h - 1) b / R`` if all m packets are full. A message
    to the satellite that sends it takes no time. Where a slot has no path, the message waits for the first
    slot that has one: half a slot in the mean, plus whole slots. Past the last slot the slots begin anew.

    Parameters
    ----------
    timeline
        The links.
    router
        The routing protocol. If its paths are not symmetric, it is asked for paths to every satellite.
    gateways
        Satellites, shape (L,).
    wire_bits
        Bits of each packet, shape (m,).

    Returns
    -------
    The delays, each of shape (T, L, S).

    Raises
    ------
    ScenarioError
        If the protocol forwards over a link that is not up, or in a loop.
    """
    towards, place = np.unique(gateways, return_inverse=True)
    everyone = np.arange(timeline.satellites)
    shape = (2, timeline.slots.count, len(gateways), timeline.satellites)
    inbound = np.empty(shape)
    outbound = inbound if router.is_symmetric else np.empty(shape)
    for slot in range(timeline.slots.count):
        network = timeline.network(slot)
        to_gateways = _delays_to(network, router, destinations=towards, wire_bits=wire_bits)
        inbound[:, slot] = to_gateways[:, place]
        if not router.is_symmetric:
            to_all = _delays_to(network, router, destinations=everyone, wire_bits=wire_bits)
            outbound[:, slot] = to_all[:, :, gateways].transpose(0, 2, 1)
    slot_s = timeline.slots.slot_ns / NANOSECONDS_PER_SECOND
    arriving = _with_waits(inbound, slot_s=slot_s)
    leaving = arriving if router.is_symmetric else _with_waits(outbound, slot_s=slot_s)
    return GatewayDelays(outbound=leaving, inbound=arriving)


def sampled_delays(
    timeline: LinkTimeline, *, router: Router, satellites: np.ndarray, wire_bits: np.ndarray, samples: int
) -> np.ndarray:
    """Return message delays among all pairs of some satellites, in some slots spread over the time span.

    For searching: a placement found on samples is evaluated on all slots.

    Parameters
    ----------
    timeline, router, wire_bits
        As for :func:`frozen_message_delays`.
    satellites
        Which, shape (C,).
    samples
        In how many slots, at most; they are evenly spaced.

    Returns
    -------
    Seconds from the second axis to the third, shape (T', C, C), float32. Where a sampled slot has no path the
    next sampled slot's delay counts, plus the mean wait of half a slot.
    """
    count = timeline.slots.count
    slots = np.unique(np.arange(min(samples, count)) * count // min(samples, count))
    delay_s = np.empty((len(slots), len(satellites), len(satellites)), np.float32)
    for row, slot in enumerate(slots):
        network = timeline.network(int(slot))
        to_all = _delays_to(network, router, destinations=satellites, wire_bits=wire_bits)[0]
        delay_s[row] = to_all[:, satellites].T
    slot_s = timeline.slots.slot_ns / NANOSECONDS_PER_SECOND
    return _with_waits(np.stack([delay_s, delay_s]), slot_s=slot_s).total_s


def mean_least_delays(
    timeline: LinkTimeline, *, satellites: np.ndarray, packet_bits: int, limit_s: float
) -> np.ndarray:
    """Return a lower bound of mean message delays, whatever the routing protocol.

    Parameters
    ----------
    timeline
        The links.
    satellites
        Which, shape (C,).
    packet_bits
        Bits of a message's first packet.
    limit_s
        What a longer delay, or none, counts as; the smaller the faster.

    Returns
    -------
    Mean over all slots of the least delay or the limit, among all pairs, in seconds, shape (C, C).
    """
    from scipy.sparse.csgraph import dijkstra

    total_s = np.zeros((len(satellites), len(satellites)))
    for slot in range(timeline.slots.count):
        network = timeline.network(slot)
        matrix = network.matrix(network.hop_s(packet_bits))
        delay_s = dijkstra(matrix, indices=satellites, limit=limit_s)[:, satellites]
        total_s += np.minimum(delay_s, limit_s)
    return total_s / timeline.slots.count


def _delays_to(
    network: SlotNetwork, router: Router, *, destinations: np.ndarray, wire_bits: np.ndarray
) -> np.ndarray:
    """Return message delays to destinations, and their propagation, in seconds, shape (2, D, S).

    Infinite without a path.
    """
    first, others = int(wire_bits[0]), float(wire_bits[1:].sum())
    next_hop = checked_next_hops(router, network, destinations=destinations, packet_bits=first)
    paths = follow(network, next_hop, hop_s=network.hop_s(first))
    delay_s = paths.total_s
    if others:
        delay_s = delay_s + others / paths.slowest_bps
    both = np.stack([delay_s, paths.light_s])
    both[:, paths.end != np.asarray(destinations)[:, np.newaxis]] = np.inf
    return both


def _with_waits(both: np.ndarray, *, slot_s: float) -> MessageDelays:
    """Return delays, shape (2, T, L, S) with propagation; without a path, messages wait for a slot with one.

    Parameters
    ----------
    both
        Changed in place.
    slot_s
        Duration of a slot.
    """
    total_s, propagation_s = both
    without = np.isinf(total_s)
    if not without.any():
        return MessageDelays(total_s=total_s, propagation_s=propagation_s)
    waiting_s = np.zeros(total_s.shape, total_s.dtype)
    gateway, satellite = np.nonzero(without.any(axis=0))
    ahead = _slots_ahead(without[:, gateway, satellite])
    slot, pair = np.nonzero(ahead)
    here = slot, gateway[pair], satellite[pair]
    there = (slot + ahead[slot, pair]) % len(total_s), gateway[pair], satellite[pair]
    waiting_s[here] = (ahead[slot, pair] - 0.5) * slot_s
    total_s[here] = total_s[there] + waiting_s[here]
    propagation_s[here] = propagation_s[there]
    return MessageDelays(total_s=total_s, propagation_s=propagation_s, waiting_s=waiting_s)


def _slots_ahead(without: np.ndarray) -> np.ndarray:
    """Return how many slots ahead the next one with a path is; past the last slot the slots begin anew.

    Parameters
    ----------
    without
        Whether a slot has no path, for each of K pairs, shape (T, K), bool.

    Returns
    -------
    Shape (T, K), int; 0 where there is a path, or never is.
    """
    count = len(without)
    slots = np.arange(count)[:, np.newaxis]
    with_path = np.where(without, 3 * count, slots)  # so far that none is there
    twice = np.concatenate([with_path, with_path + count])
    following = np.minimum.accumulate(twice[::-1])[::-1][:count]
    ahead: np.ndarray = np.where(following < 2 * count, following - slots, 0)
    return ahead


def expected_path_latency(delays: GatewayDelays) -> np.ndarray:
    """Return the expected path latency of every satellite as host in every layer.

    Parameters
    ----------
    delays
        Message delays between each layer's gateway and everyone.

    Returns
    -------
    Mean over slots of the way from the layer's gateway to the satellite and on to the next gateway, in
    seconds, shape (L, S) (arXiv 2605.00515, expected path latency).
    """
    there = delays.outbound.mean_s
    on = there if delays.inbound is delays.outbound else delays.inbound.mean_s
    there_and_on: np.ndarray = there + np.roll(on, -1, axis=0)
    return there_and_on
