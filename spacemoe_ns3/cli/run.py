"""``spacemoe-ns3 run``: a scenario, from file to results."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacemoe_ns3.cli.common import EXIT_CODES, EXIT_INTERRUPTED, EXIT_SIMULATION, console_of

if TYPE_CHECKING:
    from spacemoe_ns3.pipeline import Outcome
    from spacemoe_ns3.scenario import Scenario

_EXAMPLES = """\b
Examples:
  spacemoe-ns3 run scenarios/first_ring.py
  spacemoe-ns3 run scenarios/ring32.py --placement spacemoe --pcap gateway:0
  spacemoe-ns3 run scenarios/ring32.py --engine analytic --json

"""


@click.command(epilog=_EXAMPLES + EXIT_CODES)
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
    from spacemoe_ns3.scenario import input_files, load

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
            "inputs": input_files(chosen),
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
                satellites=experiment.sky.timeline.satellites,
                links=len(experiment.sky.timeline.ends),
                results=results,
                failures=outcome.failures,
                remarks=experiment.sky.remarks,
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
        _show(results, out, experiment.sky.remarks)
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


def _show(results: list[Any], out: Path, remarks: tuple[str, ...]) -> None:
    from spacemoe_ns3.report import render_table

    console = console_of()
    render_table(results, console=console)
    for remark in remarks:
        console.print(f"Note: {remark}", soft_wrap=True)
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
