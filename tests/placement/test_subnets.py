"""The ring of subnets: the shell cut along the orbiting direction."""

import numpy as np
import pytest
from builders import WithGaps

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.placement import PlacementProblem
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

SHAPES = [(33, 32, 32), (6, 12, 6), (5, 7, 3), (4, 10, 10), (1, 3, 2), (3, 11, 4)]


def problem(planes, size, *, layers, hosts=1, vacant=()):
    shell = WalkerShell(planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=87)
    return PlacementProblem(
        layout=WithGaps(shell, vacant=np.array(vacant, int)).build().layout,
        shell=0,
        layers=layers,
        experts=hosts - 1,
        activation_probability=np.zeros((layers, hosts - 1)),
        path_latency=lambda gateways: np.zeros((layers, shell.satellites)),
    )


@pytest.mark.parametrize(("planes", "size", "layers"), SHAPES)
def test_subnets_partition_the_shell(planes, size, layers):
    subnets = ring_of_subnets(problem(planes, size, layers=layers))

    assert len(subnets) == layers
    assert sorted(np.concatenate(subnets).tolist()) == list(range(planes * size))


@pytest.mark.parametrize(("planes", "size", "layers"), SHAPES)
def test_a_subnet_has_the_same_run_of_places_in_every_plane(planes, size, layers):
    after = 0
    for subnet in ring_of_subnets(problem(planes, size, layers=layers)):
        plane, place = np.divmod(subnet, size)
        places = sorted(set(place.tolist()))
        assert places == list(range(after, after + len(places)))  # one behind the other
        assert sorted(zip(plane.tolist(), place.tolist(), strict=True)) == [
            (number, each) for number in range(planes) for each in places
        ]
        after += len(places)


@pytest.mark.parametrize(("planes", "size", "layers"), SHAPES)
def test_subnets_are_as_equal_as_places_allow(planes, size, layers):
    sizes = {len(subnet) for subnet in ring_of_subnets(problem(planes, size, layers=layers))}

    assert max(sizes) - min(sizes) <= planes


def test_with_a_layer_a_place_a_subnet_is_that_place_of_every_plane():
    """The paper's 33 x 32 (arXiv 2605.00515)."""
    subnets = ring_of_subnets(problem(33, 32, layers=32, hosts=9))

    for layer, subnet in enumerate(subnets):
        assert subnet.tolist() == [plane * 32 + layer for plane in range(33)]


@pytest.mark.parametrize(("planes", "size", "layers"), SHAPES)
def test_the_gateway_is_in_the_middle_plane_and_the_middle_place_of_its_subnet(planes, size, layers):
    some_problem = problem(planes, size, layers=layers)
    subnets = ring_of_subnets(some_problem)

    for subnet, gateway in zip(subnets, central_gateways(some_problem, subnets), strict=True):
        plane, place = divmod(int(gateway), size)
        places = np.unique(subnet % size)
        assert gateway in subnet
        assert abs(plane - (planes - 1) / 2) <= 0.5
        assert abs(place - places.mean()) <= 0.5


def test_where_the_central_place_is_vacant_its_plane_goes_first():
    """Five planes of six places in two subnets of three; the centre of the first one is vacant."""
    some_problem = problem(5, 6, layers=2, vacant=[2 * 6 + 1])
    layout = some_problem.layout

    gateway = central_gateways(some_problem, ring_of_subnets(some_problem))[0]

    assert layout.plane[gateway] == 2
    assert layout.place[gateway] in {0, 2}
