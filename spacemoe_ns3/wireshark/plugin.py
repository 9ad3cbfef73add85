"""The dissector, and the folder in which Wireshark looks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from spacemoe_ns3.errors import OutputError, WriteError

_NAME = "spacemoe.lua"
_MARK = (
    b"Wireshark dissector for the messages of spacemoe-ns3"  # in each version of the file, and in no other
)
_MARKED_BYTES = 500
_PROGRAMS = ("tshark", "wireshark")
_TIMEOUT_S = 20


def dissector_path() -> Path:
    """Return the path of the dissector in this package.

    Examples
    --------
    >>> dissector_path().name
    'spacemoe.lua'
    """
    return Path(__file__).with_name(_NAME)


def plugin_folder() -> Path:
    """Return the folder of the user's own Lua plug-ins.

    Returns
    -------
    What tshark or Wireshark says it is (``tshark -G folders``); without them, where they look by default.
    """
    for program in _PROGRAMS:
        found = shutil.which(program)
        said = _folders(found) if found else None
        if said:
            return said
    return Path.home() / ".local" / "lib" / "wireshark" / "plugins"


def _folders(program: str) -> Path | None:
    """Return the folder that a program names; None if it names none."""
    command = [program, "-G", "folders"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    for line in done.stdout.splitlines():
        what, _, folder = line.partition(":")
        if what == "Personal Lua Plugins" and folder.strip():
            return Path(folder.strip())
    return None


def is_current(folder: Path) -> bool:
    """Return whether a folder has this package's dissector.

    Parameters
    ----------
    folder
        A folder of plug-ins.
    """
    installed = folder / _NAME
    return installed.is_file() and installed.read_bytes() == dissector_path().read_bytes()


def install(folder: Path) -> Path:
    """Put the dissector into a folder of plug-ins; an older version of it is replaced.

    Parameters
    ----------
    folder
        The folder; made if it is not there.

    Returns
    -------
    The file.

    Raises
    ------
    OutputError
        If another file of its name is there.
    WriteError
        If it cannot be written.
    """
    target = folder / _NAME
    _check_own(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{_NAME}.", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(dissector_path().read_bytes())
            Path(aside).chmod(0o644)
            Path(aside).replace(target)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(f"{target}: could not be written ({error.strerror or error})") from error
    return target


def uninstall(folder: Path) -> bool:
    """Remove the dissector from a folder of plug-ins.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Whether it was there.

    Raises
    ------
    OutputError
        If another file of its name is there.
    WriteError
        If it cannot be removed.
    """
    target = folder / _NAME
    if not target.exists():
        return False
    _check_own(target)
    try:
        target.unlink()
    except OSError as error:
        raise WriteError(f"{target}: could not be removed ({error.strerror or error})") from error
    return True


def _check_own(target: Path) -> None:
    """Raise if a file that is there is not a version of the dissector."""
    try:
        is_other = target.exists() and _MARK not in target.read_bytes()[:_MARKED_BYTES]
    except OSError as error:
        raise OutputError(f"{target}: cannot be read ({error.strerror or error}); move it away") from error
    if is_other:
        raise OutputError(f"{target}: is not the dissector of spacemoe-ns3; move it away")
