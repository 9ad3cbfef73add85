"""The benchmark of exactness counts what it compares, and goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.packet

NETWORKS = 12


def run(root: Path, folder: Path) -> tuple[dict, str]:
    done = subprocess.run(
        [
            sys.executable,
            "benchmarks/exactness.py",
            "--json",
            f"--networks={NETWORKS}",
            f"--folder={folder}",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout), done.stderr


def test_it_counts_what_it_compares_and_keeps_what_it_has_done(root: Path, tmp_path: Path) -> None:
    first, said = run(root, tmp_path)
    assert "1 of 1 batches" in said
    assert first["reference"]["networks"] == NETWORKS
    assert set(first["compared"].values()) == {NETWORKS}
    assert first["identical"] == first["compared"]
    assert first["reference"]["packet-hops"] > 0

    again, said = run(root, tmp_path)
    assert "batches" not in said
    assert again == first
