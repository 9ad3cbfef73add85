"""The Parquet files of a run: in parts while it goes on, whole in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.results import PlacementResult
from spacemoe_ns3.schema import PARTS_FOLDER, SCHEMA_VERSION, TABLES, Column, Table

_ENGINES = ("analytic", "packet")
_KINDS = {"name": pa.dictionary(pa.int32(), pa.string()), "int": pa.int64(), "float": pa.float64()}
_COMPRESSION = "zstd"


class TableWriter:
    """Writes tables in parts, each of which can be read from then on, and puts them together in the end.

    Parameters
    ----------
    folder
        The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[tuple[str, str, str], list[Path]] = {}

    def write(
        self, name: str, columns: Mapping[str, np.ndarray], *, placement: str = "", engine: str = ""
    ) -> None:
        """Write rows of a table; they can be read when this returns.

        Parameters
        ----------
        name
            The table, of :data:`spacemoe_ns3.schema.TABLES`.
        columns
            Its columns, each of shape (n,), without ``placement`` and ``engine``.
        placement, engine
            Of which placement and engine; empty where the table has no such column.

        Raises
        ------
        ValueError
            If the columns are not those of the schema.
        """
        table = arrow_table(TABLES[name], columns, placement=placement, engine=engine)
        parts = self._parts.setdefault((name, placement, engine), [])
        folder = self._folder / PARTS_FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"{placement or 'run'}.{engine or 'both'}.{len(parts):06d}.parquet"
        aside = place.with_suffix(".partial")
        pq.write_table(table, aside, compression=_COMPRESSION)
        aside.rename(place)
        parts.append(place)

    def write_result(self, result: PlacementResult) -> None:
        """Write all tables of a placement."""
        name = result.placement.name
        if result.hosts is not None:
            self.write("hosts", result.hosts, placement=name)
        for engine in _ENGINES:
            side = getattr(result, engine)
            for table, columns in ({} if side is None else side.tables()).items():
                self.write(table, columns, placement=name, engine=engine)

    def finish(self, placements: Iterable[str]) -> None:
        """Put the parts of each table together, and remove them.

        Parameters
        ----------
        placements
            Names of the placements to keep, in order.
        """
        keys = [("", ""), *((name, engine) for name in placements for engine in ("", *_ENGINES))]
        for table in TABLES.values():
            parts = [part for key in keys for part in self._parts.get((table.name, *key), ())]
            if parts:
                place = self._folder / table.file_name
                with pq.ParquetWriter(place, arrow_schema(table), compression=_COMPRESSION) as file:
                    for part in parts:
                        file.write_table(pq.ParquetFile(part).read())
        self._remove_parts()

    def _remove_parts(self) -> None:
        """Remove all parts, and then their folders."""
        above = self._folder / PARTS_FOLDER
        for part in above.glob("*/*"):
            part.unlink()
        for folder in [*above.glob("*"), *self._folder.glob(PARTS_FOLDER)]:
            folder.rmdir()
        self._parts.clear()


def write_tables(folder: Path, results: Iterable[PlacementResult]) -> None:
    """Write the tables of placements, whole.

    Parameters
    ----------
    folder
        The run's folder.
    results
        What was found out, a placement each.
    """
    writer, names = TableWriter(folder), []
    for result in results:
        writer.write_result(result)
        names.append(result.placement.name)
    writer.finish(names)


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table: units and definitions are metadata of its fields."""
    return pa.schema(
        [_field(column) for column in table.columns],
        metadata={"schema_version": str(SCHEMA_VERSION), "table": table.name, "row": table.row},
    )


def arrow_table(
    table: Table, columns: Mapping[str, np.ndarray], *, placement: str = "", engine: str = ""
) -> pa.Table:
    """Return columns as an Arrow table.

    Parameters
    ----------
    table
        What they are columns of.
    columns
        Each of shape (n,), without ``placement`` and ``engine``.
    placement, engine
        Of which placement and engine; empty where the table has no such column.

    Raises
    ------
    ValueError
        If the columns are not those of the schema.
    """
    rows = len(next(iter(columns.values())))
    of = {"placement": placement, "engine": engine}
    every: dict[str, Any] = {name: np.full(rows, value) for name, value in of.items() if value}
    every |= columns
    if set(every) != set(table.column_names()):
        differing = ", ".join(sorted(set(every) ^ set(table.column_names())))
        raise ValueError(f"table {table.name}: columns that are not in both it and its schema: {differing}")
    return pa.table(
        [_array(every[column.name], column) for column in table.columns], schema=arrow_schema(table)
    )


def _field(column: Column) -> pa.Field:
    return pa.field(
        column.name, _KINDS[column.kind], metadata={"unit": column.unit, "meaning": column.meaning}
    )


def _array(values: np.ndarray, column: Column) -> pa.Array:
    """Return a column; nan is null."""
    if column.kind == "name":
        names, codes = np.unique(values, return_inverse=True)
        of_codes = _numbers(codes.reshape(-1), np.int32, pa.int32())
        return pa.DictionaryArray.from_arrays(of_codes, _strings(names.tolist()))
    if column.kind == "float":
        return _numbers(values, np.float64, pa.float64())
    if values.dtype.kind not in "iub":
        raise ValueError(f"column {column.name}: {values.dtype} given, must be whole numbers")
    return _numbers(values, np.int64, pa.int64())


def _numbers(values: np.ndarray, kind: type, arrow_type: pa.DataType) -> pa.Array:
    """Return numbers, nan as null.

    ``pa.array`` would import pandas, if it is there, which takes half a second; so here and in `_strings`.
    """
    array: np.ndarray = np.ascontiguousarray(values, kind)
    is_there = ~np.isnan(array)
    validity = None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(arrow_type, len(array), [validity, pa.py_buffer(array)])


def _strings(texts: list[str]) -> pa.Array:
    """Return strings, none of which is null."""
    data = [text.encode() for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in data])]).astype(np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(data), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(data))]
    )
