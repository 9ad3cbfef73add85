"""Catalogues of real satellites: element files of CelesTrak and Space-Track, read with python-sgp4.

::

    tle    two lines a satellite, or three with its name; Hoots & Roehrich 1980, Spacetrack Report No. 3
    json   Orbit Mean-Elements Messages: one object, or a list of them; keys of CCSDS 502.0-B
    xml    the same as a Navigation Data Message; CCSDS 505.0-B
    csv    the same as a table with a header
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.constellation.catalogue_entry import CatalogueEntry, lines_of
from spacemoe_ns3.constellation.omm import read_csv, read_json, read_xml
from spacemoe_ns3.constellation.tle import read_tle
from spacemoe_ns3.errors import ScenarioError, require

_MOST_BYTES = 256 * 2**20  # the whole public catalogue in XML is smaller
_MOST_LISTED = 5  # faults that one sentence tells
_REMEDY = "fetch the file anew, or set skips_unusable=True to leave such entries out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What an element file holds.

    Parameters
    ----------
    entries
        The satellites in the order of the file, each catalogue number once.
    remarks
        What was left out, and why.
    """

    entries: tuple[CatalogueEntry, ...]
    remarks: tuple[str, ...] = ()


def read_catalogue(
    path: str | Path, *, notation: str | None = None, skips_unusable: bool = False
) -> Catalogue:
    """Read an element file.

    Windows line ends, blank lines, trailing blanks and lines that begin with ``#`` are fine in TLE and CSV.
    Of several entries with one catalogue number the one with the latest epoch counts, and of equal epochs the
    one that stands last.

    Parameters
    ----------
    path
        The file.
    notation
        ``"tle"``, ``"json"``, ``"xml"`` or ``"csv"``; by default what the content looks like.
    skips_unusable
        Whether to leave out malformed entries with a remark, rather than to refuse the file.

    Returns
    -------
    The satellites.

    Raises
    ------
    ScenarioError
        If the file cannot be read, holds no satellite, or holds a malformed entry: wrong checksum, wrong
        length, lines of two satellites, a missing or non-numeric field, elements of a theory other than SGP4.
    """
    text = _read(path)
    if notation is None:
        notation = _recognise(path, text)
    read = look_up("constellation.notation", notation, _READERS)
    entries: list[CatalogueEntry] = []
    faults: list[str] = []
    for found in read(text, str(path)):
        if isinstance(found, str):
            faults.append(found)
        else:
            entries.append(found)
    more = f"; and {len(faults) - 1} more entries are unusable" if len(faults) > 1 else ""
    if faults and not skips_unusable:
        raise ScenarioError(f"constellation: {faults[0]}{more}; {_REMEDY}")
    require(
        bool(entries),
        f"constellation.path: {path} holds no usable satellite{': ' if faults else ''}{''.join(faults[:1])}; "
        "give a file of TLEs, or of OMMs as JSON, XML or CSV",
    )
    remarks = []
    if faults:
        told = "; ".join(faults[:_MOST_LISTED])
        rest = f"; and {len(faults) - _MOST_LISTED} more" if len(faults) > _MOST_LISTED else ""
        remarks.append(f"left out as unusable, {len(faults)} of the entries: {told}{rest}")
    return _latest_of_each(entries, remarks)


def _latest_of_each(entries: list[CatalogueEntry], remarks: list[str]) -> Catalogue:
    """Return each catalogue number once, with its latest epoch."""
    latest: dict[int, CatalogueEntry] = {}
    repeated: dict[int, None] = {}  # a set that keeps the order of the file
    for entry in entries:
        rival = latest.get(entry.number)
        if rival is not None:
            repeated[entry.number] = None
        if rival is None or entry.epoch_days >= rival.epoch_days:
            latest[entry.number] = entry
    if repeated:
        told = ", ".join(f"{number} ({latest[number].where})" for number in list(repeated)[:_MOST_LISTED])
        rest = f" and {len(repeated) - _MOST_LISTED} more" if len(repeated) > _MOST_LISTED else ""
        remarks.append(f"listed more than once, the latest epoch counts: {told}{rest}")
    kept = {id(entry) for entry in latest.values()}
    return Catalogue(entries=tuple(each for each in entries if id(each) in kept), remarks=tuple(remarks))


def _read(path: str | Path) -> str:
    """Return a file's text."""
    file = Path(path)
    try:
        is_file = file.is_file()
        require(
            is_file,
            f"constellation.path: {str(path)!r} is no file (seen from {Path.cwd()}); give its path, in a "
            "scenario's own folder as Path(__file__).parent / NAME",
        )
        size = file.stat().st_size
        require(
            size <= _MOST_BYTES,
            f"constellation.path: {path} has {size} bytes, at most {_MOST_BYTES} are allowed; fetch fewer",
        )
        content = file.read_bytes()
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path, before Python 3.13
        raise ScenarioError(
            f"constellation.path: {str(path)!r} cannot be read: {problem}; give another file"
        ) from None
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")  # what PowerShell's > writes
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ScenarioError(
            f"constellation.path: {path} is not text: byte {problem.start} is not {problem.encoding}; give "
            "an element file in UTF-8"
        ) from None
    require(bool(text.strip()), f"constellation.path: {path} is empty; give an element file")
    return text


def _recognise(path: str | Path, text: str) -> str:
    """Return the notation that a text is written in."""
    first = next((line for _, line in lines_of(text)), "").lstrip()
    require(
        not first.startswith("CCSDS_OMM_VERS"),
        f"constellation.path: {path} holds OMMs as KVN, which is not read; fetch them as JSON, XML or CSV",
    )
    if first[:1] in ("[", "{"):
        return "json"
    if first[:1] == "<":
        return "xml"
    return "csv" if "," in first and "NORAD_CAT_ID" in first.upper() else "tle"


_READERS: Mapping[str, Callable[[str, str], Iterator[CatalogueEntry | str]]] = {
    "tle": read_tle,
    "json": read_json,
    "xml": read_xml,
    "csv": read_csv,
}
