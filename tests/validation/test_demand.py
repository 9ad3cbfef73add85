"""What steps ask of computers and lasers, and how long they would wait: counted by hand on a small chain."""

from types import SimpleNamespace

import numpy as np
import pytest
from builders import chain, hosts, routes_to, work

from spacemoe_ns3.analytic import mean_wait_s, replay
from spacemoe_ns3.validation.demand import demand_of, resource_name

BITS = 8 * (1000 + 66)  # a message of 1000 bytes and its headers: ours 36, UDP 8, IPv4 20, PPP 2
RATE_BPS = 10**6
MESSAGE_S = BITS / RATE_BPS
GATEWAY_S, EXPERT_S, HEAD_S = 1e-6, 2e-6, 0.5e-6
A_FLOAT = 1e-12


def experiment(*, activations, experts, gateways, satellites, sends_residual=True):
    """Steps on satellites in a row, without a scenario."""
    placement = hosts(gateways=gateways, experts=experts, hosts_per_satellite=2)
    timeline = chain(satellites=satellites, hop_m=1e6, rate_bps=RATE_BPS)
    workload = work(
        activations=activations,
        experts=len(experts[0]),
        sends_residual=sends_residual,
        sequence_tokens=[1] * len(activations),
        starts_ns=[0] * len(activations),
    )
    made = SimpleNamespace(
        sky=SimpleNamespace(timeline=timeline),
        workload=workload,
        routes_to=lambda _: routes_to(timeline, placement.hosts(), packet_bits=BITS),
    )
    return made, placement


# Satellites 0-1-2-3: gateways 0 and 3, layer 0 has its experts on 1 and 2, layer 1 on 2 and 1. Steps activate
# expert 0 twice and expert 1 once in layer 0, and expert 0 always in layer 1.
STEPS = np.array([[[0], [0]], [[0], [0]], [[1], [0]]])


@pytest.fixture
def demand():
    made, placement = experiment(activations=STEPS, experts=[[1, 2], [2, 1]], gateways=[0, 3], satellites=4)
    return demand_of(made, placement, slot=0)


def test_computers_serve_the_gateway_its_head_and_the_experts_activated(demand):
    assert demand.visits[:4] == pytest.approx([2, 2 / 3, 4 / 3, 1], rel=A_FLOAT)
    expected_s = [GATEWAY_S + HEAD_S, EXPERT_S * 2 / 3, EXPERT_S * 4 / 3, GATEWAY_S]
    assert demand.busy_s[:4] == pytest.approx(expected_s, rel=A_FLOAT)
    squares = [GATEWAY_S**2 + HEAD_S**2, EXPERT_S**2 * 2 / 3, EXPERT_S**2 * 4 / 3, GATEWAY_S**2]
    assert demand.busy_s2[:4] == pytest.approx(squares, rel=A_FLOAT)


def test_what_a_gateway_sends_at_once_is_one_visit_and_each_result_another(demand):
    """Link 0-1 outward: dispatch and residual of layer 0 always; inward: the result of layer 1 to gateway 0."""
    outward, inward = 4, 5

    assert demand.visits[outward] == pytest.approx(1, rel=A_FLOAT)
    assert demand.busy_s[outward] == pytest.approx(2 * MESSAGE_S, rel=A_FLOAT)
    assert demand.busy_s2[outward] == pytest.approx((2 * MESSAGE_S) ** 2, rel=A_FLOAT)
    # The result of expert 0 of layer 1, and the residual of layer 1 to gateway 0.
    assert demand.visits[inward] == pytest.approx(2, rel=A_FLOAT)
    assert demand.busy_s2[inward] == pytest.approx(2 * MESSAGE_S**2, rel=A_FLOAT)


def test_the_capacity_is_that_of_what_is_busiest(demand):
    """Link 2-3 outward: residual and result of layer 0, and a dispatch that goes back is not there."""
    assert demand.capacity_per_s == pytest.approx(1 / demand.busy_s.max(), rel=A_FLOAT)
    busiest = int(demand.busy_s.argmax())
    assert resource_name(busiest, satellites=4, ends=demand.ends).startswith("link from satellite")


def test_a_step_waits_at_every_queue_on_the_way_of_its_last_message():
    """One expert a layer, no residual: the waits of M/G/1 queues one after the other."""
    made, placement = experiment(
        activations=[[[0], [0]]] * 2,
        experts=[[1], [2]],
        gateways=[0, 3],
        satellites=4,
        sends_residual=False,
    )
    demand = demand_of(made, placement, slot=0)
    trace = replay(workload=made.workload, placement=placement, routes=made.routes_to(placement))
    rate = 20.0

    added_ns = demand.queueing_ns(trace, made.workload.activations, steps_per_s=rate)

    laser = mean_wait_s(np.array([rate]), np.array([MESSAGE_S]), np.array([MESSAGE_S**2]))[0]
    computer = mean_wait_s(np.array([rate]), np.array([EXPERT_S]), np.array([EXPERT_S**2]))[0]
    gateway = mean_wait_s(np.array([rate]), np.array([GATEWAY_S]), np.array([GATEWAY_S**2]))[0]
    both_s, both_s2 = GATEWAY_S + HEAD_S, GATEWAY_S**2 + HEAD_S**2
    first = mean_wait_s(np.array([2 * rate]), np.array([both_s / 2]), np.array([both_s2 / 2]))[0]
    # Layer 0 passes 0-1, 1-2, 2-3; layer 1 3-2, 2-1, 1-0: six lasers, each with one visit a step.
    expected_s = 6 * laser + 2 * computer + gateway + 2 * first
    assert added_ns == pytest.approx([expected_s * 1e9] * 2, rel=1e-9)


def test_a_queue_that_cannot_keep_up_makes_the_wait_endless(demand):
    assert np.isinf(demand.waits_s(1.01 * demand.capacity_per_s).max())
    assert np.isfinite(demand.waits_s(0.99 * demand.capacity_per_s)).all()
