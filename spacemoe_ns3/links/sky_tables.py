"""The sky as columns: satellites, where they are, links, and when they are up."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constellation import Ephemeris, Layout
from spacemoe_ns3.links.timeline import LinkTimeline
from spacemoe_ns3.links.topology import LinkKind

LEAST_STEP_NS = 60 * 10**9
"""Least time between knots that are kept: a cubic between them is off by a metre or so in a low orbit."""
MOST_ROWS = 400_000
"""Rows of the ephemeris that are kept, about: above, knots lie further apart."""
_Columns = dict[str, np.ndarray]


def sky_columns(timeline: LinkTimeline) -> dict[str, _Columns]:
    """Return the tables of a sky.

    Parameters
    ----------
    timeline
        The links through time.

    Returns
    -------
    Columns of the tables ``constellation``, ``ephemeris``, ``topology`` and ``contacts``
    (:data:`spacemoe_ns3.schema.TABLES`) by name.
    """
    return {
        "constellation": _constellation(timeline.layout),
        "ephemeris": ephemeris_columns(timeline.ephemeris, end_ns=timeline.slots.end_ns),
        "topology": _topology(timeline),
        "contacts": contact_columns(timeline.up, slot_ns=timeline.slots.slot_ns),
    }


def contact_columns(is_up: np.ndarray, *, slot_ns: int) -> _Columns:
    """Return the times in which links are up, each as long as it lasts.

    Parameters
    ----------
    is_up
        Whether each link is up in each slot, shape (T, M), bool.
    slot_ns
        Duration of a slot in nanoseconds.

    Returns
    -------
    ``link``, ``start_ns`` and ``end_ns``, by link and time, each of shape (n,), int64.

    Examples
    --------
    A link that is down in the second of three slots, and one that is up throughout:

    >>> columns = contact_columns(np.array([[1, 1], [0, 1], [1, 1]], bool), slot_ns=10)
    >>> [values.tolist() for values in columns.values()]
    [[0, 0, 1], [0, 20, 0], [10, 30, 30]]
    """
    down = np.zeros((is_up.shape[1], 1), np.int8)
    changes = np.diff(np.concatenate([down, is_up.T.astype(np.int8), down], axis=1), axis=1)
    link, start = np.nonzero(changes > 0)
    _, end = np.nonzero(changes < 0)
    return {"link": link, "start_ns": start * slot_ns, "end_ns": end * slot_ns}


def _constellation(layout: Layout) -> _Columns:
    return {
        "satellite": np.arange(layout.satellites),
        "name": np.array(layout.names),
        "shell": layout.shell,
        "plane": layout.plane,
        "place": layout.place,
    }


def ephemeris_columns(ephemeris: Ephemeris, *, end_ns: int) -> _Columns:
    """Return some of an ephemeris's knots, every so many of them, so that none is interpolated.

    Parameters
    ----------
    ephemeris
        Where satellites are.
    end_ns
        Until when, in nanoseconds.

    Returns
    -------
    Columns of the table ``ephemeris``, by time and satellite.
    """
    satellites, step_ns = ephemeris.satellites, ephemeris.step_ns
    fewest = -(-end_ns * satellites // (MOST_ROWS * step_ns))
    stride = max(-(-LEAST_STEP_NS // step_ns), fewest, 1)
    last = len(ephemeris.positions_m) - 1
    knots = np.unique(np.minimum(np.arange(0, -(-end_ns // step_ns) + stride, stride), last))
    positions, velocities = (
        values[knots].reshape(-1, 3).T for values in (ephemeris.positions_m, ephemeris.velocities_m_s)
    )
    return {
        "time_ns": np.repeat(knots * step_ns, satellites),
        "satellite": np.tile(np.arange(satellites), len(knots)),
        **dict(zip(("x_m", "y_m", "z_m"), positions, strict=True)),
        **dict(zip(("vx_m_s", "vy_m_s", "vz_m_s"), velocities, strict=True)),
    }


def _topology(timeline: LinkTimeline) -> _Columns:
    words = np.array([kind.words for kind in sorted(LinkKind)])
    return {
        "link": np.arange(len(timeline.ends)),
        "satellite_a": timeline.ends[:, 0],
        "satellite_b": timeline.ends[:, 1],
        "kind": words[timeline.kind],
    }
