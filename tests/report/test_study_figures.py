"""Figures of a study: the marks stand where the numbers are."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from studies.by_hand import COMPUTE_S, points, study_results

from spacemoe_ns3.report import style
from spacemoe_ns3.report.study_figures import (
    draw_published,
    draw_sensitivity,
    draw_study,
    write_figures,
)
from spacemoe_ns3.report.sweep_figure import draw_sweep
from spacemoe_ns3.study_results import CHOSEN, Variant

NAN = float("nan")
DRAWN = 1e-9  # of a number on its way to a mark, relative
LINKED = Variant(name="seam: linked", assumption="seam", chosen="not linked", reading="linked")
PUBLISHED = {"spacemoe": (0.9, 1.1), "rand-place": (4.9, 5.1)}


@pytest.fixture
def table():
    return study_results(
        {
            CHOSEN: {"spacemoe": [1.0, 1.2], "rand-place": [5.0, 6.0], "mine": [2.0, 2.0]},
            LINKED.name: {"spacemoe": [0.8, 1.0], "rand-place": [2.5, 2.5], "mine": [2.0, NAN]},
        },
        variants=(LINKED,),
        published=PUBLISHED,
    )


@pytest.fixture
def sweep():
    axis = points(300, 700, 1200)
    seconds = {
        "spacemoe": ([1.0, 1.0], [1.1, 1.3], [1.2, 1.2]),
        "exact": ([0.9, 0.9], [NAN, NAN], [1.0, 1.0]),
    }
    return study_results(
        {point.name: {name: values[n] for name, values in seconds.items()} for n, point in enumerate(axis)},
        variants=axis,
        axis="altitude, km",
    )


def test_a_study_draws_what_it_has_something_for(table, sweep):
    assert set(draw_study(table, title="t")) == {"published", "sensitivity"}
    assert set(draw_study(sweep, title="t")) == {"sweep"}
    assert draw_study(study_results({CHOSEN: {"spacemoe": [1.0]}}), title="t") == {}


def test_bars_end_at_the_mean_and_begin_with_computing(table):
    (axes,) = draw_published(table, title="t").axes

    bars = {round(bar.get_y() + bar.get_height() / 2): [] for bar in axes.patches}
    for bar in axes.patches:
        bars[round(bar.get_y() + bar.get_height() / 2)].append((bar.get_x(), bar.get_width()))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["spacemoe", "rand-place", "mine"]
    first = bars[2]
    assert first[0] == (0, COMPUTE_S)
    assert first[-1][0] + first[-1][1] == pytest.approx(1.1, rel=DRAWN)
    assert bars[1][-1][0] + bars[1][-1][1] == pytest.approx(5.5, rel=DRAWN)
    ranges = [line.get_xdata() for line in axes.lines if line.get_color() == style.BLACK]
    assert [tuple(ends) for ends in ranges] == list(PUBLISHED.values())


def test_markers_of_readings_stand_at_their_differences(table):
    (axes,) = draw_sensitivity(table, title="t").axes

    marks = {
        (line.get_color(), round(float(line.get_ydata()[0]))): float(line.get_xdata()[0])
        for line in axes.lines
        if line.get_marker() not in {"|", "", "None", None}
    }
    # The middles are 1 and 5: means of 1.1 and 5.5, then of 0.9 and 2.5, a heading between.
    expected = {
        (style.BLUE, 2): 10.0,
        (style.VERMILLION, 2): 10.0,
        (style.BLUE, 0): -10.0,
        (style.VERMILLION, 0): -50.0,
    }
    assert marks == pytest.approx(expected, rel=DRAWN)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["chosen", "", "linked"]
    assert [text.get_text() for text in axes.texts] == ["seam: not linked"]


def test_curves_go_through_the_means_and_the_changes(sweep):
    above, below = draw_sweep(sweep, title="t").axes

    curves = {bar.lines[0].get_color(): bar.lines[0] for bar in above.containers}
    np.testing.assert_allclose(curves[style.BLUE].get_xdata(), [300, 700, 1200])
    np.testing.assert_allclose(curves[style.BLUE].get_ydata(), [1.0, 1.2, 1.2], rtol=DRAWN)
    np.testing.assert_allclose(curves[style.BLACK].get_xdata(), [300, 1200])  # a missing point is left out
    changes = {bar.lines[0].get_color(): bar.lines[0] for bar in below.containers}
    light = 1 / (1 - COMPUTE_S)  # 0.2 s more of 0.75 s
    np.testing.assert_allclose(changes[style.BLUE].get_ydata(), [0, 20 * light, 20 * light], atol=1e-9)
    (bars,) = [bar for bar in above.containers if bar.lines[0].get_color() == style.BLUE]
    (segments,) = bars.lines[2]
    (low, high) = segments.get_segments()[1][:, 1]
    assert high - low == pytest.approx(2 * np.std([1.1, 1.3], ddof=1), rel=DRAWN)
    assert above.get_ylim()[0] == 0
    assert below.get_xlabel() == "altitude, km"


def test_seconds_far_apart_are_drawn_on_a_logarithmic_axis():
    axis = points(1, 2)
    found = study_results({axis[0].name: {"a": [50.0]}, axis[1].name: {"a": [2.0]}}, variants=axis, axis="x")

    above, below = draw_sweep(found, title="t").axes

    assert (above.get_yscale(), below.get_yscale()) == ("log", "linear")


def test_one_seed_has_no_bars():
    axis = points(1, 2)
    found = study_results({axis[0].name: {"a": [1.0]}, axis[1].name: {"a": [2.0]}}, variants=axis, axis="x")

    above, _ = draw_sweep(found, title="t").axes

    assert all(bar.lines[2] == () for bar in above.containers)


def test_no_text_leaves_the_figure_nor_covers_another(table, sweep):
    for figure in [*draw_study(table, title="t").values(), *draw_study(sweep, title="t").values()]:
        figure.draw_without_rendering()
        whole = figure.bbox
        texts = [
            text for axes in figure.axes for text in [*axes.get_yticklabels(), *axes.texts, axes.xaxis.label]
        ]
        texts += [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
        for text in texts:
            box = text.get_window_extent()
            assert box.x0 >= whole.x0, text
            assert box.x1 <= whole.x1, text
            assert box.y0 >= whole.y0, text


def test_files_are_vector_and_picture_the_same_every_time(table, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_figures(draw_study(table, title="t"), tmp_path / name)

    files = sorted(path.name for path in (tmp_path / "one/figures").iterdir())
    assert files == ["published.png", "published.svg", "sensitivity.png", "sensitivity.svg"]
    for name in files:
        one, two = tmp_path / "one/figures" / name, tmp_path / "two/figures" / name
        assert one.read_bytes() == two.read_bytes()


def test_importing_the_module_loads_no_matplotlib():
    code = "import sys, spacemoe_ns3.report.study_figures; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
