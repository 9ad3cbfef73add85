"""What ``run`` does beyond a scenario when a file declares a study of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from spacemoe_ns3.pipeline import Progress
    from spacemoe_ns3.report import RunFolder
    from spacemoe_ns3.results import PlacementResult
    from spacemoe_ns3.running import Outcome
    from spacemoe_ns3.studies import Study
    from spacemoe_ns3.study_results import StudyResults


def evaluate(
    study: Study | None, outcome: Outcome, *, workers: int | None, progress: Progress
) -> StudyResults | None:
    """Evaluate a study, after the run of its scenario.

    Parameters
    ----------
    study
        What to evaluate; None if there is only a scenario.
    outcome
        Of the run; if that was interrupted nothing more is begun.
    workers
        Evaluations at a time.
    progress
        Whom to tell.
    """
    if study is None or outcome.is_interrupted:
        return None
    from spacemoe_ns3.studies.evaluate import evaluate_study
    from spacemoe_ns3.studies.workers import Workers

    with Workers(workers) as pool:
        return evaluate_study(study, workers=pool, progress=progress)


def write(found: StudyResults, folder: RunFolder, summary: dict[str, Any]) -> None:
    """Write the tables of a study, and unless it was interrupted its figures; add its section to the summary.

    Parameters
    ----------
    found
        What was found out.
    folder
        The run's folder.
    summary
        The summary of the run; changed.
    """
    from spacemoe_ns3.report.study_files import study_summary, write_study

    summary["study"] = study_summary(found)
    if not found.evaluations:
        return
    write_study(folder.staging, found)
    if not found.is_interrupted:  # drawing takes longer than one may wait after Ctrl-C
        from spacemoe_ns3.report.study_figures import draw_study, write_figures

        write_figures(draw_study(found, title=found.name), folder.staging)


def show(found: StudyResults, *, run: list[PlacementResult], console: Console) -> None:
    """Print what a study found out."""
    from spacemoe_ns3.report.study import render_study

    render_study(found, run=run, console=console)


def tell_failures(found: StudyResults) -> None:
    """Say on standard error what the study could not evaluate."""
    for failure in found.failures:
        of = "" if failure.placement is None else f", placement {failure.placement}"
        click.echo(f"error: {failure.variant}, seed {failure.seed}{of}: {failure.error}", err=True)
