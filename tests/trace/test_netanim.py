"""NetAnim's XML has the elements that ns-3 writes, satellites where they fly, packets when they flew."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import ITRS, TEME, CartesianRepresentation
from astropy.time import Time

pytestmark = pytest.mark.packet
SATELLITES = 72
ROUNDING_DEG = 2e-4  # of four digits, at both ends
# What AnimationInterface of ns-3.44 writes: element, and the kind of an update, with the attributes.
ATTRIBUTES = {
    ("node", None): {"id", "sysId", "locX", "locY"},
    ("nu", "p"): {"p", "t", "id", "x", "y"},
    ("nu", "c"): {"p", "t", "id", "r", "g", "b"},
    ("nu", "s"): {"p", "t", "id", "w", "h"},
    ("nu", "d"): {"p", "t", "id", "descr"},
    ("link", None): {"fromId", "toId", "fd", "td", "ld"},
    ("p", None): {"fId", "fbTx", "lbTx", "meta-info", "tId", "fbRx", "lbRx"},
}


@pytest.fixture(scope="module")
def animation(trace_of):
    place = trace_of("first", "--format", "netanim", "--placement", "spacemoe")
    return ElementTree.parse(place).getroot()


def ns(seconds):
    whole, digits = seconds.split(".")
    assert len(digits) == 9
    return int(whole + digits)


def test_elements_are_those_of_ns_3(animation):
    assert animation.tag == "anim"
    assert animation.attrib == {"ver": "netanim-3.109", "filetype": "animation"}
    seen = {(each.tag, each.get("p") if each.tag == "nu" else None) for each in animation}
    assert seen == set(ATTRIBUTES)
    for each in animation:
        assert set(each.attrib) == ATTRIBUTES[each.tag, each.get("p") if each.tag == "nu" else None]


def test_packets_are_the_hops_of_the_critical_paths(animation, run_of):
    rows = pq.read_table(run_of("first") / "critical_path.parquet").to_pylist()
    hops = Counter(
        (row["satellite"], row["to_satellite"], row["end_ns"])
        for row in rows
        if row["placement"] == "spacemoe" and row["engine"] == "packet" and row["kind"] == "hop"
    )
    packets = animation.findall("p")
    assert (
        Counter((int(each.get("fId")), int(each.get("tId")), ns(each.get("lbRx"))) for each in packets)
        == hops
    )


def test_bits_leave_and_come_in_order_and_as_far_apart_at_both_ends(animation):
    for packet in animation.findall("p"):
        first_out, last_out, first_in, last_in = (
            ns(packet.get(key)) for key in ("fbTx", "lbTx", "fbRx", "lbRx")
        )
        assert first_out < last_out < last_in
        assert first_out < first_in < last_in
        assert last_out - first_out == last_in - first_in


def test_packets_join_links_and_satellites_that_are_there(animation):
    nodes = {each.get("id") for each in animation.findall("node")}
    assert len(nodes) == SATELLITES
    links = {frozenset((each.get("fromId"), each.get("toId"))) for each in animation.findall("link")}
    assert all(link <= nodes for link in links)
    assert {frozenset((each.get("fId"), each.get("tId"))) for each in animation.findall("p")} == links


def test_satellites_are_over_the_ground_that_astropy_finds(animation, run_of):
    """At a knot of the ephemeris: longitude from 180 west, latitude from the pole down."""
    knots = pq.read_table(run_of("first") / "ephemeris.parquet").to_pylist()
    moves = {
        (ns(each.get("t")), int(each.get("id"))): (float(each.get("x")), float(each.get("y")))
        for each in animation.findall("nu")
        if each.get("p") == "p"
    }
    chosen = [knot for knot in knots if (knot["time_ns"], knot["satellite"]) in moves]
    assert len(chosen) == len(moves) > SATELLITES
    for knot in chosen[:: len(chosen) // 20]:
        time = Time("2026-01-01", scale="utc") + knot["time_ns"] / 1e9 * u.s
        place = CartesianRepresentation(*(knot[f"{axis}_m"] for axis in "xyz"), unit=u.m)
        ground = TEME(place, obstime=time).transform_to(ITRS(obstime=time)).earth_location.geodetic
        expected = ground.lon.to_value(u.deg) + 180, 90 - ground.lat.to_value(u.deg)
        assert moves[knot["time_ns"], knot["satellite"]] == pytest.approx(expected, abs=ROUNDING_DEG)
