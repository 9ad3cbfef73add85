"""Orbit Mean-Elements Messages as JSON, XML and CSV; CCSDS 502.0-B and 505.0-B."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from datetime import datetime

from sgp4 import omm
from sgp4.alpha5 import from_alpha5
from sgp4.api import Satrec

from spacemoe_ns3.constants import SECONDS_PER_DAY
from spacemoe_ns3.constellation.catalogue_entry import (
    SGP4_TYPES,
    WHOLE,
    CatalogueEntry,
    checked,
    lines_of,
    quote,
)
from spacemoe_ns3.errors import ScenarioError

_JULIAN_DAY_OF_ORDINAL_0 = 1_721_424.5
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)  # float() would take 1_0 and nan
_EPOCH = re.compile(r"(\d{4}-(?:\d\d-\d\d|\d{3})T\d\d:\d\d:\d\d)(\.\d+)?Z?", re.ASCII)
_OMM_NUMBERS = (
    "MEAN_MOTION",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
    "BSTAR",
    "MEAN_MOTION_DOT",
    "MEAN_MOTION_DDOT",
)
_OMM_FIXED = {
    "MEAN_ELEMENT_THEORY": "SGP4",
    "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC",
    "CENTER_NAME": "EARTH",
}
_OMM_BOOKKEEPING = {  # what SGP4 has no use for: pattern, and what stands for it where it is missing
    "CLASSIFICATION_TYPE": ("[A-Z]", "U"),
    "OBJECT_ID": ("[0-9]{4}-[0-9]{3}[A-Z]{1,3}", ""),
    "ELEMENT_SET_NO": ("[0-9]{1,5}", "0"),
    "REV_AT_EPOCH": ("[0-9]{1,6}", "0"),
}


def read_json(text: str, file: str) -> Iterator[CatalogueEntry | str]:
    """Read messages as JSON: one object, or a list of them.

    Parameters
    ----------
    text
        Content of the file.
    file
        Its name, for the sentences.

    Yields
    ------
    A satellite, or a sentence that says what is wrong with an entry.

    Raises
    ------
    ScenarioError
        If the file as a whole cannot be read.
    """
    try:
        records = json.loads(text)
    except json.JSONDecodeError as problem:
        where = f"{file}:{problem.lineno}"
        raise ScenarioError(f"constellation: {where}: not JSON: {problem.msg}; {WHOLE}") from None
    except (ValueError, RecursionError) as problem:  # a number of thousands of digits, a nest of brackets
        raise ScenarioError(f"constellation: {file}: unreadable JSON: {problem}; {WHOLE}") from None
    for number, record in enumerate(records if isinstance(records, list) else [records], start=1):
        where = f"{file}: record {number}"
        if isinstance(record, dict):
            yield _omm_entry(record, where)
        else:
            yield f"{where}: {quote(record)} is not an object of OMM's keys"


def read_xml(text: str, file: str) -> Iterator[CatalogueEntry | str]:
    """Read messages as XML: one, or a Navigation Data Message of several.

    Parameters
    ----------
    text
        Content of the file.
    file
        Its name, for the sentences.

    Yields
    ------
    A satellite, or a sentence that says what is wrong with an entry.

    Raises
    ------
    ScenarioError
        If the file as a whole cannot be read.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        line = problem.position[0]
        raise ScenarioError(f"constellation: {file}:{line}: not XML: {problem}; {WHOLE}") from None
    except (ValueError, LookupError) as problem:
        raise ScenarioError(f"constellation: {file}: unreadable XML: {problem}; {WHOLE}") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    for segment in list(root.iter("segment")):  # a missing section is one whose fields are missing
        _child(segment, "metadata")
        for section in ("meanElements", "tleParameters"):
            _child(_child(segment, "data"), section)
    whole = io.StringIO(ElementTree.tostring(root, encoding="unicode"))
    for number, fields in enumerate(omm.parse_xml(whole), start=1):
        yield _omm_entry(fields, f"{file}: record {number}")


def _child(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = parent.find(tag)
    return ElementTree.SubElement(parent, tag) if found is None else found


def read_csv(text: str, file: str) -> Iterator[CatalogueEntry | str]:
    """Read messages as a table with a header.

    Parameters
    ----------
    text
        Content of the file.
    file
        Its name, for the sentences.

    Yields
    ------
    A satellite, or a sentence that says what is wrong with an entry.

    Raises
    ------
    ScenarioError
        If the file as a whole cannot be read.
    """
    numbered = list(lines_of(text))
    reader = omm.parse_csv(line for _, line in numbered)
    try:
        for row in reader:
            where = f"{file}:{numbered[reader.line_num - 1][0]}"
            if None in row:
                yield f"{where}: the row has more columns than the header"
            else:
                yield _omm_entry(row, where)
    except csv.Error as problem:
        raise ScenarioError(f"constellation: {file}: not CSV: {problem}; {WHOLE}") from None


def _omm_entry(record: Mapping[str, object], where: str) -> CatalogueEntry | str:
    """Return a satellite of its Orbit Mean-Elements Message, or what is wrong with it."""
    stated = ((key, value) for key, value in record.items() if value is not None)
    given = {str(key).strip().upper(): str(value).strip() for key, value in stated}
    for key in ("NORAD_CAT_ID", "EPOCH", *_OMM_NUMBERS):
        if not given.get(key):
            return f"{where}: {key} is missing"
    for key, value in _OMM_FIXED.items():
        if given.get(key, value).upper() != value:
            return f"{where}: {key} {quote(given[key])} given, must be {value}"
    for key in _OMM_NUMBERS:
        if not (_NUMBER.fullmatch(given[key]) and math.isfinite(float(given[key]))):
            return f"{where}: {key} {quote(given[key])} given, must be a number"
    if not re.fullmatch("[0-9]{1,9}", given["NORAD_CAT_ID"]):
        return f"{where}: NORAD_CAT_ID {quote(given['NORAD_CAT_ID'])} given, must be one to nine digits"
    if given.get("EPHEMERIS_TYPE", "0") not in SGP4_TYPES:
        return f"{where}: EPHEMERIS_TYPE {quote(given['EPHEMERIS_TYPE'])} given, must be SGP4's, 0"
    epoch = _epoch(given["EPOCH"])
    if epoch is None:
        rule = "must be a date and time such as 2026-01-01T00:00:00.0"
        return f"{where}: EPOCH {quote(given['EPOCH'])} given, {rule}"
    return _omm_satellite(given, epoch, where)


def _omm_satellite(
    given: Mapping[str, str], epoch: tuple[datetime, float], where: str
) -> CatalogueEntry | str:
    """Return the satellite of a message whose fields are sound, its epoch in full."""
    second, fraction_s = epoch
    fields = dict(given)
    for key, (pattern, otherwise) in _OMM_BOOKKEEPING.items():
        fields[key] = given.get(key, "") if re.fullmatch(pattern, given.get(key, "")) else otherwise
    number = int(given["NORAD_CAT_ID"])
    fields["EPHEMERIS_TYPE"] = "0"
    fields["NORAD_CAT_ID"] = str(number if number <= from_alpha5("Z9999") else 0)  # sgp4init takes no more
    fields["EPOCH"] = second.replace(microsecond=int(fraction_s * 1e6)).isoformat(timespec="microseconds")
    elements = Satrec()
    try:
        omm.initialize(elements, fields)
    except (ValueError, OverflowError) as problem:
        return f"{where}: {problem}"
    # One number of days since 1949, as initialize() has it, is good to a third of a microsecond only.
    second_of_day = second.hour * 3600 + second.minute * 60 + second.second
    elements.jdsatepoch = second.toordinal() + _JULIAN_DAY_OF_ORDINAL_0
    elements.jdsatepochF = (second_of_day + fraction_s) / SECONDS_PER_DAY
    return checked(given.get("OBJECT_NAME", ""), number, elements, where)


def _epoch(text: str) -> tuple[datetime, float] | None:
    """Return a CCSDS date and time, by month or by day of the year, as whole second and fraction."""
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    try:
        is_calendar = match[1].count("-") == 2
        second = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S" if is_calendar else "%Y-%jT%H:%M:%S")
    except ValueError:
        return None
    return second, float(match[2] or 0)
