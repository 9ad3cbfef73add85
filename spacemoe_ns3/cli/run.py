"""The command line: a thin skin over the pipeline."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacemoe_ns3 import __version__
from spacemoe_ns3.errors import InputError, InstallationError, SpacemoeError, WriteError

if TYPE_CHECKING:
    from spacemoe_ns3.pipeline import Outcome
    from spacemoe_ns3.scenario import Scenario

EXIT_INPUT, EXIT_SIMULATION, EXIT_WRITE, EXIT_INSTALLATION, EXIT_INTERRUPTED = 2, 3, 4, 5, 130

_FILE_WIDTH = 130  # of the table in a file or a pipe

_EXAMPLES = """\b
Examples:
  spacemoe-ns3 run scenarios/first_ring.py
  spacemoe-ns3 run scenarios/ring32.py --placement spacemoe --pcap gateway:0
  spacemoe-ns3 run scenarios/ring32.py --engine analytic --json

"""

_EPILOG = """\b
Exit codes:
  0    done
  1    standard output was closed by its reader; the results were written
  2    the scenario or an option cannot be used; nothing was written
  3    a placement's simulation failed; the others' results were written
  4    results could not be written (disk full, for example)
  5    ns-3 or the compiled modules are missing
  130  interrupted; what was complete was written
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, prog_name="spacemoe-ns3")
def cli() -> None:
    """Mixture-of-experts inference over laser-linked satellites.

    Computes where the experts of a model go on a constellation, predicts the latency of a token by the
    formula, and checks it packet by packet in ns-3.
    """


@cli.command(epilog=_EXAMPLES + _EPILOG)
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the results.  [default: results/NAME, numbered if taken]",
)
@click.option("--force", is_flag=True, help="Replace a run that --out holds already.")
@click.option("--seed", metavar="N", type=click.IntRange(min=0), help="Seed, instead of the scenario's.")
@click.option(
    "--tokens", metavar="N", type=click.IntRange(min=1), help="Tokens a placement, instead of the scenario's."
)
@click.option(
    "--placement",
    "placements",
    multiple=True,
    metavar="NAME",
    help="Placement to evaluate, instead of the scenario's; repeatable.",
)
@click.option(
    "--engine",
    type=click.Choice(["analytic", "packet", "both"]),
    default="both",
    show_default=True,
    help="The formula, the packets, or both.",
)
@click.option(
    "--pcap",
    "captures",
    multiple=True,
    metavar="WHAT",
    help="Capture links for Wireshark: gateway:LAYER, expert:LAYER:EXPERT, satellite:INDEX or "
    "link:INDEX-INDEX; repeatable.",
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(min=1), help="Simulations at a time.  [default: processors]"
)
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and nothing else.")
def run(
    *,
    scenario: Path,
    out: Path | None,
    force: bool,
    seed: int | None,
    tokens: int | None,
    placements: tuple[str, ...],
    engine: str,
    captures: tuple[str, ...],
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run a scenario file: place, predict, simulate, compare.

    SCENARIO is a Python file that declares one experiment. Every placement is evaluated by the formula and
    simulated in ns-3 packet by packet; one table shows both, and where the time of a token went. The
    results land in a folder that appears only when it is complete.
    """
    from spacemoe_ns3.report import numbered
    from spacemoe_ns3.scenario import load

    started = time.monotonic(), datetime.now(timezone.utc).isoformat(timespec="seconds")
    declared, source = load(scenario)
    chosen = _override(declared, seed=seed, tokens=tokens, placements=placements)
    if captures and engine == "analytic":
        raise click.UsageError("--pcap needs packets; leave out --engine analytic.")
    place = out or numbered(Path("results") / chosen.name)
    options = {
        "seed": chosen.seed,
        "tokens": chosen.decoding.tokens,
        "placements": list(chosen.placements),
        "engine": engine,
        "pcap": list(captures),
    }
    _run(
        chosen,
        place,
        force=force,
        engine=engine,
        captures=captures,
        workers=workers,
        quiet=quiet or as_json,
        as_json=as_json,
        about={
            "scenario_path": str(scenario),
            "scenario_source": source,
            "declares": repr(chosen),
            "options": options,
        },
        started=started,
    )


def _run(
    scenario: Scenario,
    out: Path,
    *,
    force: bool,
    engine: str,
    captures: tuple[str, ...],
    workers: int | None,
    quiet: bool,
    as_json: bool,
    about: dict[str, Any],
    started: tuple[float, str],
) -> None:
    from spacemoe_ns3 import pipeline, report
    from spacemoe_ns3.packet import LocalExecutor
    from spacemoe_ns3.progress import progress_bar

    report.check_out(out, force=force)
    with progress_bar(scenario, engine=engine, is_shown=not quiet) as progress:
        experiment = pipeline.prepare(scenario, progress=progress)
        with report.RunFolder(out, force=force) as folder, LocalExecutor(workers) as executor:
            outcome = pipeline.run(
                experiment,
                engine=engine,
                captures=captures,
                executor=executor,
                folder=folder.staging,
                progress=progress,
            )
            results = list(outcome.results.values())
            summary = report.summary(
                scenario=scenario.name,
                seed=scenario.seed,
                satellites=experiment.timeline.satellites,
                links=len(experiment.timeline.ends),
                results=results,
                failures={name: str(error) for name, error in outcome.failures.items()},
            )
            if results:
                report.write_tables(folder.staging, results)
                folder.write_json("summary.json", summary)
                manifest = report.manifest(
                    **about,
                    status=_status(outcome),
                    started=started[1],
                    duration_s=time.monotonic() - started[0],
                    workers=executor.workers,
                    files=[*folder.files(), "manifest.json"],
                )
                folder.write_json("manifest.json", manifest)
                out = folder.publish()
    if as_json:
        click.echo(json.dumps(summary, indent=2, allow_nan=False))
    elif results and not quiet:
        _show(results, out)
    _leave(outcome, out if results else None)


def _override(
    scenario: Scenario, *, seed: int | None, tokens: int | None, placements: tuple[str, ...]
) -> Scenario:
    """Put the options of the command line in the place of the scenario's values."""
    changes: dict[str, Any] = {}
    if seed is not None:
        changes["seed"] = seed
    if tokens is not None:
        changes["decoding"] = dataclasses.replace(scenario.decoding, tokens=tokens)
    if placements:
        changes["placements"] = placements
    return dataclasses.replace(scenario, **changes)


def _status(outcome: Outcome) -> str:
    if outcome.is_interrupted:
        return "interrupted"
    return "failed" if outcome.failures else "complete"


def _show(results: list[Any], out: Path) -> None:
    from rich.console import Console

    from spacemoe_ns3.report import render_table

    is_terminal = sys.stdout.isatty()
    console = Console(highlight=False, width=None if is_terminal else _FILE_WIDTH)
    render_table(results, console=console)
    console.print(f"Results: {out}", soft_wrap=True)


def _leave(outcome: Outcome, out: Path | None) -> None:
    """Say what is missing, and exit accordingly."""
    for name, error in outcome.failures.items():
        click.echo(f"error: placement {name}: {error}", err=True)
    if outcome.is_interrupted:
        kept = f"kept {', '.join(outcome.results)} in {out}" if out else "no placement was complete"
        click.echo(f"interrupted: {kept}", err=True)
        sys.exit(EXIT_INTERRUPTED)
    if outcome.failures:
        sys.exit(EXIT_SIMULATION)


def main() -> None:
    """Run the command line, and turn errors into sentences and exit codes."""
    for stop in (signal.SIGTERM, signal.SIGHUP):  # a batch system's Ctrl-C, and a closed terminal's
        if signal.getsignal(stop) is not signal.SIG_IGN:
            signal.signal(stop, signal.default_int_handler)
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: nothing was written", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except SpacemoeError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_exit_code(error))
    except MemoryError:
        click.echo("error: out of memory; use fewer satellites, slots or tokens", err=True)
        sys.exit(EXIT_INPUT)
    except OSError as error:
        # Files are WriteErrors by now, and click sees to a closed pipe: standard output is full. Let its last
        # flush succeed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"error: standard output: {error.strerror or error}", err=True)
        sys.exit(EXIT_WRITE)


def _exit_code(error: SpacemoeError) -> int:
    for kind, code in (
        (InputError, EXIT_INPUT),
        (WriteError, EXIT_WRITE),
        (InstallationError, EXIT_INSTALLATION),
    ):
        if isinstance(error, kind):
            return code
    return EXIT_SIMULATION
