"""The run's folder: made aside, and put in its place whole."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import json
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from spacemoe_ns3.errors import OutputError, WriteError

MANIFEST = "manifest.json"
SUMMARY = "summary.json"


def check_out(out: Path, *, force: bool) -> None:
    """Raise unless a run can be put at a place; write nothing.

    Parameters
    ----------
    out
        The run's folder to be.
    force
        Whether a run that is there may be replaced.

    Raises
    ------
    OutputError
        If the place is taken, or cannot be written to.
    """
    try:
        is_file, is_taken = out.is_file(), out.is_dir() and any(out.iterdir())
        is_run = (out / MANIFEST).exists()
    except OSError as error:
        raise OutputError(f"--out {out}: {error.strerror or error}; name another folder") from error
    if is_file:
        raise OutputError(f"--out {out}: is a file; name a folder")
    if is_taken:
        if not is_run:
            raise OutputError(f"--out {out}: holds files that are not a run; name another folder")
        if not force:
            raise OutputError(
                f"--out {out}: holds a run already; name another folder, or replace it by --force"
            )
    parent = _existing_parent(out)
    try:
        Path(tempfile.mkdtemp(prefix=".probe-", dir=parent)).rmdir()
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"--out {out}: {parent} is not writable ({reason}); name another folder") from error


def _existing_parent(out: Path) -> Path:
    """Return the nearest folder above that exists already."""
    parent = out.absolute().parent
    while not parent.exists():
        parent = parent.parent
    return parent


class RunFolder:
    """A folder that appears at its place only when it is complete.

    A context manager: work in ``staging``, then :meth:`publish`. Without that the staging folder is
    removed.

    Parameters
    ----------
    out
        The run's folder to be.
    force
        Whether a run that is there may be replaced.

    Raises
    ------
    OutputError
        If the place is taken, or cannot be written to.
    WriteError
        If the disk is full.
    """

    def __init__(self, out: Path, *, force: bool) -> None:
        check_out(out, force=force)
        self._out = out.absolute()
        self._above = _existing_parent(out)
        self._force = force
        try:
            self._out.parent.mkdir(parents=True, exist_ok=True)
            self.staging = Path(tempfile.mkdtemp(prefix=f".{self._out.name}.partial-", dir=self._out.parent))
            self.staging.chmod(0o777 & ~_umask())
            self._lock = _lock(self.staging, is_needed=False)
        except OSError as error:
            raise WriteError(_sentence(out, error)) from error

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)
        shutil.rmtree(self.staging, ignore_errors=True)
        self._remove_empty_parents()
        if isinstance(error, OSError):
            raise WriteError(_sentence(self._out, error)) from error

    def _remove_empty_parents(self) -> None:
        """Remove the folders made on the way to a run that was not published."""
        parent = self._out.parent
        with contextlib.suppress(OSError):  # another run may be making use of them, or removing them
            while parent != self._above:
                parent.rmdir()
                parent = parent.parent

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Write an object to a file of the folder, or put it in the place of what is there."""
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        aside = self.staging / f"{name}.partial"
        aside.write_text(text, encoding="utf-8")
        aside.rename(self.staging / name)

    def files(self) -> list[str]:
        """Return the files of the folder, sorted."""
        return sorted(
            str(path.relative_to(self.staging)) for path in self.staging.rglob("*") if path.is_file()
        )

    def publish(self) -> Path:
        """Flush everything to the disk and put the folder at its place.

        Returns
        -------
        The place. Should another run have taken it meanwhile, and ``force`` not be given, the next free
        number behind its name.
        """
        for path in self.staging.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        if self._force and self._out.exists():
            self._replace()
            return self._out
        place = self._out
        while True:
            try:
                self.staging.rename(place)  # fails if a folder with something in it is there
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                    raise
                place = numbered(self._out)
            else:
                return place

    def _replace(self) -> None:
        """Take the place of the run that is there, or leave it as it was."""
        old = Path(tempfile.mkdtemp(prefix=f".{self._out.name}.partial-", dir=self._out.parent))
        try:
            self._out.rename(old / "old")
            try:
                self.staging.rename(self._out)
            except BaseException:
                (old / "old").rename(self._out)
                raise
        finally:
            shutil.rmtree(old, ignore_errors=True)


def left_behind(out: Path) -> list[Path]:
    """Return the folders of runs to a place that were killed and can be read, sorted; of none that goes on.

    Parameters
    ----------
    out
        The run's folder, as it would have been.
    """
    left = []
    for folder in sorted(out.absolute().parent.glob(f".{glob.escape(out.name)}.partial-*")):
        with contextlib.suppress(OSError):  # held by a run that goes on, or removed meanwhile
            os.close(_lock(folder))
            if (folder / MANIFEST).is_file():
                left.append(folder)
    return left


def _lock(folder: Path, *, is_needed: bool = True) -> int:
    """Hold a folder until the descriptor is closed or this process ends; raise if another one holds it.

    Some file systems of clusters know no locks: who needs none goes on without, and nobody takes the folder
    for one that was left behind.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if is_needed:
            os.close(descriptor)
            raise
    return descriptor


def numbered(out: Path) -> Path:
    """Return a place that is free: the one given, or else with 2, 3, ... behind its name."""
    place, number = out, 2
    while place.exists():
        place, number = out.with_name(f"{out.name}-{number}"), number + 1
    return place


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sentence(out: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return (
        f"--out {out}: could not be written ({reason}); nothing is left there; make "
        "room or name another folder"
    )
