"""Both engines where satellites are shared, differ, or change from slot to slot."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from agreement.test_engines_agree import assert_equal, traces_of

from spacemoe_ns3 import Computer, OnBoard, Scenario, pipeline
from spacemoe_ns3.placement import Hosts, PlacementProblem
from spacemoe_ns3.results import TokenTrace

pytestmark = pytest.mark.packet

GATEWAYS = np.array([0, 10, 20])
BESIDE = np.array([[0] * 3, [10] * 3, [20] * 3])
AWAY = np.array([[1, 1, 2], [11, 12, 12], [21, 22, 22]])  # two of the three share a satellite


@dataclasses.dataclass(frozen=True)
class ByHand:
    """Hosts that a test gives."""

    hosts: Hosts
    name: str = "by-hand"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator) -> Hosts:
        """Return them."""
        return self.hosts


def both(
    scenario: Scenario, hosts: Hosts, folder: Path, silent: pipeline.Progress, **changes: object
) -> tuple[TokenTrace, TokenTrace]:
    """Return the traces of the formula and of the packets."""
    changed = dataclasses.replace(scenario, placements=(ByHand(hosts),), hosts_per_satellite=None, **changes)
    return traces_of(changed, folder, silent)["by-hand"]


@pytest.mark.parametrize("sends_residual", [True, False])
@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_experts_beside_their_gateway_are_served_one_after_the_other(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    top_k: int,
    sends_residual: bool,
) -> None:
    """No dispatch travels, and results leave a computing time apart: nothing meets.

    An expert takes 1.3 ms, a message 34 microseconds a hop.
    """
    scenario = small_ring(top_k=top_k, sends_residual=sends_residual)
    slow = dataclasses.replace(scenario.hardware, gateway=scenario.hardware.expert)

    formula, packets = both(
        scenario, Hosts(gateways=GATEWAYS, experts=BESIDE), tmp_path, silent, hardware=slow
    )

    assert_equal(formula, packets)
    assert (packets.dispatch.hops == 0).all()
    assert (packets.dispatch.arrived == packets.dispatch.sent).all()
    took = packets.expert_finished - packets.expert_started
    waited = packets.expert_started - packets.dispatch.arrived
    assert waited.max(axis=2).tolist() == ((top_k - 1) * took[..., 0]).tolist()


def test_a_whole_ring_on_one_satellite_needs_no_network(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    hosts = Hosts(gateways=np.full(3, 7), experts=np.full((3, 3), 7))

    formula, packets = both(small_ring(top_k=2), hosts, tmp_path, silent)

    assert_equal(formula, packets)
    gateway, expert, head = 3 * [0], 3 * [0], 0
    for layer in range(3):
        gateway[layer] = packets.gateway_finished[0, layer] - packets.gateway_started[0, layer]
        expert[layer] = packets.expert_finished[0, layer, 0] - packets.expert_started[0, layer, 0]
    head = packets.head_finished[0] - packets.head_started[0]
    assert packets.head_finished[0] - packets.start[0] == sum(gateway) + 2 * sum(expert) + head


@pytest.mark.parametrize("sends_residual", [True, False])
@pytest.mark.parametrize("mtu_bytes", [9000, 600])
@pytest.mark.parametrize("top_k", [2, 3])
def test_experts_that_share_a_satellite_away_take_as_long_as_the_formula_says(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    top_k: int,
    mtu_bytes: int,
    sends_residual: bool,
) -> None:
    """The second of two dispatches waits at the transmitter, and then for the computer."""
    scenario = small_ring(top_k=top_k, sends_residual=sends_residual, mtu_bytes=mtu_bytes)

    formula, packets = both(scenario, Hosts(gateways=GATEWAYS, experts=AWAY), tmp_path, silent)

    assert_equal(formula, packets)
    assert packets.dispatch.queueing.any()
    assert (packets.expert_started > packets.dispatch.arrived).any()


@pytest.mark.parametrize("survival", [1.0, 0.6])
def test_a_dispatch_goes_to_who_serves_in_its_slot(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path, survival: float
) -> None:
    """Slots are shorter than a token, so that its layers are dispatched in different slots."""
    scenario = small_ring(top_k=2, span_s=12.0, slots=400, survival=survival)
    random = np.random.default_rng(4)
    dispatch = random.integers(0, 48, (400, 3, 3))

    hosts = Hosts(gateways=GATEWAYS, experts=dispatch[0], dispatch=dispatch)
    formula, packets = both(scenario, hosts, tmp_path, silent)

    assert_equal(formula, packets)
    slots = packets.gateway_finished // (12 * 10**9 // 400)
    assert len(np.unique(slots[0])) > 1


def test_each_satellite_computes_as_fast_as_its_computer(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    scenario = small_ring(top_k=1, sends_residual=False)
    fast = Computer(name="fast", peak_flops=1e11)  # ten times the others
    hardware = dataclasses.replace(
        scenario.hardware, satellites=(OnBoard(computer=fast, satellites=(2, 11, 20)),)
    )

    formula, packets = both(
        scenario, Hosts(gateways=GATEWAYS, experts=AWAY), tmp_path, silent, hardware=hardware
    )

    assert_equal(formula, packets)
    took = (packets.expert_finished - packets.expert_started)[..., 0]
    ratio = took.max() / took.min()
    assert ratio == pytest.approx(10, rel=1e-5)  # whole nanoseconds of 126 microseconds
    gateways = packets.gateway_finished - packets.gateway_started
    assert (gateways[:, 2] > gateways[:, 0]).all()  # satellite 20 is slower than the gateways' computer
