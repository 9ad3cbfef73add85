"""Rows of tables that grow with the tokens, a batch at a time: long runs do not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    import pyarrow.dataset


def batches(
    results: Results,
    name: str,
    columns: Sequence[str],
    *,
    placement: str,
    engine: str,
    sequences: np.ndarray | None = None,
) -> Iterator[dict[str, np.ndarray]]:
    """Yield rows of a table of a placement and engine, in their order.

    Parameters
    ----------
    results
        The run.
    name
        The table.
    columns
        Which columns.
    placement, engine
        Only rows of these.
    sequences
        Only rows of these sequences; None: of all.

    Yields
    ------
    A column a name, each of shape (n,); not empty.
    """
    import pyarrow.compute as pc

    wanted = (pc.field("placement") == placement) & (pc.field("engine") == engine)
    if sequences is not None:
        wanted &= pc.field("sequence").isin(sequences.tolist())
    for batch in _dataset(results, name).to_batches(columns=list(columns), filter=wanted):
        if batch.num_rows:
            yield {column: _array(batch.column(column)) for column in columns}


def count_rows(results: Results, name: str, *, engine: str) -> int:
    """Return how many rows of a table are of an engine."""
    import pyarrow.compute as pc

    return int(_dataset(results, name).count_rows(filter=pc.field("engine") == engine))


def _array(column: Any) -> np.ndarray:
    """Return a column as an array; names as strings."""
    array = column.to_numpy(zero_copy_only=False)
    return array.astype(str) if array.dtype == object else np.asarray(array)


def _dataset(results: Results, name: str) -> pyarrow.dataset.Dataset:
    """Return a table that is not read yet."""
    import pyarrow.dataset as pads

    return pads.dataset([str(file) for file in results.files(name)], format="parquet")
