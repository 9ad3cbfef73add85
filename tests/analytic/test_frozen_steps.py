"""The formula on the draws by slot-frozen delays, against sums by hand."""

import numpy as np
import pytest
from builders import hosts, work

from spacemoe_ns3.analytic import frozen_steps
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.latency import GatewayDelays, MessageDelays

SLOT_NS = 1_000_000
MICROSECOND_S = 1e-6
ROUNDING_NS = 1e-3  # of delays of a millisecond in double precision, with a large margin


def delays(outbound_us, inbound_us):
    """Delays of shape (T, L, S), given in microseconds."""
    out, back = (np.asarray(each, float) * MICROSECOND_S for each in (outbound_us, inbound_us))
    return GatewayDelays(
        outbound=MessageDelays(total_s=out, propagation_s=out),
        inbound=MessageDelays(total_s=back, propagation_s=back),
    )


# Two slots, one layer whose gateway is satellite 0, four satellites.
OUT = [[[0, 10, 20, 40]], [[0, 100, 200, 400]]]
BACK = [[[0, 11, 22, 44]], [[0, 110, 220, 440]]]


def layer_us(activations, experts, *, start_ns, **settings):
    """Microseconds of a layer of one step; a gateway takes 1 us, an expert 2 us, the head 0.5 us."""
    found = frozen_steps(
        workload=work(activations=[[activations]], experts=len(experts), **settings),
        placement=hosts(gateways=[0], experts=[experts], hosts_per_satellite=None),
        delays=delays(OUT, BACK),
        slot_ns=SLOT_NS,
        layer_starts_ns=np.array([[start_ns]]),
    )
    assert found.steps_ns[0] == pytest.approx(found.layers_ns[0, 0] + 500, abs=ROUNDING_NS)
    return found.layers_ns[0, 0] / 1000


@pytest.mark.parametrize(("start_ns", "grows"), [(0, 1), (SLOT_NS - 1, 1), (SLOT_NS, 10), (2 * SLOT_NS, 1)])
def test_a_layer_takes_the_delays_of_the_slot_in_which_it_starts_and_slots_begin_anew(start_ns, grows):
    takes_us = layer_us([0, 1], [1, 3], start_ns=start_ns)

    assert takes_us == pytest.approx(1 + 2 + grows * (40 + 44), abs=ROUNDING_NS)


def test_experts_that_share_a_satellite_compute_one_after_the_other():
    assert layer_us([0, 1, 2], [3, 1, 3], start_ns=0) == pytest.approx(1 + 40 + 2 * 2 + 44, abs=ROUNDING_NS)


def test_a_residual_that_comes_last_ends_the_layer():
    """Two layers, on satellites 0 and 1; experts stay with the next gateway, whose way back is long."""
    found = frozen_steps(
        workload=work(activations=np.zeros((1, 2, 1)), experts=1, sends_residual=True, expert_ns=0),
        placement=hosts(gateways=[0, 1], experts=[[0], [1]], hosts_per_satellite=None),
        delays=delays([[[0, 7], [9, 0]]], [[[0, 300], [500, 0]]]),
        slot_ns=SLOT_NS,
        layer_starts_ns=np.array([[0, 600]]),
    )

    # From gateway 0 to gateway 1 it takes 500 us, and back 300 us; so do the results, from their satellites.
    assert found.layers_ns[0] == pytest.approx([501_000, 301_000], abs=ROUNDING_NS)


def test_without_a_path_in_any_slot_it_takes_forever():
    never = frozen_steps(
        workload=work(activations=np.zeros((1, 1, 1)), experts=1),
        placement=hosts(gateways=[0], experts=[[1]]),
        delays=delays([[[0, np.inf]]], [[[0, np.inf]]]),
        slot_ns=SLOT_NS,
        layer_starts_ns=np.zeros((1, 1), int),
    )

    assert np.isinf(never.steps_ns[0])


def test_prompts_are_refused():
    with pytest.raises(ScenarioError, match="a step of 4 tokens given"):
        layer_us([0], [1], start_ns=0, widths=[4], shares=[[[4]]])


def test_starts_of_another_shape_are_refused():
    with pytest.raises(ScenarioError, match=r"shape \(2, 1\) given"):
        frozen_steps(
            workload=work(activations=np.zeros((1, 1, 1)), experts=1),
            placement=hosts(gateways=[0], experts=[[1]]),
            delays=delays(OUT, BACK),
            slot_ns=SLOT_NS,
            layer_starts_ns=np.zeros((2, 1), int),
        )
