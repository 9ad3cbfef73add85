"""Latencies and where they go, as the page has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from spacemoe_ns3.report.page.packing import pack
from spacemoe_ns3.report.page.rows import batches
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.run_results import Results

MOST_STEPS = 1000


def latency_data(results: Results, placement: str) -> dict[str, Any]:
    """Return what the charts show of a placement, an object for JSON.

    Parameters
    ----------
    results
        The run.
    placement
        Name of the placement.

    Returns
    -------
    ``expectedS`` and ``boundS`` (None where unknown), and under ``engines``, by name: ``tokens`` (how many),
    ``sortedNs`` and ``share`` (the distribution of the latency of a token, at most 1000 steps),
    ``meanNs``, and ``layersNs``: the mean of each of :data:`spacemoe_ns3.results.PARTS` in each layer, and
    in a last row of the head, row by row.
    """
    about = results.placement(placement)
    return {
        "expectedS": about["expected_s_per_token"],
        "boundS": about["bound_s"],
        "engines": {engine: _engine(results, placement, engine) for engine in results.engines(placement)},
    }


def _engine(results: Results, placement: str, engine: str) -> dict[str, Any]:
    tokens = results.columns("tokens", placement=placement, engine=engine)
    sorted_ns, share = distribution(tokens["latency_ns"])
    columns = ("layer", *(f"{part}_ns" for part in PARTS))
    layers = batches(results, "layers", columns, placement=placement, engine=engine)
    return {
        "tokens": len(tokens["latency_ns"]),
        "sortedNs": pack(sorted_ns),
        "share": pack(share),
        "meanNs": float(tokens["latency_ns"].mean()),
        "layersNs": pack(mean_parts_ns(tokens, layers)),
    }


def distribution(latency_ns: np.ndarray, *, most_steps: int = MOST_STEPS) -> tuple[np.ndarray, np.ndarray]:
    """Return the empirical distribution of latencies, thinned where it has too many steps.

    Parameters
    ----------
    latency_ns
        Shape (n,).
    most_steps
        Most steps to return, at least two; the first and the last are always kept.

    Returns
    -------
    Latencies in nanoseconds, ascending, and the share of tokens that take at most that long.

    Examples
    --------
    >>> distribution(np.array([30, 10, 20, 40]))
    (array([10, 20, 30, 40]), array([0.25, 0.5 , 0.75, 1.  ]))
    >>> distribution(np.array([30, 10, 20, 40]), most_steps=2)
    (array([10, 40]), array([0.25, 1.  ]))
    """
    count = len(latency_ns)
    rank = np.unique(np.rint(np.linspace(0, count - 1, min(count, most_steps))).astype(np.int64))
    return np.sort(latency_ns)[rank], (rank + 1) / count


def mean_parts_ns(tokens: dict[str, np.ndarray], layers: Iterable[dict[str, np.ndarray]]) -> np.ndarray:
    """Return where the time of a mean token goes, layer by layer.

    Parameters
    ----------
    tokens
        Rows of this table, of one placement and engine.
    layers
        The same of this table, in any number of batches.

    Returns
    -------
    Nanoseconds, shape (layers + 1, parts); the last row is what the layers leave of the token: the head.
    """
    sums = np.zeros((0, len(PARTS)))
    for batch in layers:
        more = int(batch["layer"].max()) + 1 - len(sums)
        sums = np.pad(sums, ((0, max(0, more)), (0, 0)))
        for place, part in enumerate(PARTS):
            sums[:, place] += np.bincount(batch["layer"], batch[f"{part}_ns"], minlength=len(sums))
    by_layer = sums / len(tokens["latency_ns"])
    means = np.array([tokens[f"{part}_ns"].mean() for part in PARTS])
    return np.vstack([by_layer, means - by_layer.sum(axis=0)])
