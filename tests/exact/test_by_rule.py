"""Networks at random: what happens is what the rule for ties, worked out in Python, says."""

from __future__ import annotations

from random import Random

import pytest
from exact.by_rule import ByRule, can_tell
from exact.engines import ALL
from exact.random_networks import random_scenario
from exact.traces import Traces
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EXAMPLES = 250
TOLD = {"got": 9, "wire": 14}  # how many of a row's numbers it tells: no ledgers, no longest queue
TTL = 8


@pytest.mark.parametrize(("engine", "endpoints"), ALL)
def test_random_networks_do_what_the_rule_for_ties_says(traces: Traces, engine: str, endpoints: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(random=st.randoms(use_true_random=False))
    def look(random: Random) -> None:
        scenario = random_scenario(random)
        assume(can_tell(scenario))
        told = ByRule(scenario)
        trace = traces.run(scenario, engine=engine, endpoints=endpoints)
        assert trace.error == ""
        numbers = TOLD["got"] if endpoints == "socket" else TTL
        assert [row[:numbers] for row in trace.of("got")] == [row[:numbers] for row in told.got]
        assert [row[: TOLD["wire"]] for row in trace.of("wire")] == told.counters()

    look()
