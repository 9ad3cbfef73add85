"""``manifest.json``: everything needed to repeat a run bit for bit."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

_PACKAGES = ("spacemoe-ns3", "ns3", "cppyy", "numpy", "scipy", "sgp4", "astropy", "pyarrow")


def manifest(
    *,
    scenario_path: str,
    scenario_source: str,
    declares: str,
    inputs: Mapping[str, str],
    options: dict[str, Any],
    status: str,
    started: str,
    duration_s: float,
    workers: int,
    packet_engine: str,
    engine_use: Mapping[str, Mapping[str, str | int]],
    files: list[str],
) -> dict[str, Any]:
    """Return the manifest of a run, an object for JSON.

    Parameters
    ----------
    scenario_path, scenario_source
        The scenario file and its text.
    declares
        The scenario as it was run, with all its values.
    inputs
        SHA-256 of the files that the scenario names, such as element sets.
    options
        Options that the results depend on.
    status
        ``complete``, ``failed`` or ``interrupted``; ``running`` while it goes on.
    started
        ISO time, UTC.
    duration_s
        Seconds of wall-clock time.
    workers
        Simulations at a time; the results do not depend on it.
    packet_engine
        How packets were to be moved from hop to hop, as the scenario says.
    engine_use
        How they were, by simulation.
    files
        Files of the run's folder.
    """
    return {
        "status": status,
        "scenario": {
            "path": scenario_path,
            "sha256": hashlib.sha256(scenario_source.encode()).hexdigest(),
            "source": scenario_source,
            "declares": declares,
            "inputs": [{"path": path, "sha256": digest} for path, digest in inputs.items()],
        },
        "options": options,
        "command": sys.argv,
        "started": started,
        "duration_s": round(duration_s, 3),
        "workers": workers,
        "versions": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{package: version(package) for package in _PACKAGES},
        },
        "packet_engine": {
            "asked": packet_engine,
            "used": {simulation: dict(use) for simulation, use in engine_use.items()},
        },
        "files": files,
    }
