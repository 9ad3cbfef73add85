"""ns-3: its wheel, our compiled modules, cppyy, and a run of them all."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from importlib import metadata
from pathlib import Path

from spacemoe_ns3.errors import InstallationError
from spacemoe_ns3.installation.child import Answer, probe, python
from spacemoe_ns3.installation.finding import Finding
from spacemoe_ns3.packet._ns import native_folder

WHEEL_VERSION = "3.44.post0"
_REINSTALL = "`pip install .` in the project's folder, or `make clean run`"
_TRIAL = "spacemoe_ns3.installation.trial"
_EXACT_S = 1e-9  # a nanosecond, in which both engines count
_NANOSECONDS_PER_SECOND = 1e9


def wheel() -> Finding:
    """Look for the ns3 wheel of the version that the modules are built against."""
    remedy = f"pip install ns3=={WHEEL_VERSION}"
    spec = importlib.util.find_spec("ns3")
    if spec is None or not spec.submodule_search_locations:
        return Finding(what="ns-3 wheel", found="none", verdict="failed", remedy=remedy)
    try:
        version = metadata.version("ns3")
    except metadata.PackageNotFoundError:
        version = "of an unknown version"
    folder = Path(spec.submodule_search_locations[0])
    found = f"{version}, {folder}"
    if version != WHEEL_VERSION or not (folder / "lib64").is_dir():
        return Finding(what="ns-3 wheel", found=found, verdict="failed", remedy=remedy)
    return Finding(what="ns-3 wheel", found=found)


def modules() -> Finding:
    """Look for the compiled modules, and load them: the wheel must have every symbol that they need."""
    what = "compiled modules"
    try:
        folder = native_folder()
    except InstallationError:
        return Finding(what=what, found="none", verdict="failed", remedy=_REINSTALL)
    answer = probe("libraries")
    if not answer.is_good:
        return Finding(what=what, found=answer.output, verdict="failed", remedy=_REINSTALL)
    return Finding(what=what, found=f"loaded with the wheel in {_seconds(answer)}, {folder}")


def cppyy() -> Finding:
    """Look whether cppyy compiles a line of C++."""
    try:
        version = metadata.version("cppyy")
    except metadata.PackageNotFoundError:
        return Finding(what="cppyy", found="none", verdict="failed", remedy=_REINSTALL)
    answer = probe("cppyy")
    if answer.is_good:
        return Finding(what="cppyy", found=f"{version}, a line compiled in {_seconds(answer)}")
    return Finding(
        what="cppyy",
        found=f"{version}, {answer.output}",
        verdict="failed",
        remedy="sudo apt-get install -y g++ (for its headers); if it is there, pip install --force-reinstall "
        "--no-binary :all: cppyy==3.5.0",
    )


def trial_run() -> Finding:
    """Run a small scenario from its file to its results, and compare the engines."""
    spec = importlib.util.find_spec(_TRIAL)
    assert spec is not None
    assert spec.origin is not None
    with tempfile.TemporaryDirectory(prefix="spacemoe-doctor-") as folder:
        options = ("--out", str(Path(folder) / "run"), "--workers", "1", "--json")
        answer = python("-m", "spacemoe_ns3", "run", spec.origin, *options)
    if not answer.is_good:
        return _failed_trial(answer.output)
    (placement,) = json.loads(answer.output)["placements"]
    difference_s = placement["packet_s_per_token"] - placement["analytic_s_per_token"]
    words = f"{placement['tokens']} tokens in {_seconds(answer)}, packets less formula"
    found = f"{words} {difference_s * _NANOSECONDS_PER_SECOND:+.0f} ns"
    return Finding(what="trial run", found=found) if abs(difference_s) < _EXACT_S else _failed_trial(found)


def _failed_trial(found: str) -> Finding:
    return Finding(
        what="trial run",
        found=found,
        verdict="failed",
        remedy="see to what has failed above; if nothing has, report this with `spacemoe-ns3 doctor --json`",
    )


def _seconds(answer: Answer) -> str:
    return f"{answer.seconds:.1f} s"
