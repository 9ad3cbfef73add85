"""How unevenly the experts of a layer are used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skew:
    """How unevenly each layer's experts are used: statistics of their activation probabilities.

    Parameters
    ----------
    max_over_mean, min_over_mean
        The most and the least used expert's activation probability over the mean, K / E, shape (L,).
    cv
        Coefficient of variation: standard deviation (of the E values, not of a sample) over mean, shape (L,).
    gini
        Gini coefficient, 0 if all are used alike, 1 - 1/E if one does everything, shape (L,).

    Examples
    --------
    >>> skew = skew_of(np.array([[0.5, 0.5, 0.5, 0.5], [1.5, 0.5, 0.0, 0.0]]))
    >>> skew.max_over_mean.tolist(), skew.gini.tolist()
    ([1.0, 3.0], [0.0, 0.625])
    """

    max_over_mean: np.ndarray
    min_over_mean: np.ndarray
    cv: np.ndarray
    gini: np.ndarray


def skew_of(usage: np.ndarray) -> Skew:
    """Return how uneven activation probabilities, or counts, are.

    Parameters
    ----------
    usage
        Of each expert, at least 0, each layer's sum above 0, shape (L, E).

    Returns
    -------
    The statistics, each of shape (L,).

    References
    ----------
    Gini coefficient of sorted values x_1 <= ... <= x_n: sum of (2 i - n - 1) x_i over n times their sum;
    Dixon, Weiner, Mitchell-Olds & Woodley 1987, Bootstrapping the Gini coefficient of inequality, Ecology 68.
    """
    experts = usage.shape[1]
    mean = usage.mean(axis=1)
    place = 2 * np.arange(1, experts + 1) - experts - 1
    return Skew(
        max_over_mean=usage.max(axis=1) / mean,
        min_over_mean=usage.min(axis=1) / mean,
        cv=usage.std(axis=1) / mean,
        gini=(np.sort(usage, axis=1) * place).sum(axis=1) / (experts**2 * mean),
    )
