"""The delay kernels that placement and the analytic engine share.

A message of m packets over h hops costs propagation, plus the transmission of its own bits on every hop;
packets follow one another as closely as the links allow (store and forward).
"""

from __future__ import annotations

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
from spacemoe_ns3.links import LinkTimeline, delays_from

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


def light_time_ns(a_m: np.ndarray, b_m: np.ndarray) -> np.ndarray:
    """Return light times in whole nanoseconds, rounded half up.

    The order of the floating-point operations is that of ``LaserChannel`` in ``ns3-modules/leo``.

    Parameters
    ----------
    a_m, b_m
        Positions in metres, shape (n, 3).

    Returns
    -------
    Nanoseconds, shape (n,), int64.
    """
    d = a_m - b_m
    metres = np.sqrt((d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]) + d[:, 2] * d[:, 2])
    exact = metres / SPEED_OF_LIGHT_M_S * 1e9
    rounded: np.ndarray = np.floor(exact + 0.5).astype(np.int64)
    return rounded


def frozen_message_delays(
    timeline: LinkTimeline, *, sources: np.ndarray, wire_bits: np.ndarray
) -> np.ndarray:
    """Return the delay of a message between sources and everyone, with each slot's links frozen.

    The first packet pays its transmission on every hop; the others follow at the pace of the slowest
    rate, which for links of one rate is exact: ``(m + h - 1) b / R`` if all m packets are full. Where a
    slot has no path, the message waits for the first slot that has one: half a slot in the mean, plus
    whole slots. Past the last slot the slots begin anew.

    Parameters
    ----------
    timeline
        The links.
    sources
        Satellites, shape (n,).
    wire_bits
        Bits of each packet, shape (m,).

    Returns
    -------
    Seconds, shape (T, n, S); infinite only where no slot has a path.
    """
    first, others = int(wire_bits[0]), wire_bits[1:]
    delay = delays_from(timeline, sources=sources, packet_bits=first)
    delay += others.sum() / timeline.rate_bps.min()
    delay[:, np.arange(len(sources)), sources] = 0.0
    if np.isinf(delay).any():
        _wait_for_a_path(delay, slot_s=timeline.slots.slot_ns / NANOSECONDS_PER_SECOND)
    return delay


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


def expected_path_latency(gateway_delay_s: np.ndarray) -> np.ndarray:
    """Return the expected path latency of every satellite as host in every layer.

    Parameters
    ----------
    gateway_delay_s
        Message delays from each layer's gateway in seconds, shape (T, L, S).

    Returns
    -------
    Mean over slots of the way from the layer's gateway to the satellite and on to the next gateway, in
    seconds, shape (L, S) (arXiv 2605.00515, expected path latency).
    """
    mean = gateway_delay_s.mean(axis=0)
    there_and_on: np.ndarray = mean + np.roll(mean, -1, axis=0)
    return there_and_on
