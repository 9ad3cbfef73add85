"""``tokens.parquet`` and ``layers.parquet``: every token and every layer, of both engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.report.summary import SCHEMA_VERSION
from spacemoe_ns3.results import PlacementResult


def write_tables(folder: Path, results: list[PlacementResult]) -> None:
    """Write the tables of a run.

    Parameters
    ----------
    folder
        The run's folder.
    results
        What was found out, a placement each.

    Notes
    -----
    The columns are those of :class:`spacemoe_ns3.results.EngineResult`, behind ``placement`` and
    ``engine``; ``docs/results.md`` defines each.
    """
    for name in ("tokens", "layers"):
        parts = []
        for result in results:
            for engine in ("analytic", "packet"):
                side = getattr(result, engine)
                if side is not None:
                    parts.append(_table(result.placement.name, engine, getattr(side, name)))
        if parts:
            table = pa.concat_tables(parts).replace_schema_metadata({"schema_version": str(SCHEMA_VERSION)})
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def _table(placement: str, engine: str, columns: dict[str, np.ndarray]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    values = {name: pa.array(np.ascontiguousarray(column), pa.int64()) for name, column in columns.items()}
    return pa.table({"placement": [placement] * rows, "engine": [engine] * rows, **values})
