"""Who has failed when, and who takes over: plain data, without ns-3."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from builders import hosts, one_plane

from spacemoe_ns3 import LaserLinks
from spacemoe_ns3.constellation import SlotGrid
from spacemoe_ns3.links.build import _outages
from spacemoe_ns3.links.outages import SatelliteFailures
from spacemoe_ns3.packet.failures import Failure, failures_of, serving_order


def test_each_run_of_failed_slots_is_a_failure_in_order_of_time():
    failed = np.zeros((6, 3), bool)
    failed[0:2, 2] = failed[3:6, 2] = failed[1:2, 0] = True

    assert failures_of(failed) == [
        Failure(slot=0, until_slot=2, satellite=2),
        Failure(slot=1, until_slot=2, satellite=0),
        Failure(slot=3, until_slot=6, satellite=2),
    ]
    assert failures_of(None) == []


def test_the_resident_that_serves_in_most_slots_takes_over_first():
    # Expert 0 of layer 0: satellites 5, 4, 4, 4 and 6 by slot; of layer 1 always 7.
    dispatch = [[[host], [7]] for host in (5, 4, 4, 4, 6)]
    placement = hosts(gateways=(0, 1), experts=((5,), (7,)), dispatch=dispatch)

    order = serving_order(SimpleNamespace(placement=placement))

    assert order.tolist() == [[0, 0, 4], [0, 0, 5], [0, 0, 6], [1, 0, 7]]


def test_a_failed_satellite_is_remembered_with_its_links_and_other_outages_are_not():
    layout, ends = one_plane(3), np.array([[0, 1], [1, 2]], np.int32)
    failing = SatelliteFailures(failures=((2, 1.0, 3.0),))

    failed, of_links, other = _outages(
        LaserLinks(outages=(failing,)),
        ends,
        SlotGrid(count=4, slot_ns=10**9),
        layout.satellites,
        np.random.default_rng(0),
    )

    assert failed.T.tolist() == [[False] * 4, [False] * 4, [False, True, True, False]]
    assert of_links.T.tolist() == [[False] * 4, [False, True, True, False]]
    assert not other.any()
