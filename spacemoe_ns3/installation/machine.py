"""The machine: Python, the C library, the compiler, memory and disk."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from spacemoe_ns3.installation.finding import Finding

OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)
OLDEST_GLIBC = (2, 28)  # of manylinux_2_28, which the wheel is made for
_BYTES_PER_GB = 1e9
_LITTLE_MEMORY_BYTES = 1e9
_LITTLE_DISK_BYTES = 1e9
_FULL_DISK_BYTES = 50e6
_BYTES_PER_KIBIBYTE = 1024
_PATIENCE_S = 20.0


def python_itself() -> Finding:
    """Look at the interpreter: the ns3 wheel is made for some of CPython only."""
    found = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    is_known = OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON
    if sys.implementation.name == "cpython" and is_known:
        return Finding(what="Python", found=found)
    oldest, newest = (".".join(map(str, each)) for each in (OLDEST_PYTHON, NEWEST_PYTHON))
    return Finding(
        what="Python",
        found=found,
        verdict="failed",
        remedy=f"install into CPython {oldest} to {newest}, as in `make run PYTHON=python3.12`",
    )


def system() -> Finding:
    """Look at processor and C library: the ns3 wheel is made for x86-64 and glibc only."""
    library, version = platform.libc_ver()
    found = f"{platform.system()} {platform.machine()}, {library or 'an unknown C library'} {version}".strip()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if platform.machine() == "x86_64" and library == "glibc" and numbers >= OLDEST_GLIBC:
        return Finding(what="system", found=found)
    return Finding(
        what="system",
        found=found,
        verdict="failed",
        remedy="use 64-bit Linux on x86-64 with glibc 2.28 or newer, or a container: "
        "`docker run --platform linux/amd64 -it python:3.12-bookworm`",
    )


def compiler() -> Finding:
    """Look for the compiler: cppyy reads its headers, and every installation compiles."""
    path = shutil.which("c++") or shutil.which("g++")
    if path is None:
        return Finding(
            what="C++ compiler",
            found="no c++, no g++",
            verdict="absent",
            remedy="sudo apt-get install -y g++ (an installation needs it, and cppyy its headers)",
        )
    return Finding(what="C++ compiler", found=version_of(path))


def memory() -> Finding:
    """Look at the free memory; a run of a thousand satellites needs some hundred megabytes a worker."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) * _BYTES_PER_KIBIBYTE for line in lines}
        free, total = sizes["MemAvailable"], sizes["MemTotal"]
    except (OSError, ValueError, IndexError, KeyError):
        return Finding(what="memory", found="unknown")
    found = f"{_gigabytes(free)} free of {_gigabytes(total)}, {len(os.sched_getaffinity(0))} processors"
    if free >= _LITTLE_MEMORY_BYTES:
        return Finding(what="memory", found=found)
    return Finding(what="memory", found=found, verdict="absent", remedy="close programs, or give --workers 1")


def disk() -> Finding:
    """Look at the free space here, where results go, and in the folder for temporary files."""
    places = {"here": Path.cwd(), "temporary files": Path(tempfile.gettempdir())}
    free = {words: shutil.disk_usage(place).free for words, place in places.items()}
    found = ", ".join(f"{words}: {_gigabytes(size)} free" for words, size in free.items())
    shut = [str(place) for place in places.values() if not os.access(place, os.W_OK)]
    if min(free.values()) < _FULL_DISK_BYTES:
        return Finding(
            what="disk", found=found, verdict="failed", remedy="make room, or give --out elsewhere"
        )
    if shut:
        found += f"; {' and '.join(shut)} not writable"
        return Finding(what="disk", found=found, verdict="absent", remedy="give --out where you may write")
    if min(free.values()) < _LITTLE_DISK_BYTES:
        return Finding(what="disk", found=found, verdict="absent", remedy="make room, if captures are large")
    return Finding(what="disk", found=found)


def said_by(*command: str) -> str:
    """Return what a program prints; nothing if it cannot be run.

    Parameters
    ----------
    command
        The program and its arguments.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def version_of(path: str) -> str:
    """Return the first line that a program prints about its version, and its path.

    Parameters
    ----------
    path
        The program.
    """
    first, *_ = said_by(path, "--version").splitlines() or [""]
    return f"{first.rstrip('.')}, {path}" if first else path


def _gigabytes(size: float) -> str:
    return f"{size / _BYTES_PER_GB:.1f} GB"
