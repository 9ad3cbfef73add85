"""The tables of a validation: ``validation_tokens``, ``validation_layers`` and ``validation_queues``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.schema import SCHEMA_VERSION
from spacemoe_ns3.validation_results import Validation


def write_validation_tables(folder: Path, validation: Validation) -> None:
    """Write the comparison token by token and layer by layer, and the busiest queues.

    Parameters
    ----------
    folder
        The run's folder.
    validation
        What was found out.

    Notes
    -----
    Columns that a regime does not have are null. ``docs/validation.md`` defines each.
    """
    for name in ("tokens", "layers", "queues"):
        parts = []
        for result in validation.regimes:
            columns = getattr(result, name)
            if columns:
                rows = len(next(iter(columns.values())))
                values = {key: pa.array(_flat(column)) for key, column in columns.items()}
                parts.append(
                    pa.table(
                        {
                            "placement": [result.placement] * rows,
                            "regime": [result.regime] * rows,
                            **values,
                        }
                    )
                )
        if parts:
            table = pa.concat_tables(parts, promote_options="permissive")
            table = table.replace_schema_metadata({"schema_version": str(SCHEMA_VERSION)})
            pq.write_table(table, folder / f"validation_{name}.parquet", compression="zstd")


def _flat(column: np.ndarray) -> np.ndarray:
    """Return a column as one of two kinds: whole numbers or not."""
    kind = np.float64 if np.issubdtype(column.dtype, np.floating) else np.int64
    return np.ascontiguousarray(column, kind)
