"""What holds for every placement on every shell."""

from itertools import pairwise

import numpy as np
from builders import WithGaps
from hypothesis import given, settings
from hypothesis import strategies as st
from placement.small_problems import any_gating, problem_of

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement import (
    Exact,
    NearRandom,
    RandIntra,
    RandIntraCG,
    RandPlace,
    SpaceMoE,
    lower_bound_s,
    place,
)
from spacemoe_ns3.placement.objective import expected_layers_s
from spacemoe_ns3.placement.subnets import central_gateways, ring_of_subnets

QUICK = settings(deadline=None, max_examples=60)
ROUNDING = 1e-9
placers = st.sampled_from(
    [SpaceMoE(), RandPlace(), RandIntra(), RandIntraCG(), NearRandom(), Exact(most_nodes=5)]
)


@st.composite
def problems(draw, *, most_layers=40, may_have_gaps=True):
    """Any shell, and as many layers and experts as may or may not fit it."""
    planes, size = draw(st.integers(1, 9)), draw(st.integers(3, 12))
    vacant = draw(st.sets(st.integers(0, planes * size - 1), max_size=planes * size // 4))
    shell = WalkerShell(planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=60)
    gaps = np.array(sorted(vacant), int) if may_have_gaps else np.array([], int)
    layout = WithGaps(shell, vacant=gaps).build().layout
    limit, experts = draw(st.sampled_from([1, 1, 1, 2, 5, None])), draw(st.integers(1, 9))
    fitting = layout.satellites * (experts + 1 if limit is None else limit) // (experts + 1)
    layers = draw(st.integers(1, min(most_layers, fitting + 1)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return problem_of(
        layout,
        gating=any_gating(layers, experts, seed=int(random.integers(2**32))),
        delay_s=random.uniform(0.001, 0.02, (2, layout.satellites, layout.satellites)),
        expert_s=(0.002, 0.002),
        hosts_per_satellite=limit,
    )


def fits(problem):
    """By hand: a place for each gateway and each expert."""
    limit = problem.hosts_per_satellite
    return limit is None or problem.layers * (problem.experts + 1) <= limit * problem.layout.satellites


def where(placement):
    return [*placement.gateways.tolist(), *placement.experts.ravel().tolist()]


@QUICK
@given(problem=problems(), placer=placers, seed=st.integers(0, 2**64))
def test_every_host_has_a_place_or_the_model_does_not_fit(problem, placer, seed):
    try:
        placement = place(placer, problem, seed=seed)
    except PlacementError:
        assert not fits(problem)
        return

    assert fits(problem)
    hosts = where(placement)
    assert len(hosts) == problem.layers * (problem.experts + 1)
    assert set(hosts) <= set(problem.members.tolist())
    if problem.hosts_per_satellite is not None:
        assert np.bincount(hosts).max() <= problem.hosts_per_satellite


@QUICK
@given(problem=problems(), placer=placers, seed=st.integers(0, 2**64))
def test_the_same_seed_places_the_same_way(problem, placer, seed):
    if not fits(problem):
        return

    first, again = (where(place(placer, problem, seed=seed)) for _ in range(2))

    assert first == again


@QUICK
@given(problem=problems())
def test_near_random_takes_exactly_the_satellites_of_spacemoe(problem):
    if not fits(problem):
        return

    near, best = (place(placer, problem, seed=1) for placer in (NearRandom(), SpaceMoE()))

    assert np.array_equal(near.gateways, best.gateways)
    assert np.array_equal(np.sort(near.experts, axis=1), np.sort(best.experts, axis=1))


@QUICK
@given(problem=problems())
def test_every_satellite_is_in_exactly_one_subnet(problem):
    if not fits(problem):
        return

    pieces = {subnet.tobytes(): subnet for subnet in ring_of_subnets(problem)}.values()

    assert sorted(np.concatenate(list(pieces)).tolist()) == problem.members.tolist()


@QUICK
@given(problem=problems())
def test_every_subnet_has_room_for_its_layers(problem):
    if not fits(problem):
        return
    subnets, room = ring_of_subnets(problem), problem.room()

    gateways = central_gateways(problem, subnets, room=room)

    for layer, subnet in enumerate(subnets):
        sharing = sum(np.array_equal(subnet, other) for other in subnets)
        assert gateways[layer] in subnet
        assert room.for_experts()[subnet].sum() >= sharing * problem.experts


@QUICK
@given(problem=problems(may_have_gaps=False))
def test_neighbours_in_the_ring_touch_and_the_ring_closes(problem):
    """Of two subnets, a satellite of the one is beside one of the other, in its plane or at its place."""
    if not fits(problem):
        return
    layout, places = problem.layout, problem.layout.shells[0].places
    subnets = ring_of_subnets(problem)

    for one, other in zip(subnets, [*subnets[1:], subnets[0]], strict=True):
        planes_off = np.abs(layout.plane[one][:, np.newaxis] - layout.plane[other])
        places_off = np.abs(layout.place[one][:, np.newaxis] - layout.place[other])
        places_off = np.minimum(places_off, places - places_off)
        assert np.array_equal(one, other) or (planes_off + places_off).min() == 1


@QUICK
@given(problem=problems())
def test_layers_that_share_a_subnet_come_one_after_the_other(problem):
    if not fits(problem):
        return
    subnets = [subnet.tobytes() for subnet in ring_of_subnets(problem)]

    changes = sum(one != other for one, other in pairwise(subnets))

    assert changes == len(set(subnets)) - 1


@QUICK
@given(problem=problems(most_layers=8), placer=placers, seed=st.integers(0, 2**64))
def test_nothing_beats_the_bound(problem, placer, seed):
    if not fits(problem):
        return
    placement = place(placer, problem, seed=seed)
    layers_s = expected_layers_s(
        placement,
        delays=problem.gateway_delays(placement.gateways),
        computing=problem.computing,
        gating=problem.gating,
    )

    assert (lower_bound_s(problem).static_layers_s <= layers_s * (1 + ROUNDING)).all()
