"""The open path: full ns-3 bindings and our classes together, in a user's own script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.packet


def test_the_example_of_the_open_path_runs(root: Path, tmp_path: Path) -> None:
    # In an empty folder: the bindings search the current one for libraries.
    example = root / "ns3-modules" / "moe" / "examples" / "open_ring.py"
    done = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_bridge_and_the_full_bindings_share_a_process(tmp_path: Path) -> None:
    script = """
from spacemoe_ns3.packet._ns import load_bridge, load_modules
bridge = load_bridge()
ns = load_modules()
from ns import ns as stock
assert ns is stock
channel = ns.CreateObject[ns.LaserChannel]()
assert channel.GetInstanceTypeId().GetName() == "ns3::LaserChannel"
assert channel.GetInstanceTypeId().GetParent().GetName() == "ns3::PointToPointChannel"
simulation = bridge()
assert simulation.GetTokensEmitted() == 0
print("together")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.stdout.endswith("together\n"), done.stderr
