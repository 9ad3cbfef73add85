"""``spacemoe-ns3 completion``: what makes a shell complete the words of this program."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from spacemoe_ns3.cli.common import READING_EXIT_CODES, examples, print_json
from spacemoe_ns3.cli.options import json_option

_PROGRAM, _VARIABLE = "spacemoe-ns3", "_SPACEMOE_NS3_COMPLETE"
_HOW = {
    "bash": 'eval "$(spacemoe-ns3 completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(spacemoe-ns3 completion zsh)"    # in ~/.zshrc, behind compinit',
    "fish": "spacemoe-ns3 completion fish > ~/.config/fish/completions/spacemoe-ns3.fish",
}
_EXAMPLES = examples(
    "completion bash >> ~/.bashrc",
    "completion zsh >> ~/.zshrc",
    "completion fish > ~/.config/fish/completions/spacemoe-ns3.fish",
)


@click.command(epilog=_EXAMPLES + READING_EXIT_CODES)
@click.argument("shell", type=click.Choice(list(_HOW)))
@json_option
def completion(*, shell: str, as_json: bool) -> None:
    """Print the script that completes words in a shell.

    SHELL is bash (4.4 or newer), zsh or fish. Put the script where your shell reads it, and open a new one.
    Then the Tab key completes commands, options, scenario files, runs, and the names of placements, models
    and computers.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click has all three
    # The group is only asked for when a shell completes; the script needs its names alone.
    script = kind(click.Command(_PROGRAM), {}, _PROGRAM, _VARIABLE).source().strip()
    if as_json:
        print_json({"shell": shell, "script": script, "use": _HOW[shell]})
    else:
        click.echo(f"{script}\n\n# Use: {_HOW[shell]}")
