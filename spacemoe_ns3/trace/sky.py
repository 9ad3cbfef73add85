"""Where the satellites of a run are, as its tables say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.run_results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """The ephemeris of a run: knots, and between two the cubic polynomial with both positions and velocities.

    Parameters
    ----------
    start
        Time zero, UTC, without a time zone.
    end_ns
        When the run's last slot ends.
    times_ns
        The knots, shape (T,), int64.
    positions_m, velocities_m_s
        There, TEME, shape (T, S, 3).
    """

    start: datetime
    end_ns: int
    times_ns: np.ndarray
    positions_m: np.ndarray
    velocities_m_s: np.ndarray

    def positions_at(self, times_ns: np.ndarray) -> np.ndarray:
        """Return positions in metres, TEME, shape (n, S, 3).

        Parameters
        ----------
        times_ns
            When, shape (n,); not before the first knot, nor after the last.
        """
        from scipy.interpolate import CubicHermiteSpline

        knots_s = self.times_ns / NANOSECONDS_PER_SECOND
        curve = CubicHermiteSpline(knots_s, self.positions_m, self.velocities_m_s)
        positions: np.ndarray = curve(np.asarray(times_ns) / NANOSECONDS_PER_SECOND)
        return positions


def sky_of(results: Results) -> Sky:
    """Return the ephemeris of a run.

    Parameters
    ----------
    results
        The run.

    Raises
    ------
    InputError
        If the run has none.
    """
    columns = results.columns("ephemeris")
    order = np.lexsort((columns["satellite"], columns["time_ns"]))
    times_ns = np.unique(columns["time_ns"])
    positions_m, velocities_m_s = (
        np.stack([columns[name][order] for name in names], axis=-1).reshape(len(times_ns), -1, 3)
        for names in (("x_m", "y_m", "z_m"), ("vx_m_s", "vy_m_s", "vz_m_s"))
    )
    return Sky(
        start=datetime.fromisoformat(results.summary["epoch"]),
        end_ns=int(results.summary["end_ns"]),
        times_ns=times_ns,
        positions_m=positions_m,
        velocities_m_s=velocities_m_s,
    )
