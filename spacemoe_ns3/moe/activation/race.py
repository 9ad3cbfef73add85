r"""Successive sampling as a race of exponential clocks, integrated over time.

Give expert e a clock that rings after an exponential time T_e of rate w_e, its weight. The order in which
they ring is the order of successive sampling, so the activated set A is the K earliest. Given the time,
experts are independent: e has rung with probability 1 - exp(-w_e t). So a probability of A is an integral
over the time T_(K) of the K-th ring, whose integrand takes E steps of O(K), whatever the number of sets.

**Error.** In log t the integrands vanish at both ends, and the trapezoid rule errs by their Fourier transform
at multiples of 2 pi / h. Given the order of the rings, T_(K) is the sum of X_i / r_i, with X_i independent
standard exponentials and r_i the weight still running; that is an Erlang(K) time, times an *independent*
factor. The transform is therefore at most that of the logarithm of an Erlang time, |Gamma(K + i y)| /
Gamma(K), times the probability itself. So the step h depends on K alone, and the *relative* error is below
1e-15, plus rounding, for any weights and any E; cutting the ends off adds less than 1e-16, absolute. Every
term is positive: nothing cancels.

References
----------
Plackett 1975, The analysis of permutations, Applied Statistics 24. Trefethen & Weideman 2014, The
exponentially convergent trapezoidal rule, SIAM Review 56.
"""

from __future__ import annotations

import math

import numpy as np

_ALIASING = 1e-15  # relative error of the trapezoid rule
_CUT_OFF = 1e-17  # probability of a time outside the grid
_RUNG = 1e3  # w t at which a clock has rung for certain: exp(-1000) is 0
_CHUNK = 4096  # numbers in an array of slots by times, so that the tables of K of them stay in the cache


def time_step(top_k: int) -> float:
    r"""Return the step in log t whose aliasing is below 1e-15.

    From ``|Gamma(K + i y)| / Gamma(K) = sqrt(pi y / sinh(pi y)) prod_{m<K} sqrt(1 + y^2 / m^2)``.

    Parameters
    ----------
    top_k
        Experts activated in a layer, K.

    Returns
    -------
    h = 2 pi / y.
    """
    squares = np.arange(1, top_k) ** 2

    def log_transform(y: float) -> float:
        log_sinh = math.pi * y - math.log(2)  # y is above 1: exp(-pi y) does not count
        return 0.5 * (math.log(math.pi * y) - log_sinh + float(np.log1p(y * y / squares).sum()))

    y = 8.0
    while log_transform(y) > math.log(_ALIASING / 4):  # both sides, and the further multiples
        y *= 1.02
    return 2 * math.pi / y


def _times(weights: np.ndarray, top_k: int, *, earliest_ring: int) -> tuple[np.ndarray, float]:
    """Return log t between the ring of that number and the K-th, shape (M,), and the step."""
    step = time_step(top_k)
    heaviest_last = np.sort(weights)
    log_total = math.log(heaviest_last.sum())
    # P(T_(m) < t) <= (W t)^m / m!
    low = (math.log(_CUT_OFF) + math.lgamma(earliest_ring + 1)) / earliest_ring - log_total
    # Until the K-th ring at least this weight is running: T_(K) is at most an Erlang time of this rate.
    slowest_rate = heaviest_last[: len(weights) - top_k + 1].sum()
    high = math.log(_longest_erlang(top_k)) - math.log(slowest_rate)
    return low + step * np.arange(math.ceil((high - low) / step) + 1), step


def _longest_erlang(shape: int) -> float:
    """Return a time that an Erlang time of rate 1 hardly ever exceeds."""
    time = float(shape)
    log_factorials = np.array([math.lgamma(m + 1) for m in range(shape)])
    powers = np.arange(shape)
    while np.exp(powers * math.log(time) - log_factorials - time).sum() > _CUT_OFF:
        time += 1.0
    return time


def _clocks(weights: np.ndarray, log_t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return w t, whether a clock has rung, and whether not: probabilities, each of shape (E, M)."""
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    hazard = np.exp(np.minimum(log_weights[:, np.newaxis] + log_t, math.log(_RUNG)))
    return hazard, -np.expm1(-hazard), np.exp(-hazard)


def activation_probability(weights: np.ndarray, top_k: int) -> np.ndarray:
    """Return the probability that each expert is activated.

    P(e in A) is the integral of w_e exp(-w_e t) P(fewer than K of the others have rung by t). The counts of
    the others come from tables over the experts before e and after e: dividing e out would be unstable.

    Parameters
    ----------
    weights
        Of one layer's experts, at least K above 0, shape (E,).
    top_k
        Experts activated, K.

    Returns
    -------
    Shape (E,); sums to K.
    """
    log_t, step = _times(weights, top_k, earliest_ring=1)
    hazard, rung, running = _clocks(weights, log_t)
    before = _counts(rung, running, top_k)
    at_most_after = np.cumsum(_counts(rung[::-1], running[::-1], top_k), axis=1)[::-1, ::-1]
    fewer = np.einsum("ekm,ekm->em", before, at_most_after)
    probability: np.ndarray = step * (hazard * running * fewer).sum(axis=1)
    return probability


def _counts(rung: np.ndarray, running: np.ndarray, top_k: int) -> np.ndarray:
    """Return how likely k < K of the experts before each have rung, shape (E, K, M)."""
    table = np.zeros((len(rung), top_k, rung.shape[1]))
    table[0, 0] = 1.0
    for expert in range(len(rung) - 1):
        table[expert + 1] = table[expert] * running[expert]
        table[expert + 1, 1:] += table[expert, :-1] * rung[expert]
    return table


def last_place_probability(weights: np.ndarray, top_k: int, order: np.ndarray) -> np.ndarray:
    """Return how likely each place of an order is the last one whose expert is activated.

    Parameters
    ----------
    weights
        Of one layer's experts, at least K above 0, shape (E,).
    top_k
        Experts activated, K.
    order
        Experts in n orders, shape (n, E).

    Returns
    -------
    Of each place, shape (n, E); each order's sum to 1.
    """
    log_t, step = _times(weights, top_k, earliest_ring=top_k)
    clocks = _clocks(weights, log_t)
    chunk = max(1, _CHUNK // len(log_t))
    result = np.empty(order.shape)
    for start in range(0, len(order), chunk):
        part = slice(start, start + chunk)
        result[part] = step * _last_place_integrals(*clocks, top_k, order[part])
    return result


def _last_place_integrals(
    hazard: np.ndarray, rung: np.ndarray, running: np.ndarray, top_k: int, order: np.ndarray
) -> np.ndarray:
    """Sum over the times: the K-th ring is now, all K are in the first places, one in the last of these."""
    orders, experts = order.shape
    times = hazard.shape[1]
    later = np.zeros((experts, orders, times))  # w t of all experts in later places: not a difference
    for place in range(experts - 1, 0, -1):
        np.add(later[place], hazard[order[:, place]], out=later[place - 1])
    ringing = hazard * running
    counted = np.zeros((top_k, orders, times))  # k of the places so far have rung
    counted[0] = 1.0
    ending = np.zeros((top_k - 1, orders, times))  # likewise, and one more rings now
    result = np.zeros((orders, experts))
    for place in range(experts):
        expert = order[:, place]
        has_rung, is_running, rings = rung[expert], running[expert], ringing[expert]
        density = rings * counted[-1]
        if top_k > 1:
            density += has_rung * ending[-1]
            moved = ending[:-1] * has_rung
            ending *= is_running
            ending[1:] += moved
            ending += rings * counted[:-1]
        result[:, place] = np.einsum("nm,nm->n", density, np.exp(-later[place]))
        moved = counted[:-1] * has_rung
        counted *= is_running
        counted[1:] += moved
    return result


def set_probability(weights: np.ndarray, top_k: int, members: np.ndarray) -> np.ndarray:
    """Return the probability of sets of experts.

    Parameters
    ----------
    weights
        Of one layer's experts, at least K above 0, shape (E,).
    top_k
        Experts activated, K.
    members
        Distinct experts of each of n sets, shape (n, K).

    Returns
    -------
    That exactly these are activated, shape (n,).
    """
    log_t, step = _times(weights, top_k, earliest_ring=top_k)
    hazard, rung, running = _clocks(weights, log_t)
    ringing = hazard * running
    is_outside = np.ones((len(members), len(weights)))
    np.put_along_axis(is_outside, members, 0.0, axis=1)
    all_rung = np.ones((len(members), len(log_t)))
    density = np.zeros_like(all_rung)
    for expert in members.T:
        density = density * rung[expert] + all_rung * ringing[expert]
        all_rung *= rung[expert]
    probability: np.ndarray = step * (density * np.exp(-(is_outside @ hazard))).sum(axis=1)
    return probability
