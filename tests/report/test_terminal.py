"""The table that a run prints."""

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from spacemoe_ns3.moe.activation import skew_of
from spacemoe_ns3.report import render_skew, render_table
from spacemoe_ns3.results import DROP_REASONS, PARTS, BackgroundAccount

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

    over_bound = "25.0"  # per cent: 1.25 s, where nothing takes less than 1 s
    exact = "-"
    assert cells[:5] == ["1.2500", exact, over_bound, f"{analytic_ns / 1e9:.4f}", f"{packet_ns / 1e9:.4f}"]
    assert float(cells[5]) == pytest.approx((packet_ns - analytic_ns) / 1e3, abs=HALF_A_LAST_DIGIT)
    assert cells[5].startswith(("+", "-"))
    for cell, part in zip(cells[7:], PARTS, strict=True):
        mean_ms = results[0].packet.tokens[f"{part}_ns"].mean() / 1e6
        assert float(cell) == pytest.approx(mean_ms, abs=HALF_A_LAST_DIGIT)


def test_the_parts_are_the_formulas_where_no_packets_were_sent(results):
    cells = row_of("rand-place", printed(results))

    for cell, part in zip(cells[7:], PARTS, strict=True):
        mean_ms = results[1].analytic.tokens[f"{part}_ns"].mean() / 1e6
        assert float(cell) == pytest.approx(mean_ms, abs=HALF_A_LAST_DIGIT)


@pytest.mark.parametrize("part", ["retransmission", "transport"])
def test_a_part_of_transports_is_a_column_only_where_there_is_any(results, part):
    assert part in printed(results)

    none = [
        dataclasses.replace(
            result,
            packet=result.packet and without(result.packet, part),
            analytic=result.analytic and without(result.analytic, part),
        )
        for result in results
    ]
    assert part not in printed(none)


def without(engine, part):
    tokens = {**engine.tokens, f"{part}_ns": 0 * engine.tokens[f"{part}_ns"]}
    return dataclasses.replace(engine, tokens=tokens)


def test_the_speed_up_is_that_of_the_first_placement(results):
    text = printed(results)
    times = results[1].analytic.tokens["latency_ns"].mean() / results[0].packet.tokens["latency_ns"].mean()

    assert row_of("spacemoe", text)[6] == "1.00×"
    assert row_of("rand-place", text)[6] == f"{times:.2f}×"
    assert "how many times faster spacemoe is" in text


def test_what_was_not_asked_for_is_a_dash(results):
    cells = row_of("rand-place", printed(results))

    assert (cells[2], *cells[4:6]) == ("-", "-", "-")


def test_a_result_without_the_formula_has_dashes_for_it(results):
    packets_only = dataclasses.replace(results[0], expected=None, bound_s=None, analytic=None)

    cells = row_of("spacemoe", printed([packets_only]))

    assert cells[:3] == ["-", "-", "-"]
    assert cells[4] == "-"


def test_a_sampled_expectation_has_its_interval(results):
    assert row_of("rand-place", printed(results))[:2] == ["2.5000", "0.0100"]
    assert row_of("spacemoe", printed(results))[1] == "-"


def test_no_column_of_intervals_is_printed_where_all_is_exact(results):
    table = {size: printed(results[:size]).split("expected: ")[0] for size in (1, 2)}

    assert "±" in table[2]
    assert "±" not in table[1]


def test_who_waits_for_a_path_is_told_with_its_probability(results):
    assert "wait for a slot with a path, expected: spacemoe 25.00%, rand-place 25.00%" in printed(results)
    expected = dataclasses.replace(results[0].expected, waiting_probability=0.0)
    nobody = dataclasses.replace(results[0], expected=expected)

    assert "wait for a slot" not in printed([nobody])


def with_others(result):
    """Nine packets of others, of which a full queue took two and one is on its way."""
    lost = {**dict.fromkeys(DROP_REASONS, (0, 0)), "queue full": (2, 400)}
    others = BackgroundAccount(sent=(9, 1800), received=(6, 1200), dropped=lost)
    account = dataclasses.replace(result.packet.account, background=others)
    return dataclasses.replace(result, packet=dataclasses.replace(result.packet, account=account))


def test_what_became_of_background_traffic_is_one_line_a_placement(results):
    text = printed([with_others(results[0]), results[1]])

    assert "\nspacemoe: 9 sent = 6 received + 2 dropped (2 queue full) + 1 in flight\n" in text
    assert "Background" not in printed(results)


def test_the_skew_of_the_activation_is_one_line():
    console = Console(file=io.StringIO(), width=80, highlight=False)
    render_skew(skew_of(np.array([[1.0, 1.0], [1.5, 0.5]])), console=console)

    (line,) = console.file.getvalue().splitlines()
    assert "most active / mean 1.25" in line
    assert "Gini 0.12" in line


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_number_is_cut_on_a_terminal_of_60_columns_or_more(results, width):
    narrow = printed(results, width=width).split()

    for name in ("spacemoe", "rand-place"):
        numbers = {cell.removesuffix("×") for cell in row_of(name, printed(results))}
        assert numbers <= set(narrow)


def test_the_terms_are_explained_below(results):
    text = printed(results)

    for term in ("expected: ", "over bound: ", "analytic: ", "difference: ", "speed-up: "):
        assert term in text
