"""Help reads well: at 80 columns, with examples and exit codes, listed without loading any command."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

import click
import pytest

from spacemoe_ns3.cli import cli
from spacemoe_ns3.cli.registry import SECTIONS, SUMMARIES

COLUMNS = 80
COMMANDS = cli.list_commands(click.Context(cli))
Program = Callable[..., subprocess.CompletedProcess[str]]


def help_of(*arguments: str) -> str:
    """Return the help as a terminal of 80 columns shows it."""
    context = click.Context(cli, info_name="spacemoe-ns3", terminal_width=COLUMNS)
    command: click.Command = cli
    for name in arguments:
        found = cli.get_command(context, name)
        assert found is not None
        command, context = found, click.Context(found, info_name=name, parent=context, terminal_width=COLUMNS)
    return command.get_help(context)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_no_line_is_longer_than_a_terminal_is_wide(program: Program, command: list[str]) -> None:
    done = program(*command, "--help", COLUMNS=str(COLUMNS))
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= COLUMNS
    assert done.stdout.startswith("Usage: spacemoe-ns3 ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_exit_codes_and_json(command: str) -> None:
    text = help_of(command)
    examples = re.search(r"\n  Examples:\n((?:    spacemoe-ns3 .*\n)+)", text)
    assert examples is not None
    assert all(line.split()[1] == command for line in examples[1].splitlines())
    codes = re.search(r"\n  Exit codes:\n((?:    \d+ .*\n?)+)$", text)
    assert codes is not None
    numbers = [int(line.split()[0]) for line in codes[1].splitlines()]
    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))
    assert "--json" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_are_what_the_command_takes(command: str) -> None:
    """They are parsed, and not run."""
    for line in re.findall(rf"^    spacemoe-ns3 {command} (.*)$", help_of(command), re.MULTILINE):
        arguments = shlex.split(re.sub(r">.*", "", line))
        if "--help" not in arguments:
            found = cli.get_command(click.Context(cli), command)
            assert found is not None
            assert found.make_context(command, arguments).params


@pytest.mark.parametrize("command", COMMANDS)
def test_the_summary_in_the_list_is_the_commands_own(command: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    assert found.help is not None
    own = " ".join(found.help.split("\n\n")[0].split())
    assert SUMMARIES[command] == own
    assert own.endswith(".")
    assert "..." not in own
    listed = [line for line in help_of().splitlines() if line.split()[:1] == [command]]
    assert [line.split(maxsplit=1)[1] for line in listed] == [own]  # on one line, uncut


def test_each_command_stands_in_one_section_and_in_its_own_module() -> None:
    names = [name for commands in SECTIONS.values() for name in commands]
    assert len(names) == len(set(names))
    assert list(COMMANDS) == names  # and nothing was added besides
    for name in names:
        assert isinstance(getattr(import_module(f"spacemoe_ns3.cli.{name}"), name), click.Command)


def test_a_command_that_is_added_is_listed_behind_the_others() -> None:
    group = type(cli)("program", commands={"extra": click.Command("extra", help="Do more.")})
    context = click.Context(group, terminal_width=COLUMNS)
    assert group.list_commands(context) == [*SUMMARIES, "extra"]
    assert re.search(r"Others:\n  extra +Do more\.", group.get_help(context))


def test_the_list_of_commands_loads_none() -> None:
    code = "import sys\nfrom spacemoe_ns3.cli import cli\ncli(['--help'], standalone_mode=False)\n"
    code += "print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "spacemoe_ns3.cli.registry" in loaded
    assert not {f"spacemoe_ns3.cli.{name}" for name in COMMANDS} & set(loaded)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], "'rnu' is no command; did you mean run?"),
        (["modle"], "did you mean model?"),
        (["doctr"], "did you mean doctor?"),
        (["zzz"], f"did you mean {' or '.join(sorted(SUMMARIES))}?"),
        (["run", "--placment", "x"], "Did you mean '--placement'?"),
        (["sky", "--slto", "1"], "Did you mean '--slot'?"),
    ],
)
def test_a_wrong_command_or_option_gets_the_nearest(
    program: Program, arguments: list[str], words: str
) -> None:
    done = program(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr or (words.startswith("Did") and words.split("'")[1] in done.stderr)
