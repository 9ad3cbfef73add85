"""Networks at random, small ones: the fabric's traces are the reference engine's."""

from __future__ import annotations

from random import Random

from exact.engines import FABRICS, REFERENCE
from exact.random_networks import random_scenario
from exact.traces import Traces, differences
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 250  # ten thousand: benchmarks/exactness.py


def test_random_networks_have_the_same_traces_with_every_engine(traces: Traces) -> None:
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
        reference = traces.run(scenario, engine=REFERENCE[0], endpoints=REFERENCE[1])
        assert reference.error == ""
        for engine, endpoints in FABRICS:
            trace = traces.run(scenario, engine=engine, endpoints=endpoints)
            found = differences(reference, trace, same_endpoints=endpoints == "socket")
            assert found == [], (engine, endpoints)

    look()
