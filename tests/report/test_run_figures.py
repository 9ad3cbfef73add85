"""Figures of a run show the numbers of its tables: worked out by hand, on tables written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from report.hand_run import SLOT_NS, hand_run, steps

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report.figures import (
    Choice,
    breakdown,
    draw_figures,
    latency,
    matching,
    scatter,
    utilisation,
)
from spacemoe_ns3.report.figures.registry import FIGURES
from spacemoe_ns3.results import PARTS

DRAWN = 1e-9  # of a number on its way to a mark, relative
SECOND_NS = 10**9
# Two tokens of two layers. By hand: layers take 2 + 3 of compute, 10 + 20 and 30 + 40 of light.
TOKENS = steps([106, 126], compute=[6, 6])
LAYERS = {**steps([12, 33, 22, 43], compute=[2, 3, 2, 3]), "layer": np.array([0, 1, 0, 1])}
LAYERS["token"] = np.array([0, 0, 1, 1])


def exact(layers, *, of):
    """Layers of which the light is all of a token's but compute, so that the head is compute alone."""
    found = {**layers}
    for token, total in enumerate(of["latency_ns"]):
        rows = np.flatnonzero(found["token"] == token)
        missing = total - 1 - found["latency_ns"][rows].sum()
        found["propagation_ns"] = found["propagation_ns"].copy()
        found["latency_ns"] = found["latency_ns"].copy()
        found["propagation_ns"][rows[-1]] += missing
        found["latency_ns"][rows[-1]] += missing
    return found


def lines_of(axes, name):
    return [line for line in axes.lines if line.get_gid() == name]


def test_parts_of_layers_and_head_are_means_that_sum_to_the_latency():
    mean_ns = breakdown.mean_parts_ns(TOKENS, exact(LAYERS, of=TOKENS))

    compute, light = PARTS.index("compute"), PARTS.index("propagation")
    assert mean_ns[:, compute].tolist() == [2, 3, 1]  # the head has what is left of 6
    assert mean_ns[:, light].tolist() == [15, 95, 0]  # (10 + 20) / 2; (90 + 100) / 2
    assert mean_ns.sum() == (106 + 126) / 2


def test_tables_of_two_runs_are_found_out():
    with pytest.raises(InputError, match="the tables are not of one run"):
        breakdown.mean_parts_ns({**TOKENS, "latency_ns": TOKENS["latency_ns"] + 1}, LAYERS)


def test_bars_are_stacked_to_the_latency_that_stands_above_them(tmp_path):
    tables = {"tokens": TOKENS, "layers": exact(LAYERS, of=TOKENS)}
    figure = breakdown.draw(hand_run(tmp_path / "run", tables=tables))

    (axes,) = figure.axes
    tops: dict[float, float] = {}
    for bar in axes.patches:
        assert bar.get_y() == pytest.approx(tops.get(bar.get_x(), 0.0), rel=DRAWN)
        tops[bar.get_x()] = bar.get_y() + bar.get_height()
    assert [top for _, top in sorted(tops.items())] == pytest.approx([17e-6, 98e-6, 1e-6], rel=DRAWN)
    assert axes.get_title(loc="left") == "spacemoe: 0.000 ms"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "head"]


def test_curves_step_at_each_latency_and_the_mark_stands_at_the_mean(tmp_path):
    seconds = {"analytic": [1, 1, 1, 1], "packet": [1, 2, 2, 5]}
    tables = {"tokens": lambda _, engine: steps(np.array(seconds[engine]) * SECOND_NS)}
    (axes,) = latency.draw(hand_run(tmp_path / "run", tables=tables, bound_s=0.75)).axes

    curve, mark, formula, *_ = axes.lines
    assert curve.get_xdata() == pytest.approx([1, 1, 2, 5])
    assert curve.get_ydata() == pytest.approx([0, 0.25, 0.75, 1])
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (2.5, 0.75)  # three of four are not above 2.5
    assert formula.get_linestyle() == "--"
    assert formula.get_ydata() == pytest.approx([0, 1])
    (bound,) = lines_of(axes, "bound")
    assert bound.get_xdata() == [0.75, 0.75]


def test_a_formula_that_says_the_same_is_not_drawn_twice(tmp_path):
    (axes,) = latency.draw(hand_run(tmp_path / "run", tables={"tokens": TOKENS})).axes

    assert len([line for line in axes.lines if line.get_drawstyle().startswith("steps")]) == 1


def test_a_bound_far_below_is_told_and_does_not_squeeze_the_curves(tmp_path):
    tables = {"tokens": steps([SECOND_NS, 2 * SECOND_NS])}
    (axes,) = latency.draw(hand_run(tmp_path / "run", tables=tables, bound_s=0.01)).axes

    assert lines_of(axes, "bound") == []
    assert [text.get_text() for text in axes.texts] == [
        "lower bound of the expected latency: 0.0100 s, off to the left"
    ]


def test_tokens_are_paired_by_sequence_and_token_and_those_of_one_engine_are_left_out():
    formula = {
        "sequence": np.array([0, 0, 1]),
        "token": np.array([0, 1, 0]),
        "latency_ns": np.array([5, 6, 7]),
    }
    packets = {
        "sequence": np.array([1, 2, 0]),
        "token": np.array([0, 0, 0]),
        "latency_ns": np.array([8, 1, 5]),
    }

    one, other = scatter.paired(formula, packets)

    assert (one.tolist(), other.tolist()) == ([5, 7], [5, 8])


def test_marks_stand_at_both_latencies_and_at_their_difference(tmp_path):
    latencies_ns = {"analytic": [10**9, 2 * 10**9], "packet": [10**9 + 3_000, 2 * 10**9 - 1_000]}
    tables = {"tokens": lambda _, engine: steps(latencies_ns[engine])}
    figure = scatter.draw(hand_run(tmp_path / "run", tables=tables))

    left, right = figure.axes
    (marks,), (differences,) = (lines_of(axes, "tokens-spacemoe") for axes in (left, right))
    assert marks.get_xdata() == pytest.approx([1, 2])
    assert marks.get_ydata() == pytest.approx([1.000003, 1.999999], rel=DRAWN)
    assert differences.get_ydata() == pytest.approx([3, -1])
    assert right.get_ylabel() == "packets less formula, µs"
    words = [text.get_text() for text in figure.texts]
    assert words[-4:] == ["+1 µs", "+1 µs", "−1 µs", "+3 µs"]  # median, mean, least, greatest


def test_an_exact_agreement_reads_as_such(tmp_path):
    figure = scatter.draw(hand_run(tmp_path / "run", tables={"tokens": TOKENS}))

    assert figure.axes[1].get_ylabel() == "packets less formula, ns"
    about = " ".join(text.get_text() for text in figure.texts[:4])
    assert "All 2 tokens took by packets exactly what the formula says, to the nanosecond" in about


def test_differences_of_many_sizes_stand_on_an_axis_that_shows_all(tmp_path):
    more_ns = np.array([0, 2, 40_000_000])
    tables = {"tokens": lambda _, engine: steps(SECOND_NS + more_ns * (engine == "packet"))}
    _, right = scatter.draw(hand_run(tmp_path / "run", tables=tables)).axes

    assert right.get_yscale() == "symlog"


def hosts(path_s, probability, *, layer=None):
    """Experts of layers, and a gateway each."""
    count = len(path_s)
    layer = np.zeros(count, int) if layer is None else np.asarray(layer)
    layers = np.unique(layer)
    return {
        "layer": np.array([*layers, *layer]),
        "expert": np.array([*[-1] * len(layers), *range(count)]),
        "satellite": np.arange(len(layers) + count),
        "activation_probability": np.array([*[1.0] * len(layers), *probability]),
        "path_s": np.array([*[np.nan] * len(layers), *path_s]),
    }


def test_correlation_of_ranks_is_spearmans():
    """A textbook's example (Wikipedia, Spearman's rank correlation): IQ and hours of television, -29/165."""
    iq = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110])
    hours = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17])

    assert matching.rank_correlation(iq, hours) == pytest.approx(-29 / 165)
    assert matching.rank_correlation(np.array([1, 1, 2]), np.array([1, 1, 2])) == 1  # ties
    assert np.isnan(matching.rank_correlation(np.array([1, 1]), np.array([1, 2])))


def test_activation_by_rank_is_the_mean_over_layers_of_the_nearest_and_so_on():
    columns = hosts([0.2, 0.1, 0.3, 0.4], [0.3, 0.9, 0.7, 0.5], layer=[0, 0, 1, 1])

    mean, least, greatest = matching.activation_by_rank(matching.experts_of(columns))

    assert mean == pytest.approx([0.8, 0.4])
    assert (least.tolist(), greatest.tolist()) == ([0.7, 0.3], [0.9, 0.5])


def test_experts_that_are_as_near_as_each_other_share_their_rank():
    columns = hosts([0.1, 0.1, 0.3], [0.2, 0.8, 0.4])

    mean, *_ = matching.activation_by_rank(matching.experts_of(columns))

    assert mean == pytest.approx([0.5, 0.5, 0.4])


def test_experts_without_a_way_are_counted_and_not_drawn(tmp_path):
    columns = hosts([0.2, np.inf, 0.1], [0.3, 0.9, 0.7])
    figure = matching.draw(hand_run(tmp_path / "run", tables={"tokens": TOKENS, "hosts": columns}))

    _, panel = figure.axes
    (dots,) = lines_of(panel, "experts-spacemoe")
    assert dots.get_xdata() == pytest.approx([200, 100])
    # Correlation, layers whose nearest is the most activated, (0.06 + 0.07) / 1 s, without a way.
    assert [text.get_text() for text in figure.texts][-4:] == ["−1.00", "1 of 1", "130.0", "1"]


def intervals(rows):
    """Columns of intervals from (slot, from, to, busy time in seconds)."""
    slot, source, destination, busy_s = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "slot": slot,
        "start_ns": slot * SLOT_NS,
        "end_ns": (slot + 1) * SLOT_NS,
        "from_satellite": source,
        "to_satellite": destination,
        "link": np.minimum(source, destination),
        "busy_ns": busy_s * SECOND_NS,
        "utilisation": busy_s * SECOND_NS / SLOT_NS,
    }


ROWS = [(0, 0, 1, 2), (0, 1, 0, 1), (3, 0, 1, 3), (3, 2, 3, 4), (5, 2, 1, 0)]


def test_the_busiest_directions_come_first_and_the_share_of_the_others_is_told():
    found = utilisation.busiest(intervals(ROWS), most=2)

    assert found.ends.tolist() == [[0, 1], [2, 3]]  # 5 s, 4 s; then 1 -> 0 with 1 s
    assert found.link.tolist() == [0, 2]
    assert found.used == 3
    assert found.busy_share == 9 / 10
    assert sorted(zip(found.row.tolist(), found.utilisation.tolist(), strict=True)) == [
        (0, 0.2),
        (0, 0.3),
        (1, 0.4),
    ]
    assert found.slots_ns.tolist() == [[0, SLOT_NS], [3 * SLOT_NS, 4 * SLOT_NS]]


def test_a_cell_stands_in_the_row_of_its_link_and_the_column_of_its_slot(tmp_path):
    contacts = {"link": [0, 2], "start_ns": [0, 0], "end_ns": [120 * SECOND_NS, 35 * SECOND_NS]}
    tables = {"tokens": TOKENS, "link_intervals": intervals(ROWS), "contacts": contacts}
    axes, _ = utilisation.draw(hand_run(tmp_path / "run", tables=tables)).axes

    named = {each.get_gid(): each for each in axes.collections}
    cells = {
        tuple(np.round(path.vertices[:4].mean(axis=0), 9).tolist()): value
        for path, value in zip(named["cells"].get_paths(), named["cells"].get_array(), strict=True)
    }
    assert cells == pytest.approx({(0, 0): 20, (1, 0): 30, (1, 1): 40, (0, 2): 10})
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0 → 1", "2 → 3", "1 → 0"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.0", "0.5"]  # slot 3 of 10 s
    down = [path.vertices.tolist() for path in named["down"].get_paths()]
    assert down == [[[0.5, 1], [1.5, 1]]]  # link 2 goes down within slot 3


def test_what_was_sent_within_one_slot_is_drawn_as_bars(tmp_path):
    tables = {"tokens": TOKENS, "link_intervals": intervals(ROWS[:2])}
    (axes,) = utilisation.draw(hand_run(tmp_path / "run", tables=tables)).axes

    assert [bar.get_width() for bar in axes.patches] == pytest.approx([20, 10])


def test_what_the_run_has_no_tables_for_is_told_and_the_others_are_drawn(tmp_path):
    results = hand_run(tmp_path / "run", tables={"tokens": TOKENS}, engines=("analytic",))

    drawn = draw_figures(results)

    assert set(drawn.figures) == {"latency"}
    assert set(drawn.not_drawn) == {
        "breakdown",
        "ring-spacemoe",
        "utilisation-spacemoe",
        "scatter",
        "matching",
    }
    assert drawn.not_drawn["utilisation-spacemoe"].endswith(
        "has no table 'link_intervals'; only packets make it: run the scenario again with --engine both"
    )
    assert "one engine only" in drawn.not_drawn["scatter"]


def test_nothing_to_draw_is_an_error_that_says_why(tmp_path):
    results = hand_run(tmp_path / "run", tables={"tokens": TOKENS}, engines=("analytic",))

    with pytest.raises(InputError, match="one engine only, nothing to compare"):
        draw_figures(results, ["scatter"])


def test_wrong_names_get_the_nearest(tmp_path):
    results = hand_run(tmp_path / "run", tables={"tokens": TOKENS})

    with pytest.raises(InputError, match="did you mean utilisation"):
        draw_figures(results, ["utilization"])
    with pytest.raises(InputError, match="did you mean spacemoe"):
        draw_figures(results, choice=Choice(placements=("spacemo",)))


def test_every_figure_has_its_module_and_a_line_in_the_help():
    from spacemoe_ns3.cli.plot import plot

    for name, kind in FIGURES.items():
        assert f"{name}  " in (plot.epilog or "")
        assert kind.shows in (plot.epilog or "")
