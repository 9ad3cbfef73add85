"""Constellations that exist, are planned or were studied, by name, each with its source."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.constellation.base import ConstellationSource
from spacemoe_ns3.constellation.elements import check_epoch
from spacemoe_ns3.constellation.formation import CloseFormation
from spacemoe_ns3.constellation.multi_shell import MultiShell
from spacemoe_ns3.constellation.walker import WalkerShell

_STARLINK = (
    "FCC 21-48 on SAT-MOD-20200417-00037; Bassa, Hainaut & Galadi-Enriquez 2022, A&A 657, A75, table 1"
)
_KUIPER = "FCC 20-102 on SAT-LOA-20190704-00057; Bassa, Hainaut & Galadi-Enriquez 2022, A&A 657, A75, table 1"
_TELESAT = "SAT-MPL-20200526-00053; Kassing et al. 2020, Exploring the Internet from space with Hypatia, IMC"
_WIDEST = (
    "The phasing is not published; ours is the smallest of those whose circular orbits keep satellites the "
    "farthest apart, the criterion of Liang et al. 2021 (arXiv 2109.13994)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A constellation with a name, and where its figures are from.

    Parameters
    ----------
    name
        What :func:`preset` knows it by.
    constellation
        The satellites.
    source
        Where the figures are published.
    reading
        What the source leaves open, and how it is closed here.
    """

    name: str
    constellation: WalkerShell | MultiShell | CloseFormation
    source: str
    reading: str


def preset(name: str, *, epoch: str | None = None) -> ConstellationSource:
    """Return a constellation by its name.

    Parameters
    ----------
    name
        One of :data:`PRESETS`.
    epoch
        ISO date and time, UTC, of simulation time zero, if not that of the preset, 2026-01-01.

    Returns
    -------
    The constellation: a :class:`WalkerShell`, :class:`MultiShell` or :class:`CloseFormation`, whose fields
    ``dataclasses.replace`` changes.

    Raises
    ------
    ScenarioError
        If there is no such name; gives the nearest. If the epoch is no date.

    Examples
    --------
    >>> preset("starlink-gen1-570").satellites
    720
    >>> print(PRESETS["starlink-gen1-550"].reading)
    Phasing 39, an estimate from public orbits: Stock, Fraire & Hermanns 2022 (Distributed on-demand routing \
for LEO mega-constellations).
    """
    constellation = look_up("constellation", name, PRESETS).constellation
    if epoch is None:
        return constellation
    check_epoch("constellation.epoch", epoch)
    if isinstance(constellation, MultiShell):
        return MultiShell(
            shells=tuple(dataclasses.replace(shell, epoch=epoch) for shell in constellation.shells)
        )
    return dataclasses.replace(constellation, epoch=epoch)


def _shell(
    name: str,
    notation: str,
    altitude_km: float,
    source: str,
    reading: str,
    *,
    raan_span_deg: float = 360.0,
    raan_of_first_plane_deg: float = 0.0,
) -> Preset:
    """Return the preset of a shell in Walker's notation, with its nodes elsewhere where it is no delta."""
    shell = dataclasses.replace(
        WalkerShell.delta(notation, altitude_km=altitude_km, name=name),
        raan_span_deg=raan_span_deg,
        raan_of_first_plane_deg=raan_of_first_plane_deg,
    )
    return Preset(name=name, constellation=shell, source=source, reading=reading)


def _together(name: str, shells: Iterable[Preset]) -> Preset:
    """Return the preset of several shells flown at once."""
    parts = tuple(shells)
    walkers = tuple(part.constellation for part in parts if isinstance(part.constellation, WalkerShell))
    reading = " ".join(f"{part.name}: {part.reading}" for part in parts)
    return Preset(
        name=name, constellation=MultiShell(shells=walkers), source=parts[0].source, reading=reading
    )


def _all() -> Iterable[Preset]:
    yield _shell(
        "spacemoe-paper",
        "87: 1056/33/17",
        550.0,
        "Wang et al. 2026, SpaceMoE, arXiv 2605.00515: 33 planes of 32 satellites, 550 km, 87 degrees",
        "Nodes over 360 degrees and a phasing of 17, half a place between planes: the settings that come "
        "nearest to the paper's results, which does not state them.",
    )
    starlink = list(_starlink())
    kuiper = list(_kuiper())
    telesat = list(_telesat())
    for name, shells in (("starlink-gen1", starlink), ("kuiper", kuiper), ("telesat", telesat)):
        yield _together(name, shells)
        yield from shells
    yield _shell(
        "oneweb",
        "87.9: 720/18/9",
        1200.0,
        "FCC 17-77 on SAT-LOI-20160428-00041: 720 satellites, 18 near-polar planes of 40, 1200 km",
        "A star pattern: nodes 10.2 degrees and satellites half a place apart from plane to plane, read at "
        "second hand from the application's table of satellites.",
        raan_span_deg=18 * 10.2,
    )
    yield _shell(
        "iridium-next",
        "86.4: 66/6/3",
        780.0,
        "66 satellites in 6 planes, 780 km, 86.4 degrees; nodes 31.58 degrees apart, 22.10 at the seam: "
        "SeeSat-L 1999, Table of the Iridial constellation",
        "A star pattern; satellites half a place, 16.4 degrees, apart from plane to plane.",
        raan_span_deg=6 * 31.58,
    )
    yield Preset(
        name="suncatcher",
        constellation=CloseFormation(rows=11, columns=11, outline="ellipse", name="suncatcher"),
        source="Aguera y Arcas et al. 2025, arXiv 2511.19468, section 2.2: 81 satellites in the orbital "
        "plane, 650 km, radius 1 km, neighbours 100 to 200 m apart, dawn-dusk Sun-synchronous",
        reading="The 81 points of a square lattice that fit into the ellipse of half-axes 1 km along the "
        "track and 0.5 km radially; the node at 18 h local time.",
    )


def _starlink() -> Iterable[Preset]:
    read = "read at second hand from the application's table of satellites"
    yield _shell(
        "starlink-gen1-550",
        "53: 1584/72/39",
        550.0,
        _STARLINK,
        "Phasing 39, an estimate from public orbits: Stock, Fraire & Hermanns 2022 (Distributed on-demand "
        "routing for LEO mega-constellations).",
    )
    yield _shell("starlink-gen1-540", "53.2: 1584/72/13", 540.0, _STARLINK, _WIDEST)
    yield _shell("starlink-gen1-570", "70: 720/36/25", 570.0, _STARLINK, _WIDEST)
    yield _shell(
        "starlink-gen1-560-6x58",
        "97.6: 348/6/1",
        560.0,
        _STARLINK,
        f"Phasing 1 and first node at 63.7 degrees, {read}.",
        raan_of_first_plane_deg=63.7,
    )
    yield _shell(
        "starlink-gen1-560-4x43",
        "97.6: 172/4/0",
        560.0,
        _STARLINK,
        f"Nodes 12 degrees apart from 75.7 on, between two planes of the other 560 km shell, {read}; no "
        "phasing. Satellites of the two shells pass each other closely, as 43 and 58 places must.",
        raan_span_deg=4 * 12.0,
        raan_of_first_plane_deg=75.7,
    )


def _kuiper() -> Iterable[Preset]:
    reading = "The phasing is read at second hand from the application's table of satellites."
    yield _shell("kuiper-630", "51.9: 1156/34/3", 630.0, _KUIPER, reading)
    yield _shell("kuiper-610", "42: 1296/36/3", 610.0, _KUIPER, reading)
    yield _shell("kuiper-590", "33: 784/28/1", 590.0, _KUIPER, reading)


def _telesat() -> Iterable[Preset]:
    yield _shell(
        "telesat-1015",
        "98.98: 351/27/14",
        1015.0,
        _TELESAT,
        "The phasing is read at second hand from the application's table of satellites.",
    )
    yield _shell("telesat-1325", "50.88: 1320/40/24", 1325.0, _TELESAT, _WIDEST)


#: The presets by name.
PRESETS: Mapping[str, Preset] = MappingProxyType({each.name: each for each in _all()})
