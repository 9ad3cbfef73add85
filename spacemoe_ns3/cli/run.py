"""``spacemoe-ns3 run``: a scenario, from file to results."""

from __future__ import annotations

import dataclasses
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacemoe_ns3.cli import study as studies
from spacemoe_ns3.cli.common import (
    EXIT_CODES,
    EXIT_INTERRUPTED,
    EXIT_SIMULATION,
    console_of,
    examples,
    print_json,
)
from spacemoe_ns3.cli.options import effort_options, experiment_options

if TYPE_CHECKING:
    from spacemoe_ns3.packet.nursery import Nursery
    from spacemoe_ns3.pipeline import Experiment
    from spacemoe_ns3.running import Outcome
    from spacemoe_ns3.scenario import Scenario
    from spacemoe_ns3.studies import Study
    from spacemoe_ns3.study_results import StudyResults

_MEGABYTE = 10**6
_EXAMPLES = examples(
    "run scenarios/first_ring.py",
    "run scenarios/ring32.py --placement spacemoe --pcap layer:3",
    "run scenarios/ring32.py --engine analytic --json",
    "run scenarios/paper_table.py",
)


@click.command(epilog=_EXAMPLES + EXIT_CODES)
@experiment_options(out="results/NAME")
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
    help="Capture links for Wireshark: layer:LAYER, gateway:LAYER, expert:LAYER:EXPERT, "
    "satellite:SATELLITE, link:SATELLITE-SATELLITE or all; repeatable.",
)
@click.option(
    "--pcap-max-bytes",
    "capture_size",
    metavar="SIZE",
    default="100M",
    show_default=True,
    help="Longest capture; each ends with its last whole packet that fits. K, M, G: powers of 1000.",
)
@effort_options
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
    capture_size: str,
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run a scenario file: place, predict, simulate, compare.

    SCENARIO is a Python file that declares one experiment. Every placement is evaluated by the formula and
    simulated in ns-3 packet by packet; one table shows both, and where the time of a token went. The
    results land in a folder that appears only when it is complete.

    A file may declare a study instead: then its scenario is run, and the formula evaluated for all its
    variants and seeds.
    """
    if captures and engine == "analytic":
        raise click.UsageError("--pcap needs packets; leave out --engine analytic.")
    started = time.monotonic(), datetime.now(timezone.utc).isoformat(timespec="seconds")
    capture_bytes = _capture_bytes(capture_size)
    with _nursery(engine) as nursery:
        from spacemoe_ns3.report import numbered
        from spacemoe_ns3.studies import load_either

        declared, source = load_either(scenario)
        chosen, study = _choose(declared, seed=seed, tokens=tokens, placements=placements)
        place = out or numbered(Path("results") / declared.name)
        options = {
            "seed": chosen.seed,
            "tokens": chosen.decoding.tokens,
            "placements": [placer.name for placer in chosen.placers],
            "engine": engine,
            "pcap": list(captures),
            **({"pcap_max_bytes": capture_bytes} if captures else {}),
            **({"seeds": list(study.seeds)} if study else {}),
        }
        _run(
            chosen,
            place,
            study=study,
            force=force,
            engine=engine,
            captures=captures,
            capture_bytes=capture_bytes,
            workers=workers,
            quiet=quiet or as_json,
            as_json=as_json,
            about={
                "scenario_path": str(scenario),
                "scenario_source": source,
                "declares": repr(study or chosen),
                "inputs": inputs_of(study or chosen),
                "options": options,
            },
            started=started,
            nursery=nursery,
        )


def _nursery(engine: str) -> AbstractContextManager[Nursery | None]:
    """Have ns-3 loaded, if packets are asked for, while the scenario is read and laid out."""
    if engine == "analytic":
        return nullcontext()
    from spacemoe_ns3.packet import check_installation
    from spacemoe_ns3.packet.nursery import Nursery

    check_installation()
    return Nursery()


def _run(
    scenario: Scenario,
    out: Path,
    *,
    study: Study | None,
    force: bool,
    engine: str,
    captures: tuple[str, ...],
    capture_bytes: int,
    workers: int | None,
    quiet: bool,
    as_json: bool,
    about: dict[str, Any],
    started: tuple[float, str],
    nursery: Nursery | None,
) -> None:
    from spacemoe_ns3 import pipeline, report, running
    from spacemoe_ns3.packet import LocalExecutor
    from spacemoe_ns3.progress import progress_bar
    from spacemoe_ns3.recording import Recording

    report.check_out(out, force=force)
    _tell_left_behind(out)
    with (
        progress_bar(scenario, engine=engine, is_shown=not quiet) as progress,
        LocalExecutor(workers, nursery=nursery) as executor,
    ):
        experiment = pipeline.lay_out(scenario, progress=progress)
        with report.RunFolder(out, force=force) as folder:
            recording = Recording(
                folder,
                scenario=scenario,
                experiment=experiment,
                about=about,
                started=started,
                workers=executor.workers,
            )
            experiment, outcome = running.run_scenario(
                scenario,
                experiment,
                engine=engine,
                captures=captures,
                capture_bytes=capture_bytes,
                executor=executor,
                folder=folder.staging,
                progress=progress,
                keeper=recording,
            )
            summary = recording.summary(outcome)
            found = studies.evaluate(study, outcome, workers=workers, progress=progress)
            is_something = bool(outcome.results or (found and found.evaluations))
            if found is not None:
                studies.write(found, folder, summary)
            if is_something:
                recording.finish(outcome, summary=summary, status=_status(outcome, found))
                out = folder.publish()
    if as_json:
        print_json(summary)
    elif is_something and not quiet:
        _show(list(outcome.results.values()), out, experiment, found)
    if captures and is_something:
        _tell_captures(out, is_quiet=quiet)
    _leave(outcome, out if is_something else None, found)


def inputs_of(declared: Scenario | Study) -> dict[str, str]:
    """Return the SHA-256 of each file that a scenario, or any variant of a study, names.

    Parameters
    ----------
    declared
        The scenario or study.
    """
    from spacemoe_ns3.scenario import Scenario, input_files

    variants = [declared] if isinstance(declared, Scenario) else [each for _, each in declared.scenarios()]
    return {path: digest for scenario in variants for path, digest in input_files(scenario).items()}


def _choose(
    declared: Scenario | Study, *, seed: int | None, tokens: int | None, placements: tuple[str, ...]
) -> tuple[Scenario, Study | None]:
    """Return the scenario to run, and the study of it if there is one, with the command line's options."""
    from spacemoe_ns3.scenario import Scenario

    if isinstance(declared, Scenario):
        return override(declared, seed=seed, tokens=tokens, placements=placements), None
    chosen = override(declared.base, seed=seed, tokens=tokens, placements=placements)
    return chosen, declared.with_base(chosen, seeds=None if seed is None else (seed,))


def override(
    scenario: Scenario, *, seed: int | None, tokens: int | None, placements: tuple[str, ...]
) -> Scenario:
    """Put the options of the command line in the place of the scenario's values.

    Parameters
    ----------
    scenario
        What the file declares.
    seed, tokens
        Instead of the scenario's; None: as it says.
    placements
        Names of algorithms instead of the scenario's; none: as it says.
    """
    changes: dict[str, Any] = {}
    if seed is not None:
        changes["seed"] = seed
    if tokens is not None:
        changes["decoding"] = dataclasses.replace(scenario.decoding, tokens=tokens)
    if placements:
        known = {placer.name: placer for placer in scenario.placers}  # with the scenario's own settings
        changes["placements"] = tuple(known.get(name, name) for name in placements)
    return dataclasses.replace(scenario, **changes)


def _status(outcome: Outcome, found: StudyResults | None) -> str:
    if outcome.is_interrupted or (found and found.is_interrupted):
        return "interrupted"
    return "failed" if outcome.failures or (found and found.failures) else "complete"


def _show(results: list[Any], out: Path, experiment: Experiment, found: StudyResults | None) -> None:
    from spacemoe_ns3.report import render_skew, render_table

    console = console_of()
    if results:
        render_table(results, console=console)
    render_skew(experiment.problem.gating.skew(), console=console)
    for remark in experiment.remarks:
        console.print(f"Note: {remark}", soft_wrap=True)
    if found is not None:
        console.print()
        studies.show(found, run=results, console=console)
    console.print(f"Results: {out}", soft_wrap=True)


def _capture_bytes(size: str) -> int:
    from spacemoe_ns3.packet.capture import parse_size

    return parse_size(size)


def _tell_captures(out: Path, *, is_quiet: bool) -> None:
    """Say where captures are, and, however quiet, which have not all that there was."""
    from spacemoe_ns3.packet.capture_files import cut_sentences, read_captures
    from spacemoe_ns3.running import CAPTURES

    for folder in sorted((out / CAPTURES).glob("*")):
        rows = read_captures(folder)
        size = sum(row["bytes"] for row in rows)
        if rows and not is_quiet:
            click.echo(f"Captures: {folder} ({len(rows)} files, {size / _MEGABYTE:.1f} MB)")
        if cut := cut_sentences(rows):
            click.echo(f"note: {folder}: {'; '.join(cut)}; raise --pcap-max-bytes to have all", err=True)


def _tell_left_behind(out: Path) -> None:
    """Say which runs to a place were killed, and how to read what they had finished."""
    from spacemoe_ns3 import report

    for folder in report.left_behind(out):
        click.echo(
            f"note: {folder} is what a killed run had finished; read it by "
            f"spacemoe_ns3.load({str(folder)!r}), or remove it",
            err=True,
        )


def _leave(outcome: Outcome, out: Path | None, found: StudyResults | None) -> None:
    """Say what is missing, and exit accordingly."""
    for name, error in outcome.failures.items():
        click.echo(f"error: placement {name}: {error}", err=True)
    if found is not None:
        studies.tell_failures(found)
    if outcome.is_interrupted or (found and found.is_interrupted):
        evaluations = f" and {len(found.evaluations)} evaluations of the study" if found else ""
        kept = (
            f"kept {', '.join(outcome.results)}{evaluations} in {out}" if out else "no placement was complete"
        )
        click.echo(f"interrupted: {kept}", err=True)
        sys.exit(EXIT_INTERRUPTED)
    if outcome.failures or (found and found.failures):
        sys.exit(EXIT_SIMULATION)
