"""Completion, by the protocol that the shells' scripts speak, and in a real shell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from spacemoe_ns3.cli import cli
from spacemoe_ns3.cli.registry import SUMMARIES
from spacemoe_ns3.moe import COMPUTERS, ZOO
from spacemoe_ns3.placement.registry import PLACERS

Program = Callable[..., subprocess.CompletedProcess[str]]
SCENARIO = "from spacemoe_ns3 import Scenario\nscenario = Scenario(name='s')\n"


@pytest.fixture
def completed(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that completes the last word of a command line, in an empty folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

    def complete(line: str) -> list[str]:
        words = f"spacemoe-ns3 {line}".split(" ")
        done = program(
            folder=tmp_path,
            COMP_WORDS=" ".join(words),
            COMP_CWORD=str(len(words) - 1),
            _SPACEMOE_NS3_COMPLETE="bash_complete",
        )
        assert done.stderr == ""
        return [each.removeprefix("plain,") for each in done.stdout.split()]

    return complete


def test_commands_and_options_are_completed(completed: Callable[..., list[str]]) -> None:
    assert completed("") == list(SUMMARIES)
    assert completed("va") == ["validate"]
    assert completed("run --wor") == ["--workers"]
    assert completed("run x.py --engine ") == ["analytic", "packet", "both"]
    assert completed("completion ") == ["bash", "zsh", "fish"]


def test_shells_that_show_them_are_told_whole_summaries(program: Program) -> None:
    asked = {"COMP_WORDS": "spacemoe-ns3 ", "COMP_CWORD": "", "_SPACEMOE_NS3_COMPLETE": "fish_complete"}
    lines = program(**asked).stdout.splitlines()
    assert {summary for summary in SUMMARIES.values() if any(summary in line for line in lines)} == set(
        SUMMARIES.values()
    )


def test_names_are_completed(completed: Callable[..., list[str]]) -> None:
    assert completed("run x.py --placement ") == list(PLACERS)
    assert completed("validate x.py --placement rand-i") == ["rand-intra", "rand-intra-cg"]
    assert completed("model mix") == [name for name in ZOO if name.startswith("mix")]
    assert completed("model x --computer ") == list(COMPUTERS)


def test_files_are_completed_that_declare_a_scenario(
    completed: Callable[..., list[str]], tmp_path: Path
) -> None:
    for name in (
        "mine.py",
        "scenarios/first.py",
        "scenarios/second.py",
        "tests/test_first.py",
        ".hidden/a.py",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(SCENARIO)
    (tmp_path / "scenarios" / "notes.py").write_text("print('Scenario(')\n")
    (tmp_path / "scenarios" / "varied.py").write_text(
        "import spacemoe_ns3\nfrom first import base\nstudy = base.varied()\n"
    )
    found = ["scenarios/first.py", "scenarios/second.py", "scenarios/varied.py"]
    assert completed("run ") == ["mine.py", *found]
    assert completed("run sc") == found
    assert completed("sky ./scenarios/f") == ["./scenarios/first.py"]
    assert completed("run --seed 3 scenarios/s") == ["scenarios/second.py"]


def test_what_is_no_scenario_is_left_to_the_shell(
    completed: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").touch()
    assert completed("run no") == ["file,no"]
    assert completed("run nowhere/") == ["file,nowhere/"]
    assert completed("path no") == ["dir,no"]


def test_runs_and_what_is_in_them_are_completed(
    completed: Callable[..., list[str]], run_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "results" / "empty").mkdir(parents=True)
    (tmp_path / "results" / "first-ring").symlink_to(run_folder)
    assert completed("path ") == ["results/first-ring"]
    assert completed("path results/f") == ["results/first-ring"]
    assert completed("path results/first-ring --placement ") == ["spacemoe", "rand-intra"]
    assert completed("path results/first-ring --layer ") == ["0", "1", "2", "3", "4", "5"]
    assert completed("compare results/first-ring --placement ra") == ["rand-intra"]
    assert completed("path results/empty --placement ") == []
    assert completed("path results/empty --layer ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_with_a_line_on_its_use(program: Program, shell: str) -> None:
    done = program("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_SPACEMOE_NS3_COMPLETE={shell}_complete" in done.stdout
    *_, last = done.stdout.splitlines()
    assert last.startswith("# Use: ")
    assert f"spacemoe-ns3 completion {shell}" in last
    as_json = json.loads(program("completion", shell, "--json").stdout)
    assert as_json["shell"] == shell
    assert as_json["script"] in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_takes_its_script(
    program: Program, tool: Callable[[str], str], shell: str, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text(program("completion", shell).stdout)
    subprocess.run([tool(shell), "-n", str(script)], check=True)


def test_bash_completes_with_it(program: Program, tmp_path: Path) -> None:
    script, on_path = tmp_path / "script", tmp_path / "spacemoe-ns3"
    script.write_text(program("completion", "bash").stdout)
    on_path.write_text(f'#!/bin/sh\nexec {sys.executable} -m spacemoe_ns3 "$@"\n')
    on_path.chmod(0o755)
    asks = (
        f"source {script}; COMP_WORDS=(spacemoe-ns3 va); COMP_CWORD=1; "
        f"_spacemoe_ns3_completion {on_path}; echo ${{COMPREPLY[@]}}"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", asks],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("validate\n", "")


def test_every_type_completes_to_nothing_rather_than_fail(tmp_path: Path) -> None:
    """A shell has no use for a traceback."""
    for name in SUMMARIES:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        context = command.make_context(name, [], resilient_parsing=True)
        context.params["run"] = tmp_path  # no run
        for parameter in command.params:
            parameter.shell_complete(context, "no-such-beginning/")
