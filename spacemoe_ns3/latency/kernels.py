"""The delay kernels that placement and the analytic engine share.

A message of m packets over h hops costs propagation, plus the transmission of its own bits on every hop;
packets follow one another as closely as the links allow (store and forward).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.constants import (
    BITS_PER_BYTE,
    IPV4_HEADER_BYTES,
    MOE_HEADER_BYTES,
    NANOSECONDS_PER_SECOND,
    PPP_HEADER_BYTES,
    SPEED_OF_LIGHT_M_S,
    UDP_HEADER_BYTES,
)
from spacemoe_ns3.errors import require
from spacemoe_ns3.links import LinkTimeline, Router, SlotNetwork, checked_next_hops
from spacemoe_ns3.links.paths import follow

_MOST_SEGMENTS = 65_535  # the header's field has two bytes


def segment_wire_bits(*, message_bytes: int, mtu_bytes: int) -> np.ndarray:
    """Cut a message into segments.

    Parameters
    ----------
    message_bytes
        Length of the message, at least 1.
    mtu_bytes
        Largest IPv4 packet.

    Returns
    -------
    Bits of each packet on the wire, all headers included, shape (m,), int64.

    Raises
    ------
    ScenarioError
        If the MTU leaves no room, or too little for 65,535 segments.

    Examples
    --------
    >>> segment_wire_bits(message_bytes=8192, mtu_bytes=9000) // 8
    array([8258])
    >>> segment_wire_bits(message_bytes=3000, mtu_bytes=1500) // 8
    array([1502, 1502,  194])
    """
    headers = IPV4_HEADER_BYTES + UDP_HEADER_BYTES + MOE_HEADER_BYTES
    room = mtu_bytes - headers
    require(
        room >= 1 and -(-message_bytes // room) <= _MOST_SEGMENTS,
        f"links.mtu_bytes: {mtu_bytes} given, {headers} of them headers; a message of {message_bytes} bytes "
        f"would need more than {_MOST_SEGMENTS} packets; raise the MTU",
    )
    segments = -(-message_bytes // room)
    payload = np.full(segments, room, np.int64)
    payload[-1] = message_bytes - room * (segments - 1)
    bits: np.ndarray = (payload + headers + PPP_HEADER_BYTES) * BITS_PER_BYTE
    return bits


def transmission_ns(bits: np.ndarray | int, rate_bps: np.ndarray | int) -> np.ndarray:
    """Return transmission times in whole nanoseconds, rounded half up, as ns-3's DataRate does.

    Parameters
    ----------
    bits, rate_bps
        Integers that broadcast together.

    Examples
    --------
    A 1502-byte frame at 7 Mb/s:

    >>> int(transmission_ns(1502 * 8, 7_000_000))
    1716571
    """
    bits, rate_bps = np.asarray(bits, np.int64), np.asarray(rate_bps, np.int64)
    duration: np.ndarray = (2 * bits * NANOSECONDS_PER_SECOND + rate_bps) // (2 * rate_bps)
    return duration


def light_time_ns(source_m: np.ndarray, receiver_m: np.ndarray, velocity_m_s: np.ndarray) -> np.ndarray:
    """Return true light times in whole nanoseconds, rounded half up.

    The time after which light that leaves the source meets the receiver, which moves on meanwhile: the root
    of ``|d + v t| = c t`` in an inertial frame. The receiver's acceleration would change it by 2 ps in
    10 ms. The distance alone, over c, is off by up to v / c of itself, 25 ppm, and the two directions of a
    link differ by twice that.

    The order of the floating-point operations is that of ``LaserChannel`` in ``ns3-modules/leo``.

    Parameters
    ----------
    source_m, receiver_m
        Positions when the light leaves, in metres, inertial, shape (n, 3).
    velocity_m_s
        Of the receiver, inertial, shape (n, 3).

    Returns
    -------
    Nanoseconds, shape (n,), int64.

    Examples
    --------
    A receiver at rest, and one that comes nearer at 7 km/s, both a light millisecond away:

    >>> away = np.array([[299792.458, 0.0, 0.0]])
    >>> light_time_ns(np.zeros((1, 3)), away, np.array([[0.0, 0.0, 0.0]]))
    array([1000000])
    >>> light_time_ns(np.zeros((1, 3)), away, np.array([[-7000.0, 0.0, 0.0]]))
    array([999977])
    """
    d, v = receiver_m - source_m, velocity_m_s
    along = (d[:, 0] * v[:, 0] + d[:, 1] * v[:, 1]) + d[:, 2] * v[:, 2]
    distance2 = (d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]) + d[:, 2] * d[:, 2]
    speed2 = (v[:, 0] * v[:, 0] + v[:, 1] * v[:, 1]) + v[:, 2] * v[:, 2]
    slack = SPEED_OF_LIGHT_M_S * SPEED_OF_LIGHT_M_S - speed2
    exact_s = (along + np.sqrt(along * along + slack * distance2)) / slack
    rounded: np.ndarray = np.floor(exact_s * 1e9 + 0.5).astype(np.int64)
    return rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDelays:
    """Message delays between gateways and everyone, with each slot's links frozen.

    Parameters
    ----------
    outbound_s
        From each gateway to each satellite in seconds, shape (T, L, S).
    inbound_s
        From each satellite to each gateway, the same shape; the same array where paths are symmetric.
    """

    outbound_s: np.ndarray
    inbound_s: np.ndarray


def frozen_message_delays(
    timeline: LinkTimeline, *, router: Router, gateways: np.ndarray, wire_bits: np.ndarray
) -> GatewayDelays:
    """Return the delay of a message between gateways and everyone, with each slot's links frozen.

    The first packet pays its transmission on every hop; the others follow at the pace of the slowest link of
    the path, which for links of one rate is exact: ``(m + h - 1) b / R`` if all m packets are full. Where a
    slot has no path, the message waits for the first slot that has one: half a slot in the mean, plus whole
    slots. Past the last slot the slots begin anew.

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
    Delays in seconds; infinite only where no slot has a path.

    Raises
    ------
    ScenarioError
        If the protocol forwards over a link that is not up, or in a loop.
    """
    shape = (timeline.slots.count, len(gateways), timeline.satellites)
    inbound_s = np.empty(shape)
    outbound_s = inbound_s if router.is_symmetric else np.empty(shape)
    for slot in range(timeline.slots.count):
        network = timeline.network(slot)
        inbound_s[slot] = _delays_to(network, router, destinations=gateways, wire_bits=wire_bits)
        if not router.is_symmetric:
            everyone = np.arange(timeline.satellites)
            outbound_s[slot] = _delays_to(network, router, destinations=everyone, wire_bits=wire_bits)[
                :, gateways
            ].T
    slot_s = timeline.slots.slot_ns / NANOSECONDS_PER_SECOND
    for delay_s in {id(array): array for array in (inbound_s, outbound_s)}.values():
        if np.isinf(delay_s).any():
            _wait_for_a_path(delay_s, slot_s=slot_s)
    return GatewayDelays(outbound_s=outbound_s, inbound_s=inbound_s)


def _delays_to(
    network: SlotNetwork, router: Router, *, destinations: np.ndarray, wire_bits: np.ndarray
) -> np.ndarray:
    """Return message delays to destinations in seconds, shape (D, S), infinite without a path."""
    first, others = int(wire_bits[0]), float(wire_bits[1:].sum())
    next_hop = checked_next_hops(router, network, destinations=destinations, packet_bits=first)
    paths = follow(network, next_hop, hop_s=network.hop_s(first))
    delay_s = paths.total_s
    if others:
        delay_s = delay_s + others / paths.slowest_bps
    has_path = paths.end == np.asarray(destinations)[:, np.newaxis]
    return np.where(has_path, delay_s, np.inf)


def _wait_for_a_path(delay: np.ndarray, *, slot_s: float) -> None:
    """Replace infinite delays, shape (T, n, S), in place, looking ahead slot by slot."""
    without = np.isinf(delay)
    ahead = delay.copy()
    for distance in range(1, delay.shape[0]):
        ahead = np.roll(ahead, -1, axis=0)
        found = without & np.isfinite(ahead)
        delay[found] = ahead[found] + (distance - 0.5) * slot_s
        without &= ~found
        if not without.any():
            return


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
    there = delays.outbound_s.mean(axis=0)
    on = there if delays.inbound_s is delays.outbound_s else delays.inbound_s.mean(axis=0)
    there_and_on: np.ndarray = there + np.roll(on, -1, axis=0)
    return there_and_on
