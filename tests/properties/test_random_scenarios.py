"""Scenarios at random: none crashes, none hangs, nothing is lost sight of, and all sums are exact."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from properties.forked import Simulations
from properties.random_scenarios import Outcome, examine, scenarios

pytestmark = pytest.mark.packet

EXAMPLES = 40  # two hundred: benchmarks/random_scenarios.py
LEAST_THAT_RUN = 0.5  # of all: in the others the model does not fit, or there is no path, and they say so


def test_random_scenarios_run_or_say_why_not(tmp_path) -> None:
    outcomes: list[Outcome] = []
    folders = (tmp_path / str(number) for number in itertools.count())

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # to look for a smaller one that fails would take minutes
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(scenario=scenarios())
    def look(scenario) -> None:
        outcomes.append(examine(scenario, simulations=simulations, folder=next(folders)))

    with Simulations() as simulations:
        look()

    ended = Counter(outcome.ended for outcome in outcomes)
    assert ended.keys() <= {"ran", "PlacementError", "ScenarioError", "UndeliveredError"}
    assert ended["ran"] >= LEAST_THAT_RUN * len(outcomes), ended
    assert sum(outcome.is_idle for outcome in outcomes) > 0
    assert sum(outcome.lost for outcome in outcomes) > 0
