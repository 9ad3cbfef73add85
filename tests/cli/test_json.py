"""``--json``: one object on standard output, and nothing else anywhere; errors stay sentences."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from spacemoe_ns3.cli.registry import SUMMARIES

Program = Callable[..., subprocess.CompletedProcess[str]]
# Of each command, what makes it print; RUN is a run, NEW a path that is free.
ARGUMENTS = {
    "run": ["scenarios/first_ring.py", "--engine", "analytic", "--placement", "spacemoe", "--out", "NEW"],
    "validate": [
        *("scenarios/first_ring.py", "--regime", "idle", "--placement", "spacemoe"),
        *("--tokens", "4", "--out", "NEW"),
    ],
    "model": ["mixtral-8x7b"],
    "sky": ["scenarios/first_ring.py"],
    "path": ["RUN", "--placement", "spacemoe"],
    "compare": ["RUN"],
    "plot": ["RUN", "--out", "NEW"],
    "report": ["RUN", "--out", "NEW"],
    "trace": ["RUN", "--out", "NEW"],
    "wireshark": ["--print-path"],
    "completion": ["bash"],
}
WRONG = {
    "run": ["scenarios/frist_ring.py"],
    "validate": ["scenarios/frist_ring.py"],
    "model": ["mixtrl"],
    "sky": ["scenarios/frist_ring.py"],
    "path": ["nowhere"],
    "completion": ["ksh"],
}


@pytest.mark.packet
@pytest.mark.parametrize("command", [name for name in SUMMARIES if name != "doctor"])  # test_doctor.py does
def test_a_command_prints_one_object_and_nothing_else(
    program: Program, command: str, run_folder: Path, tmp_path: Path
) -> None:
    places = {"RUN": str(run_folder), "NEW": str(tmp_path / "new")}
    done = program(command, *(places.get(each, each) for each in ARGUMENTS[command]), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert isinstance(json.loads(done.stdout), dict)


@pytest.mark.parametrize("command", WRONG)
def test_an_error_is_a_sentence_and_an_exit_code_with_json_too(program: Program, command: str) -> None:
    done = program(command, *WRONG[command], "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].casefold().startswith("error: ")


def test_lists_are_json_too(program: Program) -> None:
    listed = json.loads(program("model", "--list", "--json").stdout)
    assert "mixtral-8x7b" in json.dumps(listed)
