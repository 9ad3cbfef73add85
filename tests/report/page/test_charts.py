"""Tables and charts in a browser: what they say is what the run's files say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from spacemoe_ns3.report.page import write_page
from spacemoe_ns3.report.page.figures import SHOWN

ARROW_RIGHT, HOME, END = "\ue014", "\ue011", "\ue010"
CURVES = "document.querySelectorAll('#distribution .curve').length"
pytestmark = pytest.mark.packet


def test_the_table_of_placements_is_the_summary(shown, results):
    rows = shown.table("#summary table")[1:]
    assert len(rows) == len(results.summary["placements"])
    for cells, about in zip(rows, results.summary["placements"], strict=True):
        assert cells[0] == about["name"]
        keys = ("expected_s_per_token", "bound_s", "analytic_s_per_token", "packet_s_per_token")
        for cell, key in zip([*cells[1:3], *cells[4:6]], keys, strict=True):
            assert abs(float(cell) - about[key]) <= 0.5e-4
        over = about["expected_s_per_token"] / about["bound_s"] - 1
        assert abs(float(cells[3].rstrip("%")) / 100 - over) <= 0.5e-2
        apart_us = 1e6 * (about["packet_s_per_token"] - about["analytic_s_per_token"])
        assert abs(float(cells[6]) - apart_us) <= 0.5e-2
        assert int(cells[7]) == about["tokens"]


def test_the_table_of_parts_is_the_summary_and_sums(shown, results):
    rows = iter(shown.table("#breakdown .wide table")[1:])
    for about in results.summary["placements"]:
        for key, words in (("analytic_breakdown_s", "formula"), ("breakdown_s", "packets")):
            cells = next(rows)
            assert cells[:2] == [about["name"], words]
            parts_ms = [float(cell.replace(",", "")) for cell in cells[2:]]
            exact_ms = [1000 * value for value in about[key].values()]
            np.testing.assert_allclose(parts_ms, [*exact_ms, sum(exact_ms)], rtol=0, atol=0.5e-3)


def test_the_table_of_latencies_has_the_quantiles_of_the_tokens(shown, results):
    rows = shown.table("#latency table")[1:]
    for cells in rows:
        engine = {"formula": "analytic", "packets": "packet"}[cells[1]]
        latency_s = results.columns("tokens", placement=cells[0], engine=engine)["latency_ns"] / 1e9
        quantiles = np.quantile(latency_s, [0, 0.05, 0.5, 0.95, 0.99, 1], method="inverted_cdf")
        np.testing.assert_allclose(
            [float(cell) for cell in cells[2:]], [*quantiles, latency_s.mean()], atol=0.5e-4
        )
    assert len(rows) == 4


def test_boxes_show_and_hide_curves(shown):
    assert shown.value(CURVES) == 2
    shown.click("#curves label:nth-child(1) input")
    assert shown.value(CURVES) == 1
    assert "rand-place" in shown.text("#distribution-read")
    assert "spacemoe" not in shown.text("#distribution-read")
    shown.click("#curves label:nth-child(1) input")
    shown.click("#curves label:nth-child(3) input")
    assert shown.value(CURVES) == 4
    assert "spacemoe (formula)" in shown.text("#distribution-read")


def read_shares(shown):
    """The latency at which the distribution is read, and the share of each curve there."""
    words = shown.text("#distribution-read")
    shares = re.findall(r"([\w-]+) (\d+\.\d) %", words)
    at = float(shown.value("document.getElementById('distribution').getAttribute('aria-valuenow')"))
    return at, {name: float(share) for name, share in shares}


def test_keys_read_the_distribution(shown, results):
    shown.focus("#distribution")
    shown.press(HOME)
    first, shares = read_shares(shown)
    assert set(shares.values()) == {0.0}
    for _ in range(3):
        shown.press(*(30 * [ARROW_RIGHT]))
        at, shares = read_shares(shown)
        assert at > first
        for name, share in shares.items():
            latency_s = results.columns("tokens", placement=name, engine="packet")["latency_ns"] / 1e9
            assert share == pytest.approx(100 * np.mean(latency_s <= at), abs=0.06)
    shown.press(END)
    assert set(read_shares(shown)[1].values()) == {100.0}


def test_the_pointer_reads_the_distribution(shown):
    from selenium.webdriver.common.action_chains import ActionChains

    chart = shown.driver.find_element("css selector", "#distribution")
    shown.ask("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", chart)
    before = shown.text("#distribution-read")
    ActionChains(shown.driver).move_to_element_with_offset(chart, 200, 20).perform()
    assert shown.text("#distribution-read") != before
    assert shown.value("document.querySelector('#distribution .cursor').getAttribute('d')")


def test_bars_are_as_long_as_the_latencies(shown, results):
    bars = "[...document.querySelectorAll('#bars rect')]"
    script = f"{bars}.map(bar => [bar.y.baseVal.value, bar.width.baseVal.value])"
    rows = {}
    for y, width in shown.value(script):
        rows.setdefault(y, []).append(width)
    sums_s = [sum(about["breakdown_s"].values()) for about in results.summary["placements"]]
    lengths = [sum(widths) for _, widths in sorted(rows.items())]
    np.testing.assert_allclose(np.array(lengths) / lengths[0], np.array(sums_s) / sums_s[0], rtol=1e-6)


def test_layers_of_a_placement_sum_to_its_token(shown, results):
    shown.choose("#bars-by", "1")
    shown.choose("#bars-engine", "analytic")
    shown.click("#layers summary")
    rows = shown.table("#layers-body table")[1:]
    assert [row[0] for row in rows] == [*(f"layer {layer}" for layer in range(6)), "head"]
    about = results.placement("rand-place")
    assert sum(float(row[-1]) for row in rows) == pytest.approx(
        1000 * about["analytic_s_per_token"], abs=7e-4
    )
    assert shown.value("document.querySelectorAll('#bars text.total').length") == 7


def test_figures_are_pictures_in_the_page_with_words_for_who_cannot_see_them(shown):
    pictures = "[...document.querySelectorAll('#figures img')]"
    shown.wait(f"{pictures}.every(picture => picture.complete)")
    sizes = shown.value(f"{pictures}.map(picture => [picture.naturalWidth, picture.naturalHeight])")
    assert len(sizes) == len(SHOWN)
    assert all(min(size) > 100 for size in sizes)
    assert all(len(words) > 20 for words in shown.value(f"{pictures}.map(picture => picture.alt)"))


def test_a_page_without_figures_has_no_way_to_them(browser, results, tmp_path):
    place = tmp_path / "page.html"
    write_page(results, place, with_figures=False)
    browser.open(place)
    assert not browser.value("document.getElementById('figures')")
    assert browser.value("document.getElementById('to-figures').hidden")
    assert browser.said() == []
