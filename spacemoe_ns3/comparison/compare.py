"""Runs compared with a baseline: means, quantiles, differences and ratios, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.comparison.draws import why_not_shared
from spacemoe_ns3.comparison.metric import METRICS, Metric, Values
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.statistics import (
    Estimate,
    difference_interval,
    mean_interval,
    quantile_interval,
    ratio_interval,
    successive_correlation,
)

ENGINES = ("packet", "analytic")
_MEDIAN, _TAIL = 0.5, 0.99
_STUDY = "study"  # key of a summary that a study leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A metric of a run, placement and engine.

    Parameters
    ----------
    run
        Name of the run.
    placement, engine
        Which.
    values, sequences
        How many values, and of how many sequences.
    mean, median, p99
        Over all values, in nanoseconds; None of a single sequence, for which nothing says how sure they are.
    difference, ratio
        Of the mean less, and over, the baseline's; None of the baseline itself, of single sequences, and the
        ratio where the baseline's mean cannot be told from zero.
    pairing
        ``baseline``; ``paired``, sequence by sequence; or ``unpaired:`` and why.
    successive_correlation
        Of the mean of a sequence and of the next one, where it is surely above zero; else None.
    """

    run: str
    placement: str
    engine: str
    values: int
    sequences: int
    mean: Estimate | None
    median: Estimate | None
    p99: Estimate | None
    difference: Estimate | None
    ratio: Estimate | None
    pairing: str
    successive_correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rows that may be compared.

    Parameters
    ----------
    metric
        What of.
    level
        Level of confidence of every interval, each for itself.
    rows
        In the order of runs, placements and engines.
    baseline
        The row that the others are compared with.
    """

    metric: Metric
    level: float
    rows: tuple[Row, ...]
    baseline: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """What a row is made from."""

    run: str
    results: Results
    placement: str
    engine: str
    values: Values


def compare(
    runs: Sequence[Results],
    *,
    metric: str = "latency",
    placements: Sequence[str] = (),
    engines: Sequence[str] = (),
    baseline: str | None = None,
    level: float = 0.95,
) -> Comparison:
    """Compare runs.

    Parameters
    ----------
    runs
        At least one; see :func:`spacemoe_ns3.load`.
    metric
        One of :data:`METRICS`.
    placements
        Only these; none: all.
    engines
        Of ``packet`` and ``analytic``; none: the packets of each placement, or else the formula.
    baseline
        What to compare with: ``RUN`` (as given, or its folder's name), ``RUN:PLACEMENT`` or ``:PLACEMENT``.
        The first row of it counts; None: the first of all.
    level
        Level of confidence, between 0 and 1.

    Raises
    ------
    InputError
        If a name is not known, a run is given twice or is a study, or has nothing to compare.
    """
    what = look_up("--metric", metric, METRICS)
    if not 0 < level < 1:
        raise InputError(f"--level: {level} given, must be between 0 and 1, such as 0.95")
    _check_runs(runs)
    known = {name: name for run in runs for name in run.placements}
    for name in placements:
        look_up("--placement", name, known)
    members = [
        member
        for label, run in zip(labels(runs), runs, strict=True)
        for member in _members(label, run, what, placements=placements, engines=engines)
    ]
    base = _baseline(members, runs, baseline)
    rows = [_row(member, base, level=level) for member in members]
    return Comparison(metric=what, level=level, rows=tuple(rows), baseline=rows[members.index(base)])


def labels(runs: Sequence[Results]) -> list[str]:
    """Return a name for each run: its folder's, or where two are called alike the path.

    Parameters
    ----------
    runs
        The runs.
    """
    names = [run.folder.resolve().name for run in runs]
    return [str(run.folder) if names.count(name) > 1 else name for name, run in zip(names, runs, strict=True)]


def _check_runs(runs: Sequence[Results]) -> None:
    """Raise if there are no runs, one is given twice, or is a study."""
    if not runs:
        raise InputError("no run given; name the folder of at least one")
    places = [run.folder.resolve() for run in runs]
    for run, place in zip(runs, places, strict=True):
        if places.count(place) > 1:
            raise InputError(f"run {run.folder}: given twice; name each run once")
        if _STUDY in run.summary:
            raise InputError(
                f"run {run.folder}: is of a study, whose variants and seeds are in study.parquet; "
                "name runs of scenarios"
            )


def _members(
    label: str, run: Results, metric: Metric, *, placements: Sequence[str], engines: Sequence[str]
) -> list[_Member]:
    """Return what is asked for of a run, at least one."""
    names = [name for name in run.placements if not placements or name in placements]
    if not names:
        raise InputError(
            f"run {run.folder}: has no placement {' or '.join(placements)}; "
            f"it has {', '.join(run.placements)}"
        )
    found = [
        _Member(
            run=label,
            results=run,
            placement=name,
            engine=engine,
            values=metric.read(run, name, engine),
        )
        for name in names
        for engine in _engines(run, name, engines)
    ]
    if not found:
        there = sorted({engine for name in names for engine in run.engines(name)})
        raise InputError(
            f"--engine {' '.join(engines) or 'packet'}: run {run.folder} has none of it; it has "
            f"{', '.join(there) or 'no placement that was evaluated'}"
        )
    return found


def _engines(run: Results, placement: str, wanted: Sequence[str]) -> list[str]:
    """Return the engines of a placement that are wanted, or the one that says most."""
    there = [engine for engine in ENGINES if engine in run.engines(placement)]
    return [engine for engine in there if engine in wanted] if wanted else there[:1]


def _baseline(members: Sequence[_Member], runs: Sequence[Results], named: str | None) -> _Member:
    """Return the first member of what is named."""
    if named is None:
        return members[0]
    run, found = named, _of_run(members, named)
    if not found:
        run, _, placement = named.rpartition(":")
        found = _of_run(members, run) if run else list(members)
        found = [member for member in found if member.placement == placement]
    if not found:
        there = dict.fromkeys(f"{member.run}:{member.placement}" for member in members)
        raise InputError(f"--baseline: {named!r} is not compared; name one of {', '.join(there)}, or its run")
    return found[0]


def _of_run(members: Sequence[_Member], name: str) -> list[_Member]:
    """Return the members of a run that is named by its label, its folder, or the path to it."""
    trimmed = name.rstrip("/")
    return [
        member
        for member in members
        if trimmed in {member.run, str(member.results.folder), member.results.folder.name}
    ]


def _row(member: _Member, base: _Member, *, level: float) -> Row:
    """Return the row of a member."""
    sample = member.values.sample
    is_base = member is base
    reason = "" if is_base else _why_unpaired(member, base)
    return Row(
        run=member.run,
        placement=member.placement,
        engine=member.engine,
        values=len(sample.values),
        sequences=sample.count,
        mean=mean_interval(sample, level=level),
        median=quantile_interval(sample, _MEDIAN, level=level),
        p99=quantile_interval(sample, _TAIL, level=level),
        difference=None
        if is_base
        else difference_interval(sample, base.values.sample, is_paired=not reason, level=level),
        ratio=None
        if is_base
        else ratio_interval(sample, base.values.sample, is_paired=not reason, level=level),
        pairing="baseline" if is_base else f"unpaired: {reason}" if reason else "paired",
        successive_correlation=successive_correlation(sample),
    )


def _why_unpaired(member: _Member, base: _Member) -> str:
    """Return why values of one do not belong to values of the other, empty if they do."""
    reason = why_not_shared(member.results, base.results)
    if not reason and not np.array_equal(member.values.keys, base.values.keys):
        return "other tokens"
    return reason
