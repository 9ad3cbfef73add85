"""What holds for every placement on every shell."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.errors import PlacementError
from spacemoe_ns3.placement import PLACERS, PlacementProblem, place
from spacemoe_ns3.placement.subnets import ring_of_subnets

QUICK = settings(deadline=None, max_examples=60)
names = st.sampled_from(sorted(PLACERS))


def layout(planes, size):
    shell = WalkerShell(planes=planes, satellites_per_plane=size, altitude_km=550, inclination_deg=60)
    return shell.build().layout


@st.composite
def problems(draw):
    """Any shell, and as many layers and experts as may or may not fit it."""
    planes, size = draw(st.integers(1, 9)), draw(st.integers(3, 12))
    layers, experts = draw(st.integers(1, 13)), draw(st.integers(1, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    path_s = random.random((layers, planes * size))
    return PlacementProblem(
        layout=layout(planes, size),
        shell=0,
        layers=layers,
        experts=experts,
        activation_probability=random.random((layers, experts)),
        path_latency=lambda gateways: path_s,
    )


def fits(name, problem):
    """By hand: enough satellites, and for the ring enough places and planes."""
    (shell,), hosts = problem.layout.shells, problem.experts + 1
    if problem.layers * hosts > shell.planes * shell.places:
        return False
    if name == "rand-place":
        return True
    fewest_places = shell.places // problem.layers
    return fewest_places >= 1 and fewest_places * shell.planes >= hosts


@QUICK
@given(problem=problems(), name=names, seed=st.integers(0, 2**64))
def test_every_host_gets_a_satellite_of_its_own_or_the_model_does_not_fit(problem, name, seed):
    try:
        placement = place(name, PLACERS[name], problem, seed=seed)
    except PlacementError:
        assert not fits(name, problem)
        return

    assert fits(name, problem)
    hosts = placement.hosts().tolist()
    assert len(set(hosts)) == len(hosts) == problem.layers * (problem.experts + 1)
    assert set(hosts) <= set(range(problem.layout.satellites))


@QUICK
@given(problem=problems(), name=names, seed=st.integers(0, 2**64))
def test_the_same_seed_places_the_same_way(problem, name, seed):
    if not fits(name, problem):
        return

    first, again = (place(name, PLACERS[name], problem, seed=seed).hosts() for _ in range(2))

    assert np.array_equal(first, again)


@QUICK
@given(problem=problems())
def test_near_random_takes_exactly_the_satellites_of_spacemoe(problem):
    if not fits("spacemoe", problem):
        return

    near, best = (place(name, PLACERS[name], problem, seed=1) for name in ("near-random", "spacemoe"))

    assert np.array_equal(near.gateways, best.gateways)
    assert np.array_equal(np.sort(near.experts, axis=1), np.sort(best.experts, axis=1))


@QUICK
@given(planes=st.integers(1, 12), size=st.integers(3, 40), layers=st.integers(1, 40))
def test_subnets_partition_every_shell(planes, size, layers):
    if layers > size:
        return
    problem = PlacementProblem(
        layout=layout(planes, size),
        shell=0,
        layers=layers,
        experts=0,
        activation_probability=np.zeros((layers, 0)),
        path_latency=lambda gateways: np.zeros((layers, planes * size)),
    )

    subnets = ring_of_subnets(problem)

    assert sorted(np.concatenate(subnets).tolist()) == list(range(planes * size))
    assert all(len(subnet) for subnet in subnets)
