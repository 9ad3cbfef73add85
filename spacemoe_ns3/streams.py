"""Named random streams: one seed fixes everything, and no use of chance disturbs another."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of one use.

    Parameters
    ----------
    seed
        The run's seed.
    name
        What the numbers are for, such as ``"links.outages"``.

    Returns
    -------
    A generator that depends on the seed and the name only.

    Examples
    --------
    >>> a, b = stream(1, "activation"), stream(1, "activation")
    >>> bool(a.random() == b.random())
    True
    >>> bool(stream(1, "activation").random() == stream(1, "links.outages").random())
    False
    """
    digest = hashlib.sha256(name.encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words.tolist()])))
