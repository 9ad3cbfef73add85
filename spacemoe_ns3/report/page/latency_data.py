"""Latencies and where they go, as the page has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacemoe_ns3.report.page.packing import pack
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
    return {
        "tokens": len(tokens["latency_ns"]),
        "sortedNs": pack(sorted_ns),
        "share": pack(share),
        "meanNs": float(tokens["latency_ns"].mean()),
        "layersNs": pack(
            mean_parts_ns(tokens, results.columns("layers", placement=placement, engine=engine))
        ),
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


def mean_parts_ns(tokens: dict[str, np.ndarray], layers: dict[str, np.ndarray]) -> np.ndarray:
    """Return where the time of a mean token goes, layer by layer.

    Parameters
    ----------
    tokens, layers
        Rows of these tables, of one placement and engine.

    Returns
    -------
    Nanoseconds, shape (layers + 1, parts); the last row is what the layers leave of the token: the head.
    """
    count, layer = len(tokens["latency_ns"]), layers["layer"]
    columns = []
    for part in PARTS:
        by_layer = np.bincount(layer, weights=layers[f"{part}_ns"]) / count
        head = tokens[f"{part}_ns"].mean() - by_layer.sum()
        columns.append(np.append(by_layer, head))
    return np.stack(columns, axis=-1)
