"""A comparison that cannot fail shows nothing: what differs between two traces is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from exact.networks import PAYLOAD_BYTES, line
from exact.scenarios import Burst, Errors, Transfer
from exact.shrink import shrink
from exact.traces import Trace, Traces, differences

SCENARIO = replace(
    line(3, slots=3, slot_ns=40_000, takes_counters=True, captures=((1, 1),)),
    bursts=(
        Burst(at_ns=0, sender=0, receiver=2, payload_bytes=PAYLOAD_BYTES, packets=3, has_ledger=True),
        Burst(at_ns=5_000, sender=1, receiver=2, payload_bytes=PAYLOAD_BYTES, replies=1),
    ),
)


def test_a_run_equals_itself_in_another_process_and_after_other_runs(traces: Traces) -> None:
    first = traces.run(SCENARIO, engine="reference")
    with Traces() as others:
        assert differences(first, others.run(SCENARIO, engine="reference")) == []
    assert differences(first, traces.run(SCENARIO, engine="reference")) == []
    assert first.error == ""
    assert len(first.got) == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (replace(SCENARIO.bursts[1], at_ns=5_001), {"got", "ip", "capture-1-1"}),
        (replace(SCENARIO.bursts[1], payload_bytes=PAYLOAD_BYTES - 1), {"got", "ip", "wire", "capture-1-1"}),
        (replace(SCENARIO.bursts[1], ttl=63), {"got", "ip", "capture-1-1"}),
        (replace(SCENARIO.bursts[1], has_ledger=True), {"got", "hop"}),
    ],
)
def test_a_nanosecond_a_byte_a_time_to_live_and_a_ledger_are_differences(traces, change, words) -> None:
    changed = replace(SCENARIO, bursts=(SCENARIO.bursts[0], change))
    found = differences(traces.run(SCENARIO, engine="reference"), traces.run(changed, engine="reference"))
    assert {line.split()[0].rstrip(":") for line in found} >= words


def test_an_order_alone_is_a_difference() -> None:
    rows = ["stream 10 0 1", "stream 10 1 1"]
    assert differences(Trace(rows), Trace(rows)) == []
    assert "another order" in differences(Trace(rows), Trace(rows[::-1]))[0]


def test_numbers_of_ledgers_may_be_given_in_another_order() -> None:
    def trace(first: int, second: int) -> Trace:
        """Return two packets received, with the numbers that an engine gave, and those of the log."""
        got = "got 9 1 0 9 70 0 {} 0 64 5 0 9 4 0 9 1 {}"
        return Trace(
            [
                got.format(0, first),
                got.format(1, second),
                "hop 1 0 0 5 9 4 0 9",
                "hop 2 2 0 5 9 4 0 9",
                f"ledger {first} 1",
                f"ledger {second} 2",
            ]
        )

    mixed_up = trace(1, 2)
    mixed_up.rows["got"] = [(*row[:-1], 3 - row[-1]) for row in mixed_up.of("got")]
    assert differences(trace(1, 2), trace(7, 3)) == []
    assert differences(trace(1, 2), mixed_up) != []


def test_what_goes_wrong_in_a_run_is_told_and_the_next_run_is_whole(traces: Traces) -> None:
    no_engine = traces.run(SCENARIO, engine="steam")
    assert "steam" in no_engine.error
    assert differences(no_engine, traces.run(SCENARIO, engine="reference"))[0].startswith("error")


def test_shrinking_leaves_only_what_makes_the_difference() -> None:
    culprit = Burst(at_ns=7, sender=1, receiver=0, payload_bytes=20)
    scenario = replace(
        SCENARIO,
        bursts=(*SCENARIO.bursts * 3, replace(culprit, packets=10, replies=3), *SCENARIO.bursts),
        transfers=(Transfer(at_ns=0, sender=0, receiver=1, size_bytes=9),),
        errors=(Errors(link=0, rate=0.5, stream=1),),
    )
    small = shrink(scenario, lambda one: any(burst.at_ns == 7 for burst in one.bursts))
    assert small.bursts == (culprit,)
    assert small.transfers == small.errors == ()
