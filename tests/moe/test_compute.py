"""Computers: how long FLOPs take."""

import math

import pytest

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import COMPUTERS, Computer, Hardware, model_named

HALF_A_NANOSECOND = 0.5


@pytest.mark.parametrize(("flops", "nanoseconds"), [(0, 0), (1, 1), (1e9, 10**9), (1.4, 1), (1.6, 2)])
def test_a_computer_of_a_gigaflop_takes_a_nanosecond_a_flop(flops, nanoseconds):
    assert Computer(name="one", peak_flops=1e9).duration_ns(flops) == nanoseconds


def test_a_computer_that_is_half_used_takes_twice_as_long():
    whole, half = (Computer(name="c", peak_flops=3e9, utilisation=share) for share in (1.0, 0.5))

    assert half.duration_ns(6e9) == 2 * whole.duration_ns(6e9) == 4 * 10**9


def test_the_sbc_2a72_computes_an_expert_in_the_time_that_the_papers_figures_give():
    """10.4 GFLOP/s, 70 % of them used (arXiv 2605.00515): 7.28 GFLOP/s; an expert has 33.82 MFLOP."""
    by_hand_ns = 2 * 3 * 4096 * 1376 / 7.28e9 * 1e9

    computed_ns = COMPUTERS["sbc-2a72"].duration_ns(model_named("llama-moe-3.5b").expert_flops())

    assert abs(computed_ns - by_hand_ns) <= HALF_A_NANOSECOND
    assert round(computed_ns / 1e6, 2) == 4.65  # milliseconds


@pytest.mark.parametrize(
    ("name", "peak_flops"), [("rad5545", 3.7e9), ("sbc-2a72", 10.4e9), ("spacecloud-ix10", 26e12)]
)
def test_the_papers_computers_have_the_papers_peaks(name, peak_flops):
    assert COMPUTERS[name].peak_flops == peak_flops
    assert COMPUTERS[name].name == name


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("peak_flops", 0, "at least 1"),
        ("peak_flops", math.nan, "at least 1"),
        ("utilisation", 0, "above 0 and at most 1"),
        ("utilisation", 1.01, "above 0 and at most 1"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError) as caught:
        Computer(**{"name": "c", "peak_flops": 1e9, field: value})

    assert str(caught.value) == f"computer.{field}: {value!r} given, must be {rule}"


def test_hardware_takes_computers_and_names_of_computers():
    own = Computer(name="own", peak_flops=1e9)
    hardware = Hardware(gateway="spacecloud-ix10", expert=own)

    assert hardware.gateway_computer is COMPUTERS["spacecloud-ix10"]
    assert hardware.expert_computer is own


@pytest.mark.parametrize("field", ["gateway", "expert"])
def test_an_unknown_computer_is_refused_with_its_path_and_the_nearest_name(field):
    with pytest.raises(
        ScenarioError, match=rf"hardware\.{field}: 'sbc-2a73' is not known; did you mean sbc-2a72"
    ):
        Hardware(**{"gateway": "rad5545", "expert": "rad5545", field: "sbc-2a73"})
