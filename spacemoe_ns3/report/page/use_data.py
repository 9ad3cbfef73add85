"""How much each link is used in each slot, as the page has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacemoe_ns3.report.page.packing import pack
from spacemoe_ns3.run_results import Results

MOST_ROWS = 300_000
LEAST_DECADE = 10.0  # a link that is busy for 1e-10 of a slot, or less, gets the first level
LEVELS = 255


def use_data(results: Results, placement: str, *, most_rows: int) -> dict[str, Any] | None:
    """Return the use of the links under a placement, an object for JSON.

    Parameters
    ----------
    results
        The run.
    placement
        Name of the placement.
    most_rows
        Most slots and links together; where there are more, two slots become one, or four, and so on, with
        the largest use of them.

    Returns
    -------
    ``slotsTogether``; the links of the n-th slots together are ``from[n]`` to ``from[n + 1]`` of ``link``
    and ``level``. A level is the share of the time in which the busier direction is busy, in
    255 steps from 1e-10 to 1, logarithmic. None where no packets were sent.
    """
    if "link_intervals" not in results.table_names or "packet" not in results.engines(placement):
        return None
    table = results.columns("link_intervals", placement=placement, engine="packet")
    is_used = table["utilisation"] > 0
    slot, link, level = (
        values[is_used] for values in (table["slot"], table["link"], levels(table["utilisation"]))
    )
    together, slots = 1, int(results.summary["slots"])
    while True:
        rows = _busiest(slot // together, link, level)
        if len(rows[0]) <= most_rows or together >= slots:
            break
        together *= 2
    slot, link, level = rows
    return {
        "slotsTogether": together,
        "from": pack(np.searchsorted(slot, np.arange(-(-slots // together) + 1))),
        "link": pack(link),
        "level": pack(level),
    }


def levels(utilisation: np.ndarray) -> np.ndarray:
    """Return the level of each share of time, from 1 to 255.

    Examples
    --------
    >>> levels(np.array([1e-12, 1e-10, 1e-5, 1.0]))
    array([  1,   1, 128, 255])
    """
    decades = np.log10(np.maximum(utilisation, 10.0**-LEAST_DECADE)) + LEAST_DECADE
    steps = np.rint(np.minimum(decades / LEAST_DECADE, 1.0) * (LEVELS - 1))
    level: np.ndarray = 1 + steps.astype(np.int64)
    return level


def _busiest(slot: np.ndarray, link: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return a row a slot and link, with the largest level, in this order."""
    order = np.lexsort((-level, link, slot))
    slot, link, level = slot[order], link[order], level[order]
    is_first = np.ones(len(slot), bool)
    is_first[1:] = (np.diff(slot) != 0) | (np.diff(link) != 0)
    return slot[is_first], link[is_first], level[is_first]
