"""A satellite that never has a link: no algorithm that looks for short ways puts anything there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spacemoe_ns3 import ScheduledOutages, pipeline
from spacemoe_ns3.placement.registry import PLACERS

CUT_OFF = 5
FOR_EVER_S = 1e6
AT_RANDOM = {"rand-place", "rand-intra", "rand-intra-cg"}


@pytest.mark.parametrize("name", sorted(PLACERS))
@pytest.mark.parametrize("hosts_per_satellite", [1, 3])
def test_every_algorithm_places_around_a_satellite_that_is_cut_off(
    name, hosts_per_satellite, small_ring, silent
):
    scenario = small_ring(placements=(name,), slots=6)
    links = replace(scenario.links, outages=(ScheduledOutages(windows=((0.0, FOR_EVER_S, CUT_OFF, None),)),))

    experiment = pipeline.prepare(
        replace(scenario, links=links, hosts_per_satellite=hosts_per_satellite), progress=silent
    )

    (placement,) = experiment.placements
    if name not in AT_RANDOM:
        assert CUT_OFF not in placement.hosts()
        assert pipeline.expect(experiment, placement).s_per_token < FOR_EVER_S
