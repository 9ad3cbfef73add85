"""The page on the command line: its tables are the program's, its commands parse, its errors are real."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from spacemoe_ns3.cli import cli
from spacemoe_ns3.cli.registry import SUMMARIES
from spacemoe_ns3.installation import EXAMINATIONS, VERDICTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "command_line.md").read_text()
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line
]


def test_the_tables_are_the_programs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    for marker, table in importlib.import_module("command_pages").COMMAND_TABLES.items():
        assert f"<!-- begin {marker} -->\n{table()}\n<!-- end {marker} -->" in PAGE
    for name in SUMMARIES:
        assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_parses(line: str) -> None:
    program, *arguments = shlex.split(re.sub(r"( #|>).*", "", line))
    assert program == "spacemoe-ns3"
    context = click.Context(cli)
    if not arguments[0].startswith("-"):
        command = cli.get_command(context, arguments.pop(0))
        assert command is not None
        if arguments != ["--help"]:
            command.make_context("command", arguments)


def test_errors_are_as_the_page_says(tmp_path: Path) -> None:
    first, second = re.findall(r"^error: .*$", PAGE, re.MULTILINE)
    file, line = re.findall(r"^error: (\S+\.py):(\d+):", second)[0]
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "first_ring.py").touch()
    (tmp_path / file).write_text(
        "from spacemoe_ns3 import PlusGrid\n" + "\n" * (int(line) - 2) + "PlusGrid(seem=True)\n"
    )
    for path, said in ((re.findall(r"^error: (\S+):", first)[0], first), (file, second)):
        done = subprocess.run(
            [sys.executable, "-m", "spacemoe_ns3", "run", path],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        # Python itself asks from 3.13 on, in its own words.
        assert done.stderr.strip().replace(". Did you mean 'seam'?", "; did you mean seam?") == said


def test_the_table_of_a_doctor_has_what_a_doctor_looks_at() -> None:
    rows = re.findall(rf"^({'|'.join(VERDICTS)}) {{2,}}(.+?) {{2,}}\S", PAGE, re.MULTILINE)
    names = [what for _, what in rows]
    assert names == [what for what in EXAMINATIONS if what in names]
    assert set(names) >= set(list(EXAMINATIONS)[:11])
    assert {verdict for verdict, _ in rows} == set(VERDICTS)
    for verdict in VERDICTS:
        assert f"| {verdict} | " in PAGE
