"""The sky as the page has it: satellites through time, links and when they are up."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacemoe_ns3.constants import METRES_PER_KILOMETRE
from spacemoe_ns3.report.page.packing import pack
from spacemoe_ns3.run_results import Results

TABLES_OF_THE_SKY = ("constellation", "ephemeris", "topology", "contacts")
MOST_STATES = 130_000  # satellites times knots, 18 bytes each: 3 MB of text
_NS_PER_MS = 1_000_000


def sky_data(results: Results, *, most_states: int = MOST_STATES) -> dict[str, Any] | None:
    """Return the sky of a run, an object for JSON.

    Parameters
    ----------
    results
        The run.
    most_states
        Most satellites times knots; where there are more, every second knot is left out, or all but every
        fourth, and so on.

    Returns
    -------
    Satellites (``names``, ``shell``, ``plane``, ``place``), their states at K knots (``knotMs``, shape (K,);
    ``positionKm``, float32, and ``velocity``, 16 bits in steps of ``velocityStepKmS``, shape (K, S, 3),
    TEME), links (``a``, ``b``, ``kind``, an index into ``kinds``), and contacts: those of link m are
    ``contactFrom[m]`` to ``contactFrom[m + 1]`` of ``contactStartMs`` and ``contactEndMs``. None if the run
    does not have :data:`TABLES_OF_THE_SKY`.
    """
    if not set(TABLES_OF_THE_SKY) <= set(results.table_names):
        return None
    return {
        **_satellites(results),
        **_states(results, most_states=most_states),
        **_links(results),
    }


def _satellites(results: Results) -> dict[str, Any]:
    table = results.columns("constellation")
    return {
        "names": table["name"].tolist(),
        **{key: pack(table[key]) for key in ("shell", "plane", "place")},
    }


def _states(results: Results, *, most_states: int) -> dict[str, Any]:
    """Return positions and velocities at knots, fewer where there are too many."""
    table = results.columns("ephemeris")
    times_ns = np.unique(table["time_ns"])
    shape = (len(times_ns), -1, 3)
    order = np.lexsort((table["satellite"], table["time_ns"]))
    position_m, velocity_m_s = (
        np.stack([table[name][order] for name in names], axis=-1).reshape(shape)
        for names in (("x_m", "y_m", "z_m"), ("vx_m_s", "vy_m_s", "vz_m_s"))
    )
    kept = kept_knots(len(times_ns), satellites=position_m.shape[1], most_states=most_states)
    velocity_km_s = velocity_m_s[kept] / METRES_PER_KILOMETRE
    step_km_s = float(np.abs(velocity_km_s).max()) / np.iinfo(np.int16).max or 1.0
    return {
        "knotMs": pack(times_ns[kept] // _NS_PER_MS),
        "positionKm": pack((position_m[kept] / METRES_PER_KILOMETRE).astype(np.float32)),
        "velocity": pack(np.rint(velocity_km_s / step_km_s).astype(np.int16)),
        "velocityStepKmS": step_km_s,
    }


def kept_knots(knots: int, *, satellites: int, most_states: int) -> np.ndarray:
    """Return which knots are kept: every one, every second, every fourth, ..., and always the last.

    Examples
    --------
    >>> kept_knots(6, satellites=10, most_states=60)
    array([0, 1, 2, 3, 4, 5])
    >>> kept_knots(6, satellites=10, most_states=59)
    array([0, 2, 4, 5])
    """
    every = 1
    while satellites * (-(-(knots - 1) // every) + 1) > most_states and every < knots:
        every *= 2
    return np.union1d(np.arange(0, knots, every), [knots - 1])


def _links(results: Results) -> dict[str, Any]:
    topology, contacts = results.columns("topology"), results.columns("contacts")
    kinds, kind = np.unique(topology["kind"], return_inverse=True)
    order = np.lexsort((contacts["start_ns"], contacts["link"]))
    links = len(topology["link"])
    return {
        "kinds": kinds.tolist(),
        "kind": pack(kind.astype(np.int64)),
        "a": pack(topology["satellite_a"]),
        "b": pack(topology["satellite_b"]),
        "contactFrom": pack(np.searchsorted(contacts["link"][order], np.arange(links + 1))),
        "contactStartMs": pack(contacts["start_ns"][order] // _NS_PER_MS),
        "contactEndMs": pack(contacts["end_ns"][order] // _NS_PER_MS),
    }
