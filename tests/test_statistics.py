"""Intervals hold the truth as often as they say, and are SciPy's and the textbooks' where those have them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from spacemoe_ns3.statistics import (
    Estimate,
    Sample,
    difference_interval,
    effective_size,
    mean_interval,
    quantile_interval,
    ratio_interval,
    successive_correlation,
    values_needed,
)

LEVEL = 0.95
ROUNDING = 1e-9  # relative


def singles(values) -> Sample:
    """A cluster a value."""
    return Sample(values=np.asarray(values, float), clusters=np.arange(len(values)))


def drawn(random, *, clusters, size, alike, mean=0.0, scale=1.0) -> Sample:
    """Normal values; `alike` is the share of the variance that the values of a cluster have in common."""
    common = np.repeat(random.standard_normal(clusters), size)
    own = random.standard_normal(clusters * size)
    values = mean + scale * (math.sqrt(alike) * common + math.sqrt(1 - alike) * own)
    return Sample(values=values, clusters=np.repeat(np.arange(clusters), size))


def assert_covers(hits: list[bool], *, at_least=LEVEL, at_most=1.0) -> None:
    """A share of so many trials is off by less than four standard errors, but once in 15,000."""
    error = 4 * math.sqrt(LEVEL * (1 - LEVEL) / len(hits))
    assert at_least - error <= np.mean(hits) <= at_most + error


def ends(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    return estimate.low, estimate.high


def test_the_interval_of_a_mean_is_scipys():
    values = np.random.default_rng(1).gamma(2.0, size=17)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)

    assert ends(mean_interval(singles(values), level=0.9)) == pytest.approx(tuple(expected), rel=ROUNDING)


def test_with_clusters_of_one_size_it_is_students_interval_of_their_means():
    sample = drawn(np.random.default_rng(2), clusters=9, size=4, alike=0.6)
    means = sample.values.reshape(9, 4).mean(axis=1)
    expected = stats.ttest_1samp(means, 0).confidence_interval(LEVEL)

    assert ends(mean_interval(sample)) == pytest.approx(tuple(expected), rel=ROUNDING)


def test_with_clusters_of_several_sizes_it_is_cochrans_ratio_of_sums():
    """By hand: totals 2, 12, 9 of 1, 3, 2 values; mean 23 / 6; residuals -11/6, 3/6, 8/6; mean size 2."""
    sample = Sample(values=np.array([2.0, 3, 4, 5, 4, 5]), clusters=np.array([0, 1, 1, 1, 2, 2]))
    variance = ((11 / 6) ** 2 + (3 / 6) ** 2 + (8 / 6) ** 2) / (3 - 1) / (3 * 2**2)
    half = stats.t.ppf(0.975, 2) * math.sqrt(variance)

    found = mean_interval(sample)

    assert ends(found) == pytest.approx((23 / 6 - half, 23 / 6 + half), rel=ROUNDING)


def test_the_interval_of_paired_differences_is_scipys():
    random = np.random.default_rng(3)
    first, second = random.gamma(2.0, size=12), random.gamma(2.0, size=12)
    expected = stats.ttest_rel(first, second).confidence_interval(LEVEL)

    found = difference_interval(singles(first), singles(second), is_paired=True)

    assert ends(found) == pytest.approx(tuple(expected), rel=ROUNDING)


def test_the_interval_of_unpaired_differences_is_welchs():
    random = np.random.default_rng(4)
    first, second = random.gamma(2.0, size=9), 3 * random.gamma(2.0, size=14)
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(LEVEL)

    found = difference_interval(singles(first), singles(second), is_paired=False)

    assert ends(found) == pytest.approx(tuple(expected), rel=ROUNDING)


@pytest.mark.parametrize("end", ["low", "high"])
def test_at_the_ends_of_the_ratio_students_test_just_decides(end):
    """What Fieller's interval is by definition, asked of SciPy's paired test."""
    random = np.random.default_rng(5)
    common = random.gamma(9.0, size=10)
    first, second = common + random.random(10), 2 * common + random.random(10)
    found = ratio_interval(singles(first), singles(second), is_paired=True)
    assert found is not None

    p_value = stats.ttest_rel(first, getattr(found, end) * second).pvalue

    assert p_value == pytest.approx(1 - LEVEL, rel=1e-6)


def test_with_many_values_the_ratio_is_the_bootstraps():
    """Two ways that share no formula; their ends are off by a tenth of the width, no more."""
    random = np.random.default_rng(6)
    first, second = random.gamma(4.0, size=400), random.gamma(6.0, size=300)
    found = ratio_interval(singles(first), singles(second), is_paired=False)
    resampled = stats.bootstrap(
        (first, second),
        lambda a, b, axis: a.mean(axis) / b.mean(axis),
        vectorized=True,
        n_resamples=4000,
        rng=7,
    ).confidence_interval
    assert found is not None

    assert ends(found) == pytest.approx(tuple(resampled), abs=0.2 * found.half_width)


def test_a_ratio_to_what_may_be_zero_has_no_interval():
    random = np.random.default_rng(7)
    around_zero = singles(random.standard_normal(20))

    assert ratio_interval(singles(random.random(20)), around_zero, is_paired=False) is None
    assert ratio_interval(singles([1.0, 2.0]), singles([0.0, 0.0]), is_paired=True) is None


def test_a_sample_compared_with_itself_differs_by_nothing():
    sample = drawn(np.random.default_rng(8), clusters=12, size=3, alike=0.3, mean=5)

    difference = difference_interval(sample, sample, is_paired=True)
    ratio = ratio_interval(sample, sample, is_paired=True)

    assert ends(difference) == (0, 0)
    assert ends(ratio) == pytest.approx((1, 1), abs=1e-6)  # the root of a rounding error
    assert ratio is not None
    assert not ratio.excludes(1.0)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(6, 1, 6), (10, 2, 9), (15, 4, 12), (20, 6, 15), (25, 8, 18)]
)
def test_the_median_lies_between_the_order_statistics_of_the_tables(count, low, high):
    """David & Nagaraja 2003, section 7.1; Conover 1999, table A3: ranks of the 95 % interval of a median."""
    found = quantile_interval(singles(np.arange(1, count + 1)), 0.5)

    assert ends(found) == (low, high)


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_so_many_values_bound_a_quantile_and_one_fewer_does_not(share):
    enough = values_needed(share)

    assert math.isfinite(ends(quantile_interval(singles(np.arange(enough)), share))[1])
    assert math.isinf(ends(quantile_interval(singles(np.arange(enough - 1)), share))[1])


def test_an_exact_median_is_scipys():
    values = np.random.default_rng(9).gamma(2.0, size=40)
    tested = stats.quantile_test(values, p=0.5)
    low, high = tested.confidence_interval(LEVEL)

    found = quantile_interval(singles(values), 0.5)

    assert ends(found) == (low, high)


def test_one_cluster_has_no_interval():
    alone = Sample(values=np.array([1.0, 2.0, 3.0]), clusters=np.zeros(3, int))
    others = singles([1.0, 2.0, 4.0])

    assert mean_interval(alone) is None
    assert quantile_interval(alone, 0.5) is None
    assert difference_interval(alone, others, is_paired=False) is None
    assert difference_interval(alone, alone, is_paired=True) is None
    assert ratio_interval(others, alone, is_paired=False) is None


def test_values_that_are_alike_count_as_one_and_others_as_all():
    random = np.random.default_rng(10)
    equal = drawn(random, clusters=200, size=5, alike=1.0)
    apart = drawn(random, clusters=2000, size=5, alike=0.0)

    assert effective_size(equal, 0.0) == pytest.approx(200)
    assert effective_size(apart, 0.0) > 0.9 * len(apart.values)
    assert effective_size(singles([1.0, 2.0, 3.0]), 2.0) == 3


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.95])
def test_intervals_of_means_hold_the_truth_as_often_as_they_say(alike):
    random = np.random.default_rng(11)
    hits = []
    for _ in range(2000):
        found = mean_interval(drawn(random, clusters=6, size=4, alike=alike, mean=3))
        hits.append(found is not None and not found.excludes(3))

    assert_covers(hits, at_most=LEVEL)


def test_tokens_taken_as_independent_would_be_too_sure():
    """Why clusters: the usual interval of the same values holds the truth far too rarely."""
    random = np.random.default_rng(12)
    hits = []
    for _ in range(500):
        values = drawn(random, clusters=6, size=4, alike=0.95).values
        low, high = stats.ttest_1samp(values, 0).confidence_interval(LEVEL)
        hits.append(low <= 0 <= high)

    assert np.mean(hits) < 0.75


@pytest.mark.parametrize("is_paired", [True, False])
def test_differences_and_ratios_hold_the_truth_as_often_as_they_say(is_paired):
    """Eight clusters of two; where they are paired what is luck in one is luck in the other."""
    random = np.random.default_rng(13)
    of_differences, of_ratios = [], []
    for _ in range(2000):
        first = drawn(random, clusters=8, size=2, alike=0.5, mean=30, scale=2)
        second = drawn(random, clusters=8, size=2, alike=0.5, mean=20)
        if is_paired:
            second = second.with_values(second.values + (first.values - 30))
        difference = difference_interval(first, second, is_paired=is_paired)
        ratio = ratio_interval(first, second, is_paired=is_paired)
        of_differences.append(difference is not None and not difference.excludes(10))
        of_ratios.append(ratio is not None and not ratio.excludes(1.5))

    assert_covers(of_differences, at_most=LEVEL)
    assert_covers(of_ratios, at_most=LEVEL)


def test_pairs_are_surer_than_their_halves():
    random = np.random.default_rng(14)
    first = drawn(random, clusters=30, size=2, alike=0.5)
    second = first.with_values(first.values + 0.1 * random.standard_normal(60))

    paired, unpaired = (difference_interval(first, second, is_paired=each) for each in (True, False))

    assert paired is not None
    assert unpaired is not None
    assert paired.half_width < 0.3 * unpaired.half_width


@pytest.mark.parametrize(("share", "clusters", "size"), [(0.5, 12, 4), (0.5, 100, 4), (0.99, 200, 4)])
@pytest.mark.parametrize("alike", [0.0, 0.5, 0.95])
def test_intervals_of_quantiles_hold_the_truth_at_least_as_often(share, clusters, size, alike):
    random = np.random.default_rng(15)
    truth = float(np.exp(stats.norm.ppf(share)))  # of a log-normal distribution: skewed, as latencies are
    hits = []
    for _ in range(400):
        sample = drawn(random, clusters=clusters, size=size, alike=alike)
        found = quantile_interval(sample.with_values(np.exp(sample.values)), share)
        hits.append(found is not None and not found.excludes(truth))

    assert_covers(hits)


def test_the_correlation_of_neighbours_is_told_where_it_is_sure():
    random = np.random.default_rng(16)
    noise = random.standard_normal(200)
    drifting = np.convolve(noise, np.ones(5), "valid")  # neighbours share 4 of 5 terms: correlation 0.8

    assert successive_correlation(singles(drifting)) == pytest.approx(0.8, abs=0.1)
    assert successive_correlation(singles(np.tile([0.0, 1.0], 50))) is None  # opposite, not alike
    assert successive_correlation(singles(drifting[:19])) is None
    assert successive_correlation(singles(np.ones(50))) is None


def test_samples_that_are_none_are_refused():
    with pytest.raises(ValueError, match="0 values"):
        singles([])
    with pytest.raises(ValueError, match="same clusters"):
        difference_interval(singles([1.0, 2.0]), singles([1.0, 2.0, 3.0]), is_paired=True)
