"""What the captures of a simulation hold: ``captures.json`` beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spacemoe_ns3.errors import WriteError
from spacemoe_ns3.packet.capture import CapturePoint

CAPTURES_FILE = "captures.json"
CAPTURE_COLUMNS = ("packets", "bytes", "left_out", "is_whole")


def write_captures(
    folder: Path, points: Sequence[CapturePoint], counts: np.ndarray, *, names: Sequence[str]
) -> None:
    """Say beside captures what is in them.

    Parameters
    ----------
    folder
        Where they are.
    points
        The ends of links that were captured.
    counts
        Of each, shape (n, 4), int64; columns :data:`CAPTURE_COLUMNS`.
    names
        Of satellites.

    Raises
    ------
    WriteError
        If a capture could not be written.
    """
    broken = [point.file_name for point, row in zip(points, counts, strict=True) if not row[-1]]
    if broken:
        raise WriteError(
            f"{broken[0]}: the capture could not be written; make room, or bound captures by --pcap-max-bytes"
        )
    rows = [
        {
            "file": point.file_name,
            "satellite": point.satellite,
            "satellite_name": names[point.satellite],
            "roles": list(point.roles),
            "laser": point.port,
            "peer": point.peer,
            "peer_name": names[point.peer],
            **dict(zip(CAPTURE_COLUMNS[:-1], row.tolist(), strict=False)),
        }
        for point, row in zip(points, counts, strict=True)
    ]
    (folder / CAPTURES_FILE).write_text(json.dumps({"captures": rows}, indent=2) + "\n", encoding="utf-8")


def keep_captures(source: Path, target: Path) -> None:
    """Move captures, and what is said of them, to another folder of the same file system.

    Parameters
    ----------
    source
        Where they are.
    target
        Where they go; made if there are any.
    """
    for file in sorted([*source.glob("*.pcap"), *source.glob(CAPTURES_FILE)]):
        target.mkdir(parents=True, exist_ok=True)
        file.rename(target / file.name)


def read_captures(folder: Path) -> list[dict[str, Any]]:
    """Return what is said of the captures of a folder: none if there are none.

    Parameters
    ----------
    folder
        Such as ``results/first-ring/pcap/spacemoe``.
    """
    path = folder / CAPTURES_FILE
    rows: list[dict[str, Any]] = json.loads(path.read_text())["captures"] if path.exists() else []
    return rows


def cut_sentences(rows: Sequence[dict[str, Any]], *, most_named: int = 3) -> list[str]:
    """Say which captures have not all that there was.

    Parameters
    ----------
    rows
        As :func:`read_captures` returns them.
    most_named
        How many are named, those first that lack most.

    Examples
    --------
    >>> cut_sentences([{"file": "a.pcap", "packets": 7, "left_out": 2}, {"file": "b.pcap", "left_out": 0}])
    ['a.pcap has the first 7 packets, 2 more did not fit']
    """
    cut = sorted((row for row in rows if row["left_out"]), key=lambda row: -row["left_out"])
    said = [
        f"{row['file']} has the first {row['packets']} packets, {row['left_out']} more did not fit"
        for row in cut[:most_named]
    ]
    if len(cut) > most_named:
        said.append(f"nor has any of {len(cut) - most_named} further captures all")
    return said
