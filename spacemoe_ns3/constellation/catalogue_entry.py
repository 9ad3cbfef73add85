"""One satellite of a catalogue, and what the readers of all notations share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sgp4.api import Satrec

_MOST_QUOTED = 40  # characters of what was given
SGP4_TYPES = ("", "0", "2", "3")  # blank and 0: distributed; 4 is SGP4-XP, which SGP4 mistakes by kilometres
WHOLE = "fetch the file anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One satellite of a catalogue.

    Parameters
    ----------
    name
        The satellite's name; its catalogue number where the file gives none.
    number
        NORAD catalogue number. That of :attr:`elements` is 0 where it has more digits than SGP4's records.
    elements
        Mean elements, WGS-72, at their own epoch.
    where
        Where it stands: ``FILE:LINE`` or ``FILE: record N``.
    """

    name: str
    number: int
    elements: Satrec = field(repr=False)
    where: str

    @property
    def epoch_days(self) -> tuple[float, float]:
        """Julian date of the elements, UTC: midnight, and the fraction of the day."""
        return self.elements.jdsatepoch, self.elements.jdsatepochF


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and content of the lines that say something."""
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):  # splitlines() splits at more
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip()


def quote(given: object) -> str:
    """Return what was given in quotes, cut short where it is long."""
    text = str(given)
    return repr(text if len(text) <= _MOST_QUOTED else text[: _MOST_QUOTED - 3] + "...")


def checked(name: str, number: int, elements: Satrec, where: str) -> CatalogueEntry | str:
    """Return a satellite if its elements are within their bounds, or which are not."""
    name = name.strip() or str(number)
    if not name.isprintable():
        return f"{where}: the name {quote(name)} holds characters that do not print"
    if not 0 <= elements.inclo <= math.pi:
        return f"{where}: inclination {math.degrees(elements.inclo):g} given, must be 0 to 180 degrees"
    if not 0 <= elements.ecco < 1:
        return f"{where}: eccentricity {elements.ecco:g} given, must be 0 to below 1"
    if not 0 < elements.no_kozai < math.inf:
        return f"{where}: mean motion {elements.no_kozai * 720 / math.pi:g} given, must be above 0"
    for words, angle in (("node", elements.nodeo), ("perigee", elements.argpo), ("anomaly", elements.mo)):
        if not abs(angle) <= 2 * math.pi:
            return f"{where}: {words} {math.degrees(angle):g} given, must be at most 360 degrees"
    return CatalogueEntry(name=name, number=number, elements=elements, where=where)
