"""Segments, transmission times and light times: what both engines compute with."""

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
