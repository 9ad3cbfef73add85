"""A study's rows in Parquet and its section of the summary."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from studies.by_hand import COMPUTE_S, points, study_results

from spacemoe_ns3.report.study_files import study_summary, write_study
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.study_results import CHOSEN, StudyFailure, Variant

NAN = float("nan")
ROUNDING = 1e-12
LINKED = Variant(name="seam: linked", assumption="seam", chosen="not linked", reading="linked")


@pytest.fixture
def found():
    (low, high) = axis = points(300, 1200)
    return study_results(
        {
            CHOSEN: {"near": [1.0, 3.0], "far": [4.0, 8.0]},
            LINKED.name: {"near": [1.5, NAN], "far": [4.0, NAN]},
            low.name: {"near": [1.0, 1.0], "far": [4.0, 4.0]},
            high.name: {"near": [2.0, 2.0], "far": [3.0, 3.0]},
        },
        variants=(LINKED, *axis),
        axis="altitude, km",
        published={"near": (1.0, 3.0), "far": (5.0, 7.0)},
        failures=(StudyFailure(variant=LINKED.name, seed=2, placement=None, error="no room"),),
        reported={"far": "rises"},
    )


def test_every_evaluation_is_a_row_with_its_variant(found, tmp_path):
    write_study(tmp_path, found)

    rows = pq.read_table(tmp_path / "study.parquet").to_pylist()

    assert len(rows) == 4 + 2 + 4 + 4
    assert rows[1] == {
        **{"variant": CHOSEN, "assumption": None, "reading": None, "point": None},
        **{"seed": 1, "placement": "far", "expected_s": 4.0, "half_width_95_s": 0.0},
        **{f"{part}_s": 0.0 for part in PARTS},
        **{"compute_s": COMPUTE_S, "propagation_s": 4.0 - COMPUTE_S, "waiting_probability": 0.125},
    }
    assert (rows[4]["variant"], rows[4]["assumption"], rows[4]["reading"]) == (
        "seam: linked",
        "seam",
        "linked",
    )
    assert (rows[-1]["variant"], rows[-1]["point"], rows[-1]["seed"]) == ("altitude, km: 1200", 1200.0, 2)


def test_the_same_results_make_the_same_bytes(found, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_study(tmp_path / name, found)

    assert (tmp_path / "one/study.parquet").read_bytes() == (tmp_path / "two/study.parquet").read_bytes()


def test_the_summary_is_json_with_means_differences_gains_and_trends(found):
    summary = json.loads(json.dumps(study_summary(found), allow_nan=False))

    chosen, linked, _, _ = summary["variants"]
    assert [each["mean_s"] for each in chosen["placements"]] == [2.0, 6.0]
    assert [each["difference"] for each in chosen["placements"]] == [0.0, 0.0]
    assert chosen["placements"][0]["deviation_s"] == pytest.approx(2**0.5, rel=ROUNDING)
    assert linked["placements"][0]["deviation_s"] is None
    assert linked["placements"][0]["parts_s"]["propagation"] == 1.5 - COMPUTE_S
    assert linked["worst_difference"] == pytest.approx(1 / 3, rel=ROUNDING)  # 4 instead of 6
    light = (6 - COMPUTE_S) / (2 - COMPUTE_S)
    (gain,) = summary["gains"]
    assert gain == {"over": "far", "published": 3.0, "total": 3.0, "propagation": pytest.approx(light)}
    near, far = summary["trends"]
    assert (near["reported"], near["total"]["change"], near["total"]["verdict"]) == (None, 1.0, None)
    assert (far["reported"], far["total"]["change"]) == ("rises", -0.25)
    assert far["total"]["verdict"] == far["propagation"]["verdict"] == "does not hold"
    assert far["propagation"]["change"] == pytest.approx(-1 / (4 - COMPUTE_S), rel=ROUNDING)
    assert summary["failures"] == [
        {"variant": "seam: linked", "seed": 2, "placement": None, "error": "no room"}
    ]
