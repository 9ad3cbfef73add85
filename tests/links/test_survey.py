"""What a sky is like, counted on small ones by hand."""

import networkx as nx
import numpy as np
import pytest
from builders import network

from spacemoe_ns3 import LaserLinks, PlusGrid, SatelliteFailures, Slots, WalkerShell, pipeline
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import propagate
from spacemoe_ns3.links import DownReason, LeastDelay, LinkKind, build_timeline
from spacemoe_ns3.links.picture import formation_positions_m, length_history, sky_map
from spacemoe_ns3.links.survey import packet_bits, survey

A_METRE = 1.0
HALF_A_DEGREE = 0.5  # of TEME against geodetic latitude at most a fifth; the rest is the slot's middle


@pytest.fixture(scope="module")
def sky():
    """Four planes of six satellites, one of which fails for the second of two slots."""
    shell = WalkerShell(planes=4, satellites_per_plane=6, altitude_km=1500, inclination_deg=60, phasing=1)
    constellation = shell.build()
    grid = Slots(count=2, span_s=60.0).grid(shell.period_s)
    links = LaserLinks(
        topology=PlusGrid(seam=True),
        grazing_altitude_km=-2000,
        max_angular_rate_rad_s=None,
        outages=(SatelliteFailures(failures=((7, 30.0, None),)),),
    )
    timeline = build_timeline(
        constellation=constellation,
        ephemeris=propagate(constellation, end_ns=grid.end_ns),
        slots=grid,
        links=links,
        random=np.random.default_rng(0),
    )
    return pipeline.Sky(constellation=constellation, timeline=timeline, router=LeastDelay())


def test_shells_are_told_with_altitude_and_period(sky):
    (shell,) = survey(sky.constellation, sky.timeline, sky.router).shells

    assert (shell.satellites, shell.planes, shell.places) == (24, 4, 6)
    assert shell.altitude_m == pytest.approx([1_500_000.0] * 3, abs=A_METRE)
    # Kepler's third law with the Earth's mu of WGS-72; J2 changes the period by less than a thousandth.
    kepler_s = 2 * np.pi * np.sqrt((6_378_135.0 + 1_500_000.0) ** 3 / 3.986008e14)
    assert shell.period_s == pytest.approx(kepler_s, rel=1e-3)


def test_links_are_counted_by_kind_and_shares_by_reason(sky):
    kinds = {each.kind: each for each in survey(sky.constellation, sky.timeline, sky.router).kinds}

    assert {kind: each.links for kind, each in kinds.items()} == {
        LinkKind.INTRA_PLANE: 24,
        LinkKind.CROSS_PLANE: 18,
        LinkKind.SEAM: 6,
    }
    # Satellite 7 is in the second plane, with two links in it and two across, down in one of two slots.
    assert kinds[LinkKind.INTRA_PLANE].share == {
        DownReason.UP: pytest.approx(46 / 48),
        DownReason.FAILURE: pytest.approx(2 / 48),
    }
    assert kinds[LinkKind.CROSS_PLANE].share[DownReason.FAILURE] == pytest.approx(2 / 36)
    assert kinds[LinkKind.SEAM].share == {DownReason.UP: 1.0}


def test_lengths_are_those_of_the_chord(sky):
    """Neighbours in a plane are a sixth of a turn apart: the chord is as long as the radius."""
    intra = survey(sky.constellation, sky.timeline, sky.router).kinds[0]
    radius_m = 6_378_135.0 + 1_500_000.0
    j2_m = 3e-3 * radius_m  # short-period terms of J2 move satellites by up to some kilometres

    assert intra.length_m == pytest.approx([radius_m] * 3, abs=j2_m)


def test_paths_are_those_of_networkx(sky):
    about = survey(sky.constellation, sky.timeline, sky.router).paths
    bits, delays, pairs = packet_bits(sky.timeline), [], 0
    for slot in range(2):
        graph = nx.Graph()
        graph.add_nodes_from(range(24))
        net = sky.timeline.network(slot)
        graph.add_weighted_edges_from(
            (a, b, w) for (a, b), w in zip(net.ends.tolist(), net.hop_s(bits).tolist(), strict=True)
        )
        found = dict(nx.all_pairs_dijkstra_path_length(graph))
        delays += [d for a, row in found.items() for b, d in row.items() if a != b]
        pairs += 24 * 23

    assert about.slots == (0, 1)
    assert about.reachable == pytest.approx(len(delays) / pairs)
    assert about.delay_s[0] == pytest.approx(min(delays), rel=1e-12)
    assert about.delay_s[2] == pytest.approx(np.mean(delays), rel=1e-12)
    assert about.delay_s[4] == pytest.approx(max(delays), rel=1e-12)
    assert about.components == 2  # the failed satellite is by itself


def test_a_network_without_any_path_is_surveyed_all_the_same():
    positions_m = np.array([[7e6, 0, 0], [0, 7e6, 0]])
    timeline = network(positions_m=positions_m, ends=[(0, 1)], up=[[False]])
    shell = WalkerShell(planes=1, satellites_per_plane=3, altitude_km=550, inclination_deg=60)

    about = survey(shell.build(), timeline, LeastDelay())

    assert about.paths.reachable == 0
    assert about.paths.delay_s is None
    assert about.kinds[0].length_m is None


def test_the_map_has_satellites_over_the_latitudes_of_their_positions(sky):
    picture = sky_map(sky.constellation, sky.timeline, slot=1)
    middle_ns = sky.timeline.slots.middles_ns()[1]
    position_m = sky.timeline.ephemeris.positions_at(np.arange(24), np.full(24, middle_ns))
    geocentric_deg = np.degrees(np.arcsin(position_m[:, 2] / np.linalg.norm(position_m, axis=1)))

    assert np.abs(picture.latitude_deg - geocentric_deg).max() < HALF_A_DEGREE
    assert (np.abs(picture.longitude_deg) <= 180).all()


def test_the_history_follows_lengths_and_shares(sky):
    intra, _, seam = length_history(sky.timeline)
    length_m = sky.timeline.delay_s[:, sky.timeline.kind == LinkKind.INTRA_PLANE] * SPEED_OF_LIGHT_M_S

    assert intra.shortest_m == pytest.approx(length_m.min(axis=1))
    assert intra.mean_m == pytest.approx(length_m.mean(axis=1))
    assert intra.longest_m == pytest.approx(length_m.max(axis=1))
    assert intra.share_up == pytest.approx([1.0, 22 / 24])
    assert seam.share_up == pytest.approx([1.0, 1.0])
    assert intra.time_s == pytest.approx([15.0, 45.0])
    assert intra.one == tuple(sky.timeline.ends[sky.timeline.kind == LinkKind.INTRA_PLANE][0])
    assert intra.one_m == pytest.approx(length_m[:, 0])


def test_the_positions_of_a_formation_are_told_in_its_orbital_frame():
    """Two satellites a kilometre apart along the track, a third one 100 m higher, on an equatorial orbit."""
    middle_m, speed_m_s = np.array([0.0, 7e6, 0.0]), np.array([-7.5e3, 0.0, 0.0])
    offsets_m = np.array([[500.0, -50, 0], [-500, -50, 0], [0, 100, 0]])  # -x is along the track, y is up

    local_m = formation_positions_m(middle_m + offsets_m, np.tile(speed_m_s, (3, 1)))

    assert local_m == pytest.approx(np.array([[-50.0, -500, 0], [-50, 500, 0], [100, 0, 0]]), abs=1e-6)


def test_a_sky_around_the_earth_is_no_formation(sky):
    assert sky_map(sky.constellation, sky.timeline, slot=0).local_m is None


def test_the_worst_slot_tells_into_how_many_parts_the_network_falls():
    positions_m = np.array([[7e6, 0, 0], [0, 7e6, 0], [-7e6, 0, 0]])
    timeline = network(positions_m=positions_m, ends=[(0, 1), (1, 2)], up=[[True, False], [True, True]])
    shell = WalkerShell(planes=1, satellites_per_plane=3, altitude_km=550, inclination_deg=60)

    assert survey(shell.build(), timeline, LeastDelay()).paths.components == 2
