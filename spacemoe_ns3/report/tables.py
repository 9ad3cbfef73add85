"""The Parquet files of a run: tables of both engines, and of the packets alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.report.summary import SCHEMA_VERSION
from spacemoe_ns3.results import PlacementResult

# Columns of an EngineResult; those that an engine does not have are left out.
TABLES = ("tokens", "layers", "critical_path", "links", "link_intervals", "satellites", "traffic")


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
    for name in TABLES:
        parts = []
        for result in results:
            for engine in ("analytic", "packet"):
                side = getattr(result, engine)
                if side is not None and getattr(side, name) is not None:
                    parts.append(_table(result.placement.name, engine, getattr(side, name)))
        _write(folder / f"{name}.parquet", parts)


def _write(path: Path, parts: list[pa.Table]) -> None:
    """Write the parts of a table to one file; no file if there are none."""
    if parts:
        table = pa.concat_tables(parts).replace_schema_metadata({"schema_version": str(SCHEMA_VERSION)})
        pq.write_table(table, path, compression="zstd")


def _table(placement: str, engine: str, columns: Mapping[str, np.ndarray]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    values = {}
    for name, column in columns.items():
        if column.dtype.kind == "U":
            values[name] = pa.array(column).dictionary_encode()
            continue
        kind = pa.float64() if np.issubdtype(column.dtype, np.floating) else pa.int64()
        values[name] = pa.array(np.ascontiguousarray(column), kind)
    return pa.table({"placement": [placement] * rows, "engine": [engine] * rows, **values})
