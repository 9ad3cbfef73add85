"""What holds for every network: links, paths and messages over them."""

import dataclasses

import networkx as nx
import numpy as np
import pytest
from builders import network, path_delays, routes_to
from hypothesis import given, settings
from hypothesis import strategies as st

from spacemoe_ns3.constants import NO_PORT
from spacemoe_ns3.constellation import WalkerShell, propagate
from spacemoe_ns3.latency import frozen_message_delays
from spacemoe_ns3.links import (
    DimensionOrder,
    DownReason,
    FewestHops,
    LeastDelay,
    Motif,
    PlusGrid,
    checked_next_hops,
)
from spacemoe_ns3.links.paths import follow, path_of

A_PICOSECOND_S = 1e-12
A_MILLIMETRE_M = 1e-3
ROUNDING = 1e-12
RELATIVE = 1e-12  # of sums of some ten delays
PACKET_BITS = 12_000
QUICK = settings(deadline=None, max_examples=60)


@st.composite
def networks(draw):
    """Up to twelve satellites with any links among them, some of them down, over up to three slots."""
    satellites = draw(st.integers(2, 12))
    pairs = [(one, other) for one in range(satellites) for other in range(one + 1, satellites)]
    ends = sorted(draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=24, unique=True)))
    slots = draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return network(
        positions_m=random.uniform(-5e6, 5e6, (satellites, 3)),
        ends=ends,
        up=random.random((slots, len(ends))) < draw(st.sampled_from([0.5, 0.9, 1.0])),
        rate_bps=random.integers(10**6, 10**9, len(ends)),
    )


def all_delays(timeline):
    """Seconds from every satellite to every one, in every slot, shape (T, S, S)."""
    return path_delays(timeline, packet_bits=PACKET_BITS)


@QUICK
@given(planes=st.integers(1, 12), size=st.integers(3, 12), phasing=st.integers(-20, 20), seam=st.booleans())
def test_a_grid_is_simple_connected_and_of_degree_four_at_most(planes, size, phasing, seam):
    shell = WalkerShell(
        planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=60, phasing=phasing
    )
    seam = seam and planes > 2  # one or two planes have no seam, and are refused one
    links = PlusGrid(seam=seam).wire(layout=shell.build().layout, ephemeris=None, slots=None).ends

    across = planes if seam else planes - 1
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
    fewer[:, draw.randrange(len(timeline.ends))] = DownReason.HORIZON

    shorter_s, longer_s = all_delays(timeline), all_delays(dataclasses.replace(timeline, reason=fewer))

    assert (shorter_s <= longer_s + A_PICOSECOND_S).all()


@QUICK
@given(timeline=networks(), seed=st.integers(0, 2**32 - 1))
def test_relabelling_satellites_changes_nothing(timeline, seed):
    new_of_old = np.random.default_rng(seed).permutation(timeline.satellites)
    old_of_new = np.argsort(new_of_old)
    sky = timeline.ephemeris
    ends = np.sort(new_of_old[timeline.ends], axis=1).astype(np.int32)
    order = np.lexsort((ends[:, 1], ends[:, 0]))  # links are sorted
    relabelled = dataclasses.replace(
        timeline,
        ephemeris=dataclasses.replace(
            sky, positions_m=sky.positions_m[:, old_of_new], velocities_m_s=sky.velocities_m_s[:, old_of_new]
        ),
        ends=ends[order],
        kind=timeline.kind[order],
        **{name: getattr(timeline, name)[:, order] for name in ("rate_bps", "delay_s", "reason")},
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
    routes = routes_to(timeline, destinations, packet_bits=PACKET_BITS)
    neighbour, link = timeline.ports()
    for slot, delay_s in enumerate(all_delays(timeline)):
        for destination, satellite in zip(*np.nonzero(routes.table(slot) != NO_PORT), strict=True):
            port = routes.table(slot)[destination, satellite]
            number = link[satellite, port]
            hop_s = timeline.delay_s[slot, number] + PACKET_BITS / timeline.rate_bps[slot, number]
            left_s = delay_s[neighbour[satellite, port], destination]
            assert abs(delay_s[satellite, destination] - hop_s - left_s) < A_PICOSECOND_S


@QUICK
@given(timeline=networks(), packets=st.integers(1, 4))
def test_a_message_waits_only_where_there_is_no_path(timeline, packets):
    """A frozen delay is never infinite if any slot has a path, and never below that of its first packet."""
    bits = np.full(packets, PACKET_BITS)
    everyone = np.arange(timeline.satellites)
    paths_s = all_delays(timeline)

    message_s = frozen_message_delays(
        timeline, router=LeastDelay(), gateways=everyone, wire_bits=bits
    ).inbound.total_s

    assert np.array_equal(np.isinf(message_s).all(axis=0), np.isinf(paths_s).all(axis=0))
    assert not (np.isinf(message_s) & np.isfinite(message_s).any(axis=0)).any()
    finite = np.isfinite(paths_s)
    assert (message_s[finite] >= paths_s[finite] - A_PICOSECOND_S).all()
    half_a_slot_s = timeline.slots.slot_ns / 2e9
    waited = np.isinf(paths_s) & np.isfinite(message_s)
    assert (message_s[waited] > half_a_slot_s).all()


@QUICK
@given(timeline=networks())
def test_all_pairs_are_as_far_apart_as_networkx_finds(timeline):
    for slot, delay_s in enumerate(all_delays(timeline)):
        graph = nx.Graph()
        graph.add_nodes_from(range(timeline.satellites))
        here = timeline.network(slot)
        for (a, b), weight_s in zip(here.ends.tolist(), here.hop_s(PACKET_BITS).tolist(), strict=True):
            graph.add_edge(a, b, weight=weight_s)
        for source, lengths in nx.all_pairs_dijkstra_path_length(graph):
            assert set(np.flatnonzero(np.isfinite(delay_s[source])).tolist()) == set(lengths)
            for goal, length_s in lengths.items():
                assert delay_s[source, goal] == pytest.approx(length_s, rel=RELATIVE)


@QUICK
@given(timeline=networks(), packets=st.integers(1, 3))
def test_a_message_takes_as_long_there_as_back(timeline, packets):
    """Least-delay paths are symmetric; asked for both directions, they say so."""
    everyone, bits = np.arange(timeline.satellites), np.full(packets, PACKET_BITS)
    both = frozen_message_delays(timeline, router=Directed(), gateways=everyone, wire_bits=bits)
    once = frozen_message_delays(timeline, router=LeastDelay(), gateways=everyone, wire_bits=bits)

    assert once.outbound is once.inbound
    assert both.outbound is not both.inbound
    assert np.array_equal(both.inbound.total_s, once.inbound.total_s)
    assert np.array_equal(np.isinf(both.outbound.total_s), np.isinf(both.inbound.total_s))
    finite = np.isfinite(both.inbound.total_s)
    assert np.abs(both.outbound.total_s[finite] - both.inbound.total_s[finite]).max() < A_PICOSECOND_S
    swapped_s = once.inbound.total_s.transpose(0, 2, 1)
    assert np.abs(once.inbound.total_s[finite] - swapped_s[finite]).max() < A_PICOSECOND_S


class Directed(LeastDelay):
    """Least delay that does not say that it is symmetric."""

    is_symmetric = False


@QUICK
@given(timeline=networks())
def test_a_protocol_that_says_it_is_symmetric_is(timeline):
    """Hop by hop, the way there is the way back: as long as no two paths are equally good."""
    everyone = np.arange(timeline.satellites)
    for router in (LeastDelay(), LeastDelay(holds=True), FewestHops()):
        assert router.is_symmetric
        next_hop = checked_next_hops(
            router, timeline.network(0), destinations=everyone, packet_bits=PACKET_BITS
        )
        for goal in everyone.tolist():
            for source in everyone.tolist():
                way = path_of(next_hop[goal], source)
                if way[-1] == goal:
                    assert path_of(next_hop[source], goal) == way[::-1]


@QUICK
@given(timeline=networks())
def test_no_path_has_fewer_hops_than_that_of_fewest_hops_nor_less_delay_than_that_of_least_delay(timeline):
    everyone, here = np.arange(timeline.satellites), timeline.network(0)
    least, fewest = (
        follow(
            here,
            router.next_hops(here, destinations=everyone, packet_bits=PACKET_BITS),
            hop_s=here.hop_s(PACKET_BITS),
        )
        for router in (LeastDelay(), FewestHops())
    )

    assert np.array_equal(least.end, fewest.end)
    assert (fewest.hops <= least.hops).all()
    assert (least.total_s <= fewest.total_s + A_PICOSECOND_S).all()


@st.composite
def closed_shells(draw):
    """Any Walker delta shell of three planes or more."""
    planes, size = draw(st.integers(3, 8)), draw(st.integers(3, 9))
    return WalkerShell(
        planes=planes,
        satellites_per_plane=size,
        altitude_km=draw(st.sampled_from([550, 1200])),
        inclination_deg=draw(st.sampled_from([30, 53, 87])),
        phasing=draw(st.integers(0, planes - 1)),
    )


def on_circles(constellation):
    """Arguments of latitude and places on the unit circle of the satellites' mean elements."""
    node = np.array([each.nodeo for each in constellation.elements])
    latitude = np.array([each.argpo + each.mo for each in constellation.elements])
    tilt = constellation.inclinations_rad()
    sin, cos = np.sin(latitude), np.cos(latitude)
    along = np.stack([np.cos(node), np.sin(node), 0 * node], axis=1)
    across = np.stack([-np.sin(node) * np.cos(tilt), np.cos(node) * np.cos(tilt), np.sin(tilt)], axis=1)
    return latitude, cos[:, np.newaxis] * along + sin[:, np.newaxis] * across


@QUICK
@given(shell=closed_shells(), places_on=st.integers(-1, 1))
def test_a_delta_shell_with_its_seam_looks_the_same_from_every_satellite(shell, places_on):
    """Everyone has as many links, and the one in the next plane is as far as its own place on the orbit says.

    Its node is 360 / p degrees further, its argument of latitude 360 f / t (Walker 1984): the scalar product
    of the two is written out below. The seam is no different from any other plane.
    """
    constellation, turn = shell.build(), 2 * np.pi
    topology = PlusGrid(seam=True, phase_shift=places_on)
    ends = topology.wire(layout=constellation.layout, ephemeris=None, slots=None).ends
    latitude, places = on_circles(constellation)
    plane = ends // shell.satellites_per_plane
    is_cross = plane[:, 0] != plane[:, 1]
    # Of three planes, the first is the next one's next but one: east is from where the next plane is one on.
    is_east = (plane[:, 1] - plane[:, 0]) % shell.planes == 1
    near, far = np.where(is_east[:, np.newaxis], ends, ends[:, ::-1])[is_cross].T

    assert np.bincount(ends.ravel()).tolist() == [4] * shell.satellites
    ahead = turn * (shell.phasing / shell.satellites + places_on / shell.satellites_per_plane)
    u, w, apart = latitude[near], latitude[near] + ahead, turn / shell.planes
    tilt = np.radians(shell.inclination_deg)
    # In the frame of the near one's node: (cos u, sin u cos i, sin u sin i), the far one turned by dN.
    expected = np.cos(u) * (np.cos(w) * np.cos(apart) - np.sin(w) * np.cos(tilt) * np.sin(apart))
    expected += (
        np.sin(u) * np.cos(tilt) * (np.cos(w) * np.sin(apart) + np.sin(w) * np.cos(tilt) * np.cos(apart))
    )
    expected += np.sin(u) * np.sin(tilt) * np.sin(w) * np.sin(tilt)
    assert np.abs((places[near] * places[far]).sum(axis=1) - expected).max() < ROUNDING


@QUICK
@given(shell=closed_shells(), turns=st.integers(-2, 2), is_motif=st.booleans())
def test_with_a_phasing_of_whole_places_every_plane_has_links_of_the_same_lengths(shell, turns, is_motif):
    """By SGP4 at the epoch: turned by a plane, the shell is the same shell."""
    shell = dataclasses.replace(shell, phasing=turns * shell.planes)
    constellation = shell.build()
    topology = Motif(offsets=((1, 1), (0, 1)), seam=True) if is_motif else PlusGrid(seam=True)
    ends = topology.wire(layout=constellation.layout, ephemeris=None, slots=None).ends
    positions_m = propagate(constellation, end_ns=1).positions_m[0]
    length_m = np.linalg.norm(positions_m[ends[:, 0]] - positions_m[ends[:, 1]], axis=1)
    plane = ends // shell.satellites_per_plane

    within, across = [], []
    for here in range(shell.planes):
        beyond = (here + 1) % shell.planes
        within.append(np.sort(length_m[(plane == here).all(axis=1)]))
        across.append(np.sort(length_m[(plane == [min(here, beyond), max(here, beyond)]).all(axis=1)]))
    for lengths in (within, across):
        assert np.ptp(lengths, axis=0).max() < A_MILLIMETRE_M


@QUICK
@given(
    shell=closed_shells(), turn=st.integers(1, 7), router=st.sampled_from([LeastDelay(), DimensionOrder()])
)
def test_numbering_planes_from_another_one_permutes_the_delays(shell, turn, router):
    """Plane p becomes plane p + turn; over the seam a place is the phasing further on.

    The shell is the same shell. Least-delay paths may break ties otherwise, which their delays do not show;
    dimension order breaks them by the numbers of the planes, but at the epoch all planes look alike.
    """
    planes, size = shell.planes, shell.satellites_per_plane
    constellation = shell.build()
    plane, place = np.divmod(np.arange(shell.satellites), size)
    turns, new_plane = np.divmod(plane + turn, planes)
    new_of_old = new_plane * size + (place + turns * round(shell.phasing)) % size
    ends = PlusGrid(seam=True).wire(layout=constellation.layout, ephemeris=None, slots=None).ends
    positions_m = propagate(constellation, end_ns=1).positions_m[0]
    plain, moved = (
        dataclasses.replace(network(positions_m=there_m, ends=ends), layout=constellation.layout)
        for there_m in (positions_m, positions_m[np.argsort(new_of_old)])
    )

    plain_s, moved_s = (
        path_delays(each, packet_bits=PACKET_BITS, router=router)[0] for each in (plain, moved)
    )

    assert np.abs(plain_s - moved_s[new_of_old][:, new_of_old]).max() < A_PICOSECOND_S
