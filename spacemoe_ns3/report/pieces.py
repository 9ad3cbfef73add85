"""Tables in pieces that fit a console: numbers are never cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

Columns = Mapping[str, Sequence[str]]
"""Cells by heading, a row each."""


def print_in_pieces(rows: Sequence[str], groups: Sequence[Columns], *, console: Console) -> None:
    """Print columns of numbers beside the names of placements, in as few tables as fit the console.

    Parameters
    ----------
    rows
        Names of the placements, the first column of every table.
    groups
        Columns that belong together; a group is cut only if it must be.
    console
        Where to.
    """
    for columns in _that_fit(rows, groups, console=console):
        console.print(_table(rows, columns), "")


def _that_fit(rows: Sequence[str], groups: Sequence[Columns], *, console: Console) -> list[Columns]:
    """Return the columns in as few tables as fit the console."""

    def fits(columns: Columns) -> bool:
        table = _table(rows, columns)
        return Measurement.get(console, console.options, table).maximum < console.width

    whole = {heading: cells for group in groups for heading, cells in group.items()}
    if fits(whole):
        return [whole]
    pieces: list[dict[str, Sequence[str]]] = []
    for group in groups:
        pieces.append({})
        for heading, cells in group.items():
            if pieces[-1] and not fits({**pieces[-1], heading: cells}):
                pieces.append({})
            pieces[-1][heading] = cells
    return [*pieces]


def _table(rows: Sequence[str], columns: Columns) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    table.add_column("placement", overflow="fold")
    for heading in columns:
        table.add_column(heading, justify="right", overflow="fold")
    for row, name in enumerate(rows):
        table.add_row(name, *(cells[row] for cells in columns.values()))
    return table
