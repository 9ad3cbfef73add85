"""Kuiper's first shell from two-line elements, as simulators write them: to a metre and a nanosecond.

The published figures belong to elements whose angles are rounded to four decimals, with half a place on odd
planes only; so the shell is made of such elements, written to a file, read back, and its planes recovered.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from builders import routes_to
from sgp4.api import WGS72, Satrec
from sgp4.exporter import export_tle

from spacemoe_ns3.constants import MINUTES_PER_DAY, SPEED_OF_LIGHT_M_S
from spacemoe_ns3.constellation import SatelliteFile, SlotGrid, propagate
from spacemoe_ns3.latency import light_time_ns
from spacemoe_ns3.links import FewestHops, LaserLinks, LinkList, PlusGrid, build_timeline
from spacemoe_ns3.links.paths import follow
from spacemoe_ns3.links.survey import packet_bits

KUIPER = json.loads(Path(__file__).with_name("orbits.json").read_text(encoding="utf-8"))["kuiper_630"]
PLANES, PLACES = KUIPER["planes"], KUIPER["satellites_per_plane"]
HALF_A_METRE_KM = 0.5e-3  # lengths are given to a metre
HALF_A_NANOSECOND_MS = 0.5e-6  # times are given to a nanosecond
HUNDRED_METRES_KM = 0.1  # the range is given to one decimal, over times that are not
EPOCH_DAYS = 18263.0  # 2000-01-01 00:00 UTC, from 1949-12-31
ORBIT_NS = 5_838 * 10**9


def same_numbers():
    """The published grid: each satellite with the next in its plane and the same number in the next plane.

    The places that are recovered from the elements are numbered otherwise: where neighbouring planes are half
    a place apart, they lean one way, and do not zigzag.
    """
    number = np.arange(PLANES * PLACES).reshape(PLANES, PLACES)
    pairs = [np.stack([number, np.roll(number, -1, axis=axis)], axis=-1).reshape(-1, 2) for axis in (0, 1)]
    return tuple(map(tuple, np.concatenate(pairs).tolist()))


@pytest.fixture(scope="module")
def kuiper(tmp_path_factory):
    lines = []
    for plane in range(PLANES):
        for place in range(PLACES):
            anomaly_deg = 360 * place / PLACES + (180 / PLACES if plane % 2 else 0)
            record = Satrec()
            record.sgp4init(
                WGS72,
                "i",
                plane * PLACES + place,
                EPOCH_DAYS,
                0.0,
                0.0,
                0.0,
                1e-7,
                0.0,
                math.radians(KUIPER["inclination_deg"]),
                math.radians(round(anomaly_deg % 360, 4)),
                KUIPER["rev_day"] * 2 * math.pi / MINUTES_PER_DAY,
                math.radians(round(360 * plane / PLANES, 4)),
            )
            record.classification, record.intldesg = "U", "00000A"
            lines += [f"kuiper {plane} {place}", *export_tle(record)]
    path = tmp_path_factory.mktemp("kuiper") / "kuiper.tle"
    path.write_text("\n".join(lines) + "\n")
    return SatelliteFile(path=path, epoch="2000-01-01T00:00:00").build()


@pytest.fixture(scope="module")
def timeline(kuiper):
    slots = SlotGrid(count=1, slot_ns=2 * 10**9)
    return build_timeline(
        constellation=kuiper,
        ephemeris=propagate(kuiper, end_ns=ORBIT_NS),
        slots=slots,
        links=LaserLinks(topology=LinkList(pairs=same_numbers()), max_angular_rate_rad_s=None),
        random=np.random.default_rng(0),
    )


@pytest.mark.parametrize(("pair", "other"), [("d_0_1", 1), ("d_0_S", PLACES)])
def test_neighbours_are_as_far_apart_as_published(timeline, pair, other):
    position_m = timeline.ephemeris.positions_m[0]

    assert np.linalg.norm(position_m[0] - position_m[other]) / 1e3 == pytest.approx(
        KUIPER[f"{pair}_km"], abs=HALF_A_METRE_KM
    )


@pytest.mark.parametrize(("pair", "other"), [("d_0_1", 1), ("d_0_S", PLACES)])
def test_light_between_them_takes_as_long_as_published(timeline, pair, other):
    """The published times are distances over c."""
    position_m = timeline.ephemeris.positions_m[0]
    apart_m = np.linalg.norm(position_m[0] - position_m[other])

    assert apart_m / SPEED_OF_LIGHT_M_S * 1e3 == pytest.approx(KUIPER[f"{pair}_ms"], abs=HALF_A_NANOSECOND_MS)


@pytest.mark.parametrize("other", [1, PLACES])
def test_the_true_light_time_is_off_the_published_one_by_what_the_receiver_flies_meanwhile(timeline, other):
    """By d . v / c^2 to first order; the second order, v^2 / c^2 of it, is a picosecond."""
    position_m, velocity_m_s = timeline.ephemeris.positions_m[0], timeline.ephemeris.velocities_m_s[0]
    d = position_m[other] - position_m[0]
    first_order_ns = (
        np.linalg.norm(d) / SPEED_OF_LIGHT_M_S + d @ velocity_m_s[other] / SPEED_OF_LIGHT_M_S**2
    ) * 1e9
    rounding_ns = 0.51

    (light_ns,) = light_time_ns(position_m[[0]], position_m[[other]], velocity_m_s[[other]])

    assert abs(light_ns - first_order_ns) <= rounding_ns


def test_the_planes_and_places_are_recovered(kuiper):
    (shell,) = kuiper.layout.shells

    assert (shell.planes, shell.places, shell.is_closed) == (PLANES, PLACES, True)
    assert (kuiper.layout.plane == np.arange(PLANES * PLACES) // PLACES).all()


def test_the_grid_has_as_many_links_as_published(kuiper, timeline):
    recovered = PlusGrid(seam=True).wire(layout=kuiper.layout, ephemeris=None, slots=None)

    assert len(timeline.ends) == KUIPER["links"]
    assert len(recovered.ends) == KUIPER["links"]


def test_the_grid_is_as_many_hops_across_as_published(timeline):
    network = timeline.network(0)
    everyone = np.arange(network.satellites)
    bits = packet_bits(timeline)
    next_hop = FewestHops().next_hops(network, destinations=everyone, packet_bits=bits)

    assert follow(network, next_hop, hop_s=network.hop_s(bits)).hops.max() == PLANES  # 17 each way


def test_links_between_planes_stay_in_the_published_range(timeline):
    """Over an orbit, without the links over the seam."""
    plane = timeline.layout.plane[timeline.ends]
    across = timeline.ends[np.abs(plane[:, 0] - plane[:, 1]) == 1]
    position_m = timeline.ephemeris.positions_m
    apart_km = [
        np.linalg.norm(knot[across[:, 0]] - knot[across[:, 1]], axis=1) / 1e3 for knot in position_m[::3]
    ]

    least, greatest = KUIPER["cross_plane_range_km"]
    assert np.min(apart_km) == pytest.approx(least, abs=HUNDRED_METRES_KM)
    assert np.max(apart_km) == pytest.approx(greatest, abs=HUNDRED_METRES_KM)


def test_tables_over_the_shell_reach_every_satellite(timeline):
    table = routes_to(timeline, [0, 577], packet_bits=packet_bits(timeline)).table(0)

    assert ((table == 255).sum(axis=1) == 1).all()
