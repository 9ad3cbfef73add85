"""Slots: a time span in equal pieces."""

import math

import pytest

from spacemoe_ns3.constellation import SlotGrid, Slots
from spacemoe_ns3.errors import ScenarioError


def test_slots_share_one_orbit_if_no_span_is_given():
    grid = Slots(count=200).grid(period_s=5736.0)

    assert grid == SlotGrid(count=200, slot_ns=28_680_000_000)
    assert grid.end_ns == 5736 * 10**9


def test_a_given_span_replaces_the_orbit():
    assert Slots(count=4, span_s=2.0).grid(period_s=5736.0).slot_ns == 500_000_000


def test_a_slot_is_a_whole_number_of_nanoseconds():
    grid = Slots(count=3, span_s=1e-8).grid(period_s=1.0)

    assert grid.slot_ns == 3  # a third of 10 ns, rounded
    assert grid.end_ns == 9


def test_each_middle_lies_within_its_slot():
    grid = SlotGrid(count=5, slot_ns=7)

    assert grid.middles_ns().tolist() == [3, 10, 17, 24, 31]


def test_slots_shorter_than_a_nanosecond_are_refused():
    with pytest.raises(ScenarioError, match="100 slots in 1e-09 s are shorter than a nanosecond"):
        Slots(count=100, span_s=1e-9).grid(period_s=1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", 0), ("count", 1.5), ("span_s", 0), ("span_s", -1), ("span_s", math.nan), ("span_s", math.inf)],
)
def test_a_value_out_of_range_is_refused_with_its_path(field, value):
    with pytest.raises(ScenarioError, match=rf"slots\.{field}: .* given, must be"):
        Slots(**{field: value})
