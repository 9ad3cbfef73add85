"""The ring of subnets: the shell cut along the orbiting direction."""

import numpy as np
import pytest
from builders import WithGaps
from placement.small_problems import any_gating, problem_of

from spacemoe_ns3.constellation import CloseFormation, WalkerShell
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

A_LAYER_A_ROW = [(33, 32, 32), (6, 12, 6), (5, 7, 3), (4, 10, 10), (2, 3, 2), (3, 11, 4)]
SEVERAL_A_ROW = [(72, 22, 48), (33, 32, 33), (12, 7, 20), (9, 4, 13), (10, 3, 4), (16, 8, 64)]
GB = 10**9


def walker(planes, size, *, vacant=()):
    shell = WalkerShell(planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=87)
    return WithGaps(shell, vacant=np.array(vacant, int)).build().layout


def problem(planes, size, *, layers, experts=1, vacant=(), **settings):
    layout = walker(planes, size, vacant=vacant)
    delay_s = np.zeros((1, layout.satellites, layout.satellites))
    return problem_of(layout, gating=any_gating(layers, experts), delay_s=delay_s, **settings)


def distinct(subnets):
    """The subnets in the order of the ring, each once."""
    return list({subnet.tobytes(): subnet for subnet in subnets}.values())


def touch(layout, one, other):
    """Whether a satellite of the one is next to one of the other: in its plane, or at its place."""
    for satellite in one:
        planes = np.abs(layout.plane[other] - layout.plane[satellite])
        places = np.abs(layout.place[other] - layout.place[satellite])
        places = np.minimum(places, layout.shells[0].places - places) if layout.shells[0].is_ring else places
        if ((planes + places) == 1).any():
            return True
    return False


@pytest.mark.parametrize(("planes", "size", "layers"), A_LAYER_A_ROW + SEVERAL_A_ROW)
def test_subnets_partition_the_shell(planes, size, layers):
    subnets = ring_of_subnets(problem(planes, size, layers=layers))

    assert len(subnets) == len(distinct(subnets)) == layers
    assert sorted(np.concatenate(subnets).tolist()) == list(range(planes * size))


@pytest.mark.parametrize(("planes", "size", "layers"), A_LAYER_A_ROW)
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


@pytest.mark.parametrize(("planes", "size", "layers"), A_LAYER_A_ROW)
def test_subnets_are_as_equal_as_places_allow(planes, size, layers):
    sizes = {len(subnet) for subnet in ring_of_subnets(problem(planes, size, layers=layers))}

    assert max(sizes) - min(sizes) <= planes


def test_with_a_layer_a_place_a_subnet_is_that_place_of_every_plane():
    """The paper's 33 x 32 (arXiv 2605.00515)."""
    subnets = ring_of_subnets(problem(33, 32, layers=32, experts=8))

    for layer, subnet in enumerate(subnets):
        assert subnet.tolist() == [plane * 32 + layer for plane in range(33)]


@pytest.mark.parametrize(("planes", "size", "layers"), A_LAYER_A_ROW + SEVERAL_A_ROW)
def test_neighbours_in_the_ring_touch_and_the_ring_closes(planes, size, layers):
    layout = walker(planes, size)
    subnets = ring_of_subnets(problem(planes, size, layers=layers))

    for one, other in zip(subnets, [*subnets[1:], subnets[0]], strict=True):
        assert touch(layout, one, other)


def test_two_pieces_a_row_go_to_and_fro():
    """Four planes of two places, four layers: up the planes in place 0, down them in place 1."""
    subnets = ring_of_subnets(problem(4, 3, layers=4))  # the places 0 and 1 are one row, 2 the other
    rows = [sorted({int(satellite) % 3 for satellite in subnet}) for subnet in subnets]
    planes = [sorted({int(satellite) // 3 for satellite in subnet}) for subnet in subnets]

    assert rows == [[0, 1], [0, 1], [2], [2]]
    assert planes == [[0, 1], [2, 3], [2, 3], [0, 1]]


@pytest.mark.parametrize("layers", [9, 12, 16, 20])
def test_a_formation_without_ends_that_meet_has_a_ring_that_closes_all_the_same(layers):
    layout = CloseFormation(rows=6, columns=8, spacing_m=1000, altitude_km=550).build().layout
    assert not layout.shells[0].is_ring
    gating = any_gating(layers, 1)
    subnets = ring_of_subnets(
        problem_of(layout, gating=gating, delay_s=np.zeros((1, layout.satellites, layout.satellites)))
    )

    assert sorted(np.concatenate(subnets).tolist()) == list(range(48))
    for one, other in zip(subnets, [*subnets[1:], subnets[0]], strict=True):
        assert touch(layout, one, other)


@pytest.mark.parametrize(("planes", "size", "layers"), A_LAYER_A_ROW + SEVERAL_A_ROW)
def test_the_gateway_is_in_the_middle_plane_and_the_middle_place_of_its_subnet(planes, size, layers):
    some_problem = problem(planes, size, layers=layers)
    subnets = ring_of_subnets(some_problem)

    for subnet, gateway in zip(subnets, central_gateways(some_problem, subnets), strict=True):
        plane, place = divmod(int(gateway), size)
        places, own = np.unique(subnet % size), subnet // size
        assert gateway in subnet
        assert abs(plane - (own.min() + own.max()) / 2) <= 0.5
        is_ragged = len(places) * len(np.unique(own)) > len(subnet)  # a row of two places, cut within a plane
        assert abs(place - places.mean()) <= 0.5 or is_ragged


def test_where_the_central_place_is_vacant_its_plane_goes_first():
    """Five planes of six places in two subnets of three; the centre of the first one is vacant."""
    some_problem = problem(5, 6, layers=2, vacant=[2 * 6 + 1])
    layout = some_problem.layout

    gateway = central_gateways(some_problem, ring_of_subnets(some_problem))[0]

    assert layout.plane[gateway] == 2
    assert layout.place[gateway] in {0, 2}


def test_vacant_places_leave_pieces_of_a_row_equal():
    """Eight planes of two places in four pieces; two of the eight satellites in place 0 are missing."""
    subnets = ring_of_subnets(problem(8, 3, layers=6, vacant=[0 * 3 + 2, 1 * 3 + 2]))

    assert [len(subnet) for subnet in subnets] == [6, 5, 5, 2, 2, 2]
    assert len(set(np.concatenate(subnets).tolist())) == 22


def test_subnets_too_small_for_a_layer_are_fewer_and_shared():
    """Six planes: a place has 6 satellites, a layer needs 7; nine layers on 84 satellites need 63."""
    some_problem = problem(6, 14, layers=9, experts=6)
    subnets = ring_of_subnets(some_problem)
    pieces = distinct(subnets)

    assert sorted(np.concatenate(pieces).tolist()) == list(range(84))
    for piece in pieces:
        layers = [layer for layer, subnet in enumerate(subnets) if subnet.tobytes() == piece.tobytes()]
        assert layers == list(range(layers[0], layers[-1] + 1))  # one after the other
        assert len(piece) >= 7 * len(layers)
    # Of 9 or 8 pieces some have 6 satellites; of 7 all have 12, and of 6 the third has: not for two layers.
    assert [len(piece) for piece in pieces] == [18, 18, 18, 18, 12]


def test_layers_that_share_a_subnet_have_gateways_of_their_own():
    some_problem = problem(6, 14, layers=9, experts=6)
    subnets = ring_of_subnets(some_problem)

    gateways = central_gateways(some_problem, subnets)

    assert len(set(gateways.tolist())) == 9
    assert all(gateway in subnet for gateway, subnet in zip(gateways, subnets, strict=True))


def test_a_model_that_fills_the_shell_to_the_last_satellite_has_subnets():
    some_problem = problem(5, 6, layers=6, experts=4)

    assert [len(subnet) for subnet in ring_of_subnets(some_problem)] == [5] * 6
    assert {len(subnet) for subnet in ring_of_subnets(problem(5, 6, layers=5, experts=5))} == {30}


def test_a_model_too_large_for_the_shell_is_refused_with_the_sum():
    with pytest.raises(PlacementError) as caught:
        ring_of_subnets(problem(5, 6, layers=6, experts=5))

    assert str(caught.value) == (
        "placement: 6 gateways of at most 0.000 GB and 30 experts of 0.000 GB to be placed, the 30 "
        "satellites of the shell have room for 30 experts before any gateway is placed; use more planes, "
        "computers with more memory, or raise hosts_per_satellite"
    )


def test_memory_counts_as_room():
    """A gateway of 1 GB and four experts of 3 GB each on computers of 8 GB: two satellites, or three."""
    memory = {"gateway_bytes": GB, "expert_bytes": 3 * GB, "capacity_bytes": [8 * GB, 8 * GB]}
    fits = problem(2, 3, layers=3, experts=4, hosts_per_satellite=None, **memory)

    assert [len(subnet) for subnet in ring_of_subnets(fits)] == [2, 2, 2]
    with pytest.raises(PlacementError, match=r"3 gateways of at most 1\.000 GB and 15 experts of 3\.000 GB"):
        ring_of_subnets(problem(2, 3, layers=3, experts=5, hosts_per_satellite=None, **memory))


def test_a_satellite_without_the_memory_is_no_central_gateway():
    """The centre carries a computer that is too small for a gateway; its neighbour in the plane is not."""
    plain = problem(5, 4, layers=4)
    centre = int(central_gateways(plain, ring_of_subnets(plain))[0])
    kind = np.full(20, -1)
    kind[centre] = 2
    memory = {"gateway_bytes": 2 * GB, "expert_bytes": GB // 2, "capacity_bytes": [4 * GB, 4 * GB, GB]}
    some_problem = problem(
        5, 4, layers=4, kind=kind, expert_s=(0, 0, 0), gateway_s=(0, 0, 0), head_s=(0, 0, 0), **memory
    )
    gateway = int(central_gateways(some_problem, ring_of_subnets(some_problem))[0])

    assert gateway != centre
    assert some_problem.layout.place[gateway] == some_problem.layout.place[centre]
    assert abs(some_problem.layout.plane[gateway] - some_problem.layout.plane[centre]) == 1
