"""What a search knows: who is last, how long queues are, what fits."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from placement.small_problems import any_delays, any_gating, problem_of, shell_layout

from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.placement.search_space import last_place_probability, queue_lengths, search_space

ROUNDING = 1e-9
FOUR_SIGMA_OF_DRAWS = 4 * 0.7 / math.sqrt(4096)  # a count of at most two with a deviation below 0.7


@pytest.mark.parametrize(("experts", "top_k"), [(4, 2), (8, 2), (20, 3)])
def test_with_equal_experts_the_last_place_counts_its_combinations(experts, top_k):
    gating = SuccessiveSampling(weights=np.full((2, experts), 1.0), top_k=top_k)

    _, last_place = last_place_probability(gating)

    expected = [math.comb(place, top_k - 1) / math.comb(experts, top_k) for place in range(experts)]
    assert np.allclose(last_place, expected, rtol=ROUNDING, atol=ROUNDING)


def test_the_experts_come_in_order_of_activation():
    gating = any_gating(3, 6)

    order, last_place = last_place_probability(gating)

    by_activation = np.take_along_axis(gating.activation_probability(), order, axis=1)
    assert (np.diff(by_activation, axis=1) <= 0).all()
    assert np.allclose(last_place.sum(axis=1), 1.0, atol=ROUNDING)


def meeting(experts, top_k, satellites):
    """The most activated experts on one of some satellites with equally many, in the mean, by enumeration."""
    sets = list(itertools.combinations(range(experts), top_k))
    return sum(max(sum(e % satellites == s for e in each) for s in range(satellites)) for each in sets) / len(
        sets
    )


@pytest.mark.parametrize("a_satellite", [2, 4, 8])
@pytest.mark.parametrize("top_k", [2, 4])
def test_queues_are_right_where_as_many_experts_are_on_equally_far_satellites(a_satellite, top_k):
    experts = 8
    gating = SuccessiveSampling(weights=np.full((1, experts), 1.0), top_k=top_k)
    last_place = last_place_probability(gating)[1][0]
    satellites = experts // a_satellite

    queue = queue_lengths(last_place, top_k=top_k)

    wait = last_place @ queue[np.arange(experts) // satellites]
    assert wait == pytest.approx(meeting(experts, top_k, satellites) - 1, abs=FOUR_SIGMA_OF_DRAWS)


def test_a_single_activated_expert_waits_for_nobody():
    assert queue_lengths(np.full(5, 0.2), top_k=1).tolist() == [0.0] * 6


def test_mean_delays_are_those_of_all_slots_up_to_where_they_are_told_apart():
    delay_s = any_delays(12, slots=5)
    problem = problem_of(shell_layout(3, 4), gating=any_gating(2, 2), delay_s=delay_s)

    space = search_space(problem, samples=1)

    limit_s = space.delay_s.max()  # the delays of a few slots reach it: the rest is exact
    is_below = (delay_s < limit_s).all(axis=0)
    assert np.allclose(space.delay_s[is_below], delay_s.mean(axis=0)[is_below], atol=ROUNDING)
    assert is_below.mean() > 0.25


def test_a_satellite_that_is_cut_off_at_times_is_as_far_as_one_waits_for_it():
    layout, slots = shell_layout(3, 4), 5
    problem = problem_of(layout, gating=any_gating(2, 2), delay_s=any_delays(12, slots=slots))
    waiting_s = np.zeros((slots, 12))
    waiting_s[2, 7] = 15.0

    def with_waits(gateways):
        delays = problem.gateway_delays(gateways)
        waits_s = np.repeat(waiting_s[:, np.newaxis], len(gateways), axis=1)
        found = dataclasses.replace(delays.inbound, waiting_s=waits_s)
        return dataclasses.replace(delays, inbound=found)

    cut_off = search_space(dataclasses.replace(problem, gateway_delays=with_waits), samples=1)
    never = search_space(problem, samples=1)

    further_s = cut_off.delay_s - never.delay_s
    assert further_s[7, 7] == 0.0
    assert np.allclose(np.delete(further_s[7], 7), 15.0 / slots, atol=ROUNDING)
    assert np.allclose(np.delete(np.delete(further_s, 7, axis=0), 7, axis=1), 0.0, atol=ROUNDING)
