"""The commands by name, each loaded when it is asked for: a new one is its file and a line here.

Command ``name`` is the function ``name`` of the module ``spacemoe_ns3.cli.name``. The line has the first
sentence of its help, so that ``--help`` lists all commands without loading any.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from spacemoe_ns3.nearest import did_you_mean

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Run": {
        "run": "Run a scenario file: place, predict, simulate, compare.",
        "validate": "Check the formula of a scenario against packets.",
    },
    "Look ahead": {
        "model": "Account for a model: parameters, FLOPs, bytes, memory, times.",
        "sky": "Explain a scenario's sky: satellites, laser links, paths.",
    },
    "Look into a run": {
        "path": "Print where the time of one token went.",
        "compare": "Compare runs, with confidence intervals.",
        "plot": "Draw the figures of a run.",
        "report": "Write a run as one HTML page with a globe.",
        "trace": "Write a run as a trace.",
        "wireshark": "Let Wireshark read the captures of a run.",
    },
    "This program": {
        "doctor": "Check the installation, and say what to do.",
        "completion": "Print the script that completes words in a shell.",
    },
}
"""One-sentence summaries by section and command, in the order of ``--help``."""

SUMMARIES: Mapping[str, str] = {
    name: summary for commands in SECTIONS.values() for name, summary in commands.items()
}
"""The same of all sections."""


class LazyGroup(click.Group):
    """A group of the commands in :data:`SECTIONS`, and of those that are added to it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of ``--help``."""
        return [*SUMMARIES, *(name for name in sorted(self.commands) if name not in SUMMARIES)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loaded now; None if there is none of that name."""
        if cmd_name not in self.commands and cmd_name in SUMMARIES:
            command = getattr(import_module(f"spacemoe_ns3.cli.{cmd_name}"), cmd_name)
            command.short_help = SUMMARIES[cmd_name]  # or shells would be told half a sentence
            self.add_command(command, cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with, or say which are near."""
        name, names = args[0], self.list_commands(ctx)
        if name in names or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise click.UsageError(f"{name!r} is no command; {did_you_mean(name, names)}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries of the commands, section by section."""
        others = {
            name: command.get_short_help_str(limit=formatter.width)
            for name, command in sorted(self.commands.items())
            if name not in SUMMARIES and not command.hidden
        }
        width = max(map(len, [*SUMMARIES, *others]))
        for title, commands in {**SECTIONS, "Others": others}.items():
            if commands:
                with formatter.section(title):
                    formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])
