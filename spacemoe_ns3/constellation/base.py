"""What a constellation is once it is built: satellites with mean elements, in shells, planes and places."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from sgp4.api import Satrec

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.constants import EARTH_RADIUS_M
from spacemoe_ns3.errors import ScenarioError

NOWHERE = -1  # plane and place of a satellite that fits into none; shell likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """One shell: planes that fly alike, with places in them.

    Parameters
    ----------
    name
        Short name.
    planes
        Number of orbital planes P.
    places
        Number of places N in a plane; some may be vacant.
    is_closed
        Whether the planes go all the way around, so that the last one's neighbour is the first, flying the
        same way. False where a seam parts planes that fly against each other.
    seam_shift
        With a closed shell: the place of the first plane that faces place 0 of the last one, less the
        shift that neighbouring planes have; Walker's phasing, rounded.
    is_ring
        Whether the last place of a plane neighbours the first. False for a formation.
    """

    name: str
    planes: int
    places: int
    is_closed: bool
    seam_shift: int = 0
    is_ring: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Who is whose neighbour by design: shell, plane and place of each of S satellites.

    Parameters
    ----------
    names
        Of the satellites, S of them.
    shells
        The shells.
    shell, plane, place
        Of each satellite, shape (S,), int32; all three are :data:`NOWHERE` where a satellite fits into
        no shell. No two satellites share a place.

    Raises
    ------
    ValueError
        If the shapes differ or two satellites share a place.
    """

    names: tuple[str, ...]
    shells: tuple[Shell, ...]
    shell: np.ndarray
    plane: np.ndarray
    place: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.names),)
        if not self.shell.shape == self.plane.shape == self.place.shape == shape:
            raise ValueError(f"layout: shell, plane and place must have the shape {shape}")
        placed = np.flatnonzero(self.shell != NOWHERE)
        where = np.stack([self.shell[placed], self.plane[placed], self.place[placed]])
        if len(np.unique(where, axis=1).T) != len(placed):
            raise ValueError("layout: two satellites share a place")

    @property
    def satellites(self) -> int:
        """Number of satellites S."""
        return len(self.names)

    def find(self, *names: str | int, field: str) -> list[int]:
        """Return the satellites that names or numbers stand for.

        Parameters
        ----------
        names
            Each a name, or an index from 0; where a name looks like an index, the name is meant.
        field
            Path of the field that the names are from.

        Raises
        ------
        ScenarioError
            If there is no such satellite; gives the nearest names.
        """
        known = {name: satellite for satellite, name in enumerate(self.names)}
        found = []
        for name in map(str, names):
            if name in known or not name.isdecimal():
                found.append(look_up(field, name, known))
            elif int(name) < self.satellites:
                found.append(int(name))
            else:
                raise ScenarioError(
                    f"{field}: {name} given, satellites are numbered 0 to {self.satellites - 1}; name one"
                )
        return found

    def of_shells(self, field: str) -> np.ndarray:
        """Return a number or a truth that each satellite's shell has, such as ``"planes"``, shape (S,).

        Satellites that are in no shell get 1.
        """
        values = np.array([*(getattr(shell, field) for shell in self.shells), 1])
        found: np.ndarray = values[self.shell]  # NOWHERE is the last
        return found

    def members(self, shell: int) -> np.ndarray:
        """Return the satellites of a shell, ascending."""
        return np.flatnonzero(self.shell == shell)

    def grid(self, shell: int) -> np.ndarray:
        """Return the satellite at each place of a shell.

        Parameters
        ----------
        shell
            Index of the shell.

        Returns
        -------
        Satellites, shape (planes, places), int32; :data:`NOWHERE` where a place is vacant.
        """
        about = self.shells[shell]
        grid = np.full((about.planes, about.places), NOWHERE, np.int32)
        members = self.members(shell)
        grid[self.plane[members], self.place[members]] = members
        return grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Constellation:
    """Satellites with mean elements, sorted into shells, planes and places.

    Parameters
    ----------
    layout
        Who is whose neighbour.
    epoch
        ISO date and time, UTC, of simulation time zero.
    elements
        SGP4's mean elements of each satellite, each at its own epoch.
    remarks
        What a user must know: satellites that fit nowhere, elements that were left out, and why.

    Raises
    ------
    ScenarioError
        If there are no satellites.
    """

    layout: Layout
    epoch: str
    elements: tuple[Satrec, ...] = field(repr=False)
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.elements:
            raise ScenarioError("constellation: no satellites; name at least one")
        if len(self.elements) != self.layout.satellites:
            raise ValueError("constellation: one set of elements is due for each satellite")

    @property
    def satellites(self) -> int:
        """Number of satellites S."""
        return self.layout.satellites

    @property
    def start(self) -> datetime:
        """Simulation time zero, UTC, without a time zone."""
        return datetime.fromisoformat(self.epoch)

    def periods_s(self) -> np.ndarray:
        """Return the orbital period of each satellite in seconds, of its Kozai mean motion, shape (S,)."""
        return np.array([60.0 * 2.0 * math.pi / each.no_kozai for each in self.elements])

    def altitudes_m(self) -> np.ndarray:
        """Return each satellite's mean altitude in metres, shape (S,).

        SGP4's Brouwer semi-major axis less the equatorial radius, 6378.135 km.
        """
        return np.array([each.a * each.radiusearthkm * 1e3 - EARTH_RADIUS_M for each in self.elements])

    def inclinations_rad(self) -> np.ndarray:
        """Return each satellite's mean inclination in radians, shape (S,)."""
        return np.array([each.inclo for each in self.elements])


class ConstellationSource(Protocol):
    """What a scenario may declare as its constellation."""

    def build(self) -> Constellation:
        """Return the satellites.

        Raises
        ------
        ScenarioError
            If they cannot be built.
        """
        ...
