"""Replaced: moves that pay, bytes and times by hand, room for what arrives, and when nothing moves."""

import numpy as np
import pytest
from placement.real_problems import real_problem
from placement.small_problems import SLOT_S, any_delays, any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import SuccessiveSampling
from spacemoe_ns3.placement import Hosts, SpaceMoE, place
from spacemoe_ns3.placement.joint import Joint
from spacemoe_ns3.placement.replaced import Replaced
from spacemoe_ns3.placement.scoring import expected_s

ROUNDING_S = 1e-12
FAR_S, NEAR_S = 0.010, 0.002
RATE_BPS = 10**9  # of small problems
EXPERT_BYTES = 10**6


class ByHand:
    """A base that places as it is told."""

    name = "by-hand"

    def __init__(self, gateways, experts):
        self.hosts = Hosts(gateways=np.array(gateways), experts=np.array(experts))

    def __call__(self, problem, random):
        return self.hosts


def turning(*, expert_bytes=EXPERT_BYTES):
    """One gateway, one expert; satellite 1 is near in the first half of eight slots, satellite 2 after."""
    delay_s = np.full((8, 3, 3), FAR_S)
    delay_s[:, range(3), range(3)] = 0.0
    for slot in range(8):
        satellite = 1 + slot // 4
        delay_s[slot, 0, satellite] = delay_s[slot, satellite, 0] = NEAR_S
    gating = SuccessiveSampling(weights=np.array([[1.0]]), top_k=1)
    return problem_of(shell_layout(1, 3), gating=gating, delay_s=delay_s, expert_bytes=expert_bytes)


BASE = ByHand([0], [[1]])


def test_an_expert_follows_the_near_satellite_and_its_bytes_are_charged():
    problem = turning()

    placement = place(Replaced(every=2, base=BASE, tokens_per_slot=100), problem, seed=1)

    assert placement.dispatch[:, 0, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert placement.moves.count == 1
    assert placement.moves.bytes == EXPERT_BYTES
    # In slot 3, the last before it serves, from satellite 1 to the gateway and on to satellite 2.
    transfer_s = 8 * EXPERT_BYTES / RATE_BPS + NEAR_S + FAR_S
    assert placement.moves.transfer_s == pytest.approx(transfer_s, abs=ROUNDING_S)
    assert expected_s(problem, placement) == pytest.approx(2 * NEAR_S, abs=ROUNDING_S)


@pytest.mark.parametrize(("tokens", "moves"), [(1.3, True), (1.1, False)])
def test_it_moves_from_the_number_of_tokens_on_at_which_moving_pays(tokens, moves):
    """The move takes 20 ms and saves 16 ms a token: it pays from 1.25 tokens an epoch of one slot on."""
    placer = Replaced(every=1, base=BASE, tokens_per_slot=tokens)

    assert place(placer, turning(), seed=1).is_static != moves


def test_weights_that_take_longer_than_a_slot_stay():
    too_many_bytes = int(SLOT_S * RATE_BPS / 8)

    placer = Replaced(every=2, base=BASE, tokens_per_slot=1e9)

    assert place(placer, turning(expert_bytes=too_many_bytes // 2), seed=1).moves.count == 1
    assert place(placer, turning(expert_bytes=too_many_bytes), seed=1).is_static


def test_a_satellite_has_room_for_what_arrives_while_another_still_serves():
    """What an algorithm returns with one host a satellite is refused if an arriving expert makes it two."""
    problem = problem_of(
        shell_layout(4, 6), gating=any_gating(4, 3), delay_s=any_delays(24, slots=12), expert_bytes=1
    )

    placement = place(Replaced(every=1, tokens_per_slot=1e6), problem, seed=1)

    assert placement.moves.count > 10
    served = placement.dispatch.reshape(12, -1)
    for now, soon in zip(served, np.roll(served, -1, axis=0), strict=True):
        arriving = soon[now != soon]
        assert not set(arriving.tolist()) & set(now.tolist())
        assert len(set(now.tolist())) == now.size


def test_moves_are_the_changes_of_who_serves():
    placement = place(Replaced(every=2), real_problem(survival=0.8), seed=1)

    changes = int((np.diff(placement.dispatch, axis=0) != 0).sum())
    assert placement.moves.count == changes > 0
    assert (placement.dispatch[0] == placement.experts).all()


@pytest.mark.parametrize("survival", [0.95, 0.8])
def test_over_laser_links_it_gains_more_than_the_moves_cost(survival):
    problem = real_problem(survival=survival)
    epochs, tokens_per_slot = 10, 1000
    placer = Replaced(every=2, tokens_per_slot=tokens_per_slot)

    placement, base = (place(each, problem, seed=1) for each in (placer, SpaceMoE()))

    gain_s = expected_s(problem, base) - expected_s(problem, placement)
    assert gain_s * epochs * 2 * tokens_per_slot > placement.moves.transfer_s


def test_fewer_tokens_make_fewer_moves():
    problem = real_problem(survival=0.8)

    def moves(tokens):
        found = place(Replaced(every=2, tokens_per_slot=tokens), problem, seed=1).moves
        return 0 if found is None else found.count

    assert moves(0.01) < moves(1) < moves(1000)


def test_many_experts_move_too():
    problem = problem_of(
        shell_layout(6, 8), gating=any_gating(2, 18), delay_s=any_delays(48, slots=6), expert_bytes=1
    )

    ours, base = (place(each, problem, seed=1) for each in (Replaced(every=2), SpaceMoE()))

    assert ours.moves.count > 0
    assert expected_s(problem, ours) < expected_s(problem, base)


def test_names_tell_the_settings():
    assert Replaced(every=4, tokens_per_slot=0.5, base=Joint()).name == "re-placed-4-tokens-0-5-joint"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"every": 0}, "placements.replaced.every: 0 given, must be a whole number, at least 1"),
        ({"tokens_per_slot": 0}, "placements.replaced.tokens_per_slot: 0 given, must be above 0"),
        ({"base": SpaceMoE}, "placements.replaced.base"),
    ],
)
def test_settings_are_checked(settings, words):
    with pytest.raises(ScenarioError, match=words):
        Replaced(**settings)
