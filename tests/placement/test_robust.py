"""Robust: the tail by hand, SpaceMoE as a special case, and what it gains and does not gain."""

import numpy as np
import pytest
from placement.real_problems import real_problem
from placement.small_problems import any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.placement import SpaceMoE, place
from spacemoe_ns3.placement.robust import Robust, mean_of_worst
from spacemoe_ns3.placement.scoring import slot_layers_s

ROUNDING = 1e-12
A_PERCENT = 0.01


@pytest.mark.parametrize("quantile", [0.0, 0.3, 0.5, 0.9, 0.97])
def test_the_tail_is_the_least_of_rockafellar_and_uryasevs_function(quantile):
    """CVaR = min over a of a + E max(v - a, 0) / (1 - quantile), attained at one of the values."""
    values = np.random.default_rng(1).random((20, 3))
    above = np.maximum(values - values[:, np.newaxis], 0.0).mean(axis=1)

    least = (values + above / (1 - quantile)).min(axis=0)

    assert np.allclose(mean_of_worst(values, quantile), least, atol=ROUNDING)


def test_a_steady_path_comes_before_one_that_is_shorter_but_for_bad_slots():
    delay_s = np.full((10, 3, 3), 0.05)
    delay_s[:, range(3), range(3)] = 0.0
    delay_s[:, 1, 0] = delay_s[:, 1, 2] = delay_s[:, 0, 1] = delay_s[:, 2, 1] = 0.010
    delay_s[:, 1, 0] = delay_s[:, 0, 1] = np.where(np.arange(10) == 4, 0.030, 0.004)
    gating = SuccessiveSampling(weights=np.array([[1.0]]), top_k=1)
    problem = problem_of(shell_layout(1, 3), gating=gating, delay_s=delay_s)

    mean, tail = (place(each, problem, seed=1) for each in (SpaceMoE(), Robust()))

    assert mean.gateways.tolist() == tail.gateways.tolist() == [1]
    assert mean.experts.tolist() == [[0]]  # 6.6 ms in the mean, 30 ms once
    assert tail.experts.tolist() == [[2]]  # 10 ms always


def test_the_mean_of_all_slots_is_spacemoe():
    problem = problem_of(shell_layout(5, 6), gating=any_gating(6, 3))

    ours, theirs = (place(each, problem, seed=1) for each in (Robust(quantile=0), SpaceMoE()))

    assert np.array_equal(ours.experts, theirs.experts)
    assert np.array_equal(ours.gateways, theirs.gateways)


def test_the_tail_of_hosts_in_the_slots_they_were_chosen_in_is_not_longer():
    problem = real_problem(survival=0.8)
    ours, theirs = (place(each, problem, seed=1) for each in (Robust(), SpaceMoE()))

    def tails_s(placement):
        return sum(
            mean_of_worst(problem.way_s(placement.gateways, layer, hosts), 0.9).sum()
            for layer, hosts in enumerate(placement.experts)
        )

    assert tails_s(ours) < tails_s(theirs)


def test_over_other_link_states_it_is_as_good_as_spacemoe_but_hardly_better():
    """What the page of placements says: within one per cent, over ten other draws of outages."""
    chosen_in = real_problem()
    ours, theirs = (place(each, chosen_in, seed=1) for each in (Robust(), SpaceMoE()))
    tail_s = {"ours": [], "theirs": []}
    for seed in range(2, 12):
        problem = real_problem(seed=seed)
        tail_s["ours"].append(mean_of_worst(slot_layers_s(problem, ours).sum(axis=1), 0.9))
        tail_s["theirs"].append(mean_of_worst(slot_layers_s(problem, theirs).sum(axis=1), 0.9))

    assert np.mean(tail_s["ours"]) == pytest.approx(np.mean(tail_s["theirs"]), rel=A_PERCENT)


def test_every_satellite_hosts_one_thing():
    placement = place(Robust(), real_problem(survival=0.8), seed=1)

    assert len(placement.hosts()) == placement.gateways.size + placement.experts.size


def test_settings_are_checked():
    with pytest.raises(ScenarioError, match=r"placements\.robust.quantile: 1 given, must be at least 0"):
        Robust(quantile=1)
    assert Robust(quantile=0.975).name == "robust-97-5"
