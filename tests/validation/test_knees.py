"""Where a latency leaves the formula: between the loads that were measured."""

import pytest

from spacemoe_ns3.validation.sweep import knees
from spacemoe_ns3.validation_results import LoadPoint

FORMULA_S = 2.0


def point(steps_per_s, excess, *, placement="one", busy_s_per_step=0.01, busiest="computer of satellite 1"):
    return LoadPoint(
        placement=placement,
        load=steps_per_s / 100,
        steps_per_s=steps_per_s,
        latency_s=FORMULA_S * (1 + excess),
        latency_p99_s=FORMULA_S * (1 + excess),
        formula_s=FORMULA_S,
        estimate_s=FORMULA_S,
        busiest=busiest,
        busy_s_per_step=busy_s_per_step,
    )


def test_the_knee_lies_between_the_loads_around_it():
    (knee,) = knees([point(50, 0.04), point(80, 0.16), point(90, 1.16)])

    assert knee.knees_per_s[0.1] == pytest.approx(50 + 30 / 2)
    assert knee.knees_per_s[1.0] == pytest.approx(80 + 10 * 0.84)
    assert knee.formula_s == FORMULA_S


def test_a_latency_that_stays_close_has_its_knee_at_the_capacity():
    (knee,) = knees([point(50, 0.01), point(90, 0.05)])

    assert knee.capacity_per_s == pytest.approx(100)
    assert knee.knees_per_s == {0.1: pytest.approx(100), 1.0: pytest.approx(100)}


def test_noise_below_a_load_that_was_beyond_does_not_move_the_knee_up():
    (knee,) = knees([point(50, 0.2), point(60, 0.1), point(90, 0.3)])

    assert knee.knees_per_s[0.1] == pytest.approx(25)


def test_the_resource_that_a_step_keeps_busy_longest_saturates_first():
    points = [point(50, 0.1, busy_s_per_step=0.009, busiest="link from satellite 3 to 4"), point(80, 0.2)]
    (knee,) = knees(points)

    assert knee.busiest == "computer of satellite 1"


def test_each_placement_has_a_knee_of_its_own():
    found = knees([point(50, 0.2), point(50, 0.2, placement="other", busy_s_per_step=0.02)])

    assert [(knee.placement, knee.capacity_per_s) for knee in found] == [
        ("one", pytest.approx(100)),
        ("other", pytest.approx(50)),
    ]
