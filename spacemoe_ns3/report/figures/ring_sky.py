"""Numbers of the picture of a ring: where satellites are, which links are up, what they carried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from spacemoe_ns3.constellation.propagate import Ephemeris
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.links.picture import formation_positions_m

_Columns = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where satellites are at a moment.

    Parameters
    ----------
    latitude_deg, longitude_deg
        Geodetic, WGS 84, of each satellite, shape (S,).
    local_m
        Of a close formation, from its middle radially, along the track and across it, shape (S, 3); None of
        any other sky.
    """

    latitude_deg: np.ndarray
    longitude_deg: np.ndarray
    local_m: np.ndarray | None


def knots_around(ephemeris: _Columns, time_ns: int) -> tuple[Ephemeris, int]:
    """Return the part of an ephemeris between whose two knots a moment is, and the moment since the first.

    Parameters
    ----------
    ephemeris
        Columns of the table.
    time_ns
        Nanoseconds after the epoch.

    Raises
    ------
    InputError
        If the moment is outside the table.
    """
    knots_ns = np.unique(ephemeris["time_ns"])
    if not knots_ns[0] <= time_ns <= knots_ns[-1]:
        raise InputError(
            f"--time: {time_ns / 1e9:g} s given, the run knows its satellites from {knots_ns[0] / 1e9:g} to "
            f"{knots_ns[-1] / 1e9:g} s; name a time within"
        )
    knot = min(int(np.searchsorted(knots_ns, time_ns, side="right")) - 1, len(knots_ns) - 2)
    states = []
    for axes in (("x_m", "y_m", "z_m"), ("vx_m_s", "vy_m_s", "vz_m_s")):
        ends = []
        for at_ns in knots_ns[knot : knot + 2].tolist():
            rows = np.flatnonzero(ephemeris["time_ns"] == at_ns)
            rows = rows[np.argsort(ephemeris["satellite"][rows], kind="stable")]
            ends.append(np.stack([ephemeris[axis][rows] for axis in axes], axis=-1))
        states.append(np.stack(ends))
    step_ns = int(knots_ns[knot + 1] - knots_ns[knot])
    between = Ephemeris(step_ns=step_ns, positions_m=states[0], velocities_m_s=states[1])
    return between, time_ns - int(knots_ns[knot])


def places_at(ephemeris: _Columns, *, epoch: str, time_ns: int) -> Places:
    """Return where satellites are at a moment.

    Parameters
    ----------
    ephemeris
        Columns of the table.
    epoch
        Time zero, ISO 8601, UTC.
    time_ns
        Nanoseconds after it.

    Raises
    ------
    InputError
        If the moment is outside the table.
    """
    from spacemoe_ns3.constellation.frames import earth_fixed, geodetic

    between, since_ns = knots_around(ephemeris, time_ns)
    everyone = np.arange(between.satellites)
    times_ns = np.full(between.satellites, since_ns)
    positions_m = between.positions_at(everyone, times_ns)
    fixed_m = earth_fixed(
        positions_m[np.newaxis],
        start=datetime.fromisoformat(epoch.removesuffix("Z")),
        times_ns=np.array([time_ns]),
    )
    latitude_deg, longitude_deg, _ = geodetic(fixed_m[0])
    return Places(
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        local_m=formation_positions_m(positions_m, between.velocities_at(everyone, times_ns)),
    )


def links_up(contacts: _Columns, *, links: int, time_ns: int) -> np.ndarray:
    """Return whether each link is up at a moment, shape (M,), from a contact plan.

    Examples
    --------
    >>> plan = {"link": np.array([0, 2]), "start_ns": np.array([0, 5]), "end_ns": np.array([5, 9])}
    >>> links_up(plan, links=3, time_ns=5).tolist()
    [False, False, True]
    """
    is_now = (contacts["start_ns"] <= time_ns) & (time_ns < contacts["end_ns"])
    is_up = np.zeros(links, bool)
    is_up[contacts["link"][is_now]] = True
    return is_up


def bytes_of_links(carried: _Columns, ends: np.ndarray) -> np.ndarray:
    """Return what each link carried in both directions.

    Parameters
    ----------
    carried
        ``from_satellite``, ``to_satellite`` and ``bytes`` of directions of links.
    ends
        The satellites of each link, shape (M, 2).

    Returns
    -------
    Bytes, shape (M,).
    """
    width = 1 + int(max(ends.max(initial=0), carried["from_satellite"].max(initial=0)))
    keys = np.sort(ends, axis=1) @ np.array([width, 1])
    order = np.argsort(keys, kind="stable")
    pairs = np.sort(np.stack([carried["from_satellite"], carried["to_satellite"]], axis=1), axis=1)
    link = order[np.searchsorted(keys[order], pairs @ np.array([width, 1]))]
    total = np.zeros(len(ends), np.int64)
    np.add.at(total, link, carried["bytes"])
    return total
