"""``spacemoe-ns3 validate``: the formula checked against packets."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacemoe_ns3.cli.common import EXIT_INTERRUPTED, console_of, examples, print_json
from spacemoe_ns3.cli.options import effort_options, experiment_options
from spacemoe_ns3.cli.run import inputs_of, override

if TYPE_CHECKING:
    from spacemoe_ns3.report import RunFolder
    from spacemoe_ns3.scenario import Scenario
    from spacemoe_ns3.validation.validate import Wishes
    from spacemoe_ns3.validation_results import Validation

EXIT_OUTSIDE = 1
_EXAMPLES = examples(
    "validate scenarios/first_ring.py",
    "validate scenarios/ring32.py --regime idle --placement spacemoe",
    "validate scenarios/ring32.py --load-sweep --loads 0.3,0.6,0.9",
)
_EXIT_CODES = """\b
Exit codes:
  0    every placement is within the envelope of every regime
  1    one is outside, or its simulation failed; the results were written
  2    the scenario or an option cannot be used; nothing was written
  4    results could not be written (disk full, for example)
  5    ns-3 or the compiled modules are missing
  130  interrupted; what was complete was written
"""


def _shares(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    """Return the shares in a list like ``0.3,0.6``."""
    if text is None:
        return None
    try:
        shares = tuple(sorted({float(word) for word in text.split(",")}))
    except ValueError:
        shares = ()
    if not shares or not all(0 < share < 1 for share in shares):
        raise click.BadParameter(f"{text!r} given, must be shares between 0 and 1, such as 0.3,0.6,0.9")
    return shares


@click.command(epilog=_EXAMPLES + _EXIT_CODES)
@experiment_options(out="results/NAME-validation")
@click.option(
    "--regime",
    "regimes",
    multiple=True,
    type=click.Choice(["idle", "loaded", "lossy"]),
    help="Regime to validate, instead of all; repeatable.",
)
@click.option(
    "--load",
    metavar="SHARE",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    default=0.5,
    show_default=True,
    help="Loaded regime: share of the capacity, if the scenario has no traffic of its own.",
)
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(min=10),
    default=400,
    show_default=True,
    help="Loaded regime: steps that arrive.",
)
@click.option("--load-sweep", is_flag=True, help="Look for the knee of every placement.")
@click.option(
    "--loads",
    metavar="SHARES",
    callback=_shares,
    help="Shares of the capacity that the sweep visits.  [default: 0.3,0.5,0.7,0.8,0.85,0.9]",
)
@click.option(
    "--sweep-steps",
    metavar="N",
    type=click.IntRange(min=10),
    default=500,
    show_default=True,
    help="Steps under each load of the sweep, at least; more where queues settle slowly.",
)
@click.option(
    "--at",
    "start_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="When the load begins.",
)
@effort_options
def validate(
    *,
    scenario: Path,
    out: Path | None,
    force: bool,
    seed: int | None,
    tokens: int | None,
    placements: tuple[str, ...],
    regimes: tuple[str, ...],
    load: float,
    steps: int,
    load_sweep: bool,
    loads: tuple[float, ...] | None,
    sweep_steps: int,
    start_s: float,
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Check the formula of a scenario against packets.

    Both engines run on the same draws: the same activations, link states and start times. They are compared
    token by token and layer by layer in three regimes: an idle network, in which they must agree; under load,
    where the difference is queueing; and with packets lost. --load-sweep finds how many tokens a second the
    formula is good for.
    """
    from spacemoe_ns3.report import numbered
    from spacemoe_ns3.scenario import load_scenario
    from spacemoe_ns3.validation.sweep import LOADS
    from spacemoe_ns3.validation.validate import Wishes
    from spacemoe_ns3.validation_results import REGIMES

    started = time.monotonic(), datetime.now(timezone.utc).isoformat(timespec="seconds")
    declared, source = load_scenario(scenario)
    chosen = override(declared, seed=seed, tokens=tokens, placements=placements)
    wishes = Wishes(
        regimes=regimes or (() if load_sweep else REGIMES),
        load=load,
        steps=steps,
        start_s=start_s,
        sweeps=load_sweep,
        loads=loads or LOADS,
        sweep_steps=sweep_steps,
    )
    options = {
        "seed": chosen.seed,
        "tokens": chosen.decoding.tokens,
        "placements": [placer.name for placer in chosen.placers],
        "regimes": list(wishes.regimes),
        "load": load,
        "steps": steps,
        "load_sweep": load_sweep,
        "loads": list(wishes.loads),
        "sweep_steps": sweep_steps,
        "at": start_s,
    }
    about = {
        "scenario_path": str(scenario),
        "scenario_source": source,
        "declares": repr(chosen),
        "inputs": inputs_of(chosen),
        "options": options,
    }
    place = out or numbered(Path("results") / f"{declared.name}-validation")
    found, published = _validate(
        chosen,
        place,
        wishes=wishes,
        force=force,
        workers=workers,
        is_quiet=quiet or as_json,
        about=about,
        started=started,
    )
    _show(found, published, quiet=quiet, as_json=as_json)


def _validate(
    scenario: Scenario,
    out: Path,
    *,
    wishes: Wishes,
    force: bool,
    workers: int | None,
    is_quiet: bool,
    about: dict[str, Any],
    started: tuple[float, str],
) -> tuple[Validation, Path | None]:
    """Return what was found out, and where it was written; None if there is nothing."""
    from spacemoe_ns3 import pipeline, report
    from spacemoe_ns3.packet import LocalExecutor
    from spacemoe_ns3.progress import progress_bar
    from spacemoe_ns3.validation.validate import validate as validate_scenario

    report.check_out(out, force=force)
    with progress_bar(is_shown=not is_quiet) as progress:
        experiment = pipeline.prepare(scenario, progress=progress)
        with report.RunFolder(out, force=force) as folder, LocalExecutor(workers) as executor:
            found = validate_scenario(
                scenario,
                experiment,
                wishes=wishes,
                executor=executor,
                folder=folder.staging / "tasks",
                progress=progress,
            )
            if not (found.regimes or found.points or found.failures):
                return found, None
            _write(found, folder)
            manifest = report.manifest(
                **about,
                status="interrupted" if found.is_interrupted else "complete" if found.holds else "failed",
                started=started[1],
                duration_s=time.monotonic() - started[0],
                workers=executor.workers,
                packet_engine=scenario.engine,
                engine_use=found.engine_use,
                files=[*folder.files(), "manifest.json"],
            )
            folder.write_json("manifest.json", manifest)
            return found, folder.publish()


def _write(found: Validation, folder: RunFolder) -> None:
    import shutil

    from spacemoe_ns3.report.load_figure import draw_load
    from spacemoe_ns3.report.study_figures import write_figures
    from spacemoe_ns3.report.validation import validation_object
    from spacemoe_ns3.report.validation_files import write_validation_tables

    shutil.rmtree(folder.staging / "tasks", ignore_errors=True)
    written = validation_object(found)
    folder.write_json("validation.json", written)
    write_validation_tables(folder.staging, found)
    if found.points:
        figure = draw_load(written, title=f"{found.scenario} under load")
        write_figures({"load-sweep": figure}, folder.staging)


def _show(found: Validation, place: Path | None, *, quiet: bool, as_json: bool) -> None:
    """Print what was found out, and exit accordingly."""
    from spacemoe_ns3.report.validation import render_validation, validation_object

    if as_json:
        print_json(validation_object(found))
    elif not quiet and (found.regimes or found.points or found.failures):
        console = console_of()
        render_validation(found, console=console)
        if place is not None:
            console.print(f"Results: {place}", soft_wrap=True)
    if found.is_interrupted:
        kept = f"kept what was complete in {place}" if place else "nothing was complete"
        click.echo(f"interrupted: {kept}", err=True)
        sys.exit(EXIT_INTERRUPTED)
    if not found.holds:
        sys.exit(EXIT_OUTSIDE)
