"""Element files made for tests: satellites from Walker shells, written by python-sgp4's own exporters."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree

from sgp4.exporter import export_omm, export_tle

# The sections of an Orbit Mean-Elements Message; CCSDS 505.0-B-2, Table 4-4.
SECTIONS = {
    "metadata": (
        "OBJECT_NAME",
        "OBJECT_ID",
        "CENTER_NAME",
        "REF_FRAME",
        "TIME_SYSTEM",
        "MEAN_ELEMENT_THEORY",
    ),
    "meanElements": (
        "EPOCH",
        "MEAN_MOTION",
        "ECCENTRICITY",
        "INCLINATION",
        "RA_OF_ASC_NODE",
        "ARG_OF_PERICENTER",
        "MEAN_ANOMALY",
    ),
    "tleParameters": (
        "EPHEMERIS_TYPE",
        "CLASSIFICATION_TYPE",
        "NORAD_CAT_ID",
        "ELEMENT_SET_NO",
        "REV_AT_EPOCH",
        "BSTAR",
        "MEAN_MOTION_DOT",
        "MEAN_MOTION_DDOT",
    ),
}


def exportable(elements):
    """Satellites with the bookkeeping that python-sgp4's exporters ask for."""
    for record in elements:
        record.classification = "U"
        record.intldesg = "26001A"
    return elements


def tle_text(names, elements, *, has_names=True, prefix="", line_end="\n"):
    lines = []
    for name, record in zip(names, exportable(elements), strict=True):
        lines += [f"{prefix}{name}"] * has_names + list(export_tle(record))
    return line_end.join(lines) + line_end


def messages(names, elements):
    """The fields of an Orbit Mean-Elements Message for each satellite."""
    return [export_omm(each, name) for name, each in zip(names, exportable(elements), strict=True)]


def json_text(fields):
    return json.dumps(fields)


def csv_text(fields):
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, fieldnames=list(fields[0]))
    writer.writeheader()
    writer.writerows(fields)
    return sheet.getvalue()


def xml_text(fields):
    root = ElementTree.Element("ndm")
    for each in fields:
        message = ElementTree.SubElement(root, "omm", id="CCSDS_OMM_VERS", version="2.0")
        segment = ElementTree.SubElement(ElementTree.SubElement(message, "body"), "segment")
        metadata = ElementTree.SubElement(segment, "metadata")
        body = ElementTree.SubElement(segment, "data")
        for section, keys in SECTIONS.items():
            parent = metadata if section == "metadata" else ElementTree.SubElement(body, section)
            for key in keys:
                if key in each:
                    ElementTree.SubElement(parent, key).text = str(each[key])
    return ElementTree.tostring(root, encoding="unicode")


WRITERS = {"json": json_text, "csv": csv_text, "xml": xml_text}
