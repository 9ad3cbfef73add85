"""Planes and places from elements: a Walker shell is found again, and what does not fit is told."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sgp4.api import WGS72, Satrec

from spacemoe_ns3.constellation import NOWHERE, Layout, WalkerShell
from spacemoe_ns3.constellation.recover import (
    RecoveryRules,
    concentrations,
    mean_elements_at,
    recover_layout,
)
from spacemoe_ns3.errors import ScenarioError

ROUNDING_RAD = 1e-11  # of angles of many turns
A_MILLIMETRE_KM = 1e-6
HALF_A_PLACE = 0.5
ROUNDING_PLACES = 1e-6
QUICK = settings(deadline=None, max_examples=60)


def shell(**changes):
    settings = {"planes": 6, "satellites_per_plane": 8, "altitude_km": 570.0, "inclination_deg": 70.0}
    return WalkerShell(**{**settings, **changes})


def satellite(*, node_deg, latitude_deg, like, drag=0.0):
    """One more satellite in the shell of another, a circular orbit."""
    record = Satrec()
    days = like.jdsatepoch + like.jdsatepochF - 2_433_281.5
    angles = (0.0, like.inclo, math.radians(latitude_deg % 360), like.no_kozai, math.radians(node_deg % 360))
    record.sgp4init(WGS72, "i", 1, days, drag, 0.0, 0.0, 0.0, *angles)
    return record


def recovered(built, keep=slice(None), **rules):
    names, elements = np.array(built.layout.names)[keep], np.array(built.elements)[keep]
    return recover_layout(
        tuple(names), tuple(elements), epoch=built.start, rules=RecoveryRules(**rules) if rules else None
    )


def grid_pairs(layout: Layout):
    """Name the neighbours of a +Grid: one place on in the plane, and the same place of the next plane."""
    pairs = set()
    for index, about in enumerate(layout.shells):
        grid = layout.grid(index)
        along = [(grid, np.roll(grid, -1, axis=1)), (grid[:-1], grid[1:])]
        if about.is_closed:
            along.append((grid[-1], np.roll(grid[0], -about.seam_shift)))
        for ones, others in along:
            for one, other in zip(ones.ravel(), others.ravel(), strict=True):
                if NOWHERE not in (one, other):
                    pairs.add(frozenset((layout.names[one], layout.names[other])))
    return pairs


def nearest_walker_grid(walker, layout):
    """The +Grid of a Walker shell, planes joined where the phase differs least, by its definition."""
    planes, places = walker.planes, walker.satellites_per_plane
    whole = round(walker.phasing / planes)  # places by which neighbours of one number differ
    is_closed = walker.raan_span_deg == 360 and planes > 2
    around = round(walker.phasing)  # what the shifts add up to once around
    pairs = set()
    for plane in range(planes):
        for place in range(places):
            name = layout.names[plane * places + place]
            pairs.add(frozenset((name, layout.names[plane * places + (place + 1) % places])))
            if plane + 1 < planes or is_closed:
                east = (place - whole + (around if plane + 1 == planes else 0)) % places
                pairs.add(frozenset((name, layout.names[(plane + 1) % planes * places + east])))
    return pairs


@given(
    planes=st.integers(1, 12),
    places=st.integers(3, 14),
    phasing=st.integers(0, 11),
    span_deg=st.sampled_from([180.0, 360.0]),
    inclination_deg=st.floats(5.0, 175.0),
)
@QUICK
def test_a_walker_shell_is_found_again(planes, places, phasing, span_deg, inclination_deg):
    phasing %= planes
    if 2 * phasing == planes:  # half a place is as near on either side
        phasing -= 1
    walker = shell(
        planes=planes,
        satellites_per_plane=places,
        phasing=phasing,
        raan_span_deg=span_deg,
        inclination_deg=inclination_deg,
    )
    built = walker.build()

    layout, remarks = recovered(built)

    (found,) = layout.shells
    assert (found.planes, found.places) == (planes, places)
    assert found.is_closed == (span_deg == 360 and planes > 2)
    assert (layout.plane == built.layout.plane).all()
    assert grid_pairs(layout) == nearest_walker_grid(walker, layout)
    assert len(remarks) == 1


@pytest.mark.parametrize("phasing", [0, 1, 2])
def test_where_the_phases_differ_by_less_than_half_a_place_the_numbers_are_walkers(phasing):
    built = shell(phasing=phasing).build()

    layout, _ = recovered(built)

    for found, due in ((layout.plane, built.layout.plane), (layout.place, built.layout.place)):
        assert (found == due).all()
    assert layout.shells[0].seam_shift == phasing == built.layout.shells[0].seam_shift


@pytest.mark.parametrize(("notation", "altitude_km"), [("53:1584/72/39", 550), ("53:1584/72/17", 550)])
def test_neighbours_in_large_shells_differ_by_at_most_half_a_place(notation, altitude_km):
    walker = WalkerShell.delta(notation, altitude_km=altitude_km)
    built = walker.build()

    layout, remarks = recovered(built)

    assert remarks == ("1584 satellites: 1584 in 72 planes of 22 places",)
    assert len(grid_pairs(layout)) == 2 * 1584  # each satellite has four neighbours
    latitude = mean_elements_at(built.elements, built.start).latitude_rad
    places = latitude[layout.grid(0)] / (2 * math.pi) * 22
    around = np.vstack([places, np.roll(places[0], -layout.shells[0].seam_shift)])
    off = np.diff(around, axis=0)
    assert np.abs(off - 22 * np.rint(off / 22)).max() <= HALF_A_PLACE + ROUNDING_PLACES


def test_planes_shifted_by_half_a_place_all_lean_the_same_way():
    """Chance would part the planes of such a shell into zigzags: each satellite is as near to two others."""
    walker = shell(planes=7, phasing=3.5)
    built = walker.build()
    chance = np.random.default_rng(5)
    elements = [
        satellite(
            node_deg=math.degrees(each.nodeo),
            latitude_deg=math.degrees(each.mo) + chance.normal(0, 0.3),
            like=each,
        )
        for each in built.elements
    ]

    layout, _ = recover_layout(built.layout.names, elements, epoch=built.start)

    latitude = mean_elements_at(elements, built.start).latitude_rad
    steps = np.diff(latitude[layout.grid(0)] / (2 * math.pi) * 8, axis=0)
    steps -= 8 * np.rint(steps / 8)
    assert len(set(np.sign(steps).ravel())) == 1


def test_an_open_shell_begins_after_its_seam():
    built = shell(planes=6, raan_span_deg=180, raan_of_first_plane_deg=120).build()

    layout, _ = recovered(built)

    assert not layout.shells[0].is_closed
    assert (layout.plane == built.layout.plane).all()


def test_a_closed_shell_begins_at_the_plane_nearest_to_the_equinox():
    built = shell(planes=6, raan_of_first_plane_deg=110).build()

    layout, _ = recovered(built)

    node_deg = np.degrees(mean_elements_at(built.elements, built.start).raan_rad)
    in_order = [node_deg[layout.plane == plane].mean() for plane in range(6)]
    assert np.allclose(in_order, [350, 50, 110, 170, 230, 290])


@given(data=st.data(), phasing=st.integers(0, 2))
@QUICK
def test_the_order_of_the_file_changes_nothing(data, phasing):
    built = shell(phasing=phasing, satellites_per_plane=6, planes=4).build()
    names = (*built.layout.names, "spare", "stray")
    like = built.elements[0]
    extra = [
        satellite(node_deg=0, latitude_deg=62, like=like),
        satellite(node_deg=33, latitude_deg=5, like=like),
    ]
    elements = (*built.elements, *extra)
    order = data.draw(st.permutations(range(len(names))))

    plain, remarks = recover_layout(names, elements, epoch=built.start)
    turned, turned_remarks = recover_layout(
        [names[each] for each in order], [elements[each] for each in order], epoch=built.start
    )

    assert turned.shells == plain.shells
    for one, other in ((plain.shell, turned.shell), (plain.plane, turned.plane), (plain.place, turned.place)):
        assert (one[order] == other).all()
    assert set(turned_remarks) == set(remarks)


@given(vacant=st.sets(st.integers(0, 47), max_size=12), places=st.sampled_from([None, 8]))
@QUICK
def test_vacant_places_stay_vacant(vacant, places):
    built = shell(phasing=2).build()
    keep = [each for each in range(48) if each not in vacant]
    assume(np.bincount(built.layout.plane[keep], minlength=6).min() >= 5)  # of fewer, several numbers may fit

    layout, remarks = recovered(built, keep, places=places)

    assert layout.shells[0].places == 8
    assert len(remarks) == 1 + bool(vacant)
    taken = layout.grid(0) != NOWHERE
    assert taken.sum() == len(keep)
    # Gaps are where they were: the neighbours of a plane are those of the full shell.
    full = grid_pairs(recovered(built)[0])
    names = set(layout.names)
    assert grid_pairs(layout) == {pair for pair in full if pair <= names}


def test_a_number_that_suits_most_satellites_gives_way_to_one_that_suits_all():
    """Six of seven are a sixth of a turn apart, the seventh is between two of them: there are 12 places."""
    like = shell().build().elements[0]
    taken = (0, 1, 2, 4, 6, 8, 10)
    elements = [
        satellite(node_deg=120 * plane, latitude_deg=30 * place, like=like)
        for plane in range(3)
        for place in taken
    ]
    names = [f"{plane}-{place}" for plane in range(3) for place in taken]

    layout, _ = recover_layout(names, elements, epoch=shell().build().start)

    assert layout.shells[0].places == 12
    assert (layout.place == np.tile(taken, 3)).all()


def test_a_spare_leaves_the_place_to_the_nearer():
    built = shell().build()
    like = built.elements[0]
    names = (*built.layout.names, "spare")
    elements = (*built.elements, satellite(node_deg=60, latitude_deg=92, like=like))  # plane 1, place 2

    layout, remarks = recover_layout(names, elements, epoch=built.start)

    assert layout.shell[-1] == layout.plane[-1] == layout.place[-1] == NOWHERE
    assert (layout.place[:-1] == built.layout.place).all()
    assert remarks == (
        "49 satellites: 48 in 6 planes of 8 places, 1 spare",
        f"spares, without a place: spare beside {built.layout.names[10]}",
    )


@pytest.mark.parametrize("least", [3, 4])
def test_fewer_satellites_than_make_a_plane_are_outside(least):
    built = shell().build()
    few = [satellite(node_deg=30, latitude_deg=45 * place, like=built.elements[0]) for place in range(3)]
    names = (*built.layout.names, "a", "b", "c")

    layout, remarks = recover_layout(
        names, (*built.elements, *few), epoch=built.start, rules=RecoveryRules(least_in_plane=least)
    )

    is_plane = least == 3
    assert layout.shells[0].planes == 6 + is_plane
    assert (layout.place[-3:] == NOWHERE).all() != is_plane
    assert ("outside any plane: a, b, c" in remarks) != is_plane


def test_shells_are_told_apart_by_inclination_and_altitude():
    parts = [
        shell(inclination_deg=53.2).build(),
        shell(inclination_deg=53.2, altitude_km=540.0, planes=4).build(),
        shell(inclination_deg=97.6, altitude_km=560.0, planes=5, satellites_per_plane=9).build(),
    ]
    names = [f"{index} {name}" for index, part in enumerate(parts) for name in part.layout.names]
    elements = [each for part in parts for each in part.elements]

    layout, remarks = recover_layout(names, elements, epoch=parts[0].start)

    assert [(each.name, each.planes, each.places) for each in layout.shells] == [
        ("540 km, 53.2 deg", 4, 8),
        ("570 km, 53.2 deg", 6, 8),
        ("560 km, 97.6 deg", 5, 9),
    ]
    assert remarks == (
        "125 satellites: 32 in 4 planes of 8 places (540 km, 53.2 deg), "
        "48 in 6 planes of 8 places (570 km, 53.2 deg), 45 in 5 planes of 9 places (560 km, 97.6 deg)",
    )


@pytest.mark.parametrize("inclination_deg", [0.0, 0.1, 179.95])
def test_equatorial_orbits_are_one_plane(inclination_deg):
    """Their nodes mean nothing: satellites of one ring may have any."""
    like = shell(inclination_deg=inclination_deg).build().elements[0]
    sense = 1 if inclination_deg < 90 else -1
    nodes_deg = (0, 77, 200, 111, 303, 45, 250, 160)
    elements = [
        satellite(node_deg=node, latitude_deg=45 * place - sense * node, like=like)
        for place, node in enumerate(nodes_deg)
    ]

    layout, _ = recover_layout("abcdefgh", elements, epoch=shell().build().start)

    assert [(each.planes, each.places) for each in layout.shells] == [(1, 8)]
    assert (layout.place == np.arange(8)).all()


def test_irregular_satellites_are_ranked():
    like = shell().build().elements[0]
    chance = np.random.default_rng(2)
    latitudes_deg = np.sort(chance.uniform(0, 360, (3, 40)))
    elements = [
        satellite(node_deg=120 * plane, latitude_deg=latitude, like=like)
        for plane, row in enumerate(latitudes_deg)
        for latitude in row
    ]

    layout, remarks = recover_layout(
        [f"s{each}" for each in range(120)], elements, epoch=shell().build().start
    )

    assert (layout.grid(0) == np.arange(120).reshape(3, 40)).all()
    assert any("irregular spacing" in remark for remark in remarks)


def test_places_that_are_given_are_believed_and_judged():
    built = shell(satellites_per_plane=7).build()

    layout, remarks = recovered(built, places=5)

    assert layout.shells[0].places == 5
    assert any("5 places a plane fit badly" in remark for remark in remarks)
    assert (np.bincount(layout.plane[layout.plane != NOWHERE]) <= 5).all()


def test_a_missing_plane_opens_the_shell_and_is_told():
    built = shell(planes=9).build()

    layout, _ = recovered(built, built.layout.plane != 4)
    assert not layout.shells[0].is_closed
    assert layout.names[layout.grid(0)[0, 0]].startswith(built.layout.names[5 * 8].rpartition("-")[0])

    _, remarks = recovered(built, ~np.isin(built.layout.plane, (2, 5, 6)))
    assert any("1 gap between neighbouring planes as if planes were missing" in each for each in remarks)


def test_planes_that_chain_together_are_told():
    built = shell(planes=36, satellites_per_plane=4).build()

    _, remarks = recovered(built, built.layout.plane < 5, plane_gap_deg=11)

    assert any("nodes of a plane spread over" in remark for remark in remarks)


@pytest.mark.parametrize("days", [-3, 0.5, 14])
def test_mean_elements_turn_with_sgp4s_secular_rates(days):
    built = shell().build()
    epoch = built.start + timedelta(days=days)

    mean = mean_elements_at(built.elements, epoch)

    for index, each in enumerate(built.elements):
        minutes = days * 1440
        node = each.nodeo + each.nodedot * minutes
        latitude = each.argpo + each.mo + (each.argpdot + each.mdot) * minutes
        for found, due in ((mean.raan_rad[index], node), (mean.latitude_rad[index], latitude)):
            assert abs((found - due + math.pi) % (2 * math.pi) - math.pi) < ROUNDING_RAD * max(1, abs(due))
    assert np.abs(mean.altitude_km - 570).max() < A_MILLIMETRE_KM
    assert set(mean.faults) == {""}


def test_drag_is_part_of_the_mean_elements():
    """B* of 1e-3 over a week: the satellite is lower than SGP4's gravity alone has it, and so ahead."""
    like = shell().build().elements[0]
    dragged = satellite(node_deg=0, latitude_deg=0, like=like, drag=1e-3)
    free = satellite(node_deg=0, latitude_deg=0, like=like)

    mean = mean_elements_at([dragged, free], shell().build().start + timedelta(days=7))

    assert mean.altitude_km[0] < mean.altitude_km[1]
    assert 0 < (mean.latitude_rad[0] - mean.latitude_rad[1]) % (2 * math.pi) < math.pi


@pytest.mark.parametrize(
    ("drag", "days", "words"),
    [
        (0.1, 30, "the satellite has decayed"),
        (0.5, 30, "drag terms do not hold"),
        (1e300, 1, "outside the range"),
    ],
    ids=["decayed", "long after decay", "absurd"],
)
def test_a_satellite_that_sgp4_cannot_propagate_fits_nowhere(drag, days, words):
    """Long after decay SGP4 reports no error, but an orbit millions of kilometres away."""
    built = shell().build()
    falling = satellite(node_deg=0, latitude_deg=20, like=built.elements[0], drag=drag)
    epoch = built.start + timedelta(days=days)

    layout, _ = recover_layout((*built.layout.names, "falling"), (*built.elements, falling), epoch=epoch)

    assert words in mean_elements_at([falling], epoch).faults[0]
    assert layout.shell[-1] == NOWHERE
    assert (layout.shell[:-1] != NOWHERE).all()


@pytest.mark.parametrize("number", [3, 5, 20])
def test_concentration_is_one_for_even_spacing_and_none_for_other_numbers(number):
    latitudes = np.concatenate([2 * math.pi * np.arange(number) / number + phase for phase in (0.1, 2.3)])
    plane = np.repeat([0, 1], number)

    fit = concentrations(plane, latitudes, np.arange(1, 2 * number))

    assert fit[number - 1] == pytest.approx(1)
    assert np.abs(np.delete(fit, number - 1)).max() < ROUNDING_PLACES


def test_concentration_of_noise_is_that_of_a_wrapped_normal():
    """The mean resultant length of a wrapped normal is exp(-variance / 2); Mardia & Jupp 2000."""
    chance = np.random.default_rng(1)
    stray_rad = 0.03
    latitudes = (2 * math.pi * np.arange(20) / 20 + chance.normal(0, stray_rad, (400, 20))).ravel()

    (fit,) = concentrations(np.repeat(np.arange(400), 20), latitudes, np.array([20]))

    chance_of_mean = 0.01  # three standard errors of 8000 draws
    assert abs(fit - math.exp(-((20 * stray_rad) ** 2) / 2)) < chance_of_mean


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"plane_gap_deg": 0}, "plane_gap_deg"),
        ({"shell_gap_km": -1}, "shell_gap_km"),
        ({"shell_gap_deg": math.nan}, "shell_gap_deg"),
        ({"least_in_plane": 0}, "least_in_plane"),
        ({"places": 0}, "places"),
        ({"places": 2.5}, "places"),
    ],
)
def test_rules_are_checked(rules, field):
    with pytest.raises(ScenarioError, match=f"constellation.{field}: "):
        RecoveryRules(**rules)


def test_no_satellites_are_an_error():
    with pytest.raises(ScenarioError, match="no satellites"):
        recover_layout((), (), epoch=shell().build().start)
