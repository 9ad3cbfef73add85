"""Networks at random, small ones: the engines' traces are the same, and what the rule for ties says."""

from __future__ import annotations

import pprint
from collections.abc import Callable
from random import Random

from exact.by_rule import ByRule, can_tell
from exact.engines import FABRICS, REFERENCE
from exact.random_networks import random_scenario
from exact.scenarios import TraceScenario
from exact.shrink import shrink
from exact.traces import Traces, differences
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = 200  # ten thousand: benchmarks/exactness.py
TOLD = {"got": 9, "wire": 14}  # how many of a row's numbers the rule tells: no ledgers, no longest queue


def look_at_examples(find_wrong: Callable[[TraceScenario], object]) -> int:
    """Draw scenarios; of the first in which something is wrong, show a smaller one that is wrong too."""
    drawn = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # shrink() is many times faster than Hypothesis here
        suppress_health_check=list(HealthCheck),
    )
    @given(random=st.randoms(use_true_random=False))
    def look(random: Random) -> None:
        nonlocal drawn
        drawn += 1
        scenario = random_scenario(random)
        if find_wrong(scenario):
            smaller = shrink(scenario, lambda one: bool(find_wrong(one)))
            raise AssertionError(f"{find_wrong(smaller)}\n{pprint.pformat(smaller)}")

    look()
    return drawn


def test_random_networks_have_the_same_traces_with_every_engine(traces: Traces) -> None:
    def differing(scenario: TraceScenario) -> list[str]:
        reference = traces.run(scenario, engine=REFERENCE[0], endpoints=REFERENCE[1])
        found = [f"reference: {reference.error}"] if reference.error else []
        for engine, endpoints in FABRICS:
            trace = traces.run(scenario, engine=engine, endpoints=endpoints)
            found += [
                f"{engine}, {endpoints}: {difference}"
                for difference in differences(reference, trace, same_endpoints=endpoints == "socket")
            ]
        return found

    assert look_at_examples(differing) >= EXAMPLES


def test_random_networks_do_what_the_rule_for_ties_says(traces: Traces) -> None:
    told = 0

    def differing(scenario: TraceScenario) -> str:
        nonlocal told
        if not can_tell(scenario):
            return ""
        told += 1
        rule = ByRule(scenario)
        trace = traces.run(scenario, engine=REFERENCE[0], endpoints=REFERENCE[1])
        for word, rows in (("got", rule.got), ("wire", rule.counters())):
            happened = [row[: TOLD[word]] for row in trace.of(word)]
            if happened != rows:
                return f"{word}: {happened} and by the rule {rows}"
        return trace.error

    look_at_examples(differing)
    assert told > EXAMPLES / 10  # about a fifth are
