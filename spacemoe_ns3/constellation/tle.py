"""Two-line elements, with or without names; Hoots & Roehrich 1980, Spacetrack Report No. 3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from sgp4.alpha5 import from_alpha5
from sgp4.api import Satrec
from sgp4.io import compute_checksum

from spacemoe_ns3.constellation.catalogue_entry import SGP4_TYPES, CatalogueEntry, checked, lines_of, quote

SHORTEST_ELEMENT_LINE = 25  # a name has 24 at most, so "1 KUNS-PF" is one
_ELEMENT_LINE = 69
_FIRST_YEAR = 57  # of a two-digit year: 1957 to 2056
# What each column of a line must hold: name, first and last column, pattern, words.
_CATALOGUE_NUMBER = (
    "catalogue number",
    3,
    7,
    " *[0-9]+|[A-HJ-NP-Z][0-9]{4}",
    "digits, the first maybe a letter",
)
_ANGLE = (" *[0-9]+[.][0-9]{4}", "degrees with four decimals")
_POWER = ("[ +-][0-9]{5}[ +-][0-9]", "five digits, a sign and an exponent")
_CHECKSUM = ("checksum", 69, 69, "[0-9]", "a digit")
_FIELDS = {
    "1": (
        _CATALOGUE_NUMBER,
        ("epoch's year", 19, 20, "[0-9]{2}", "two digits"),
        ("epoch's day", 21, 32, " *[0-9]+[.][0-9]{8}", "days with eight decimals"),
        ("mean motion's first derivative", 34, 43, "[ +-][.][0-9]{8}", "a fraction of eight decimals"),
        ("mean motion's second derivative", 45, 52, *_POWER),
        ("drag term", 54, 61, *_POWER),
        ("ephemeris type", 63, 63, "[ 0-9]", "a digit"),
        ("element set's number", 65, 68, " *[0-9]+", "digits"),
        _CHECKSUM,
    ),
    "2": (
        _CATALOGUE_NUMBER,
        ("inclination", 9, 16, *_ANGLE),
        ("ascending node", 18, 25, *_ANGLE),
        ("eccentricity", 27, 33, "[0-9]{7}", "seven decimals"),
        ("argument of perigee", 35, 42, *_ANGLE),
        ("mean anomaly", 44, 51, *_ANGLE),
        ("mean motion", 53, 63, " *[0-9]+[.][0-9]{8}", "revolutions a day with eight decimals"),
        ("revolution number", 64, 68, " *[0-9]+", "digits"),
        _CHECKSUM,
    ),
}
_BLANK_COLUMNS = {"1": (2, 9, 18, 33, 44, 53, 62, 64), "2": (2, 8, 17, 26, 34, 43, 52)}


def read_tle(text: str, file: str) -> Iterator[CatalogueEntry | str]:
    """Yield the satellites of a TLE file, and a sentence for each that is malformed."""
    name: tuple[int, str] | None = None
    first: tuple[int, str] | None = None
    for number, line in lines_of(text):
        is_element_line = len(line) >= SHORTEST_ELEMENT_LINE and line[:2] in ("1 ", "2 ")
        if is_element_line and line[0] == "2":
            if first is None:
                yield f"{file}:{number}: a line 2 without a line 1 before it"
            else:
                yield _tle_entry(name[1] if name else "", first, (number, line), file)
            name = first = None
            continue
        if first is not None:
            yield f"{file}:{first[0]}: a line 1 without a line 2 after it"
            name = first = None
        if is_element_line:
            first = (number, line)
        else:
            if name is not None:
                yield _lone(name, file)
            name = (number, line)
    if first is not None:
        yield f"{file}:{first[0]}: a line 1 without a line 2 after it"
    elif name is not None:
        yield _lone(name, file)


def _lone(line: tuple[int, str], file: str) -> str:
    return f"{file}:{line[0]}: {quote(line[1])} is neither an element line nor a name before a line 1"


def _tle_entry(name: str, first: tuple[int, str], second: tuple[int, str], file: str) -> CatalogueEntry | str:
    """Return a satellite of its two lines, or what is wrong with them."""
    for number, line in (first, second):
        fault = _fault_of_line(line)
        if fault:
            return f"{file}:{number}: {fault}"
    catalogue_number, other = (from_alpha5(line[2:7].strip()) for _, line in (first, second))
    if catalogue_number != other:
        return f"{file}:{second[0]}: line 2 of satellite {other} follows line 1 of {catalogue_number}"
    try:
        elements = Satrec.twoline2rv(first[1], second[1])
    except ValueError as problem:
        return f"{file}:{first[0]}: {problem}"
    bare = name[2:] if name.startswith("0 ") else name
    return checked(bare, catalogue_number, elements, f"{file}:{first[0]}")


def _fault_of_line(line: str) -> str:
    """Return what is wrong with an element line, or nothing; python-sgp4 silently reads letters as 0."""
    which = line[0]
    if len(line) != _ELEMENT_LINE:
        return f"line {which} has {len(line)} columns, must have {_ELEMENT_LINE}"
    if not line.isascii():
        return f"line {which} holds characters that are not ASCII"
    for column in _BLANK_COLUMNS[which]:
        if line[column - 1] != " ":
            return f"line {which} has {line[column - 1]!r} in column {column}, must be blank"
    for name, start, end, pattern, words in _FIELDS[which]:
        given = line[start - 1 : end]
        if not re.fullmatch(pattern, given):
            return f"{name} {given!r} in columns {start} to {end} of line {which} must be {words}"
    if int(line[-1]) != compute_checksum(line):
        return f"line {which} states the checksum {line[-1]}, its digits give {compute_checksum(line)}"
    if which == "1" and line[62].strip() not in SGP4_TYPES:
        return f"ephemeris type {line[62]} given, must be SGP4's, 0"
    if which == "1":
        year = int(line[18:20]) + (1900 if int(line[18:20]) >= _FIRST_YEAR else 2000)
        days = datetime(year, 12, 31).timetuple().tm_yday
        if not 1 <= float(line[20:32]) < days + 1:
            return f"epoch's day {line[20:32].strip()} given, must be 1 to below {days + 1} in {year}"
    return ""
