"""The C++ programs of the fabric's benchmark: build them, run them, count their instructions."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "benchmarks"
PROGRAMS = ("fabric-benchmark", "flat-dijkstra", "sgp4-positions")
# -O2, with symbols for callgrind; asserts of the package and of the wheel's headers as in a release.
BUILD_TYPE = "RelWithDebInfo"
COUNTED = "spacemoe::benchmark::RunSimulation()"


class BenchmarkError(Exception):
    """A program could not be built, or failed."""


def program(name: str) -> Path:
    """Return the path of a program."""
    return BUILD / "benchmarks" / "fabric" / name


def build(*, programs: tuple[str, ...] = PROGRAMS) -> None:
    """Build programs if they are not there or not up to date, and say so.

    Parameters
    ----------
    programs
        Their names.

    Raises
    ------
    BenchmarkError
        If the build fails.
    """
    cmake, ninja = _tool("cmake"), _tool("ninja")
    with _lock():
        python = os.path.normpath(sys.executable)  # not resolved: that would leave the environment
        if _cached("Python_EXECUTABLE") != python or _cached("CMAKE_BUILD_TYPE") != BUILD_TYPE:
            shutil.rmtree(BUILD, ignore_errors=True)
            print(f"configuring {BUILD}", file=sys.stderr)
            _checked(
                [
                    cmake,
                    *("-S", str(ROOT), "-B", str(BUILD), "-G", "Ninja"),
                    f"-DCMAKE_MAKE_PROGRAM={ninja}",
                    f"-DCMAKE_BUILD_TYPE={BUILD_TYPE}",
                    f"-DPython_EXECUTABLE={python}",
                    "-DSPACEMOE_BENCHMARKS=ON",
                ]
            )
        if "no work to do" not in _checked([ninja, "-C", str(BUILD), "-n", *programs]):
            print(f"building {', '.join(programs)} in {BUILD} (a minute or so)", file=sys.stderr)
            _checked([ninja, "-C", str(BUILD), *programs])


def measure(**options: object) -> dict[str, Any]:
    """Run one measurement.

    Parameters
    ----------
    options
        Of ``fabric-benchmark``: ``way``, ``workload``, ``planes``, ...; see its ``--help``.

    Returns
    -------
    What it printed.

    Raises
    ------
    BenchmarkError
        If it fails.
    """
    found: dict[str, Any] = json.loads(_checked(_command(options)))
    return found


def count_instructions(**options: object) -> dict[str, Any]:
    """Run one measurement under callgrind.

    Parameters
    ----------
    options
        As those of :func:`measure`.

    Returns
    -------
    What it printed, and ``instructions`` within ``Simulator::Run``.

    Raises
    ------
    BenchmarkError
        If it fails, or valgrind is not installed.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise BenchmarkError("valgrind is not installed; 'apt-get install valgrind'")
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "callgrind.out"
        done = subprocess.run(
            [
                valgrind,
                "--tool=callgrind",
                f"--callgrind-out-file={profile}",
                "--collect-atstart=no",
                f"--toggle-collect={COUNTED}",
                *_command(options),
            ],
            capture_output=True,
            text=True,
        )
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or counted is None:
        raise BenchmarkError(f"fabric-benchmark failed under callgrind: {done.stderr[-2000:]}")
    return {**json.loads(done.stdout), "instructions": int(counted.group(1))}


def _command(options: dict[str, object]) -> list[str]:
    """Return the command line of a measurement."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    return [str(program("fabric-benchmark")), *words]


def _tool(name: str) -> str:
    """Find a build tool: beside this python, where pip puts it, or on the path."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    path = shutil.which(name, path=places)
    if path is None:
        raise BenchmarkError(f"{name} is not installed; '{sys.executable} -m pip install {name}'")
    return path


def _cached(variable: str) -> str | None:
    """Return a variable of the build folder's CMake cache, None if there is none."""
    cache = BUILD / "CMakeCache.txt"
    if not cache.is_file():
        return None
    found = re.search(rf"^{variable}:\w+=(.*)$", cache.read_text(), re.MULTILINE)
    return found.group(1) if found else None


@contextmanager
def _lock() -> Iterator[None]:
    """Let one process build at a time: tests run in several."""
    BUILD.parent.mkdir(exist_ok=True)
    with (BUILD.parent / ".benchmarks.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _checked(command: list[str]) -> str:
    """Run a command and return its output; raise with what it said if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stdout[-3000:] + done.stderr[-3000:]).strip()
        raise BenchmarkError(f"{' '.join(command)} failed:\n{said}")
    return done.stdout
