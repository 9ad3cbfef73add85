"""Placements: one host a satellite, streams of their own, and the sentences for what does not fit."""

import numpy as np
import pytest
from builders import hosts

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.errors import PlacementError, ScenarioError
from spacemoe_ns3.placement import PLACERS, PlacementProblem, check_capacity, place, placer_named

NAMES = sorted(PLACERS)
RANDOM_NAMES = sorted(set(PLACERS) - {"spacemoe"})


def layout(planes, size):
    shell = WalkerShell(planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=87)
    return shell.build().layout


def problem(*, planes=6, size=12, layers=6, experts=4):
    """Path latencies and activation probabilities drawn from a stream that no algorithm has."""
    random = np.random.default_rng(1)
    satellites = planes * size
    return PlacementProblem(
        layout=layout(planes, size),
        shell=0,
        layers=layers,
        experts=experts,
        activation_probability=random.random((layers, experts)),
        path_latency=lambda gateways: np.random.default_rng(2).random((len(gateways), satellites)),
    )


def run(name, *, seed=1, **size):
    return place(name, PLACERS[name], problem(**size), seed=seed)


@pytest.mark.parametrize("name", NAMES)
def test_every_host_gets_a_satellite_of_its_own(name):
    placement = run(name)

    assert placement.gateways.shape == (6,)
    assert placement.experts.shape == (6, 4)
    assert len(set(placement.hosts().tolist())) == 6 * 5
    assert placement.hosts().min() >= 0
    assert placement.hosts().max() < 72
    assert placement.name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_places_the_same_way(name):
    first, again = run(name, seed=3), run(name, seed=3)

    assert np.array_equal(first.hosts(), again.hosts())


@pytest.mark.parametrize("name", RANDOM_NAMES)
def test_another_seed_places_another_way(name):
    assert not np.array_equal(run(name, seed=3).hosts(), run(name, seed=4).hosts())


def test_spacemoe_leaves_nothing_to_chance():
    assert np.array_equal(run("spacemoe", seed=3).hosts(), run("spacemoe", seed=4).hosts())


@pytest.mark.parametrize("name", RANDOM_NAMES)
def test_an_algorithm_does_not_depend_on_which_others_ran_before(name):
    alone = run(name).hosts()

    for other in NAMES:
        run(other)

    assert np.array_equal(run(name).hosts(), alone)


def test_algorithms_of_other_names_draw_other_numbers():
    one, other = (place(name, PLACERS["rand-place"], problem(), seed=1).hosts() for name in ("one", "other"))

    assert not np.array_equal(one, other)


def test_a_satellite_that_hosts_two_things_is_refused():
    with pytest.raises(PlacementError, match="placement by-hand: satellite 4 hosts 2 things, at most one"):
        hosts(gateways=[0, 4], experts=[[1, 2], [3, 4]])


def test_hosts_are_the_gateways_and_then_the_experts_layer_by_layer():
    assert hosts(gateways=[0, 5], experts=[[2, 1], [4, 3]]).hosts().tolist() == [0, 5, 2, 1, 4, 3]


def test_as_many_hosts_as_satellites_fit():
    check_capacity(layout(4, 3), shell=0, layers=3, experts=3)


def test_more_hosts_than_satellites_are_refused_with_both_numbers():
    with pytest.raises(PlacementError) as caught:
        check_capacity(layout(6, 10), shell=0, layers=32, experts=8)

    assert str(caught.value) == (
        "placement: 288 hosts needed (32 layers x (8 experts + 1 gateway)), constellation has 60 satellites; "
        "use more planes or more satellites a plane"
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_algorithm_starts_with_more_hosts_than_satellites(name):
    with pytest.raises(
        PlacementError, match=r"75 hosts needed \(15 layers x \(4 experts \+ 1 gateway\)\).* 72 satellites"
    ):
        run(name, layers=15)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"rand-place"}))
def test_more_layers_than_places_in_a_plane_are_refused(name):
    with pytest.raises(
        PlacementError, match=r"13 layers, but a plane has 12 satellites; .*more satellites a plane"
    ):
        run(name, layers=13, experts=1)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"rand-place"}))
def test_too_few_planes_for_a_layers_hosts_are_refused(name):
    """Twelve layers on twelve places: each subnet has one satellite of each of the six planes."""
    with pytest.raises(PlacementError) as caught:
        run(name, planes=6, size=12, layers=9, experts=6)

    assert str(caught.value) == (
        "placement: 7 hosts needed in each subnet (6 experts + 1 gateway), the smallest of 9 subnets has 6 "
        "satellites; use more planes"
    )


def test_rand_place_needs_no_subnets():
    assert run("rand-place", layers=13, experts=4).experts.shape == (13, 4)


def test_an_unknown_algorithm_is_refused_with_the_nearest_name():
    with pytest.raises(ScenarioError, match="placement: 'spacemoee' is not known; did you mean spacemoe"):
        placer_named("spacemoee")


def test_a_name_like_no_other_is_refused_with_all_names():
    with pytest.raises(ScenarioError) as caught:
        placer_named("###")

    assert all(name in str(caught.value) for name in NAMES)
