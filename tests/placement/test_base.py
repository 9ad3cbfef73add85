"""Placements: what a satellite may host, streams of their own, and the sentences for what does not fit."""

import dataclasses

import numpy as np
import pytest
from builders import hosts
from placement.small_problems import SLOT_S, any_delays, any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement import (
    PLACERS,
    Hosts,
    Moves,
    Placer,
    RandPlace,
    check_capacity,
    check_memory,
    place,
)

NAMES = ["exact", "near-random", "rand-intra", "rand-intra-cg", "rand-place", "spacemoe"]
RANDOM_NAMES = sorted(set(NAMES) - {"exact", "spacemoe"})
GB = 10**9


def problem(*, planes=6, size=12, layers=6, experts=4, **settings):
    return problem_of(shell_layout(planes, size), gating=any_gating(layers, experts), **settings)


def run(name, *, seed=1, **size):
    return place(PLACERS[name], problem(**size), seed=seed)


def where(placement):
    """Gateways and experts, layer by layer."""
    return [*placement.gateways.tolist(), *placement.experts.ravel().tolist()]


@dataclasses.dataclass(frozen=True)
class ByHand:
    """An algorithm that returns what it is told."""

    hosts: Hosts
    name: str = "by-hand"

    def __call__(self, problem, random):
        return self.hosts


@pytest.mark.parametrize("name", NAMES)
def test_every_host_gets_a_satellite_of_its_own(name):
    placement = run(name)

    assert placement.gateways.shape == (6,)
    assert placement.experts.shape == (6, 4)
    assert len(set(where(placement))) == 6 * 5
    assert min(where(placement)) >= 0
    assert max(where(placement)) < 72
    assert placement.name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_places_the_same_way(name):
    assert where(run(name, seed=3)) == where(run(name, seed=3))


@pytest.mark.parametrize("name", RANDOM_NAMES)
def test_another_seed_places_another_way(name):
    assert where(run(name, seed=3)) != where(run(name, seed=4))


@pytest.mark.parametrize("name", ["exact", "spacemoe"])
def test_what_is_computed_leaves_nothing_to_chance(name):
    assert where(run(name, seed=3)) == where(run(name, seed=4))


@pytest.mark.parametrize("name", RANDOM_NAMES)
def test_an_algorithm_does_not_depend_on_which_others_ran_before(name):
    alone = where(run(name))

    for other in NAMES:
        run(other)

    assert where(run(name)) == alone


def test_algorithms_of_other_names_draw_other_numbers():
    @dataclasses.dataclass(frozen=True)
    class Renamed:
        name: str

        def __call__(self, problem, random):
            return RandPlace()(problem, random)

    one, other = (place(Renamed(name), problem(), seed=1) for name in ("one", "other"))

    assert isinstance(Renamed("one"), Placer)
    assert where(one) != where(other)


def test_a_satellite_that_hosts_two_things_is_refused():
    with pytest.raises(PlacementError, match="placement by-hand: satellite 4 hosts 2 things, at most one"):
        hosts(gateways=[0, 4], experts=[[1, 2], [3, 4]])


def test_a_satellite_may_host_as_many_things_as_is_allowed():
    hosts(gateways=[4, 4], experts=[[4, 2], [3, 1]], hosts_per_satellite=3)
    hosts(gateways=[4, 4], experts=[[4, 4], [4, 4]], hosts_per_satellite=None)
    with pytest.raises(PlacementError, match="hosts 3 things, at most 2 gateways and experts are"):
        hosts(gateways=[4, 4], experts=[[4, 2], [3, 1]], hosts_per_satellite=2)


def test_replicas_count_on_every_satellite_that_ever_serves():
    dispatch = [[[2, 3]], [[2, 4]]]
    placement = hosts(gateways=[0], experts=[[2, 3]], dispatch=dispatch)

    assert placement.hosts().tolist() == [0, 2, 3, 4]
    assert placement.residents().tolist() == [[0, 0, 2], [0, 1, 3], [0, 1, 4]]
    with pytest.raises(PlacementError, match="satellite 2 hosts 2 things"):
        hosts(gateways=[0], experts=[[2, 3]], dispatch=[[[2, 3]], [[3, 2]]])


def test_the_slot_of_dispatch_decides_who_serves():
    placement = hosts(gateways=[0], experts=[[2, 3]], dispatch=[[[2, 3]], [[2, 4]]], slot_ns=100)

    serving = placement.serving(np.array([0, 99, 100, 250]), layer=np.array(0), expert=np.array(1))

    assert serving.tolist() == [3, 3, 4, 4]  # past the last slot the last one's


def test_hosts_are_sorted_and_each_is_there_once():
    placement = hosts(gateways=[0, 5], experts=[[2, 1], [4, 1]], hosts_per_satellite=2)

    assert placement.hosts().tolist() == [0, 1, 2, 4, 5]


def test_an_algorithms_hosts_become_a_placement_with_the_problems_slots():
    dispatch = np.broadcast_to(np.array([[1, 2]]), (3, 1, 2))
    moves = Moves(count=1, bytes=5, transfer_s=0.1)
    given = Hosts(
        gateways=np.array([0]),
        experts=np.array([[1, 2]]),
        dispatch=dispatch,
        moves=moves,
        remarks=("Look here.",),
    )

    placement = place(ByHand(given), problem_of(shell_layout(2, 3), gating=any_gating(1, 2)), seed=1)

    assert placement.slot_ns == SLOT_S * 1e9
    assert placement.moves == moves
    assert placement.remarks == ("Look here.",)
    assert not placement.is_static
    assert placement.hosts_in(2).tolist() == [1, 2]


def test_as_many_hosts_as_satellites_fit():
    check_capacity(shell_layout(4, 3), shell=0, layers=3, experts=3)


def test_more_hosts_than_satellites_are_refused_with_both_numbers():
    with pytest.raises(PlacementError) as caught:
        check_capacity(shell_layout(6, 10), shell=0, layers=32, experts=8)

    assert str(caught.value) == (
        "placement: 288 hosts needed (32 layers x (8 experts + 1 gateway)), constellation has 60 satellites; "
        "use more planes or more satellites a plane, or hosts_per_satellite=5"
    )


def test_several_hosts_a_satellite_fit_that_would_not_alone():
    check_capacity(shell_layout(6, 10), shell=0, layers=32, experts=8, hosts_per_satellite=5)
    check_capacity(shell_layout(6, 10), shell=0, layers=32, experts=8, hosts_per_satellite=None)
    with pytest.raises(PlacementError, match="60 satellites of 4 hosts each"):
        check_capacity(shell_layout(6, 10), shell=0, layers=32, experts=8, hosts_per_satellite=4)


@pytest.mark.parametrize("name", sorted(PLACERS))
def test_no_algorithm_starts_with_more_hosts_than_satellites(name):
    with pytest.raises(
        PlacementError, match=r"75 hosts needed \(15 layers x \(4 experts \+ 1 gateway\)\).* 72 satellites"
    ):
        run(name, layers=15)


def memory(**given):
    """One plane of four; a gateway needs 2 GB, an expert 3 GB, every satellite has 8 GB."""
    settings = {"gateway_bytes": 2 * GB, "expert_bytes": 3 * GB, "capacity_bytes": [8 * GB, 8 * GB], **given}
    layout = shell_layout(2, 3)
    return problem_of(
        layout, gating=any_gating(2, 2), delay_s=any_delays(6), hosts_per_satellite=None, **settings
    )


def test_what_fits_the_memory_is_accepted():
    some_problem = memory()

    check_memory(
        hosts(gateways=[0, 1], experts=[[0, 0], [1, 1]], hosts_per_satellite=None), some_problem.footprint
    )


def test_what_does_not_fit_the_memory_is_refused_with_the_sum():
    with pytest.raises(PlacementError) as caught:
        check_memory(
            hosts(gateways=[0, 1], experts=[[0, 0], [0, 1]], hosts_per_satellite=None), memory().footprint
        )

    assert str(caught.value).startswith(
        "placement by-hand: satellite 0 would hold 11.000 GB (2.000 GB of the gateway of layer 0 + 3 experts "
        "of 3.000 GB each), its computer has 8.000 GB; "
    )


def test_room_counts_places_and_memory():
    room = memory().room()

    assert room.for_experts().tolist() == [2] * 6
    assert room.for_gateway(0).all()
    room.take_gateway(0, 0)
    room.take_expert(1)
    assert room.for_experts().tolist() == [2, 1, 2, 2, 2, 2]
    room.take_expert(0)
    room.take_expert(0)
    assert room.for_experts()[0] == 0
    assert not room.for_gateway(1)[0]


def test_room_of_one_host_a_satellite():
    room = problem().room()
    room.take_gateway(5, 0)
    room.take_expert(6)

    assert room.for_experts()[[4, 5, 6]].tolist() == [1, 0, 0]
    assert room.for_gateway(1)[[4, 5, 6]].tolist() == [True, False, False]
