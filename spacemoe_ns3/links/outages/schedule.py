"""Outages by plan, from the scenario or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number, check_whole
from spacemoe_ns3.constellation.slots import SlotGrid
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links.outages.base import SCHEDULED, SlotMask, check_rows, check_satellite, overlapped
from spacemoe_ns3.links.table_file import read_rows

_COLUMNS = ["from_s", "until_s", "satellite_a", "satellite_b"]

_Number = TypeVar("_Number", int, float)

Window = tuple[float, float, int, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledOutages:
    """Links that are down by plan, such as for orbit manoeuvres or tests.

    A link is down in every slot that a window ``[from_s, until_s)`` overlaps.

    Parameters
    ----------
    path
        A CSV file with the columns ``from_s,until_s,satellite_a,satellite_b``, relative to the current
        folder; read when the links are built. ``satellite_b`` may be empty: all links of ``satellite_a``.
    windows
        The same as rows, with None for an empty ``satellite_b``. Give either these or a path.

    Raises
    ------
    ScenarioError
        If both or neither are given, or a row is wrong.

    Examples
    --------
    >>> ScheduledOutages(windows=((0.0, 60.0, 3, None), (30.0, 20.0, 3, 4)))
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: links.outages.windows[1].until_s: 20.0 given, must be above 30
    """

    path: str | Path | None = None
    windows: tuple[Window, ...] | None = None
    reason: ClassVar[str] = SCHEDULED

    def __post_init__(self) -> None:
        is_one = (self.path is None) != (self.windows is None)
        require(is_one, "links.outages: a schedule needs either a path or windows; give one of the two")
        if self.path is not None:
            check_kind("links.outages.path", self.path, (str, Path), "a path")
        if self.windows is not None:
            check_rows("links.outages.windows", self.windows, ", ".join(_COLUMNS), length=len(_COLUMNS))
        for number, window in enumerate(self.windows or ()):
            _check_window(f"links.outages.windows[{number}].", window)

    def draw(
        self, *, slots: SlotGrid, ends: np.ndarray, satellites: int, random: np.random.Generator
    ) -> np.ndarray:
        """Return which links are down: see :meth:`OutageModel.draw`. Nothing is drawn."""
        rows = [(f"links.outages.windows[{row}].", window) for row, window in enumerate(self.windows or ())]
        if self.path is not None:
            rows = [
                (f"{where}: ", _parse_window(f"{where}: ", row))
                for where, row in read_rows(Path(self.path), columns=_COLUMNS, field="links.outages.path")
            ]
        links_of: dict[int | tuple[int, int], list[int]] = {}
        for link, (a, b) in enumerate(ends.tolist()):
            for key in (a, b, (a, b), (b, a)):
                links_of.setdefault(key, []).append(link)
        mask = SlotMask(slots, len(ends))
        for where, (from_s, until_s, a, b) in rows:
            check_satellite(f"{where}satellite_a", a, satellites)
            if b is not None:
                check_satellite(f"{where}satellite_b", b, satellites)
                require(
                    (a, b) in links_of,
                    f"{where}satellite_b: {b} given, must be linked to satellite_a, {a}; name two that are "
                    "linked, or leave satellite_b empty for all links of satellite_a",
                )
            links = np.array(links_of.get(a if b is None else (a, b), []), np.int64)
            mask.add(links, *overlapped(slots, np.full(len(links), from_s), np.full(len(links), until_s)))
        return mask.down()


def _check_window(where: str, window: Window) -> None:
    """Raise unless a window makes sense by itself."""
    from_s, until_s, a, b = window
    check_number(f"{where}from_s", from_s, least=0)
    check_number(f"{where}until_s", until_s, above=from_s)
    check_whole(f"{where}satellite_a", a, least=0)
    if b is not None:
        check_whole(f"{where}satellite_b", b, least=0)


def _parse_window(where: str, row: list[str]) -> Window:
    """Turn a row of text into a window."""
    from_s, until_s = (_parse(where + _COLUMNS[column], row[column], float) for column in (0, 1))
    a = _parse(where + _COLUMNS[2], row[2], int)
    b = _parse(where + _COLUMNS[3], row[3], int) if row[3] else None
    _check_window(where, (from_s, until_s, a, b))
    return from_s, until_s, a, b


def _parse(path: str, text: str, kind: type[_Number]) -> _Number:
    """Turn text into a number of a kind."""
    try:
        return kind(text)
    except ValueError as error:
        words = "a number" if kind is float else "a whole number"
        raise ScenarioError(f"{path}: {text!r} given, must be {words}") from error
