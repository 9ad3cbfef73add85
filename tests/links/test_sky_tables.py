"""The sky as tables: what was put in comes out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from spacemoe_ns3 import pipeline
from spacemoe_ns3.constellation import Ephemeris
from spacemoe_ns3.links import contact_columns, sky_columns
from spacemoe_ns3.links.sky_tables import LEAST_STEP_NS, ephemeris_columns
from spacemoe_ns3.schema import TABLES

TEN_METRES = 10.0


@pytest.fixture
def timeline(small_ring, silent):
    return pipeline.build_sky(small_ring(survival=0.7), progress=silent).timeline


def test_the_tables_are_those_of_the_schema(timeline):
    for name, columns in sky_columns(timeline).items():
        assert tuple(columns) == TABLES[name].column_names()
        assert len({len(values) for values in columns.values()}) == 1


def test_contacts_are_the_slots_in_which_links_are_up(timeline):
    slots = timeline.slots
    contacts = sky_columns(timeline)["contacts"]

    is_up = np.zeros_like(timeline.up)
    for link, start_ns, end_ns in zip(*contacts.values(), strict=True):
        assert not is_up[start_ns // slots.slot_ns : end_ns // slots.slot_ns, link].any()
        is_up[start_ns // slots.slot_ns : end_ns // slots.slot_ns, link] = True

    assert np.array_equal(is_up, timeline.up)


def test_contacts_are_as_long_as_they_last(timeline):
    """Two contacts of a link have a gap between them."""
    contacts = sky_columns(timeline)["contacts"]
    same = contacts["link"][1:] == contacts["link"][:-1]

    assert same.any()
    assert np.all(contacts["start_ns"][1:][same] > contacts["end_ns"][:-1][same])


def test_links_that_are_never_up_have_no_contact():
    columns = contact_columns(np.zeros((3, 2), bool), slot_ns=10)

    assert [len(values) for values in columns.values()] == [0, 0, 0]


def test_a_cubic_between_knots_is_within_metres_of_the_ephemeris(timeline):
    """The knots kept are a minute apart; the ephemeris has one every ten seconds."""
    ephemeris = timeline.ephemeris
    columns = sky_columns(timeline)["ephemeris"]
    knots = np.unique(columns["time_ns"])
    positions = np.stack([columns[f"{axis}_m"] for axis in "xyz"], axis=1).reshape(len(knots), -1, 3)
    velocities = np.stack([columns[f"v{axis}_m_s"] for axis in "xyz"], axis=1).reshape(positions.shape)

    assert knots[0] == 0
    assert knots[-1] >= timeline.slots.end_ns
    for first, (now, after) in enumerate(pairwise(knots)):
        assert after - now <= LEAST_STEP_NS
        middle_ns, span_s = (now + after) // 2, (after - now) / 1e9
        middle = positions[first : first + 2].mean(axis=0)
        middle += span_s / 8 * (velocities[first] - velocities[first + 1])
        every = np.arange(ephemeris.satellites)
        exact = ephemeris.positions_at(every, np.full(len(every), middle_ns))
        assert np.linalg.norm(middle - exact, axis=1).max() < TEN_METRES


def test_long_runs_of_large_constellations_keep_fewer_knots():
    """100,000 satellites, ten minutes, 400,000 rows: a knot each 150 s, and the last."""
    knots, satellites = 601, 100_000
    place = np.broadcast_to(np.arange(satellites, dtype=float)[:, np.newaxis], (knots, satellites, 3))
    still = np.broadcast_to(0.0, place.shape)
    ephemeris = Ephemeris(step_ns=10**9, positions_m=place, velocities_m_s=still)

    columns = ephemeris_columns(ephemeris, end_ns=600 * 10**9)

    assert np.unique(columns["time_ns"]).tolist() == [150 * 10**9 * n for n in range(5)]
    assert np.array_equal(columns["satellite"][:satellites], np.arange(satellites))
