"""The ways of some tokens, piece by piece, as the page has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacemoe_ns3.report.page.packing import pack
from spacemoe_ns3.report.page.rows import batches
from spacemoe_ns3.run_results import Results

MOST_PIECES = 45_000
PIECES = ("gateway", "dispatch", "expert", "result", "residual", "head")
KINDS = ("queue", "compute", "hop", "leg", "retransmission", "transport")
_HELD = ("queueing_ns", "waiting_ns", "serialisation_ns")
_COLUMNS = (
    *("sequence", "token", "layer", "piece", "kind", "satellite", "to_satellite", "link", "expert"),
    *("start_ns", "end_ns", "propagation_ns", *_HELD),
)
_TOKEN_BITS = 32  # of the number that stands for a token and its sequence
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
    of_token, rows = _path(results, placement, engine[0], keys=keys)
    return {
        "engine": engine[0],
        "of": len(tokens["latency_ns"]),
        "sequence": pack(tokens["sequence"][chosen]),
        "token": pack(tokens["token"][chosen]),
        "startNs": pack(tokens["start_ns"][chosen]),
        "latencyNs": pack(tokens["latency_ns"][chosen]),
        "rank": pack(rank),
        "from": pack(np.searchsorted(of_token, np.arange(len(keys) + 1))),
        **_pieces(rows),
    }


def _path(
    results: Results, placement: str, engine: str, *, keys: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the rows of the critical paths of some tokens, token by token in time, and whose they are."""
    found: list[dict[str, np.ndarray]] = []
    sequences = np.unique(keys >> _TOKEN_BITS)
    for batch in batches(
        results, "critical_path", _COLUMNS, placement=placement, engine=engine, sequences=sequences
    ):
        is_wanted = np.isin(_keys(batch["sequence"], batch["token"]), keys)
        found.append({name: values[is_wanted] for name, values in batch.items()})
    rows = {name: np.concatenate([each[name] for each in found]) for name in _COLUMNS}
    by_key = np.argsort(keys)
    of_token = by_key[np.searchsorted(keys[by_key], _keys(rows["sequence"], rows["token"]))]
    order = np.lexsort((rows["start_ns"], of_token))
    return of_token[order], {name: values[order] for name, values in rows.items()}


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
    keys: np.ndarray = (sequence << _TOKEN_BITS) | token
    return keys


def _codes(names: np.ndarray, known: tuple[str, ...]) -> np.ndarray:
    """Return the place of each name among those known."""
    codes = np.full(len(names), len(known), np.int64)
    for code, name in enumerate(known):
        codes[names == name] = code
    return codes
