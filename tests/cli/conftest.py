"""What the tests of the command line share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the program in a folder, the project's by default."""

    def run(
        *arguments: str | Path, folder: Path = ROOT, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "spacemoe_ns3", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of first_ring.py by the formula, of two placements."""
    folder = tmp_path_factory.mktemp("runs") / "first-ring"
    options = ["--engine", "analytic", "--quiet", "--out", str(folder), "--tokens", "4"]
    names = ["--placement", "spacemoe", "--placement", "rand-intra"]
    scenario = str(ROOT / "scenarios" / "first_ring.py")
    command = [sys.executable, "-m", "spacemoe_ns3", "run", scenario, *options, *names]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder
