"""Layouts: what a satellite's shell has, and satellites that are in none."""

import numpy as np
import pytest

from spacemoe_ns3.constellation import NOWHERE, Layout, Shell
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.links import DimensionOrder, LinkKind, SlotNetwork
from spacemoe_ns3.links.topology.base import kinds_of
from spacemoe_ns3.placement.base import check_capacity

LOST = np.full(2, NOWHERE, np.int32)


@pytest.fixture
def no_plane():
    """Two satellites of a catalogue, too few for a plane."""
    return Layout(names=("one", "other"), shells=(), shell=LOST, plane=LOST, place=LOST)


def test_each_satellite_is_told_what_its_own_shell_has():
    low, high = (
        Shell(name=f"{planes} planes", planes=planes, places=5, is_closed=False) for planes in (7, 3)
    )
    shell = np.array([1, NOWHERE, 0], np.int32)
    place = np.minimum(shell, 0)
    layout = Layout(names=("a", "b", "c"), shells=(low, high), shell=shell, plane=place, place=place)

    assert layout.of_shells("planes").tolist() == [3, 1, 7]


def test_links_of_satellites_in_no_plane_are_between_shells(no_plane):
    assert kinds_of(np.array([[0, 1]]), no_plane).tolist() == [LinkKind.INTER_SHELL]


def test_dimension_order_knows_no_way_to_a_satellite_in_no_plane(no_plane):
    ends = np.array([[0, 1]], np.int32)
    network = SlotNetwork(
        slot=0, layout=no_plane, ends=ends, delay_s=np.array([1e-3]), rate_bps=np.array([10**9])
    )

    next_hop = DimensionOrder().next_hops(network, destinations=np.array([1]), packet_bits=1000)

    assert next_hop.tolist() == [[-1, -1]]


def test_a_model_finds_no_hosts_where_no_satellite_is_in_a_plane(no_plane):
    with pytest.raises(PlacementError, match=r"none of 2 satellites is in a plane.*; give more satellites"):
        check_capacity(no_plane, shell=0, layers=1, experts=1)
