"""Tables that a scenario names: CSV files with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from spacemoe_ns3.errors import ScenarioError, require


def read_rows(path: Path, *, columns: Sequence[str], field: str) -> Iterator[tuple[str, list[str]]]:
    """Read a CSV file row by row.

    Parameters
    ----------
    path
        The file; blank lines, white space around cells and a byte order mark do not matter.
    columns
        What its header must name, in any order; further columns are passed over.
    field
        Path of the field that names the file.

    Yields
    ------
    Where a row stands, ``FILE:LINE``, and its cells, as many as there are columns.

    Raises
    ------
    ScenarioError
        If the file cannot be read, or the header or a row is wrong.
    """
    header = ",".join(columns)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            first = [name.strip() for name in next(reader, [])]
            require(
                set(columns) <= set(first),
                f"{path}:1: {','.join(first)!r} given, must be the columns {header}; write them as they are",
            )
            places = [first.index(column) for column in columns]
            for row in reader:
                if any(cell.strip() for cell in row):
                    where = f"{path}:{reader.line_num}"
                    require(
                        len(row) == len(first),
                        f"{where}: {len(row)} columns given, must be {len(first)}; add or remove some",
                    )
                    yield where, [row[place].strip() for place in places]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(
            f"{field}: {path} cannot be read ({reason}); name a CSV file with the columns {header}"
        ) from error
