"""A study in files: a row an evaluation in ``study.parquet``, and its section of ``summary.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.results import PARTS
from spacemoe_ns3.schema import SCHEMA_VERSION
from spacemoe_ns3.study_results import CHOSEN, Spread, StudyResults, Trend, Variant

STUDY_FILE = "study.parquet"


def write_study(folder: Path, results: StudyResults) -> None:
    """Write ``study.parquet``.

    Parameters
    ----------
    folder
        The run's folder.
    results
        What was found out; the columns are defined in ``docs/studies.md``.
    """
    by_name = {variant.name: variant for variant in results.variants}
    rows = [(by_name[row.variant], row) for row in results.evaluations]
    columns: dict[str, pa.Array] = {
        "variant": pa.array([row.variant for _, row in rows], pa.string()),
        "assumption": pa.array([variant.assumption or None for variant, _ in rows], pa.string()),
        "reading": pa.array([variant.reading or None for variant, _ in rows], pa.string()),
        "point": pa.array([variant.point for variant, _ in rows], pa.float64()),
        "seed": pa.array([row.seed for _, row in rows], pa.int64()),
        "placement": pa.array([row.placement for _, row in rows], pa.string()),
        "expected_s": pa.array([row.expected.s_per_token for _, row in rows], pa.float64()),
        "half_width_95_s": pa.array([row.expected.half_width_s for _, row in rows], pa.float64()),
    }
    for part in PARTS:
        columns[f"{part}_s"] = pa.array([row.expected.parts_s[part] for _, row in rows], pa.float64())
    columns["waiting_probability"] = pa.array(
        [row.expected.waiting_probability for _, row in rows], pa.float64()
    )
    table = pa.table(columns).replace_schema_metadata({"schema_version": str(SCHEMA_VERSION)})
    pq.write_table(table, folder / STUDY_FILE, compression="zstd")


def study_summary(results: StudyResults) -> dict[str, Any]:
    """Return the section ``study`` of the summary, an object for JSON.

    Parameters
    ----------
    results
        What was found out.

    Returns
    -------
    Times are seconds; what cannot be said, such as the deviation of one seed, is None.
    """
    published = results.published
    return {
        "name": results.name,
        "seeds": list(results.seeds),
        "placements": list(results.placements),
        "published": None
        if published is None
        else {
            "source": published.source,
            "s_per_token": {name: list(ends) for name, ends in published.s_per_token.items()},
        },
        "variants": [_variant(results, variant) for variant in results.variants],
        "gains": [_gain(results, name) for name in results.placements[1:]],
        "axis": results.axis or None,
        "trends": [_trend(results, name) for name in results.placements if results.points],
        "failures": [
            {
                "variant": failure.variant,
                "seed": failure.seed,
                "placement": failure.placement,
                "error": failure.error,
            }
            for failure in results.failures
        ],
        "remarks": [
            {"variant": each.variant, "seed": each.seed, "remark": each.remark} for each in results.remarks
        ],
        "is_interrupted": results.is_interrupted,
    }


def _variant(results: StudyResults, variant: Variant) -> dict[str, Any]:
    return {
        "name": variant.name,
        "assumption": variant.assumption or None,
        "chosen": variant.chosen or None,
        "reading": variant.reading or None,
        "point": variant.point,
        "worst_difference": results.worst_difference(variant.name),
        "placements": [
            {
                "name": name,
                **_spread(results.spread(variant.name, name)),
                "difference": results.difference(variant.name, name),
                "parts_s": {
                    part: _spread(results.spread(variant.name, name, part=part))["mean_s"] for part in PARTS
                },
            }
            for name in results.placements
        ],
    }


def _spread(spread: Spread | None) -> dict[str, Any]:
    if spread is None:
        return {"mean_s": None, "deviation_s": None, "seeds": 0}
    return {"mean_s": spread.mean, "deviation_s": spread.deviation, "seeds": spread.seeds}


def _gain(results: StudyResults, baseline: str) -> dict[str, Any]:
    return {
        "over": baseline,
        "published": results.published_gain(baseline),
        "total": results.gain(CHOSEN, baseline),
        "propagation": results.gain(CHOSEN, baseline, part="propagation"),
    }


def _trend(results: StudyResults, placement: str) -> dict[str, Any]:
    return {
        "name": placement,
        "reported": results.reported.get(placement),
        "total": _change(results.trend(placement)),
        "propagation": _change(results.trend(placement, part="propagation")),
    }


def _change(trend: Trend | None) -> dict[str, Any] | None:
    if trend is None:
        return None
    return {
        "change": trend.change,
        "standard_error": trend.standard_error,
        "is_steady": trend.is_steady,
        "verdict": trend.verdict.value if trend.verdict else None,
    }
