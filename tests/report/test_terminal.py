"""The table that a run prints."""

import dataclasses
import io

import pytest
from rich.console import Console

from spacemoe_ns3.report import render_table
from spacemoe_ns3.results import PARTS

WIDE = 200
HALF_A_LAST_DIGIT = 0.0005


def printed(results, *, width=WIDE):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    render_table(results, console=console)
    return console.file.getvalue()


def row_of(name, text):
    """Cells of the row of a placement, which follow its name."""
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [name]]
    return line.replace(" ×", "×").split()[1:]


def test_a_row_has_the_means_of_its_placement(results):
    cells = row_of("spacemoe", printed(results))
    analytic_ns, packet_ns = (
        side.tokens["latency_ns"].mean() for side in (results[0].analytic, results[0].packet)
    )

    assert cells[:3] == ["1.2500", f"{analytic_ns / 1e9:.4f}", f"{packet_ns / 1e9:.4f}"]
    assert float(cells[3]) == pytest.approx((packet_ns - analytic_ns) / 1e3, abs=HALF_A_LAST_DIGIT)
    assert cells[3].startswith(("+", "-"))
    for cell, part in zip(cells[5:], PARTS, strict=True):
        mean_ms = results[0].packet.tokens[f"{part}_ns"].mean() / 1e6
        assert float(cell) == pytest.approx(mean_ms, abs=HALF_A_LAST_DIGIT)


def test_the_parts_are_the_formulas_where_no_packets_were_sent(results):
    cells = row_of("rand-place", printed(results))

    for cell, part in zip(cells[5:], PARTS, strict=True):
        mean_ms = results[1].analytic.tokens[f"{part}_ns"].mean() / 1e6
        assert float(cell) == pytest.approx(mean_ms, abs=HALF_A_LAST_DIGIT)


def test_the_speed_up_is_that_of_the_first_placement(results):
    text = printed(results)
    times = results[1].analytic.tokens["latency_ns"].mean() / results[0].packet.tokens["latency_ns"].mean()

    assert row_of("spacemoe", text)[4] == "1.00×"
    assert row_of("rand-place", text)[4] == f"{times:.2f}×"
    assert "how many times faster spacemoe is" in text


def test_what_was_not_asked_for_is_a_dash(results):
    assert row_of("rand-place", printed(results))[2:4] == ["-", "-"]


def test_a_result_without_the_formula_has_dashes_for_it(results):
    packets_only = dataclasses.replace(results[0], expected_s_per_token=None, analytic=None)

    cells = row_of("spacemoe", printed([packets_only]))

    assert cells[:2] == ["-", "-"]
    assert cells[3] == "-"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_number_is_cut_on_a_terminal_of_60_columns_or_more(results, width):
    narrow = printed(results, width=width).split()

    for name in ("spacemoe", "rand-place"):
        assert set(row_of(name, printed(results))) - {"1.00×", "0.84×"} <= set(narrow)


def test_the_terms_are_explained_below(results):
    text = printed(results)

    for term in ("expected: ", "analytic: ", "difference: ", "speed-up: "):
        assert term in text
