"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from spacemoe_ns3.cli.complete import PlacementName, RunFolder, ScenarioFile

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Decorator = Callable[[_Command], _Command]


def together(*decorators: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Return one decorator for several, in whose order the help lists them.

    Parameters
    ----------
    decorators
        The first is the outermost.
    """

    def decorate(command: _Command) -> _Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


scenario_argument = click.argument("scenario", type=ScenarioFile())
run_argument = click.argument("run", type=RunFolder())
seed_option = click.option(
    "--seed", metavar="N", type=click.IntRange(min=0), help="Seed, instead of the scenario's."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else."
)
quiet_option = click.option("--quiet", is_flag=True, help="No progress and no tables.")
workers_option = click.option(
    "--workers", metavar="N", type=click.IntRange(min=1), help="Simulations at a time.  [default: processors]"
)


def experiment_options(*, out: str) -> Callable[[_Command], _Command]:
    """Return what a command has that runs the experiment of a scenario file.

    Parameters
    ----------
    out
        Where results go if ``--out`` is not given, for the help.

    Returns
    -------
    A decorator: SCENARIO, and where its results go, and what is other than the file says.
    """
    return together(
        scenario_argument,
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            help=f"Folder for the results.  [default: {out}, numbered if taken]",
        ),
        click.option("--force", is_flag=True, help="Replace a run that --out holds already."),
        seed_option,
        click.option(
            "--tokens",
            metavar="N",
            type=click.IntRange(min=1),
            help="Tokens a placement, instead of the scenario's.",
        ),
        click.option(
            "--placement",
            "placements",
            multiple=True,
            metavar="NAME",
            type=PlacementName(),
            help="Placement, instead of the scenario's; repeatable.",
        ),
    )


effort_options = together(workers_option, quiet_option, json_option)
"""How many simulations at a time, and what is printed."""
