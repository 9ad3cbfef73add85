"""What every topology's links are subject to: kinds, and terminals."""

import dataclasses

import numpy as np
import pytest

from spacemoe_ns3.constellation import MultiShell, WalkerShell
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LinkKind, LinkList, PlusGrid
from spacemoe_ns3.links.topology import Wiring
from spacemoe_ns3.links.topology.base import check_terminals, kinds_of, sorted_pairs


def shell(planes, size, **changes):
    settings = {"altitude_km": 800, "inclination_deg": 60, **changes}
    return WalkerShell(planes=planes, satellites_per_plane=size, **settings)


def kinds_by_words(layout, ends):
    ends = np.array(ends, np.int32)
    return [LinkKind(kind).words for kind in kinds_of(ends, layout)]


def test_a_link_is_of_the_kind_that_its_ends_make_it():
    """Satellite p * 3 + s is place s of plane p, of five."""
    layout = shell(5, 3).build().layout

    found = kinds_by_words(layout, [(0, 1), (0, 2), (0, 3), (3, 8), (0, 12), (2, 14), (0, 6)])

    assert found == [
        *("intra-plane", "intra-plane"),
        *("cross-plane", "cross-plane"),
        *("seam", "seam"),
        "cross-plane",
    ]


def test_two_planes_have_cross_links_and_no_seam():
    assert kinds_by_words(shell(2, 3).build().layout, [(0, 3)]) == ["cross-plane"]


def test_a_link_between_shells_or_to_a_satellite_in_none_is_between_shells():
    layout = MultiShell(shells=(shell(3, 4, name="low"), shell(5, 3, name="high"))).build().layout
    where = {
        name: np.where(np.arange(27) == 1, -1, getattr(layout, name)) for name in ("shell", "plane", "place")
    }
    stray = dataclasses.replace(layout, **where)

    assert kinds_by_words(layout, [(0, 12), (11, 12), (12, 24), (0, 8)]) == [
        *("inter-shell", "inter-shell"),
        *("seam", "seam"),
    ]
    assert kinds_by_words(stray, [(0, 1), (1, 2), (1, 12), (2, 3)]) == [*["inter-shell"] * 3, "intra-plane"]


@pytest.mark.parametrize("seam", [True, False])
def test_a_grid_has_as_many_links_of_each_kind_as_it_has_places(seam):
    layout = shell(6, 7).build().layout
    ends = PlusGrid(seam=seam).wire(layout=layout, ephemeris=None, slots=None).ends

    count = np.bincount(kinds_of(ends, layout), minlength=len(LinkKind))

    assert count.tolist() == [6 * 7, 5 * 7, 7 if seam else 0, 0]


def test_as_many_links_as_terminals_are_allowed_and_one_more_is_refused():
    wiring = LinkList(pairs=((0, 1), (2, 0), (0, 3), (3, 4))).wire(
        layout=shell(2, 3).build().layout, ephemeris=None, slots=None
    )

    check_terminals(wiring, satellites=6, terminals=3)
    with pytest.raises(ScenarioError) as caught:
        check_terminals(wiring, satellites=6, terminals=2)
    assert str(caught.value) == (
        "links.terminals: 2 given, but the topology gives satellite 0 3 links in slot 0; give it more, or "
        "choose another topology"
    )


def test_terminals_are_counted_slot_by_slot():
    """Satellite 0 has two links in each slot, though four over time; in the last it has three."""
    ends = np.array([(0, 1), (0, 2), (0, 3), (0, 4)], np.int32)
    assigned = np.array([(1, 1, 0, 0), (0, 0, 1, 1), (1, 0, 0, 1)], bool)

    check_terminals(Wiring(ends=ends, assigned=assigned), satellites=5, terminals=2)
    with pytest.raises(ScenarioError, match=r"satellite 0 3 links in slot 2;"):
        check_terminals(
            Wiring(ends=ends, assigned=np.vstack([assigned[:2], [(1, 1, 1, 0)]]).astype(bool)),
            satellites=5,
            terminals=2,
        )


def test_a_sky_without_links_needs_no_terminals():
    check_terminals(Wiring(ends=np.empty((0, 2), np.int32)), satellites=3, terminals=1)


def test_pairs_are_sorted_and_each_is_there_once():
    pairs = np.array([[5, 2], [0, 9], [2, 5], [0, 3], [9, 0]])

    assert sorted_pairs(pairs).tolist() == [[0, 3], [0, 9], [2, 5]]
