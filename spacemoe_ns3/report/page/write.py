"""The page's file: made aside, and put in its place whole."""

from __future__ import annotations

import os
from pathlib import Path

from spacemoe_ns3.errors import OutputError, WriteError
from spacemoe_ns3.report.page.document import page
from spacemoe_ns3.run_results import Results

PAGE = "report.html"


def check_file(out: Path, *, force: bool) -> None:
    """Raise unless a file can be put at a place; write nothing.

    Parameters
    ----------
    out
        The file to be.
    force
        Whether one that is there may be replaced.

    Raises
    ------
    OutputError
        If the place is taken, or its folder is missing or cannot be written to.
    """
    if out.is_dir():
        raise OutputError(f"--out {out}: is a folder; name a file, such as {out / PAGE}")
    if out.exists() and not out.is_file():  # a device, which the page would take the place of
        raise OutputError(f"--out {out}: is there and is no file; name a file")
    if out.exists() and not force:
        raise OutputError(f"--out {out}: is there already; name another file, or replace it by --force")
    if not out.absolute().parent.is_dir():
        raise OutputError(f"--out {out}: its folder does not exist; make it, or name another file")
    if not os.access(out.absolute().parent, os.W_OK):
        raise OutputError(f"--out {out}: its folder is not writable; name another file")


def write_page(results: Results, out: Path, *, force: bool = False, with_figures: bool = True) -> int:
    """Write the page of a run to a file.

    Parameters
    ----------
    results
        The run.
    out
        The file.
    force
        Whether one that is there may be replaced.
    with_figures
        Whether it has the figures of ``spacemoe-ns3 plot``.

    Returns
    -------
    Its size in bytes. The same run gives the same bytes.

    Raises
    ------
    OutputError
        If the place is taken, or its folder is missing or cannot be written to.
    InstallationError
        If matplotlib, which draws the figures, is not installed.
    WriteError
        If the disk is full.
    """
    check_file(out, force=force)
    content = page(results, with_figures=with_figures).encode()
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        try:
            partial.write_bytes(content)
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise WriteError(
            f"--out {out}: could not be written ({reason}); make room or name another file"
        ) from error
    return len(content)
