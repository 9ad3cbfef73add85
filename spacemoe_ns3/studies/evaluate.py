"""A study evaluated: every variant with every seed, in child processes."""

from __future__ import annotations

from dataclasses import replace

from spacemoe_ns3.pipeline import Progress
from spacemoe_ns3.scenario import Scenario
from spacemoe_ns3.studies.answer import Answer
from spacemoe_ns3.studies.study import Study
from spacemoe_ns3.studies.workers import Workers
from spacemoe_ns3.study_results import Evaluation, StudyFailure, StudyRemark, StudyResults, Variant


def evaluate_study(study: Study, *, workers: Workers, progress: Progress) -> StudyResults:
    """Evaluate the expected latency of every placement in every variant with every seed.

    Parameters
    ----------
    study
        What to evaluate.
    workers
        Where; the results do not depend on how many there are. They are closed in the end.
    progress
        Whom to tell.

    Returns
    -------
    What was found out. A variant that fails is named in it, and the others' results stand. On Ctrl-C, what
    was complete by then: the first seeds of all variants, as seeds are evaluated one after the other.
    """
    varied = study.scenarios()
    tasks = [(variant, seed) for seed in study.seeds for variant, _ in varied]
    scenarios: list[Scenario] = [replace(each, seed=seed) for seed in study.seeds for _, each in varied]
    found: dict[tuple[str, int], Answer] = {}
    is_interrupted = False
    try:
        progress.stage("study")
        progress.count(0, len(tasks), "evaluations")
        for number, answer in workers.answers(scenarios):
            variant, seed = tasks[number]
            found[variant.name, seed] = answer
            progress.count(len(found), len(tasks), "evaluations")
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        workers.close()
    variants = tuple(variant for variant, _ in varied)
    return study_results(
        study,
        evaluations=_evaluations(study, variants, found),
        failures=_failures(study, variants, found),
        remarks=_remarks(study, variants, found),
        is_interrupted=is_interrupted,
    )


def study_results(
    study: Study,
    *,
    evaluations: tuple[Evaluation, ...],
    failures: tuple[StudyFailure, ...] = (),
    remarks: tuple[StudyRemark, ...] = (),
    is_interrupted: bool = False,
) -> StudyResults:
    """Return the results of a study, from here or from rows that were kept.

    Parameters
    ----------
    study
        What was evaluated.
    evaluations, failures, remarks
        What was found out.
    is_interrupted
        Whether evaluations are missing because the study was interrupted.
    """
    return StudyResults(
        name=study.name,
        variants=tuple(variant for variant, _ in study.scenarios()),
        placements=tuple(placer.name for placer in study.base.placers),
        seeds=tuple(study.seeds),
        evaluations=evaluations,
        failures=failures,
        remarks=remarks,
        published=study.published,
        axis=study.sweep.label if study.sweep else "",
        reported=dict(study.sweep.reported) if study.sweep else {},
        is_interrupted=is_interrupted,
    )


def _evaluations(
    study: Study, variants: tuple[Variant, ...], found: dict[tuple[str, int], Answer]
) -> tuple[Evaluation, ...]:
    """Return what was evaluated, in the order of variants, seeds and placements."""
    return tuple(
        Evaluation(variant=variant.name, seed=seed, placement=name, expected=expected)
        for variant in variants
        for seed in study.seeds
        if (variant.name, seed) in found
        for name, expected in found[variant.name, seed].expected.items()
    )


def _failures(
    study: Study, variants: tuple[Variant, ...], found: dict[tuple[str, int], Answer]
) -> tuple[StudyFailure, ...]:
    """Return what could not be evaluated, in the same order."""
    return tuple(
        StudyFailure(variant=variant.name, seed=seed, placement=name, error=error)
        for variant in variants
        for seed in study.seeds
        if (variant.name, seed) in found
        for name, error in found[variant.name, seed].failures.items()
    )


def _remarks(
    study: Study, variants: tuple[Variant, ...], found: dict[tuple[str, int], Answer]
) -> tuple[StudyRemark, ...]:
    """Return what a user must know, in the same order."""
    return tuple(
        StudyRemark(variant=variant.name, seed=seed, remark=remark)
        for variant in variants
        for seed in study.seeds
        if (variant.name, seed) in found
        for remark in found[variant.name, seed].remarks
    )
