"""CZML has the satellites where SGP4 had them, in the axes of the ICRF, and links while they are up."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta

import czml3
import erfa
import numpy as np
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.packet
TWO_MILLIMETRES = 2e-3
A_METRE = 1.0
SATELLITES, LINKS = 72, 144
J2000_JD = 2451545.0


@pytest.fixture(scope="module")
def packets(trace_of):
    return json.loads(trace_of("first", "--format", "czml", "--placement", "spacemoe").read_text())


@pytest.fixture(scope="module")
def by_id(packets):
    return {packet["id"]: packet for packet in packets}


def samples_of(packet):
    return np.array(packet["position"]["cartesianVelocity"]).reshape(-1, 7)


def to_celestial(vector, moment):
    """Turn a vector from TEME to GCRS by SOFA's matrices.

    The true equator of date, by precession, nutation and frame bias of IAU 2006/2000A; on it the mean equinox
    of TEME is as far from the true as mean sidereal time of 1982 is from apparent.
    """
    days = (moment - datetime(2000, 1, 1, 12)) / timedelta(days=1)
    terrestrial = days + 69.184 / 86_400  # TT - UTC since 2017
    to_true = erfa.pnm06a(J2000_JD, terrestrial)
    angle = erfa.gst06a(J2000_JD, days, J2000_JD, terrestrial) - erfa.gmst82(J2000_JD, days)
    return to_true.T @ erfa.rz(-angle, np.eye(3)) @ vector


def test_a_reader_of_czml_takes_every_packet(packets):
    assert packets[0]["id"] == "document"
    assert packets[0]["version"] == "1.0"
    for packet in packets:
        czml3.Packet.model_validate(packet)
    assert len({packet["id"] for packet in packets}) == len(packets)


def test_satellites_are_where_the_ephemeris_has_them_turned_to_the_icrf(by_id, run_of):
    knots = pq.read_table(run_of("first") / "ephemeris.parquet").to_pylist()
    assert len(knots) > SATELLITES
    samples = {satellite: samples_of(by_id[f"satellite/{satellite}"]) for satellite in range(SATELLITES)}
    for knot in knots[:: len(knots) // 50]:
        moment = datetime(2026, 1, 1) + timedelta(microseconds=knot["time_ns"] / 1000)
        rows = samples[knot["satellite"]]
        (row,) = rows[np.isclose(rows[:, 0], knot["time_ns"] / 1e9, rtol=0, atol=1e-9)]
        position = to_celestial([knot[f"{axis}_m"] for axis in "xyz"], moment)
        velocity = to_celestial([knot[f"v{axis}_m_s"] for axis in "xyz"], moment)
        assert np.abs(row[1:4] - position).max() < A_METRE
        assert np.abs(row[4:] - velocity).max() < TWO_MILLIMETRES


def test_positions_are_inertial_with_velocities_and_cubic(by_id):
    position = by_id["satellite/0"]["position"]
    assert position["referenceFrame"] == "INERTIAL"
    assert (position["interpolationAlgorithm"], position["interpolationDegree"]) == ("HERMITE", 3)
    assert position["epoch"] == "2026-01-01T00:00:00.000000Z"


def test_samples_reach_to_the_end_of_the_clock(by_id):
    begin, end = (
        datetime.fromisoformat(each[:-1]) for each in by_id["document"]["clock"]["interval"].split("/")
    )
    assert samples_of(by_id["satellite/0"])[-1, 0] >= (end - begin).total_seconds()


def test_a_link_is_shown_in_its_contacts_and_hidden_between_them(by_id, run_of):
    contacts = pq.read_table(run_of("first") / "contacts.parquet").to_pylist()
    begin, end = (
        datetime.fromisoformat(each[:-1]) for each in by_id["document"]["clock"]["interval"].split("/")
    )
    for link in range(LINKS):
        shown = by_id[f"link/{link}"]["polyline"]["show"]
        times = [[datetime.fromisoformat(each[:-1]) for each in one["interval"].split("/")] for one in shown]
        assert times[0][0] == begin
        assert times[-1][1] == end
        assert all(before[1] == after[0] for before, after in itertools.pairwise(times))
        up = [
            [(time - begin) / timedelta(microseconds=1) for time in pair]
            for pair, one in zip(times, shown, strict=True)
            if one["boolean"]
        ]
        expected = [[row["start_ns"] / 1000, row["end_ns"] / 1000] for row in contacts if row["link"] == link]
        assert np.allclose(up, expected, rtol=0, atol=1)  # a microsecond


def test_lines_join_satellites_that_are_there(by_id, run_of):
    topology = pq.read_table(run_of("first") / "topology.parquet").to_pylist()
    for link in topology:
        ends = [f"satellite/{link[f'satellite_{end}']}#position" for end in "ab"]
        assert by_id[f"link/{link['link']}"]["polyline"]["positions"]["references"] == ends
    hosts = pq.read_table(run_of("first") / "hosts.parquet").to_pylist()
    gateways = [
        f"satellite/{row['satellite']}#position"
        for row in sorted(hosts, key=lambda row: row["layer"])
        if row["placement"] == "spacemoe" and row["expert"] == -1
    ]
    assert by_id["ring"]["polyline"]["positions"]["references"] == [*gateways, gateways[0]]
