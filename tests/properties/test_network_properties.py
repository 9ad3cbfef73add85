"""What holds for every network: links, paths and messages over them."""

import dataclasses

import numpy as np
from builders import network
from hypothesis import given, settings
from hypothesis import strategies as st

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.latency import frozen_message_delays
from spacemoe_ns3.links import Routes, delays_from, plus_grid

A_PICOSECOND_S = 1e-12
PACKET_BITS = 12_000
QUICK = settings(deadline=None, max_examples=60)


@st.composite
def networks(draw):
    """Up to twelve satellites with any links among them, some of them down, over up to three slots."""
    satellites = draw(st.integers(2, 12))
    pairs = [(one, other) for one in range(satellites) for other in range(one + 1, satellites)]
    ends = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=24, unique=True))
    slots = draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return network(
        positions_m=random.uniform(-5e6, 5e6, (satellites, 3)),
        ends=ends,
        up=random.random((slots, len(ends))) < draw(st.sampled_from([0.5, 0.9, 1.0])),
        rate_bps=random.integers(10**6, 10**9, len(ends)),
    )


def all_delays(timeline):
    return delays_from(timeline, sources=np.arange(timeline.satellites), packet_bits=PACKET_BITS)


@QUICK
@given(planes=st.integers(1, 12), size=st.integers(3, 12), phasing=st.integers(-20, 20), seam=st.booleans())
def test_a_grid_is_simple_connected_and_of_degree_four_at_most(planes, size, phasing, seam):
    shell = WalkerShell(
        planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=60, phasing=phasing
    )
    links = plus_grid(shell, seam=seam)

    across = planes if seam and planes > 2 else planes - 1
    assert len(links) == planes * size + across * size
    assert len(np.unique(links, axis=0)) == len(links)
    assert np.bincount(links.ravel(), minlength=shell.satellites).max() <= 4
    assert np.isfinite(all_delays(network(positions_m=np.eye(shell.satellites, 3), ends=links))).all()


@QUICK
@given(timeline=networks())
def test_delays_are_a_metric(timeline):
    """Symmetric, zero to oneself only, and no detour is a short cut."""
    for delay_s in all_delays(timeline):
        assert np.array_equal(np.isinf(delay_s), np.isinf(delay_s.T))
        finite = np.isfinite(delay_s)
        assert np.abs(delay_s[finite] - delay_s.T[finite]).max() < A_PICOSECOND_S
        assert (delay_s[~np.eye(len(delay_s), dtype=bool)] > 0).all()
        assert (np.diag(delay_s) == 0).all()
        detour_s = (delay_s[:, :, np.newaxis] + delay_s[np.newaxis]).min(axis=1)
        assert (delay_s <= detour_s + A_PICOSECOND_S).all()


@QUICK
@given(timeline=networks(), draw=st.randoms(use_true_random=False))
def test_more_links_never_lengthen_a_path(timeline, draw):
    fewer = timeline.reason.copy()
    fewer[:, draw.randrange(len(timeline.ends))] = 3

    shorter_s, longer_s = all_delays(timeline), all_delays(dataclasses.replace(timeline, reason=fewer))

    assert (shorter_s <= longer_s + A_PICOSECOND_S).all()


@QUICK
@given(timeline=networks(), seed=st.integers(0, 2**32 - 1))
def test_relabelling_satellites_changes_nothing(timeline, seed):
    new_of_old = np.random.default_rng(seed).permutation(timeline.satellites)
    old_of_new = np.argsort(new_of_old)
    sky = timeline.ephemeris
    relabelled = dataclasses.replace(
        timeline,
        ephemeris=dataclasses.replace(
            sky, positions_m=sky.positions_m[:, old_of_new], velocities_m_s=sky.velocities_m_s[:, old_of_new]
        ),
        ends=np.sort(new_of_old[timeline.ends], axis=1).astype(np.int32),
    )

    plain_s = all_delays(timeline)
    moved_s = all_delays(relabelled)[:, new_of_old][:, :, new_of_old]

    assert np.array_equal(np.isinf(plain_s), np.isinf(moved_s))
    finite = np.isfinite(plain_s)
    assert np.abs(plain_s[finite] - moved_s[finite]).max() < A_PICOSECOND_S


@QUICK
@given(timeline=networks())
def test_tables_never_lead_around_in_circles(timeline):
    """Every hop brings a packet nearer to its destination, by the weight of the hop."""
    destinations = np.arange(timeline.satellites)
    routes = Routes(timeline=timeline, destinations=destinations, packet_bits=PACKET_BITS)
    neighbour, link = timeline.ports()
    for slot, delay_s in enumerate(all_delays(timeline)):
        for destination, satellite in zip(*np.nonzero(routes.table(slot) != NO_PORT), strict=True):
            port = routes.table(slot)[destination, satellite]
            number = link[satellite, port]
            hop_s = timeline.delay_s[slot, number] + PACKET_BITS / timeline.rate_bps[number]
            left_s = delay_s[neighbour[satellite, port], destination]
            assert abs(delay_s[satellite, destination] - hop_s - left_s) < A_PICOSECOND_S


@QUICK
@given(timeline=networks(), packets=st.integers(1, 4))
def test_a_message_waits_only_where_there_is_no_path(timeline, packets):
    """A frozen delay is never infinite if any slot has a path, and never below that of its first packet."""
    bits = np.full(packets, PACKET_BITS)
    everyone = np.arange(timeline.satellites)
    paths_s = all_delays(timeline)

    message_s = frozen_message_delays(timeline, sources=everyone, wire_bits=bits)

    assert np.array_equal(np.isinf(message_s).all(axis=0), np.isinf(paths_s).all(axis=0))
    assert not (np.isinf(message_s) & np.isfinite(message_s).any(axis=0)).any()
    finite = np.isfinite(paths_s)
    assert (message_s[finite] >= paths_s[finite] - A_PICOSECOND_S).all()
    half_a_slot_s = timeline.slots.slot_ns / 2e9
    waited = np.isinf(paths_s) & np.isfinite(message_s)
    assert (message_s[waited] > half_a_slot_s).all()
