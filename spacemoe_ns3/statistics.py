"""How sure a mean, a quantile, a difference or a ratio is, where values come in clusters.

Tokens of one sequence resemble each other, so the independent unit is the sequence: a *cluster*. A mean over
all values of some clusters is a ratio of two sums, the clusters' totals and their sizes; its variance is the
linearised one of that ratio (Cochran 1977, Sampling techniques, 3rd ed., section 6.4). Where all clusters are
of one size this is Student's interval of the clusters' means, exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_LEAST_CLUSTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and the interval that holds what it estimates, at a level of confidence.

    Parameters
    ----------
    value
        The estimate.
    low, high
        Ends of the interval; infinite where the sample is too small to bound it on that side.
    """

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    def excludes(self, value: float) -> bool:
        """Whether a value is outside the interval."""
        return not self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Values in clusters that are independent of each other.

    Parameters
    ----------
    values
        Shape (n,), float64, finite.
    clusters
        Which cluster each is of, shape (n,); any labels.

    Raises
    ------
    ValueError
        If there are no values, or not a label each.

    Examples
    --------
    >>> Sample(values=np.array([1.0, 3.0, 8.0]), clusters=np.array([0, 0, 1])).mean
    4.0
    """

    values: np.ndarray
    clusters: np.ndarray

    def __post_init__(self) -> None:
        if not len(self.values) or self.values.shape != self.clusters.shape:
            raise ValueError(
                f"{len(self.values)} values in {len(self.clusters)} places; give some, each a label"
            )

    @property
    def mean(self) -> float:
        """Mean of all values."""
        return float(self.values.mean())

    @property
    def count(self) -> int:
        """Number of clusters n."""
        return len(self.sizes())

    def sizes(self) -> np.ndarray:
        """Return the number of values of each cluster, in order of labels, shape (n,)."""
        return np.unique(self.clusters, return_counts=True)[1]

    def totals(self) -> np.ndarray:
        """Return the sum of the values of each cluster, in order of labels, shape (n,)."""
        place = np.unique(self.clusters, return_inverse=True)[1]
        return np.bincount(place.ravel(), weights=self.values)

    def deviations(self) -> np.ndarray:
        """Return what each cluster adds to the error of the mean, times n, shape (n,)."""
        sizes = self.sizes()
        off: np.ndarray = (self.totals() - self.mean * sizes) / sizes.mean()
        return off

    def with_values(self, values: np.ndarray) -> Sample:
        """Return other values, shape (n,), in the same clusters."""
        return Sample(values=values, clusters=self.clusters)


def mean_interval(sample: Sample, *, level: float = 0.95) -> Estimate | None:
    """Return the mean of a sample with Student's interval; None of a single cluster.

    Parameters
    ----------
    sample
        Values in clusters.
    level
        Level of confidence, between 0 and 1.

    Examples
    --------
    >>> found = mean_interval(Sample(values=np.array([1.0, 2.0, 3.0]), clusters=np.arange(3)))
    >>> round(found.value, 3), round(found.half_width, 3)
    (2.0, 2.484)
    """
    if sample.count < _LEAST_CLUSTERS:
        return None
    half = _student(level, sample.count - 1) * math.sqrt(_variance(sample.deviations()))
    return Estimate(value=sample.mean, low=sample.mean - half, high=sample.mean + half)


def difference_interval(
    sample: Sample, baseline: Sample, *, is_paired: bool, level: float = 0.95
) -> Estimate | None:
    """Return the difference of two means with its interval; None if a sample is of a single cluster.

    Parameters
    ----------
    sample, baseline
        Of the first the mean of the second is taken away.
    is_paired
        Whether values at one place belong together: then Student's interval of the differences, else Welch's
        (Welch 1947, Biometrika 34), with Satterthwaite's degrees of freedom.
    level
        Level of confidence, between 0 and 1.

    Raises
    ------
    ValueError
        If paired samples differ in their clusters.
    """
    if is_paired:
        _check_pairs(sample, baseline)
        return mean_interval(sample.with_values(sample.values - baseline.values), level=level)
    if min(sample.count, baseline.count) < _LEAST_CLUSTERS:
        return None
    first, second = _variance(sample.deviations()), _variance(baseline.deviations())
    freedom = _satterthwaite((first, sample.count), (second, baseline.count))
    half = _student(level, freedom) * math.sqrt(first + second)
    value = sample.mean - baseline.mean
    return Estimate(value=value, low=value - half, high=value + half)


def ratio_interval(
    sample: Sample, baseline: Sample, *, is_paired: bool, level: float = 0.95
) -> Estimate | None:
    """Return the ratio of two means with Fieller's interval.

    The interval holds those ratios r for which Student's test does not tell the mean of the first from r
    times the mean of the second (Fieller 1954, Journal of the Royal Statistical Society B 16).
    No resampling, and right with few clusters, where the bootstrap is too narrow.

    Parameters
    ----------
    sample, baseline
        The mean of the first over that of the second.
    is_paired
        Whether values at one place belong together.
    level
        Level of confidence, between 0 and 1.

    Returns
    -------
    The ratio; None if a sample is of a single cluster, or the mean of ``baseline`` cannot be told from zero.

    Raises
    ------
    ValueError
        If paired samples differ in their clusters.
    """
    if min(sample.count, baseline.count) < _LEAST_CLUSTERS or baseline.mean == 0:
        return None
    above, below = sample.mean, baseline.mean
    first, second = _variance(sample.deviations()), _variance(baseline.deviations())
    if is_paired:
        _check_pairs(sample, baseline)
        shared = _variance(sample.deviations(), baseline.deviations())
        freedom = float(sample.count - 1)
    else:
        shared = 0.0
        scaled = second * (above / below) ** 2
        freedom = _satterthwaite((first, sample.count), (scaled, baseline.count))
    t2 = _student(level, freedom) ** 2
    squared, middle, constant = below**2 - t2 * second, above * below - t2 * shared, above**2 - t2 * first
    if squared <= 0:
        return None
    root = math.sqrt(max(middle**2 - squared * constant, 0.0))
    value = above / below
    # Rounding must not push the estimate out of an interval of no width.
    return Estimate(
        value=value, low=min((middle - root) / squared, value), high=max((middle + root) / squared, value)
    )


def quantile_interval(sample: Sample, share: float, *, level: float = 0.95) -> Estimate | None:
    """Return a quantile with an interval between two order statistics, whatever the distribution.

    Of n independent values the number below the quantile is binomial, which says between which two of them it
    lies (David & Nagaraja 2003, Order statistics, 3rd ed., section 7.1). Values in clusters count as fewer:
    the number is divided by the design effect of being below the quantile, and corrected for the few clusters
    from which that is estimated (Korn & Graubard 1998, Survey Methodology 24). It is no less than if all
    values of a cluster were equal, and no more than there are values.

    Parameters
    ----------
    sample
        Values in clusters.
    share
        Which quantile, between 0 and 1; the smallest value that at least this share does not exceed.
    level
        Level of confidence, between 0 and 1.

    Returns
    -------
    The quantile; an end is infinite if no value of the sample bounds it. None of a single cluster.

    Examples
    --------
    >>> found = quantile_interval(Sample(values=np.arange(1.0, 21.0), clusters=np.arange(20)), 0.5)
    >>> found.value, found.low, found.high
    (10.0, 6.0, 15.0)
    """
    if sample.count < _LEAST_CLUSTERS:
        return None
    from scipy.stats import binom

    ordered, count = np.sort(sample.values), len(sample.values)
    value = float(ordered[_rank(share, count) - 1])
    alike = effective_size(sample, value, level=level)
    independent = max(math.floor(alike), 1)
    tail = (1 - level) / 2
    # P(below < low) and P(below >= high) are at most `tail` each, of `independent` values.
    low = int(binom.ppf(tail, independent, share))
    high = int(binom.ppf(1 - tail, independent, share)) + 1
    each = count / independent  # values of the sample that count as one
    return Estimate(
        value=value,
        low=-math.inf if low < 1 else float(ordered[math.floor((low - 1) * each)]),
        high=math.inf if high > independent else float(ordered[math.ceil(high * each) - 1]),
    )


def effective_size(sample: Sample, value: float, *, level: float = 0.95) -> float:
    """Return how many independent values would say as much about the share of values up to one.

    Parameters
    ----------
    sample
        Values in clusters, of at least two.
    value
        Up to which they are counted.
    level
        Level of confidence of what is made of it; the fewer clusters, the more that takes off.

    Examples
    --------
    >>> values, pairs = np.repeat(np.arange(50.0), 2), np.repeat(np.arange(50), 2)
    >>> effective_size(Sample(values=values, clusters=pairs), 24.0)  # pairs of equal values
    50.0
    """
    sizes, count = sample.sizes(), len(sample.values)
    least = count**2 / float((sizes.astype(float) ** 2).sum())  # if all values of a cluster were equal
    is_up_to = sample.with_values((sample.values <= value).astype(float))
    spread = is_up_to.mean * (1 - is_up_to.mean) / count
    found = _variance(is_up_to.deviations())
    if len(sizes) == count or spread == 0 or found == 0:
        return float(count) if len(sizes) == count else least
    few = (_student(level, count - 1) / _student(level, sample.count - 1)) ** 2
    return float(min(max(count * few * spread / found, least), count))


def values_needed(share: float, *, level: float = 0.95) -> int:
    """Return how many independent values bound a quantile on both sides.

    Parameters
    ----------
    share
        Which quantile, between 0 and 1.
    level
        Level of confidence, between 0 and 1.

    Examples
    --------
    >>> values_needed(0.5), values_needed(0.99)
    (6, 368)
    """
    return math.ceil(math.log((1 - level) / 2) / math.log(max(share, 1 - share)))


def successive_correlation(sample: Sample) -> float | None:
    """Return the correlation of each cluster's mean with the next one's, if it is surely above zero.

    Bartlett's limit for uncorrelated series, 1.96 over the root of their length, tells (Box, Jenkins, Reinsel
    & Ljung 2015, Time series analysis, 5th ed., section 2.1.6). Clusters are in order of their labels.

    Parameters
    ----------
    sample
        Values in clusters.

    Returns
    -------
    The correlation; None if it is within the limit, or clusters are too few (under 20) to tell.
    """
    least, limit = 20, 1.96
    means = sample.totals() / sample.sizes()
    off = means - means.mean()
    power = float(off @ off)
    if len(means) < least or power == 0:
        return None
    found = float(off[:-1] @ off[1:]) / power
    return found if found > limit / math.sqrt(len(means)) else None


def _check_pairs(sample: Sample, baseline: Sample) -> None:
    if not np.array_equal(sample.clusters, baseline.clusters):
        raise ValueError("paired samples have the same clusters, value by value; give is_paired=False")


def _variance(deviations: np.ndarray, others: np.ndarray | None = None) -> float:
    """Return the variance of a mean, or the covariance of two, from the deviations of n clusters."""
    count = len(deviations)
    return float(deviations @ (deviations if others is None else others)) / (count * (count - 1))


def _student(level: float, freedom: float) -> float:
    """Return how many standard errors the half width is."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + level) / 2))


def _satterthwaite(*parts: tuple[float, int]) -> float:
    """Return the degrees of freedom of a sum of variances of means, each of so many clusters."""
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return float(sum(count - 1 for _, count in parts))
    # Shares first: a variance in nanoseconds squared, squared again, may be too large or too small.
    return 1 / sum((variance / total) ** 2 / (count - 1) for variance, count in parts)


def _rank(share: float, count: int) -> int:
    """Return the place from 1 of a quantile among ordered values; rounding must not raise it."""
    return max(math.ceil(round(share * count, 9)), 1)
