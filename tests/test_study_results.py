"""What follows from the rows of a study, against arithmetic by hand."""

from __future__ import annotations

import math

import pytest
from studies.by_hand import COMPUTE_S, points, study_results

from spacemoe_ns3.study_results import CHOSEN, Spread, Variant, Verdict

NAN = float("nan")
ROUNDING = 1e-12  # of a handful of additions of doubles


def test_a_spread_is_the_mean_and_the_deviation_of_a_sample() -> None:
    """1, 2, 3, 4: mean 5/2, sum of squares about it 5, over n - 1 = 3."""
    results = study_results({CHOSEN: {"near": [1.0, 2.0, 3.0, 4.0]}})

    spread = results.spread(CHOSEN, "near")

    assert spread is not None
    assert spread.mean == 2.5
    assert spread.deviation == pytest.approx(math.sqrt(5 / 3), rel=ROUNDING)
    assert spread.standard_error == pytest.approx(math.sqrt(5 / 3) / 2, rel=ROUNDING)


def test_one_seed_has_no_deviation_and_none_no_spread() -> None:
    results = study_results({CHOSEN: {"near": [1.5], "far": [NAN]}})

    assert results.spread(CHOSEN, "near") == Spread(mean=1.5, deviation=None, seeds=1)
    assert results.spread(CHOSEN, "far") is None
    assert results.gain(CHOSEN, "far") is None


def test_the_difference_is_from_the_middle_of_the_published_range() -> None:
    results = study_results(
        {CHOSEN: {"near": [1.1, 1.3], "far": [4.5, 4.5]}}, published={"near": (0.9, 1.1), "far": (4.9, 5.1)}
    )

    assert results.difference(CHOSEN, "near") == pytest.approx(0.2, rel=ROUNDING)
    assert results.difference(CHOSEN, "far") == pytest.approx(-0.1, rel=ROUNDING)
    assert results.worst_difference(CHOSEN) == pytest.approx(0.2, rel=ROUNDING)


def test_what_is_not_published_has_no_difference() -> None:
    results = study_results({CHOSEN: {"near": [1.0], "ours": [1.0]}}, published={"near": (1.0, 1.0)})

    assert results.difference(CHOSEN, "ours") is None
    assert results.published_gain("ours") is None
    assert study_results({CHOSEN: {"near": [1.0]}}).worst_difference(CHOSEN) is None


def test_gains_are_ratios_of_means_in_total_and_of_a_part() -> None:
    """(2 + 4) / (1 + 2) = 2 in total; of the light time alone (6 - 2 c) / (3 - 2 c)."""
    results = study_results(
        {CHOSEN: {"near": [1.0, 2.0], "far": [2.0, 4.0]}}, published={"near": (1.0, 3.0), "far": (7.0, 9.0)}
    )

    assert results.gain(CHOSEN, "far") == pytest.approx(2.0, rel=ROUNDING)
    light = (6 - 2 * COMPUTE_S) / (3 - 2 * COMPUTE_S)
    assert results.gain(CHOSEN, "far", part="propagation") == pytest.approx(light, rel=ROUNDING)
    assert results.published_gain("far") == 4.0


def sweep(**seconds):
    """Return results along an axis from 300 to 1200, a list of seeds a point by placement."""
    axis = points(300, 600, 1200)
    by_variant = {
        point.name: {name: values[place] for name, values in seconds.items()}
        for place, point in enumerate(axis)
    }
    reported = {"near": "rises", "far": "falls"}
    return study_results(by_variant, variants=axis, axis="altitude, km", reported=reported)


def test_points_stand_along_the_axis_whatever_their_order() -> None:
    found = study_results({CHOSEN: {"near": [1.0]}}, variants=points(9, -1, 4))

    assert [point.point for point in found.points] == [-1, 4, 9]
    assert found.alternatives == ()


def test_a_trend_is_the_change_seed_by_seed() -> None:
    """Seeds 1 -> 1.1 and 2 -> 2.4: 10 % and 20 %, so 15 % with a standard error of 5 %.

    The seeds differ by 100 %, which the pairing takes out.
    """
    trend = sweep(near=[[1.0, 2.0], [1.05, 2.1], [1.1, 2.4]]).trend("near")

    assert trend is not None
    assert trend.change == pytest.approx(0.15, rel=ROUNDING)
    assert trend.standard_error == pytest.approx(0.05, rel=ROUNDING)
    assert trend.is_steady
    assert trend.verdict is Verdict.HOLDS


def test_a_trend_of_a_part_leaves_the_others_out() -> None:
    trend = sweep(near=[[1.0, 1.0], [1.0, 1.0], [1.5, 1.5]]).trend("near", part="propagation")

    assert trend is not None
    assert trend.change == pytest.approx(0.5 / (1 - COMPUTE_S), rel=ROUNDING)


def test_a_part_that_is_zero_at_first_has_no_change() -> None:
    assert sweep(near=[[1.0], [1.0], [1.5]]).trend("near", part="waiting") is None


def test_a_trend_against_what_is_reported_does_not_hold() -> None:
    trend = sweep(far=[[1.0, 2.0], [1.05, 2.1], [1.1, 2.4]]).trend("far")

    assert trend is not None
    assert trend.verdict is Verdict.FAILS


def test_a_change_within_two_standard_errors_is_no_evidence() -> None:
    """10 % and 0 %: 5 % with a standard error of 5 %."""
    trend = sweep(near=[[1.0, 1.0], [1.2, 1.2], [1.1, 1.0]]).trend("near")

    assert trend is not None
    assert not trend.is_steady
    assert trend.verdict is Verdict.UNCLEAR


def test_one_seed_is_no_evidence_and_one_point_no_trend() -> None:
    one_seed = sweep(near=[[1.0], [2.0], [3.0]]).trend("near")
    assert one_seed is not None
    assert one_seed.verdict is Verdict.UNCLEAR
    assert sweep(near=[[1.0, 1.0], [NAN, NAN], [NAN, NAN]]).trend("near") is None


def test_what_nothing_is_reported_of_has_no_verdict() -> None:
    trend = sweep(other=[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]).trend("other")

    assert trend is not None
    assert trend.verdict is None


def test_a_seed_that_is_missing_at_one_end_is_left_out_of_the_change() -> None:
    results = sweep(near=[[1.0, 5.0], [1.0, 5.0], [1.5, NAN]])

    assert results.change("altitude, km: 1200", "near") == Spread(mean=0.5, deviation=None, seeds=1)


def test_alternatives_are_the_variants_with_an_assumption() -> None:
    other = Variant(name="seam: linked", assumption="seam", chosen="not linked", reading="linked")

    assert study_results({CHOSEN: {"near": [1.0]}}, variants=(other, *points(1, 2))).alternatives == (other,)
