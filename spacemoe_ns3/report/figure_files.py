"""Files of figures: each whole or not at all, and the same bytes every time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spacemoe_ns3.errors import OutputError, WriteError
from spacemoe_ns3.report import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
"""What figures can be written as: two of vectors, one of 200 dots an inch."""


def save_figures(
    figures: Mapping[str, Figure],
    folder: Path,
    *,
    formats: Sequence[str] = ("svg", "png"),
    option: str = "--plot",
) -> list[Path]:
    """Write figures as files, each whole or not at all.

    The same figure makes the same bytes, whenever it is saved.

    Parameters
    ----------
    figures
        By name of the file, without its suffix.
    folder
        Where to; made if it is not there. Files of the same names are replaced.
    formats
        Of :data:`FORMATS`; PNG has 200 dots an inch.
    option
        The option that named the folder, for what errors say.

    Returns
    -------
    The files, figure by figure, in the order of ``formats``.

    Raises
    ------
    OutputError
        If a name is not one of a file, or the folder cannot be made.
    WriteError
        If a file cannot be written.
    """
    for name in figures:
        if not name or Path(name).name != name:
            raise OutputError(f"figures: {name!r} given, must be the name of a file; leave folders out of it")
    contents = {
        folder / f"{name}.{suffix}": style.rendered(figure, suffix)
        for name, figure in figures.items()
        for suffix in formats
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{option} {folder}: cannot be made ({reason}); name another folder") from error
    for path, content in contents.items():
        _write(path, content, option=option)
    return list(contents)


def _write(path: Path, content: bytes, *, option: str) -> None:
    """Write a file aside and put it in its place."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise WriteError(
            f"{option} {path}: could not be written ({reason}); make room or name another folder"
        ) from error
