"""Which satellites point a laser at each other."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constellation import WalkerShell


def plus_grid(shell: WalkerShell, *, seam: bool) -> np.ndarray:
    """Return the +Grid: each satellite with its two neighbours in the plane and one in each next plane.

    Parameters
    ----------
    shell
        A Walker shell.
    seam
        Whether the last plane is linked to the first. Its satellites then point at the ones of the same
        place in the first plane, shifted by as many places as the phasing adds up to around the shell.

    Returns
    -------
    Satellites of each link, lower index first, shape (M, 2), int32, sorted.

    Examples
    --------
    >>> shell = WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60)
    >>> len(plus_grid(shell, seam=False)), len(plus_grid(shell, seam=True))
    (20, 24)
    """
    planes, size = shell.planes, shell.satellites_per_plane
    index = np.arange(shell.satellites, dtype=np.int32).reshape(planes, size)
    pairs = [np.stack([index, np.roll(index, -1, axis=1)], axis=-1).reshape(-1, 2)]
    if planes > 1:
        pairs.append(np.stack([index[:-1], index[1:]], axis=-1).reshape(-1, 2))
    if seam and planes > 2:  # with two planes the seam's links exist already
        # Going once around adds phasing * planes / satellites turns of argument of latitude.
        shift = round(shell.phasing)
        pairs.append(np.stack([index[-1], np.roll(index[0], -shift)], axis=-1))
    links = np.sort(np.concatenate(pairs), axis=1)
    ordered: np.ndarray = links[np.lexsort((links[:, 1], links[:, 0]))]
    return ordered
