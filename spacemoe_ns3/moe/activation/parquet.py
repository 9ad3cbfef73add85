"""Measured activation in Parquet: tables with a row for each token and layer, or each layer and expert."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3.errors import ScenarioError, require


def parquet_trace(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read what each token activated: columns ``token``, ``layer``, ``experts`` or ``expert_0`` and so on.

    Parameters
    ----------
    path
        The file. Its rows may be in any order; the distinct numbers of its tokens, and of its layers, count
        in ascending order, so layers may be numbered as in the model, dense ones left out.

    Returns
    -------
    Experts in order of selection, shape (N0, L, K), and the row of each token and layer, shape (N0, L).

    Raises
    ------
    ScenarioError
        If columns, rows or pairs of token and layer are missing or wrong.
    """
    from pyarrow import parquet

    names = parquet.read_schema(path).names
    places = [f"expert_{place}" for place in range(len(names)) if f"expert_{place}" in names]
    is_list = "experts" in names
    require(
        {"token", "layer"} <= set(names) and (is_list or "expert_0" in names),
        f"{path}: columns {', '.join(names)} given, must be token, layer and experts (or expert_0, expert_1, "
        "...); rename them",
    )
    table = parquet.read_table(path, columns=["token", "layer", *(["experts"] if is_list else places)])
    require(len(table) > 0, f"{path}: no rows given, must be at least one; record some tokens")
    if is_list:
        experts = _lists(path, table["experts"])
    else:
        experts = np.stack([_whole(path, table, place) for place in places], axis=1)
    row = _grid(path, _whole(path, table, "token"), _whole(path, table, "layer"), ("token", "layer"))
    return experts[row], row


def parquet_counts(path: Path) -> np.ndarray:
    """Read how often each expert was activated: columns ``layer``, ``expert`` and ``count``.

    Parameters
    ----------
    path
        The file. Its rows may be in any order; experts are numbered from 0, layers as in a trace.

    Returns
    -------
    Shape (L, E).

    Raises
    ------
    ScenarioError
        If columns, rows or pairs of layer and expert are missing or wrong.
    """
    from pyarrow import parquet

    names = parquet.read_schema(path).names
    columns = ["layer", "expert", "count"]
    require(
        set(columns) <= set(names),
        f"{path}: columns {', '.join(names)} given, must be {', '.join(columns)}; rename them",
    )
    table = parquet.read_table(path, columns=columns)
    require(len(table) > 0, f"{path}: no rows given, must be at least one; count some tokens")
    expert = _whole(path, table, "expert")
    row = _grid(path, _whole(path, table, "layer"), expert, ("layer", "expert"))
    require(
        bool((expert[row] == np.arange(row.shape[1])).all()),
        f"{path}: column expert: numbers from {expert.min()} to {expert.max()} given, must be 0 to "
        f"{row.shape[1] - 1} without a gap; write a count of 0 for an expert that was never activated",
    )
    count = table["count"]
    _check_complete(path, "count", count)
    counts: np.ndarray = count.to_numpy()[row]
    return counts


def _check_complete(path: Path, name: str, column: Any) -> None:
    """Raise unless a column has a value in every row."""
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy()))
        raise ScenarioError(f"{path}: {name}[{row}]: nothing given, must be a value; leave no cell empty")


def _whole(path: Path, table: Any, name: str) -> np.ndarray:
    """Return a column of whole numbers."""
    column = table[name]
    _check_complete(path, name, column)
    values: np.ndarray = column.to_numpy()
    require(
        np.issubdtype(values.dtype, np.integer),
        f"{path}: column {name}: {column.type} given, must be whole numbers; convert it",
    )
    return values.astype(np.int64)


def _lists(path: Path, column: Any) -> np.ndarray:
    """Return a column of lists, all as long as the first, shape (rows, K)."""
    from pyarrow import compute, types

    kind = column.type
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    require(
        is_list and types.is_integer(kind.value_type),
        f"{path}: column experts: {kind} given, must be lists of whole numbers; convert it",
    )
    _check_complete(path, "experts", column)
    lengths = compute.list_value_length(column).to_numpy()
    wrong = np.flatnonzero((lengths != lengths[0]) | (lengths == 0))
    if len(wrong):
        raise ScenarioError(
            f"{path}: experts[{wrong[0]}]: {lengths[wrong[0]]} experts given, must be at least 1 and as many "
            f"as in the first row, {lengths[0]}; a token activates the same number of experts in every layer"
        )
    flat = compute.list_flatten(column)
    _check_complete(path, "experts (flattened)", flat)
    experts: np.ndarray = flat.to_numpy().astype(np.int64).reshape(len(lengths), -1)
    return experts


def _grid(path: Path, first: np.ndarray, second: np.ndarray, names: tuple[str, str]) -> np.ndarray:
    """Return the row of each pair of two columns, every pair of their values being there once."""
    first_values, first_place = np.unique(first, return_inverse=True)
    second_values, second_place = np.unique(second, return_inverse=True)
    width = len(second_values)
    place = first_place * width + second_place
    order = np.argsort(place, kind="stable")
    is_again = np.flatnonzero(np.diff(place[order]) == 0)
    if len(is_again):
        one, again = order[is_again[0]], order[is_again[0] + 1]
        raise ScenarioError(
            f"{path}: rows {one} and {again}: {names[0]} {first[one]}, {names[1]} {second[one]} given twice, "
            "must be once; number the tokens of all requests on"
        )
    if len(place) < len(first_values) * width:
        missing = int(np.setdiff1d(np.arange(len(first_values) * width), place)[0])
        raise ScenarioError(
            f"{path}: no row for {names[0]} {first_values[missing // width]}, {names[1]} "
            f"{second_values[missing % width]}, must be one; leave out the {names[0]} or complete it"
        )
    return order.reshape(-1, width)
