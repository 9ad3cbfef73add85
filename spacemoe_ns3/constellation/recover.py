"""Shells, planes and places of real satellites, recovered from their mean elements.

Everything is compared at one epoch, with the mean elements that SGP4 itself carries there: the node and the
perigee have turned with the oblateness of the Earth, and drag has done its work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sgp4.api import SGP4_ERRORS, Satrec, jday

from spacemoe_ns3.checks import check_number, check_whole
from spacemoe_ns3.constants import EARTH_RADIUS_M, METRES_PER_KILOMETRE
from spacemoe_ns3.constellation.base import NOWHERE, Layout, Shell
from spacemoe_ns3.errors import ScenarioError

_TURN = 2.0 * math.pi
_MOST_PLACES = 1000  # in a plane; more are not searched for
_LEAST_CONCENTRATION = 0.5  # satellites stray by a fifth of the spacing: exp(-(2 pi 0.19)**2 / 2) is a half
_PEAK = 0.95  # of the highest concentration: what a multiple of the right number reaches too
_WIDE_GAP = 1.5  # of the median between neighbouring planes: the seam, or a plane that is missing
_WIDE_PLANE = 3.0  # gaps; nodes of one plane that spread further have chained planes together
_MOST_CHANGE = 2.0  # factor by which drag may change a semi-major axis
_MOST_NAMED = 10  # satellites in one remark


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRules:
    """What makes satellites fly in one shell, one plane, one place.

    Parameters
    ----------
    shell_gap_deg
        In the order of their inclinations, satellites further apart than this in degrees part two shells.
    shell_gap_km
        Likewise for mean altitudes in kilometres, at one inclination.
    plane_gap_deg
        Likewise around the equator, for the ascending nodes of one shell in degrees: parts two planes.
    least_in_plane
        Satellites that make a plane; fewer fit nowhere.
    places
        Places in each plane, of every shell; None to recover them.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    shell_gap_deg: float = 0.5
    shell_gap_km: float = 5.0
    plane_gap_deg: float = 1.0
    least_in_plane: int = 3
    places: int | None = None

    def __post_init__(self) -> None:
        check_number("constellation.shell_gap_deg", self.shell_gap_deg, above=0, most=180)
        check_number("constellation.shell_gap_km", self.shell_gap_km, above=0)
        check_number("constellation.plane_gap_deg", self.plane_gap_deg, above=0, most=180)
        check_whole("constellation.least_in_plane", self.least_in_plane, least=1)
        if self.places is not None:
            check_whole("constellation.places", self.places, least=1, most=_MOST_PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanElements:
    """Mean elements of S satellites at one epoch, each of shape (S,).

    Parameters
    ----------
    inclination_rad
        Inclination, TEME.
    raan_rad
        Right ascension of the ascending node.
    latitude_rad
        Mean argument of latitude: argument of perigee plus mean anomaly.
    altitude_km
        Brouwer semi-major axis less 6378.135 km.
    faults
        SGP4's reason for each satellite that it cannot propagate, else the empty string.
    """

    inclination_rad: np.ndarray
    raan_rad: np.ndarray
    latitude_rad: np.ndarray
    altitude_km: np.ndarray
    faults: tuple[str, ...]


def mean_elements_at(elements: Sequence[Satrec], epoch: datetime) -> MeanElements:
    """Propagate mean elements to one epoch.

    SGP4's secular rates for the oblateness and its drag terms: what its records call ``im``, ``Om``, ``om``,
    ``mm`` and ``am`` once it has propagated to a time (Vallado et al. 2006, AIAA 2006-6753).

    Parameters
    ----------
    elements
        SGP4's records, S of them.
    epoch
        Date and time, UTC, without a time zone.

    Returns
    -------
    The mean elements.
    """
    second = epoch.second + epoch.microsecond / 1e6
    day, fraction = jday(epoch.year, epoch.month, epoch.day, epoch.hour, epoch.minute, second)
    rows = np.empty((len(elements), 4))
    faults = []
    for row, record in zip(rows, elements, strict=True):
        error, position_km, _ = record.sgp4(day, fraction)
        # SGP4 lets absurd drag pass: as a position of nan, or, long after decay, as an orbit far away.
        is_sane = (
            math.isfinite(sum(position_km))
            and record.a < _MOST_CHANGE * record.am < _MOST_CHANGE**2 * record.a
        )
        faults.append(
            SGP4_ERRORS[error] if error else "" if is_sane else "its drag terms do not hold for so long"
        )
        axis_km = record.am * record.radiusearthkm
        row[:] = record.im, record.Om, record.om + record.mm, axis_km
    return MeanElements(
        inclination_rad=rows[:, 0],
        raan_rad=rows[:, 1] % _TURN,
        latitude_rad=rows[:, 2] % _TURN,
        altitude_km=rows[:, 3] - EARTH_RADIUS_M / METRES_PER_KILOMETRE,
        faults=tuple(faults),
    )


def _usable_in_order(names: Sequence[str], mean: MeanElements) -> np.ndarray:
    """Return the satellites without faults, in one order for all sums and ties, whatever that of the file."""
    by_name = sorted(range(len(names)), key=lambda satellite: names[satellite])
    ranks = np.empty(len(names), np.int64)
    ranks[by_name] = np.arange(len(names))
    order = np.lexsort((ranks, mean.latitude_rad, mean.raan_rad))
    usable: np.ndarray = order[[not mean.faults[satellite] for satellite in order]]
    return usable


def recover_layout(
    names: Sequence[str], elements: Sequence[Satrec], *, epoch: datetime, rules: RecoveryRules | None = None
) -> tuple[Layout, tuple[str, ...]]:
    """Recover shells, planes and places.

    - Shells are in the order of inclination, then of altitude.
    - Planes go eastward. The first is the one whose node is nearest to RAAN 0; but where a gap between
      neighbouring planes is wider than 1.5 times the median, which opens the shell, it is the one after the
      widest gap, so that neighbours by number are neighbours indeed. Fewer than three planes are open too.
    - Places are evenly spaced in mean argument of latitude. Their number N has the highest concentration,
      see :func:`concentrations`; below 0.5 the spacing is irregular and a place is a rank.
    - A satellite takes the place that is nearest; of two, the one that is closer to it, the other is a spare.
    - Place 0 of the first plane is the one nearest to the ascending node. In each next plane, place 0 is the
      one whose argument of latitude differs by the shift that is usual between neighbouring planes, itself at
      most half a place, give or take half a place.

    Parameters
    ----------
    names
        Of the satellites, S of them.
    elements
        SGP4's records, S of them. A satellite that SGP4 cannot propagate to the epoch fits nowhere.
    epoch
        Date and time at which they are compared, UTC, without a time zone.
    rules
        What parts shells and planes; the defaults of :class:`RecoveryRules`.

    Returns
    -------
    The layout, and remarks: how many satellites are where, then who fits nowhere and what else to know.

    Raises
    ------
    ScenarioError
        If there are no satellites.
    """
    if not elements:
        raise ScenarioError("constellation: no satellites; name at least one")
    rules = rules or RecoveryRules()
    mean = mean_elements_at(elements, epoch)
    where = np.full((3, len(elements)), NOWHERE, np.int32)  # shell, plane, place
    order = _usable_in_order(names, mean)
    shells: list[Shell] = []
    spares: list[tuple[int, int]] = []
    remarks: list[str] = []
    for members in _shells(mean, order, rules):
        found = _recover_shell(mean, members, rules)
        if found is None:
            continue
        shells.append(_named(found.shell, mean, members[found.plane != NOWHERE], shells))
        is_placed = found.place != NOWHERE
        placed = members[is_placed]
        where[0, placed] = len(shells) - 1
        where[1:, placed] = found.plane[is_placed], found.place[is_placed]
        spares += [(int(members[spare]), int(members[holder])) for spare, holder in found.spares]
        remarks += [f"{shells[-1].name}: {remark}" for remark in found.remarks]
    layout = Layout(names=tuple(names), shells=tuple(shells), shell=where[0], plane=where[1], place=where[2])
    return layout, (*_accounts(layout, sorted(spares)), *remarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A shell, and plane and place of each of its n candidates; spares with those who hold their places."""

    shell: Shell
    plane: np.ndarray
    place: np.ndarray
    spares: tuple[tuple[int, int], ...]
    remarks: tuple[str, ...]


def _shells(mean: MeanElements, order: np.ndarray, rules: RecoveryRules) -> list[np.ndarray]:
    """Return the satellites of each shell, in the given order."""
    alike = _split(mean.inclination_rad, order, math.radians(rules.shell_gap_deg))
    return [shell for group in alike for shell in _split(mean.altitude_km, group, rules.shell_gap_km)]


def _split(values: np.ndarray, members: np.ndarray, gap: float) -> list[np.ndarray]:
    """Part members wherever their sorted values leave a gap; ascending values, members in the given order."""
    sequence = np.argsort(values[members], kind="stable")
    cuts = np.flatnonzero(np.diff(values[members][sequence]) > gap) + 1
    return [members[np.sort(part)] for part in np.split(sequence, cuts) if len(part)]


def _named(shell: Shell, mean: MeanElements, members: np.ndarray, others: list[Shell]) -> Shell:
    """Return a shell with a name that says where it is, and that no other has."""
    altitude_km = np.median(mean.altitude_km[members])
    inclination_deg = math.degrees(np.median(mean.inclination_rad[members]))
    name = f"{altitude_km:.0f} km, {inclination_deg:.1f} deg"
    if any(other.name.startswith(name) for other in others):
        name = f"{name}, {len(others)}"
    return Shell(
        name=name,
        planes=shell.planes,
        places=shell.places,
        is_closed=shell.is_closed,
        seam_shift=shell.seam_shift,
    )


def _recover_shell(mean: MeanElements, members: np.ndarray, rules: RecoveryRules) -> _Found | None:
    """Return planes and places of one shell's candidates, or None if they make no plane."""
    raan, latitude = mean.raan_rad[members], mean.latitude_rad[members]
    gap = math.radians(rules.plane_gap_deg)
    inclination = float(np.median(mean.inclination_rad[members]))
    is_equatorial = 2.0 * min(inclination, math.pi - inclination) < gap  # no two planes differ by more
    if is_equatorial:  # the node is where chance puts it; the longitude counts
        latitude = (latitude + math.copysign(1.0, math.cos(inclination)) * raan) % _TURN
        raan = np.zeros_like(raan)
    plane, is_closed, remarks = _planes(raan, gap, rules.least_in_plane)
    planes = int(plane.max()) + 1
    if planes == 0:
        return None
    within = np.flatnonzero(plane != NOWHERE)
    places, regularity = _count_places(plane[within], latitude[within], rules.places)
    place = np.full(len(members), NOWHERE, np.int32)
    seam_shift = 0
    spares: tuple[tuple[int, int], ...] = ()
    if regularity < _LEAST_CONCENTRATION and rules.places is None:
        remarks += (
            f"irregular spacing (concentration {regularity:.2f}, at least {_LEAST_CONCENTRATION} is due); a "
            "place is a rank in argument of latitude",
        )
        place[within], places = _ranks(plane[within], latitude[within])
    else:
        if regularity < _LEAST_CONCENTRATION:
            remarks += (f"{places} places a plane fit badly (concentration {regularity:.2f})",)
        phase, shift = _phases(plane[within], latitude[within], places)
        spacing = _TURN / places
        off = (latitude[within] - phase[plane[within]]) / spacing
        nearest = np.rint(off).astype(np.int64)
        place[within] = nearest % places
        spares = _spares(plane, place, within, np.abs(off - nearest))
        place[[spare for spare, _ in spares]] = NOWHERE
        if is_closed:
            seam_shift = int(np.rint((phase[-1] - phase[0]) / spacing + shift)) % places
    shell = Shell(name="", planes=planes, places=places, is_closed=is_closed, seam_shift=seam_shift)
    vacant = planes * places - int((place != NOWHERE).sum())
    remarks += (f"{_count(vacant, 'place')} vacant",) if vacant else ()
    return _Found(shell=shell, plane=plane, place=place, spares=spares, remarks=remarks)


def _planes(raan: np.ndarray, gap: float, least: int) -> tuple[np.ndarray, bool, tuple[str, ...]]:
    """Return the plane of each satellite or NOWHERE, whether the planes close, and remarks."""
    order = np.argsort(raan, kind="stable")
    gaps = np.diff(raan[order], append=raan[order[0]] + _TURN)
    cuts = np.flatnonzero(gaps > gap)
    cluster = np.empty(len(raan), np.int64)
    cluster[order] = np.searchsorted(cuts, np.arange(len(raan))) % max(len(cuts), 1)
    sizes = np.bincount(cluster)
    large = np.flatnonzero(sizes >= least)
    plane: np.ndarray = np.full(len(raan), NOWHERE, np.int32)
    if not len(large):
        return plane, False, ()
    turns = np.exp(1j * raan)
    sums = np.bincount(cluster, turns.real) + 1j * np.bincount(cluster, turns.imag)
    nodes = np.angle(sums[large]) % _TURN
    eastward = np.argsort(nodes, kind="stable")
    steps = np.diff(nodes[eastward], append=nodes[eastward[0]] + _TURN)
    is_even = bool(steps.max() <= _WIDE_GAP * np.median(steps))
    is_closed = is_even and len(large) > 2  # of two planes, the one neighbour is both
    off_zero = np.abs(np.angle(np.exp(1j * nodes[eastward])))
    first = int(np.argmin(off_zero)) if is_even else int(np.argmax(steps)) + 1
    number = np.full(len(sizes), NOWHERE, np.int32)
    number[large[np.roll(eastward, -first)]] = np.arange(len(large), dtype=np.int32)
    plane = number[cluster]
    off_node = np.abs(np.angle(turns * np.exp(-1j * np.angle(sums))[cluster]))
    remarks = []
    widest = 2.0 * float(off_node[plane != NOWHERE].max())
    if widest > _WIDE_PLANE * gap:
        remarks.append(
            f"the nodes of a plane spread over {math.degrees(widest):.1f} degrees; a smaller plane_gap_deg "
            "parts them"
        )
    missing = int((np.sort(steps)[:-1] > _WIDE_GAP * np.median(steps)).sum())
    if missing and not is_closed:
        remarks.append(f"{_count(missing, 'gap')} between neighbouring planes as if planes were missing")
    return plane, is_closed, tuple(remarks)


def concentrations(plane: np.ndarray, latitude_rad: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return how well places of several numbers fit, each plane with a phase of its own.

    The mean resultant length of the angles N u, as in Rayleigh's test (Mardia & Jupp 2000, Directional
    Statistics), in the form that few satellites a plane do not bias: its square is the mean of
    cos N (u - v) over all pairs of satellites u, v in a plane, 1 for even spacing, 0 on average for chance.

    Parameters
    ----------
    plane
        Of each satellite, from 0, shape (n,).
    latitude_rad
        Its argument of latitude u, shape (n,).
    numbers
        Candidates N, shape (K,).

    Returns
    -------
    Concentrations between 0 and 1, shape (K,); 0 without pairs.

    Examples
    --------
    Of a plane of six places, five are taken:

    >>> taken = np.radians([10, 70, 130, 190, 310])
    >>> concentrations(np.zeros(5, int), taken, np.array([4, 5, 6])).round(2) + 0.0
    array([0., 0., 1.])
    """
    sizes = np.bincount(plane)
    pairs = float((sizes * (sizes - 1)).sum())
    squares = np.zeros(len(numbers))
    for k, number in enumerate(numbers):
        angle = number * latitude_rad
        lengths = np.bincount(plane, np.cos(angle)) ** 2 + np.bincount(plane, np.sin(angle)) ** 2
        squares[k] = (lengths - sizes).sum() / pairs if pairs else 0.0
    return np.sqrt(np.clip(squares, 0.0, 1.0))


def _count_places(plane: np.ndarray, latitude: np.ndarray, given: int | None) -> tuple[int, float]:
    """Return the number of places in a plane, and its concentration."""
    if given is not None:
        return given, float(concentrations(plane, latitude, np.array([given]))[0])
    most = int(np.bincount(plane).max())
    least = most // 2 + 1  # of the fullest plane's satellites, most have a place
    numbers = np.arange(least - 1, min(2 * most, _MOST_PLACES) + 2)
    if len(numbers) < 3:
        return most, 0.0
    fit = concentrations(plane, latitude, numbers)
    inner = fit[1:-1]
    is_peak = (inner >= fit[:-2]) & (inner >= fit[2:]) & (inner >= _PEAK * inner.max())
    best = int(np.argmax(is_peak)) if is_peak.any() else int(np.argmax(inner))
    return int(numbers[1:-1][best]), float(inner[best])


def _phases(plane: np.ndarray, latitude: np.ndarray, places: int) -> tuple[np.ndarray, float]:
    """Return the latitude of place 0 in each plane, and the usual shift between neighbours in places."""
    angle = places * latitude
    sums = np.bincount(plane, np.cos(angle)) + 1j * np.bincount(plane, np.sin(angle))
    phase = np.angle(sums) / _TURN  # in places, at most a half
    steps = np.diff(phase)
    usual = np.exp(1j * _TURN * steps).sum()
    is_common = abs(usual) >= _LEAST_CONCENTRATION * max(len(steps), 1)
    shift = float(np.angle(usual)) / _TURN if is_common else 0.0
    steps -= np.rint(steps - shift)
    return (phase[0] + np.concatenate([[0.0], np.cumsum(steps)])) * _TURN / places, shift


def _ranks(plane: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, int]:
    """Return each satellite's rank in its plane, and the number of satellites in the fullest."""
    sizes = np.bincount(plane)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    order = np.lexsort((latitude, plane))
    rank = np.empty(len(plane), np.int32)
    rank[order] = np.arange(len(plane)) - np.repeat(starts, sizes)
    return rank, int(sizes.max())


def _spares(
    plane: np.ndarray, place: np.ndarray, within: np.ndarray, off: np.ndarray
) -> tuple[tuple[int, int], ...]:
    """Return each satellite whose place a nearer one takes, and that one."""
    order = within[np.lexsort((off, place[within], plane[within]))]
    is_later = (np.diff(plane[order]) == 0) & (np.diff(place[order]) == 0)
    holder = np.maximum.accumulate(np.where(np.concatenate([[False], is_later]), 0, np.arange(len(order))))
    later = np.flatnonzero(is_later) + 1
    return tuple((int(order[spare]), int(order[holder[spare]])) for spare in later)


def _accounts(layout: Layout, spares: list[tuple[int, int]]) -> list[str]:
    """Return how many satellites are where, and the names of those that are nowhere."""
    parts = []
    for index, shell in enumerate(layout.shells):
        name = f" ({shell.name})" if len(layout.shells) > 1 else ""
        planes, places = _count(shell.planes, "plane"), _count(shell.places, "place")
        parts.append(f"{len(layout.members(index))} in {planes} of {places}{name}")
    is_spare = {spare for spare, _ in spares}
    outside = [int(each) for each in np.flatnonzero(layout.shell == NOWHERE) if int(each) not in is_spare]
    parts += [_count(len(spares), "spare")] if spares else []
    parts += [f"{len(outside)} outside any plane"] if outside else []
    accounts = [f"{_count(layout.satellites, 'satellite')}: {', '.join(parts)}"]
    if spares:
        told = [f"{layout.names[spare]} beside {layout.names[holder]}" for spare, holder in spares]
        accounts.append(f"spares, without a place: {_listed(told)}")
    if outside:
        accounts.append(f"outside any plane: {_listed([layout.names[each] for each in outside])}")
    return accounts


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _listed(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
