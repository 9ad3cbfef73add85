"""What queueing theory expects at one queue: the means that packets are held against.

Poisson arrivals at one server of unbounded queue, first come, first served. For any law of the service time S
the mean wait is

    W = lambda E[S^2] / (2 (1 - rho)),    rho = lambda E[S]

(Pollaczek 1930, Khinchine 1932; Kleinrock, Queueing Systems I, 1975, section 5.6). With S constant, as
transmissions and computations here are, it is the M/D/1 queue: W = rho S / (2 (1 - rho)).
"""

from __future__ import annotations

import numpy as np


def mean_wait_s(
    rate_per_s: np.ndarray, mean_service_s: np.ndarray, mean_square_service_s2: np.ndarray
) -> np.ndarray:
    """Return the mean wait of an M/G/1 queue (Pollaczek-Khinchine).

    Parameters
    ----------
    rate_per_s
        Arrivals a second, of any shape.
    mean_service_s, mean_square_service_s2
        Mean of the service time and of its square, of that shape.

    Returns
    -------
    Seconds, of that shape; infinite where the server cannot keep up.

    Examples
    --------
    M/D/1 at half load waits half a service time, M/M/1 a whole one:

    >>> mean_wait_s(np.array([0.5, 0.5]), np.array([1.0, 1.0]), np.array([1.0, 2.0])).tolist()
    [0.5, 1.0]
    """
    load = np.asarray(rate_per_s * mean_service_s, float)
    wait = np.full(load.shape, np.inf)
    np.divide(rate_per_s * mean_square_service_s2, 2 * (1 - load), out=wait, where=load < 1)
    return wait
