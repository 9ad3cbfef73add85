"""The ways of some tokens, piece by piece, as the page has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacemoe_ns3.report.page.packing import pack
from spacemoe_ns3.run_results import Results

MOST_PIECES = 45_000
PIECES = ("gateway", "dispatch", "expert", "result", "residual", "head")
KINDS = ("queue", "compute", "hop", "leg", "retransmission", "transport")
_HELD = ("queueing_ns", "waiting_ns", "serialisation_ns")
_LEAST_TOKENS = 3  # of a placement: the fastest, the median and the slowest


def token_data(results: Results, placement: str, *, share: float) -> dict[str, Any] | None:
    """Return the ways of some tokens of a placement, an object for JSON.

    Parameters
    ----------
    results
        The run.
    placement
        Name of the placement.
    share
        Which share of the tokens to take, at most 1; at least three are.

    Returns
    -------
    ``engine`` (the packets, if any were sent), ``of`` (tokens in all), and of N tokens ``sequence``,
    ``token``, ``startNs``, ``latencyNs``, ``rank`` (from 0, the fastest). The pieces of token n are
    ``from[n]`` to ``from[n + 1]`` of ``layer``, ``piece``, ``kind`` (indices into :data:`PIECES` and
    :data:`KINDS`), ``satellite``, ``toSatellite``, ``link``, ``expert``, ``durationNs``, ``lightNs`` and
    ``heldNs`` (queueing, waiting and serialisation). None if there are no tokens.
    """
    engine = results.engines(placement)[-1:]
    if not engine or not {"tokens", "critical_path"} <= set(results.table_names):
        return None
    tokens = results.columns("tokens", placement=placement, engine=engine[0])
    chosen, rank = chosen_tokens(tokens["latency_ns"], share=share)
    keys = _keys(tokens["sequence"][chosen], tokens["token"][chosen])
    path = results.columns("critical_path", placement=placement, engine=engine[0])
    of_token = _places(_keys(path["sequence"], path["token"]), keys)
    order = np.lexsort((path["start_ns"], of_token))
    order = order[of_token[order] >= 0]
    rows = {name: values[order] for name, values in path.items()}
    return {
        "engine": engine[0],
        "of": len(tokens["latency_ns"]),
        "sequence": pack(tokens["sequence"][chosen]),
        "token": pack(tokens["token"][chosen]),
        "startNs": pack(tokens["start_ns"][chosen]),
        "latencyNs": pack(tokens["latency_ns"][chosen]),
        "rank": pack(rank),
        "from": pack(np.searchsorted(of_token[order], np.arange(len(keys) + 1))),
        **_pieces(rows),
    }


def _pieces(rows: dict[str, np.ndarray]) -> dict[str, Any]:
    return {
        "layer": pack(rows["layer"]),
        "piece": pack(_codes(rows["piece"], PIECES)),
        "kind": pack(_codes(rows["kind"], KINDS)),
        "satellite": pack(rows["satellite"]),
        "toSatellite": pack(rows["to_satellite"]),
        "link": pack(rows["link"]),
        "expert": pack(rows["expert"]),
        "durationNs": pack(rows["end_ns"] - rows["start_ns"]),
        "lightNs": pack(rows["propagation_ns"]),
        "heldNs": pack(sum((rows[name] for name in _HELD), start=np.zeros(len(rows["layer"]), np.int64))),
    }


def chosen_tokens(latency_ns: np.ndarray, *, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which tokens are shown: evenly spread from the fastest to the slowest, in the order of the run.

    Parameters
    ----------
    latency_ns
        Of all tokens, shape (n,).
    share
        Which share of them.

    Returns
    -------
    Their places, and their ranks among all, of the same shape.

    Examples
    --------
    >>> chosen_tokens(np.array([50, 10, 30, 20, 40]), share=0.1)
    (array([0, 1, 2]), array([4, 0, 2]))
    """
    by_latency = np.argsort(latency_ns, kind="stable")
    count = min(len(latency_ns), max(_LEAST_TOKENS, int(share * len(latency_ns))))
    rank = np.unique(np.rint(np.linspace(0, len(latency_ns) - 1, count)).astype(np.int64))
    order = np.argsort(by_latency[rank])
    return by_latency[rank][order], rank[order]


def _keys(sequence: np.ndarray, token: np.ndarray) -> np.ndarray:
    """Return a number for each token of each sequence."""
    keys: np.ndarray = (sequence << 32) | token
    return keys


def _places(keys: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return where each key is among others, -1 where it is not."""
    order = np.argsort(among)
    place = order[np.minimum(np.searchsorted(among[order], keys), len(among) - 1)]
    return np.where(among[place] == keys, place, -1)


def _codes(names: np.ndarray, known: tuple[str, ...]) -> np.ndarray:
    """Return the place of each name among those known."""
    codes = np.full(len(names), len(known), np.int64)
    for code, name in enumerate(known):
        codes[names == name] = code
    return codes
