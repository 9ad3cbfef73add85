"""The delay kernels: segments, transmission, light."""

import math
from fractions import Fraction

import numpy as np
import pytest

from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.latency import (
    light_time_ns,
    segment_wire_bits,
    transmission_ns,
)

A_NANOSECOND_S = 1e-9
A_FEMTOSECOND_S = 1e-15
RELATIVE = 1e-12  # of sums of some ten delays
AT_REST = np.zeros((1, 3))
HEADERS_BYTES = 20 + 8 + 36  # IPv4, RFC 791; UDP, RFC 768; ours
PPP_BYTES = 2  # the protocol field, RFC 1661
MTU_BYTES = 1500
ROOM_BYTES = MTU_BYTES - HEADERS_BYTES
HOP_M = 1.5e6
RATE_BPS = 10**6  # so slow that packets take milliseconds, as light does


def bits_of(message_bytes):
    return segment_wire_bits(message_bytes=message_bytes, mtu_bytes=MTU_BYTES)


@pytest.mark.parametrize(
    ("message_bytes", "payloads"),
    [
        (1, [1]),
        (ROOM_BYTES, [ROOM_BYTES]),
        (ROOM_BYTES + 1, [ROOM_BYTES, 1]),
        (3 * ROOM_BYTES, [ROOM_BYTES] * 3),
        (3000, [1436, 1436, 128]),
    ],
)
def test_a_message_fills_all_its_packets_but_the_last(message_bytes, payloads):
    assert (bits_of(message_bytes) // 8 - HEADERS_BYTES - PPP_BYTES).tolist() == payloads


def test_a_full_packet_is_as_long_as_the_mtu_and_the_ppp_header():
    assert bits_of(10_000)[0] == (MTU_BYTES + PPP_BYTES) * 8


def test_a_message_of_too_many_packets_is_refused():
    room_bytes = 68 - HEADERS_BYTES
    assert len(segment_wire_bits(message_bytes=65_535 * room_bytes, mtu_bytes=68)) == 65_535

    with pytest.raises(
        ScenarioError, match=r"links\.mtu_bytes: 68 given, 64 of them headers.*65535 packets; raise"
    ):
        segment_wire_bits(message_bytes=65_535 * room_bytes + 1, mtu_bytes=68)


def test_an_mtu_without_room_is_refused():
    with pytest.raises(ScenarioError, match=r"links\.mtu_bytes: 64 given"):
        segment_wire_bits(message_bytes=1, mtu_bytes=HEADERS_BYTES)


@pytest.mark.parametrize(("rate_bps", "milliseconds"), [(7_000_000, 1.716571), (4_000_000, 3.004)])
def test_a_frame_of_1502_bytes_takes_as_long_as_worked_examples_of_ns3_say(rate_bps, milliseconds):
    assert transmission_ns(1502 * 8, rate_bps) == round(milliseconds * 1e6)


@pytest.mark.parametrize(
    ("bits", "rate_bps", "nanoseconds"), [(1, 2 * 10**9, 1), (3, 2 * 10**9, 2), (1, 3 * 10**9, 0)]
)
def test_half_a_nanosecond_is_rounded_up(bits, rate_bps, nanoseconds):
    assert transmission_ns(bits, rate_bps) == nanoseconds


def test_transmission_times_broadcast():
    times_ns = transmission_ns(np.array([[8], [16]]), np.array([10**9, 2 * 10**9, 4 * 10**9]))

    assert times_ns.tolist() == [[8, 4, 2], [16, 8, 4]]


@pytest.mark.parametrize(
    ("apart_m", "nanoseconds"),
    [
        (0.0, 0),
        (SPEED_OF_LIGHT_M_S, 10**9),
        (2.0e6, 6_671_282),  # 2e6 / 299792458 s
        (SPEED_OF_LIGHT_M_S * 1.4e-9, 1),
        (SPEED_OF_LIGHT_M_S * 1.6e-9, 2),
    ],
)
def test_light_to_a_receiver_at_rest_takes_the_distance_over_its_speed(apart_m, nanoseconds):
    one_m, other_m = np.array([[1.0e6, -2.0e6, 3.0e6]]), np.array([[1.0e6, -2.0e6, 3.0e6 + apart_m]])

    assert light_time_ns(one_m, other_m, AT_REST).tolist() == [nanoseconds]
    assert light_time_ns(other_m, one_m, AT_REST).tolist() == [nanoseconds]


def test_light_times_are_rounded_from_the_distance_in_three_dimensions():
    random = np.random.default_rng(1)
    ones_m, others_m = random.uniform(-7e6, 7e6, (2, 500, 3))
    exact_ns = [
        math.dist(one, other) / SPEED_OF_LIGHT_M_S * 1e9 for one, other in zip(ones_m, others_m, strict=True)
    ]

    off_ns = light_time_ns(ones_m, others_m, np.zeros((500, 3))) - exact_ns
    assert np.abs(off_ns).max() <= 0.5 + 1e-6


def meeting_ns(source_m, receiver_m, velocity_m_s):
    """When light meets the receiver, by bisection in exact fractions: |d + v t| = c t, to 1e-6 ns."""
    d = [Fraction(b) - Fraction(a) for a, b in zip(source_m.tolist(), receiver_m.tolist(), strict=True)]
    v = [Fraction(each) for each in velocity_m_s.tolist()]
    low, high = Fraction(0), Fraction(1)
    while high - low > Fraction(1, 10**15):
        middle = (low + high) / 2
        apart2 = sum((p + q * middle) ** 2 for p, q in zip(d, v, strict=True))
        low, high = (low, middle) if apart2 <= (299_792_458 * middle) ** 2 else (middle, high)
    return low * 10**9


@pytest.mark.parametrize("speed_m_s", [0.0, 7.6e3, 3e5])
def test_light_meets_a_receiver_that_moves_on(speed_m_s):
    """Against bisection; 300 km/s is far beyond any orbit, so that the terms of second order show too."""
    random = np.random.default_rng(2)
    sources_m, receivers_m = random.uniform(-7e6, 7e6, (2, 40, 3))
    heading = random.normal(size=(40, 3))
    velocities_m_s = speed_m_s * heading / np.linalg.norm(heading, axis=1, keepdims=True)

    light_ns = light_time_ns(sources_m, receivers_m, velocities_m_s)

    for number, here in enumerate(zip(sources_m, receivers_m, velocities_m_s, strict=True)):
        assert abs(int(light_ns[number]) - meeting_ns(*here)) <= Fraction(1, 2) + Fraction(1, 10**6)


def test_the_two_directions_of_a_link_differ_by_the_flight_of_the_receivers():
    """In the same plane, one behind the other: light flies towards the one and after the other.

    With both at v, t = d / (c - v) forwards and d / (c + v) back.
    """
    apart_m, speed_m_s = 4e6, 7.5e3
    ends_m = np.array([[0.0, 0.0, 0.0]]), np.array([[0.0, apart_m, 0.0]])
    velocity_m_s = np.array([[0.0, speed_m_s, 0.0]])

    ahead_ns, back_ns = (
        int(light_time_ns(near, far, velocity_m_s)[0]) for near, far in (ends_m, ends_m[::-1])
    )

    assert abs(ahead_ns - apart_m / (SPEED_OF_LIGHT_M_S - speed_m_s) * 1e9) <= 0.5 + 1e-6
    assert abs(back_ns - apart_m / (SPEED_OF_LIGHT_M_S + speed_m_s) * 1e9) <= 0.5 + 1e-6
    assert ahead_ns - back_ns > 600
