"""The +Grid and other links by offsets: who points a laser at whom."""

import dataclasses

import numpy as np
import pytest

from spacemoe_ns3.constellation import MultiShell, WalkerShell, propagate
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import IntraPlaneRing, Motif, PlusGrid

A_MILLIMETRE_M = 1e-3
SHAPES = [(3, 3), (3, 8), (5, 4), (8, 5), (33, 32)]
HALF_A_PLACE = 0.5
ROUNDING = 1e-9


def shell(planes, size, **changes):
    settings = {"altitude_km": 800, "inclination_deg": 60, **changes}
    return WalkerShell(planes=planes, satellites_per_plane=size, **settings)


def wired(topology, some_shell):
    return topology.wire(layout=some_shell.build().layout, ephemeris=None, slots=None)


def plus_grid(some_shell, *, seam):
    return wired(PlusGrid(seam=seam), some_shell).ends


def links_of(planes, size, *, seam, **changes):
    return {tuple(pair) for pair in plus_grid(shell(planes, size, **changes), seam=seam).tolist()}


def is_within_a_plane(links, size):
    return links[:, 0] // size == links[:, 1] // size


def without(layout, vacant):
    """The layout without some of its satellites, the others numbered anew; and who is who."""
    kept = np.setdiff1d(np.arange(layout.satellites), vacant)
    return dataclasses.replace(
        layout,
        names=tuple(layout.names[satellite] for satellite in kept),
        shell=layout.shell[kept],
        plane=layout.plane[kept],
        place=layout.place[kept],
    ), kept


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


@pytest.mark.parametrize("topology", [PlusGrid(), IntraPlaneRing()], ids=repr)
def test_one_plane_is_a_ring(topology):
    links = {tuple(pair) for pair in wired(topology, shell(1, 5)).ends.tolist()}

    assert links == {(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)}


def test_two_planes_have_a_ring_each_and_a_link_for_each_place():
    links = plus_grid(shell(2, 4), seam=False)

    assert len(links) == 2 * 4 + 4


@pytest.mark.parametrize(
    ("some_shell", "words"),
    [
        (shell(1, 5), "no more than two planes"),
        (shell(2, 4), "no more than two planes"),
        (shell(6, 4, raan_span_deg=180), "planes that do not go all the way around"),
    ],
    ids=["one plane", "two planes", "star"],
)
@pytest.mark.parametrize("topology", [PlusGrid(seam=True), Motif(offsets=((1, 0),), seam=True)], ids=repr)
def test_a_shell_whose_planes_do_not_go_around_has_no_seam_to_link(some_shell, words, topology):
    """Of a star the last plane and the first fly against each other; two planes are neighbours already."""
    with pytest.raises(
        ScenarioError,
        match=rf"^links\.topology\.seam: True given, but shell shell has {words}.*; leave seam out",
    ):
        wired(topology, some_shell)


def test_satellites_are_linked_to_their_neighbours_in_the_plane_and_to_the_same_place_of_the_next():
    links = links_of(3, 4, seam=False)

    assert {(4, 5), (5, 6), (6, 7), (4, 7)} <= links
    assert {(0, 4), (4, 8)} <= links
    assert not {(0, 8), (0, 5), (4, 6)} & links


@pytest.mark.parametrize("phasing", [0, 1, 4])
@pytest.mark.parametrize(
    "topology", [PlusGrid(seam=True), Motif(offsets=((2, -1), (1, 3)), seam=True)], ids=repr
)
def test_links_are_sorted_and_name_the_lower_satellite_first(phasing, topology):
    links = wired(topology, shell(5, 7, phasing=phasing)).ends

    assert links.dtype == np.int32
    assert links.tolist() == sorted(links.tolist())
    assert len({tuple(pair) for pair in links.tolist()}) == len(links)
    assert all(low < high for low, high in links.tolist())


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
    assert np.abs(across - np.round(across)).max() * size < ROUNDING < HALF_A_PLACE


def argument_of_latitude(positions_m, velocities_m_s):
    """In turns, from the ascending node, of where a satellite is and how it flies."""
    momentum = np.cross(positions_m, velocities_m_s)
    node = np.cross([0.0, 0.0, 1.0], momentum)
    node /= np.linalg.norm(node, axis=-1, keepdims=True)
    ahead = np.cross(momentum / np.linalg.norm(momentum, axis=-1, keepdims=True), node)
    return np.arctan2((positions_m * ahead).sum(-1), (positions_m * node).sum(-1)) / (2 * np.pi) % 1.0


@pytest.mark.parametrize("phasing", [0, 1, 3, 7, 11, -4])
def test_the_seam_links_whoever_of_the_first_plane_is_nearest_in_argument_of_latitude(phasing):
    """As they fly at the epoch: no other satellite of the first plane is nearer to the one of the last.

    The nearest but for the phase that any two neighbouring planes have, 360 f / t.
    """
    planes, size = 6, 9
    some_shell = shell(planes, size, phasing=phasing)
    sky = propagate(some_shell.build(), end_ns=1)
    latitude = argument_of_latitude(sky.positions_m[0], sky.velocities_m_s[0]).reshape(planes, size)
    links = plus_grid(some_shell, seam=True)
    seam = links[links[:, 1] // size - links[:, 0] // size == planes - 1]

    for first, last in seam.tolist():
        ahead = latitude[0] - latitude[-1, last % size] - phasing / (planes * size)
        off = np.abs((ahead + 0.5) % 1.0 - 0.5)
        assert off.argmin() == first


@pytest.mark.parametrize("phasing", [0, 5, 10])
def test_neighbours_across_the_seam_are_as_far_apart_as_across_any_two_planes(phasing):
    """With a phasing of whole places a plane, every pair of planes sees the same distances at the epoch."""
    planes, size = 5, 7
    some_shell = shell(planes, size, phasing=phasing)
    positions_m = propagate(some_shell.build(), end_ns=1).positions_m[0]
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


@pytest.mark.parametrize("shift", [-3, -1, 1, 2])
@pytest.mark.parametrize("phasing", [0, 2])
def test_a_phase_shift_turns_the_cross_links_by_so_many_places(shift, phasing):
    """By hand: plane p, place s with p + 1, s + shift; over the seam the phasing is added to the places."""
    planes, size = 4, 7
    links = {
        tuple(pair)
        for pair in wired(
            PlusGrid(seam=True, phase_shift=shift), shell(planes, size, phasing=phasing)
        ).ends.tolist()
    }
    rings = {tuple(pair) for pair in wired(IntraPlaneRing(), shell(planes, size)).ends.tolist()}

    across = set()
    for plane in range(planes):
        for place in range(size):
            next_plane = (plane + 1) % planes
            next_place = (place + shift + (phasing if next_plane == 0 else 0)) % size
            across.add(tuple(sorted((plane * size + place, next_plane * size + next_place))))
    assert links == rings | across


def test_a_ring_of_planes_links_no_two_planes():
    links = wired(IntraPlaneRing(), shell(4, 6)).ends

    assert is_within_a_plane(links, 6).all()
    assert (np.bincount(links.ravel()) == 2).all()
    assert len(links) == 24


def test_a_formation_has_no_link_from_its_last_place_to_its_first():
    layout = shell(2, 5).build().layout
    (about,) = layout.shells
    line = dataclasses.replace(layout, shells=(dataclasses.replace(about, is_ring=False, is_closed=False),))

    for topology in (IntraPlaneRing(), PlusGrid()):
        links = topology.wire(layout=line, ephemeris=None, slots=None).ends
        within = {tuple(pair) for pair in links[is_within_a_plane(links, 5)].tolist()}
        assert within == {(p * 5 + s, p * 5 + s + 1) for p in range(2) for s in range(4)}


def test_vacant_places_are_skipped_in_the_ring_and_leave_cross_links_out_with_a_remark():
    """Three planes of five; place 2 of plane 1 and places 0 and 1 of plane 2 are vacant."""
    layout, kept = without(shell(3, 5).build().layout, [7, 10, 11])
    wiring = PlusGrid().wire(layout=layout, ephemeris=None, slots=None)
    links = {tuple(kept[pair].tolist()) for pair in wiring.ends}

    rings = {(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)}
    rings |= {(5, 6), (6, 8), (8, 9), (5, 9)}
    rings |= {(12, 13), (13, 14), (12, 14)}
    across = {(0, 5), (1, 6), (3, 8), (4, 9), (8, 13), (9, 14)}
    assert links == rings | across
    # 2-7, 7-12 for want of 7; 5-10 and 6-11 for want of 10 and 11.
    assert wiring.remarks == (
        "shell shell: 4 cross-plane links are missing, for want of a satellite at one end",
    )


def test_two_satellites_that_are_left_in_a_plane_are_linked_once_and_one_is_not_linked():
    layout, kept = without(shell(2, 5).build().layout, [1, 2, 3, 6, 7, 8, 9])
    links = IntraPlaneRing().wire(layout=layout, ephemeris=None, slots=None).ends

    assert kept[links].tolist() == [[0, 4]]


def test_without_vacant_places_there_is_nothing_to_remark():
    assert wired(PlusGrid(seam=True), shell(4, 5, phasing=2)).remarks == ()


def test_satellites_that_are_in_no_shell_have_no_links_of_a_motif():
    layout = shell(3, 4).build().layout
    where = {
        name: np.where(np.arange(12) == 5, -1, getattr(layout, name)) for name in ("shell", "plane", "place")
    }
    lonely = dataclasses.replace(layout, **where)

    assert 5 not in PlusGrid().wire(layout=lonely, ephemeris=None, slots=None).ends


def test_every_shell_gets_its_own_grid():
    """Two shells of 3 x 4 and 5 x 3: the second's satellites are numbered behind the first's."""
    both = MultiShell(shells=(shell(3, 4, name="low"), shell(5, 3, name="high")))

    links = wired(PlusGrid(seam=True), both).ends.tolist()

    low = plus_grid(shell(3, 4), seam=True)
    high = plus_grid(shell(5, 3), seam=True) + 12
    assert links == np.concatenate([low, high]).tolist()


@pytest.mark.parametrize("seam", [True, False])
@pytest.mark.parametrize("phasing", [0, 3])
def test_the_offsets_of_the_grid_make_the_grid(seam, phasing):
    some_shell = shell(5, 6, phasing=phasing)

    motif = wired(Motif(offsets=((0, 1), (1, 0)), seam=seam), some_shell).ends

    assert motif.tolist() == plus_grid(some_shell, seam=seam).tolist()


@pytest.mark.parametrize("offsets", [((0, 2),), ((2, 0),), ((1, 1), (1, -1)), ((3, -5), (0, 1))], ids=repr)
@pytest.mark.parametrize("seam", [True, False])
def test_a_motif_links_every_satellite_at_its_offsets(offsets, seam):
    """One satellite after the other; going over the seam adds the phasing to the place, once around."""
    planes, size, phasing = 7, 6, 2
    links = {
        tuple(pair)
        for pair in wired(
            Motif(offsets=offsets, seam=seam), shell(planes, size, phasing=phasing)
        ).ends.tolist()
    }

    expected = set()
    for plane, place in np.ndindex(planes, size):
        for planes_on, places_on in offsets:
            turns, other_plane = divmod(plane + planes_on, planes)
            if turns and not seam:
                continue
            other_place = (place + places_on + turns * phasing) % size
            expected.add(tuple(sorted((plane * size + place, other_plane * size + other_place))))
    assert links == expected


@pytest.mark.parametrize("offset", [(0, -2), (-2, 1)])
def test_an_offset_and_its_opposite_are_the_same_links(offset):
    some_shell = shell(7, 6, phasing=2)
    opposite = (-offset[0], -offset[1])

    one, other = (wired(Motif(offsets=(each,), seam=True), some_shell).ends for each in (offset, opposite))

    assert one.tolist() == other.tolist()


def test_an_offset_of_a_whole_turn_links_no_satellite_to_itself():
    links = wired(Motif(offsets=((0, 6), (7, 0)), seam=True), shell(7, 6)).ends

    assert links.tolist() == []


def test_a_motif_says_how_many_links_lack_a_satellite():
    layout, _ = without(shell(3, 5).build().layout, [7])
    wiring = Motif(offsets=((0, 1), (1, 0))).wire(layout=layout, ephemeris=None, slots=None)

    assert wiring.remarks == ("shell shell: 4 links of the motif lack a satellite at one end",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PlusGrid(seam="no"), "links.topology.seam: 'no' given, must be True or False"),
        (lambda: Motif(offsets=((1, 0),), seam=1), "links.topology.seam: 1 given, must be True or False"),
        (
            lambda: PlusGrid(phase_shift=0.5),
            "links.topology.phase_shift: 0.5 given, must be a whole number, at least -1000 and at most 1000",
        ),
        (
            lambda: Motif(offsets=((0, 0),)),
            "links.topology.offsets: (0, 0) given, must be planes and places, not both 0",
        ),
        (
            lambda: Motif(offsets=((1, 2, 3),)),
            "links.topology.offsets: (1, 2, 3) given, must be planes and places, not both 0",
        ),
        (
            lambda: Motif(offsets=(1, 0)),
            "links.topology.offsets: 1 given, must be pairs such as ((0, 1), (1, 0))",
        ),
        (
            lambda: Motif(offsets="abc"),
            "links.topology.offsets: 'abc' given, must be pairs such as ((0, 1), (1, 0))",
        ),
        (
            lambda: Motif(offsets=((1, 0.5),)),
            "links.topology.offsets: 0.5 given, must be a whole number, at least -10000 and at most 10000",
        ),
    ],
)
def test_a_setting_that_breaks_a_rule_is_refused_with_its_path(make, message):
    """A text such as "no" counts as true in Python."""
    with pytest.raises(ScenarioError) as caught:
        make()

    assert str(caught.value) == message
