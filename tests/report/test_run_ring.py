"""The picture of a ring: satellites, links and traffic where they belong."""

from __future__ import annotations

import numpy as np
import pytest
from report.hand_run import hand_run, steps

from spacemoe_ns3.constellation import propagate
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report.figures import Choice, ring, ring_sky

RADIUS_M, SPEED_M_S = 7e6, 7.5e3
MINUTE_NS = 60 * 10**9
A_MILLIMETRE_M = 1e-3
TEN_METRES_DEG = 1e-4
A_WOBBLE_DEG = 3e-4  # of the pole, within 0.6 arc seconds of its mean (IERS)
# Of four satellites: over the equator a quarter of a turn apart, the last over the north pole.
PLACES = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, 0, 1]]) * RADIUS_M
ENDS = [(0, 1), (1, 2), (3, 2)]
CONSTELLATION = {"satellite": range(4), "name": ["a", "b", "c", "d"], "shell": [0] * 4, "plane": [0] * 4}
TOPOLOGY = {"link": range(3), "satellite_a": [0, 1, 3], "satellite_b": [1, 2, 2], "kind": ["seam"] * 3}
HOSTS = {
    "layer": [1, 0, 0, 1],
    "expert": [-1, -1, 0, 0],
    "satellite": [2, 0, 1, 3],
    "activation_probability": [1.0, 1.0, 0.25, 1.0],
    "path_s": [np.nan, np.nan, 0.1, 0.2],
}
CARRIED = {"from_satellite": [1, 0, 2, 2], "to_satellite": [0, 1, 3, 1], "bytes": [10, 20, 5, 0]}
CONTACTS = {"link": [0, 1], "start_ns": [0, MINUTE_NS], "end_ns": [MINUTE_NS, 2 * MINUTE_NS]}


def ephemeris(*, positions_m=PLACES, velocity_m_s=(0.0, 0.0, 0.0), knots_ns=(0, MINUTE_NS, 2 * MINUTE_NS)):
    """Satellites that fly straight, rows in no order."""
    rows = [(time, satellite) for time in knots_ns for satellite in range(len(positions_m))]
    rows = [rows[number] for number in np.random.default_rng(1).permutation(len(rows))]
    time_ns, satellite = np.array(rows).T
    places = positions_m[satellite] + np.array(velocity_m_s) * (time_ns / 1e9)[:, np.newaxis]
    columns = {"time_ns": time_ns, "satellite": satellite}
    columns |= {f"{axis}_m": places[:, number] for number, axis in enumerate("xyz")}
    columns |= {f"v{axis}_m_s": np.full(len(rows), velocity_m_s[n]) for n, axis in enumerate("xyz")}
    return columns


@pytest.fixture
def results(tmp_path):
    tables = {
        "tokens": steps([10**9]),
        "hosts": HOSTS,
        "topology": TOPOLOGY,
        "contacts": CONTACTS,
        "constellation": CONSTELLATION,
        "ephemeris": ephemeris(),
        "links": CARRIED,
    }
    return hand_run(tmp_path / "run", tables=tables)


def collections(figure):
    return {each.get_gid(): each for each in figure.axes[0].collections}


def test_between_knots_satellites_fly_on():
    columns = ephemeris(velocity_m_s=(0.0, SPEED_M_S, 100.0), knots_ns=(0, MINUTE_NS, 90 * 10**9))

    for time_ns in (0, 25 * 10**9, MINUTE_NS, 80 * 10**9, 90 * 10**9):
        between, since_ns = ring_sky.knots_around(columns, time_ns)
        found = between.positions_at(np.arange(4), np.full(4, since_ns))
        due = PLACES + np.array([0, SPEED_M_S, 100.0]) * time_ns / 1e9
        np.testing.assert_allclose(found, due, atol=A_MILLIMETRE_M)


def test_a_moment_outside_the_run_is_refused(results):
    with pytest.raises(InputError, match=r"--time: 500 s given, the run knows .* from 0 to 120 s"):
        ring.draw(results, Choice(time_s=500.0))


def test_satellites_stand_over_the_earth_as_in_the_sky_of_the_scenario(small_ring):
    """The same moment by the way that the `sky` command goes, from knots of ten seconds."""
    from spacemoe_ns3.constellation.frames import earth_fixed, geodetic
    from spacemoe_ns3.links.sky_tables import ephemeris_columns

    constellation = small_ring().source.build()
    sky = propagate(constellation, end_ns=600 * 10**9)
    time_ns = 95 * 10**9
    columns = ephemeris_columns(sky, end_ns=600 * 10**9)
    found = ring_sky.places_at(columns, epoch=constellation.start.isoformat(), time_ns=time_ns)

    everyone = np.arange(constellation.satellites)
    positions_m = sky.positions_at(everyone, np.full(len(everyone), time_ns))
    fixed_m = earth_fixed(positions_m[np.newaxis], start=constellation.start, times_ns=np.array([time_ns]))
    latitude_deg, longitude_deg, _ = geodetic(fixed_m[0])
    np.testing.assert_allclose(found.latitude_deg, latitude_deg, atol=TEN_METRES_DEG)
    np.testing.assert_allclose(found.longitude_deg, longitude_deg, atol=TEN_METRES_DEG)
    assert found.local_m is None


def test_a_link_carries_what_both_of_its_directions_do():
    carried = {name: np.array(values) for name, values in CARRIED.items()}

    assert ring_sky.bytes_of_links(carried, np.array(ENDS)).tolist() == [30, 0, 5]


def test_links_are_drawn_by_what_they_carried_and_dashed_where_they_are_down(results):
    found = collections(ring.draw(results, Choice(time_s=0.0)))

    traffic = found["links-traffic"]
    assert len(traffic.get_paths()) == 2  # the least first: link 2 with 5 bytes, link 0 with 30
    thin, wide = traffic.get_linewidths()
    assert thin == pytest.approx(0.5 + 2.5 * 5 / 30)
    assert wide == 3.0
    assert [dashes is not None for _, dashes in traffic.get_linestyle()] == [True, False]
    assert len(found["links-idle"].get_paths()) == 0  # link 1 is down at the time
    later = collections(ring.draw(results, Choice(time_s=60.0)))
    assert len(later["links-idle"].get_paths()) == 1


def test_gateways_are_joined_in_the_order_of_layers_and_experts_are_as_large_as_they_are_active(results):
    found = collections(ring.draw(results))

    # Of the satellites over the equator only their distance in longitude is known here: the Earth turns.
    gateways = found["gateways"].get_offsets()
    assert (gateways[1, 0] - gateways[0, 0]) % 360 == pytest.approx(180, abs=0.1)
    assert np.abs(gateways[:, 1]).max() < A_WOBBLE_DEG
    quarter, whole = found["experts"].get_sizes()
    assert whole == pytest.approx(4 * quarter)
    assert found["experts"].get_offsets()[1, 1] == pytest.approx(90, abs=A_WOBBLE_DEG)
    assert len(found["ring"].get_paths()) == 2  # there and back
    words = [text.get_text() for text in ring.draw(results).axes[0].texts]
    assert words == ["0: a", "1: c"]


def test_a_ring_around_the_earth_crosses_the_edge_of_the_map_once(tmp_path):
    turns = np.radians([0, 120, 240])
    around_m = RADIUS_M * np.stack([np.cos(turns), np.sin(turns), np.zeros(3)], axis=1)
    hosts = {
        "layer": [0, 1, 2],
        "expert": [-1] * 3,
        "satellite": [0, 1, 2],
        "activation_probability": [1.0] * 3,
        "path_s": [np.nan] * 3,
    }
    tables = {
        "tokens": steps([10**9]),
        "hosts": hosts,
        "topology": {**TOPOLOGY, "satellite_a": [0, 1, 2], "satellite_b": [1, 2, 0]},
        "contacts": CONTACTS,
        "constellation": CONSTELLATION,
        "ephemeris": ephemeris(positions_m=around_m),
    }
    figure = ring.draw(hand_run(tmp_path / "run", tables=tables, engines=("analytic",)))

    paths = [path.vertices for path in collections(figure)["ring"].get_paths()]
    assert [bool(np.isnan(path).any()) for path in paths].count(True) == 1
    for path in paths:
        assert np.nanmax(np.abs(np.diff(path[:, 0]))) < 180


def test_without_packets_there_is_no_traffic_and_the_line_above_says_so(results):
    figure = ring.draw(results, Choice(engine="analytic"))

    assert "links-traffic" not in collections(figure)
    assert any("No packets were sent" in text.get_text() for text in figure.texts)


def test_a_close_formation_is_drawn_to_scale(tmp_path):
    close_m = np.array([7e6, 0, 0]) + np.array([[0, 0, 0], [0, 400, 0], [0, 800, 0], [200, 400, 0]])
    tables = {
        "tokens": steps([10**9]),
        "hosts": HOSTS,
        "topology": TOPOLOGY,
        "contacts": CONTACTS,
        "constellation": CONSTELLATION,
        "ephemeris": ephemeris(positions_m=close_m.astype(float), velocity_m_s=(0, SPEED_M_S, 0)),
    }
    axes, *_ = ring.draw(hand_run(tmp_path / "run", tables=tables, engines=("analytic",))).axes

    width, height = axes.get_window_extent().size
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert width / (right - left) == pytest.approx(height / (high - low))
    gateways = {each.get_gid(): each for each in axes.collections}["gateways"].get_offsets()
    assert np.linalg.norm(gateways[1] - gateways[0]) == pytest.approx(0.8, abs=1e-6)  # km
