"""A run as a trace file, whatever the format: chosen, written aside, and put in its place whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from spacemoe_ns3.errors import InputError, OutputError, WriteError
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.trace.choice import choose, choose_one

SUFFIXES = {"perfetto": ".pftrace", "json": ".json", "netanim": ".xml", "czml": ".czml"}
"""Formats, and how their files' names end."""

_Tokens = tuple[int, int | None]


def write_trace(
    results: Results,
    *,
    form: str = "perfetto",
    placement: str | None = None,
    engine: str | None = None,
    tokens: _Tokens = (0, None),
    out: Path | None = None,
    force: bool = False,
) -> Path:
    """Write a run as a trace.

    Parameters
    ----------
    results
        The run.
    form
        Of :data:`SUFFIXES`.
    placement
        Only this; None: all, of the formats that show all.
    engine
        ``packet`` or ``analytic``; None: the packets, or the formula if none were sent.
    tokens
        First and last token, the last exclusive; None: to the end.
    out
        The file; None: ``trace`` in the run's folder, which is replaced.
    force
        Whether another file that is there may be replaced.

    Returns
    -------
    Where it is.

    Raises
    ------
    InputError
        If the run has nothing of what was chosen, or the file is there already.
    InstallationError
        If a package that the format needs is not installed.
    WriteError
        If the file cannot be written.
    """
    place = results.folder / f"trace{SUFFIXES[form]}" if out is None else out
    if out is not None:
        _check(place, force=force)
    if "epoch" not in results.summary:
        raise InputError(
            f"run {results.folder}: was written by an earlier version and does not say when it "
            "begins; run the scenario again"
        )
    write = _WRITERS[form](results, placement, engine, tokens)
    with _whole_file(place) as file:
        write(file)
    return place


_Write = Callable[[IO[bytes]], None]


def _perfetto(results: Results, placement: str | None, engine: str | None, tokens: _Tokens) -> _Write:
    from spacemoe_ns3.trace.perfetto import write_perfetto
    from spacemoe_ns3.trace.timeline import timeline

    parts = choose(results, placement=placement, engine=engine, tokens=tokens)
    return lambda file: write_perfetto(timeline(results, parts), file, epoch=results.summary["epoch"])


def _chrome(results: Results, placement: str | None, engine: str | None, tokens: _Tokens) -> _Write:
    from spacemoe_ns3.trace.chrome import write_chrome
    from spacemoe_ns3.trace.timeline import timeline

    parts = choose(results, placement=placement, engine=engine, tokens=tokens)
    return lambda file: write_chrome(timeline(results, parts), file, epoch=results.summary["epoch"])


def _netanim(results: Results, placement: str | None, engine: str | None, tokens: _Tokens) -> _Write:
    from spacemoe_ns3.trace.netanim import write_netanim

    name = choose_one(results, placement)
    (part,) = choose(results, placement=name, engine=engine, tokens=tokens)
    return lambda file: write_netanim(results, part, file)


def _czml(results: Results, placement: str | None, engine: str | None, tokens: _Tokens) -> _Write:
    from spacemoe_ns3.trace.czml import write_czml

    if engine is not None or tokens != (0, None):
        raise InputError(
            "--format czml: shows satellites and links, no tokens; leave out --engine and --tokens"
        )
    name = choose_one(results, placement)
    return lambda file: write_czml(results, name, file)


_WRITERS: dict[str, Callable[[Results, str | None, str | None, _Tokens], _Write]] = {
    "perfetto": _perfetto,
    "json": _chrome,
    "netanim": _netanim,
    "czml": _czml,
}


def _check(place: Path, *, force: bool) -> None:
    """Raise unless a file may be written."""
    if place.is_dir():
        raise OutputError(f"--out {place}: is a folder; name a file")
    if place.exists() and not place.is_file():  # a device, which a file would take the place of
        raise OutputError(f"--out {place}: is there and is no file; name a file")
    if place.exists() and not force:
        raise OutputError(f"--out {place}: is there already; name another file, or replace it by --force")
    if not place.absolute().parent.is_dir():
        raise OutputError(f"--out {place}: there is no folder {place.absolute().parent}; make it first")


@contextmanager
def _whole_file(place: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to, which takes its place when all is written, and is removed otherwise."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.partial-", dir=place.absolute().parent)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            aside.chmod(0o666 & ~_umask())
            aside.replace(place)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(
            f"{place}: could not be written ({error.strerror or error}); nothing is left there; make room or "
            "name another file by --out"
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
