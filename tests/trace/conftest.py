"""Runs that traces are made of: one at a time, batches under load, several hosts a satellite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from trace_commands import command

ROOT = Path(__file__).parents[2]
PACKED = """
from dataclasses import replace

from first_ring import scenario as first_ring

scenario = replace(first_ring, name="packed-ring", hosts_per_satellite=4, placements=("packed",))
"""


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that returns the folder of a run: ``first``, ``busy`` or ``packed``."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "first_ring.py").symlink_to(ROOT / "scenarios" / "first_ring.py")
    (folder / "packed.py").write_text(PACKED)
    lines = {
        "first": (
            "scenarios/first_ring.py",
            "--tokens",
            6,
            "--placement",
            "spacemoe",
            "--placement",
            "rand-place",
        ),
        "busy": ("scenarios/busy_ring.py", "--tokens", 64, "--placement", "spacemoe"),
        "packed": (folder / "packed.py", "--tokens", 6),
    }

    def find(name: str) -> Path:
        place = folder / name
        if not place.exists():
            done = command("run", *lines[name], "--out", place, "--quiet")
            assert done.returncode == 0, done.stderr
        return place

    return find


@pytest.fixture(scope="session")
def trace_of(run_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that returns a trace of a run, made by the command."""
    folder = tmp_path_factory.mktemp("traces")
    made: dict[tuple[str, ...], Path] = {}

    def find(name: str, *options: str) -> Path:
        key = (name, *options)
        if key not in made:
            place = folder / f"{len(made)}.trace"
            done = command("trace", run_of(name), "--out", place, *options)
            assert done.returncode == 0, done.stderr
            made[key] = place
        return made[key]

    return find
