"""What a killed run leaves is told about; what a run that goes on has is left alone."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spacemoe_ns3.report import RunFolder, left_behind

ROOT = Path(__file__).parents[2]
BEGIN_AND_DIE = """
import os, signal, sys
from pathlib import Path
from spacemoe_ns3.report import RunFolder

with RunFolder(Path(sys.argv[1]), force=False) as folder:
    folder.write_json(sys.argv[2], {"status": "running"})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_run(out, *, file="manifest.json"):
    """Have a run to a place killed after it has written a file; return its folder."""
    done = subprocess.run([sys.executable, "-c", BEGIN_AND_DIE, str(out), file])
    assert done.returncode == -signal.SIGKILL
    (folder,) = out.parent.glob(f".{out.name}.partial-*")
    return folder


def test_a_killed_run_is_found(tmp_path):
    folder = kill_a_run(tmp_path / "run")

    assert left_behind(tmp_path / "run") == [folder]
    assert left_behind(tmp_path / "run") == [folder]  # looking changes nothing


def test_a_run_that_goes_on_is_none(tmp_path):
    with RunFolder(tmp_path / "run", force=False) as folder:
        folder.write_json("manifest.json", {"status": "running"})
        assert left_behind(tmp_path / "run") == []
        folder.publish()

    assert left_behind(tmp_path / "run") == []


def test_what_cannot_be_read_as_a_run_is_none(tmp_path):
    kill_a_run(tmp_path / "run", file="other.json")

    assert left_behind(tmp_path / "run") == []


@pytest.mark.parametrize("name", ["other", "ru", "*", "[r]un"])
def test_runs_to_other_places_are_none(tmp_path, name):
    kill_a_run(tmp_path / "run")

    assert left_behind(tmp_path / name) == []


def test_a_place_in_a_folder_that_is_not_there_has_none(tmp_path):
    assert left_behind(tmp_path / "nowhere" / "run") == []


def test_the_next_run_to_the_place_says_so_and_leaves_it(tmp_path):
    folder = kill_a_run(tmp_path / "run")
    command = ["run", "scenarios/first_ring.py", "--tokens", "1", "--engine", "analytic", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "spacemoe_ns3", *command, "--out", str(tmp_path / "run")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0
    assert done.stderr == (
        f"note: {folder} is what a killed run had finished; read it by spacemoe_ns3.load({str(folder)!r}), "
        "or remove it\n"
    )
    assert folder.is_dir()
    assert (tmp_path / "run" / "summary.json").is_file()


def test_a_file_system_without_locks_keeps_no_run_from_being_written(tmp_path, monkeypatch):
    """As NFS and Lustre may be mounted; then nothing can be said to have been left behind."""

    def without(descriptor, operation):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    killed = kill_a_run(tmp_path / "run")
    monkeypatch.setattr("fcntl.flock", without)

    assert killed.is_dir()
    assert left_behind(tmp_path / "run") == []
    with RunFolder(tmp_path / "run", force=False) as folder:
        folder.write_json("manifest.json", {"status": "complete"})
        assert folder.publish() == tmp_path / "run"
