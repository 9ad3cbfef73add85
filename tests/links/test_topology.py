"""The +Grid: who points a laser at whom."""

import numpy as np
import pytest

from spacemoe_ns3.constellation import WalkerShell, propagate
from spacemoe_ns3.links import plus_grid

A_MILLIMETRE_M = 1e-3
SHAPES = [(3, 3), (3, 8), (5, 4), (8, 5), (33, 32)]
HALF_A_PLACE = 0.5


def shell(planes, size, **changes):
    settings = {"altitude_km": 800, "inclination_deg": 60, **changes}
    return WalkerShell(planes=planes, satellites_per_plane=size, **settings)


def links_of(planes, size, *, seam, **changes):
    return {tuple(pair) for pair in plus_grid(shell(planes, size, **changes), seam=seam).tolist()}


def is_within_a_plane(links, size):
    return links[:, 0] // size == links[:, 1] // size


@pytest.mark.parametrize(("planes", "size"), SHAPES)
def test_a_grid_has_two_links_a_satellite_less_those_of_the_seam(planes, size):
    assert len(links_of(planes, size, seam=True)) == 2 * planes * size
    assert len(links_of(planes, size, seam=False)) == 2 * planes * size - size


@pytest.mark.parametrize(("planes", "size"), SHAPES)
@pytest.mark.parametrize("seam", [True, False])
def test_no_satellite_has_more_than_four_links(planes, size, seam):
    """The paper's satellites have at most four terminals (arXiv 2605.00515)."""
    degree = np.bincount(plus_grid(shell(planes, size, phasing=1), seam=seam).ravel())

    assert degree.max() == 4
    assert degree.min() == (4 if seam else 3)


def test_one_plane_is_a_ring():
    assert links_of(1, 5, seam=True) == {(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)}


def test_two_planes_have_no_seam_of_their_own():
    with_seam, without = (plus_grid(shell(2, 4), seam=seam).tolist() for seam in (True, False))

    assert with_seam == without
    assert len(with_seam) == 2 * 4 + 4


def test_satellites_are_linked_to_their_neighbours_in_the_plane_and_to_the_same_place_of_the_next():
    links = links_of(3, 4, seam=False)

    assert {(4, 5), (5, 6), (6, 7), (4, 7)} <= links
    assert {(0, 4), (4, 8)} <= links
    assert not {(0, 8), (0, 5), (4, 6)} & links


@pytest.mark.parametrize("phasing", [0, 1, 4])
def test_links_are_sorted_and_name_the_lower_satellite_first(phasing):
    links = plus_grid(shell(5, 7, phasing=phasing), seam=True).tolist()

    assert links == sorted(links)
    assert all(low < high for low, high in links)


@pytest.mark.parametrize("phasing", range(-7, 8))
def test_the_seam_links_neighbours(phasing):
    """From any plane to the next the argument of latitude differs by 360 f / t, around the seam too."""
    planes, size = 5, 7
    links = plus_grid(shell(planes, size, phasing=phasing), seam=True)
    plane, place = np.divmod(links, size)
    latitude = place / size + phasing * plane / (planes * size)  # turns; Walker 1984
    is_seam = plane[:, 1] - plane[:, 0] == planes - 1
    # At the seam the higher index, in the last plane, comes before the lower, in the first.
    ahead = np.where(is_seam, latitude[:, 0] - latitude[:, 1], latitude[:, 1] - latitude[:, 0])
    across = ahead[~is_within_a_plane(links, size)] - phasing / (planes * size)

    assert is_seam.sum() == size
    assert np.abs(across - np.round(across)).max() * size < 1e-9 < HALF_A_PLACE


@pytest.mark.parametrize("phasing", [0, 5, 10])
def test_neighbours_across_the_seam_are_as_far_apart_as_across_any_two_planes(phasing):
    """With a phasing of whole places a plane, every pair of planes sees the same distances at the epoch."""
    planes, size = 5, 7
    some_shell = shell(planes, size, phasing=phasing)
    positions_m = propagate(some_shell, end_ns=1).positions_m[0]
    links = plus_grid(some_shell, seam=True)
    links = links[~is_within_a_plane(links, size)]
    length_m = np.linalg.norm(positions_m[links[:, 0]] - positions_m[links[:, 1]], axis=1)
    is_seam = links[:, 1] // size - links[:, 0] // size == planes - 1
    first_pair = links[:, 1] // size == 1

    off_m = np.sort(length_m[is_seam]) - np.sort(length_m[first_pair & ~is_seam])
    assert np.abs(off_m).max() < A_MILLIMETRE_M


@pytest.mark.parametrize("phasing", [0.5, 2.5, 16.5, -3.3])
def test_with_a_broken_phasing_the_seam_links_the_nearest_place(phasing):
    planes, size = 5, 40
    links = plus_grid(shell(planes, size, phasing=phasing), seam=True)
    seam = links[links[:, 1] // size - links[:, 0] // size == planes - 1]

    # In places: the first plane, a turn later, is f places ahead of the last plane's neighbour.
    off = (seam[:, 0] - seam[:, 1]) % size - phasing
    off = (off + size / 2) % size - size / 2
    assert np.abs(off).max() <= HALF_A_PLACE
