"""Who lives where, as columns: what the placement matched."""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.placement.base import Placement, PlacementProblem

_GATEWAY = -1  # instead of an expert


def host_columns(
    placement: Placement, problem: PlacementProblem, *, with_paths: bool
) -> dict[str, np.ndarray]:
    """Return a row a gateway and a row an expert on each satellite where it ever lives.

    Parameters
    ----------
    placement
        Who hosts what.
    problem
        What was placed.
    with_paths
        Whether to find the ways; otherwise ``path_s`` is nan.

    Returns
    -------
    Columns of the table ``hosts`` (:data:`spacemoe_ns3.schema.TABLES`), by layer, its gateway first, then by
    expert and satellite; ``path_s`` is that of :meth:`PlacementProblem.path_latency_s`, infinite where there
    is no path in a slot.
    """
    residents = placement.residents().astype(np.int64)
    layers = np.arange(problem.layers)
    gateways = np.stack(
        [layers, np.full(problem.layers, _GATEWAY), placement.gateways.astype(np.int64)], axis=1
    )
    rows = np.concatenate([gateways, residents])
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    layer, expert, satellite = rows.T
    is_expert = expert != _GATEWAY
    probability = problem.activation_probability()[layer, expert]
    path_s = np.full(len(rows), np.nan)
    if with_paths:
        ways_s = problem.path_latency_s(placement.gateways)
        path_s[is_expert] = ways_s[layer[is_expert], satellite[is_expert]]
    return {
        "layer": layer,
        "expert": expert,
        "satellite": satellite,
        "activation_probability": np.where(is_expert, probability, 1.0),
        "path_s": path_s,
    }
