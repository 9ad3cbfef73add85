"""For everybody: names, order, keys, contrast, a phone's width, paper."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from report.page.browser import LAPTOP, PHONE

TAB = "\ue004"
LEAST_TEXT, LEAST_GRAPHIC = 4.5, 3.0  # contrast ratios; WCAG 2.2, 1.4.3 and 1.4.11
INTERACTIVE = {
    "button",
    "checkbox",
    "radio",
    "combobox",
    "slider",
    "link",
    "application",
    "DisclosureTriangle",
}
# Text that is seen, with its colour and that of the first opaque ground behind it.
COLOURS = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = new Map();
while (walker.nextNode()) {
  const place = walker.currentNode.parentElement;
  const box = place.getBoundingClientRect();
  const isSeen = box.width && !['SCRIPT', 'OPTION'].includes(place.tagName);
  if (!isSeen || !walker.currentNode.textContent.trim()) continue;
  const style = getComputedStyle(place);
  let ground = place;
  const isClear = (each) => /, 0\\)|transparent/.test(getComputedStyle(each).backgroundColor);
  while (ground && isClear(ground)) ground = ground.parentElement;
  const colour = place.namespaceURI.endsWith('svg') ? style.fill : style.color;
  const back = getComputedStyle(ground ?? document.documentElement).backgroundColor;
  found.set(colour + back, [colour, back, walker.currentNode.textContent.trim().slice(0, 30)]);
}
return [...found.values()];
"""
FOCUSABLE = """
return [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter(each => each.checkVisibility() && !each.disabled && (each.type !== 'radio' || each.checked)).length;
"""
VARIABLES = """
const style = getComputedStyle(document.documentElement);
return arguments[0].map(name => style.getPropertyValue(name).trim());
"""
pytestmark = pytest.mark.packet


def contrast(one, other):
    """The contrast ratio of two colours; WCAG 2.2, relative luminance."""

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def of_rgb(words):
    return [int(part) / 255 for part in words[words.index("(") + 1 : -1].split(",")[:3]]


def of_hex(words):
    return [int(words[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def accessible_nodes(browser):
    nodes = browser.tell("Accessibility.getFullAXTree")["nodes"]
    return [node for node in nodes if not node["ignored"]]


def test_contrast_is_21_between_black_and_white_and_1_between_equals():
    assert contrast([0, 0, 0], [1, 1, 1]) == pytest.approx(21)
    assert contrast([0.2, 0.4, 0.6], [0.2, 0.4, 0.6]) == 1


def test_whatever_one_can_work_with_has_a_name(shown):
    shown.click("[name=mode][value=token]")
    nodes = accessible_nodes(shown)
    found = [node for node in nodes if node["role"]["value"] in INTERACTIVE]
    assert {"button", "checkbox", "radio", "combobox", "slider", "link"} <= {
        node["role"]["value"] for node in found
    }
    assert [node for node in found if not node.get("name", {}).get("value")] == []


def test_the_page_has_its_landmarks_once_and_headings_in_order(shown):
    nodes = accessible_nodes(shown)
    roles = [node["role"]["value"] for node in nodes]
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert roles.count(landmark) == 1
    regions = [node["name"]["value"] for node in nodes if node["role"]["value"] == "region"]
    assert {"Summary", "Latency of the tokens", "Where the time goes", "How to repeat it"} <= set(regions)
    levels = [
        next(each["value"]["value"] for each in node["properties"] if each["name"] == "level")
        for node in nodes
        if node["role"]["value"] == "heading"
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("mode", ["sky", "token"])
def test_the_tab_key_comes_everywhere_and_nowhere_twice(shown, mode):
    shown.click(f"[name=mode][value={mode}]")
    expected = shown.ask(FOCUSABLE)
    shown.ask("document.activeElement.blur(); window.scrollTo(0, 0); window.visited = []")
    shown.ask("document.querySelector('.skip').focus(); visited.push(document.activeElement)")
    for _ in range(expected + 5):
        shown.press(TAB)
        if shown.ask(
            "const here = document.activeElement;"
            "if (here === document.body || visited.includes(here)) return true;"
            "visited.push(here); return false"
        ):
            break
    assert shown.value("visited.length") == expected


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(browser, written, dark):
    browser.open(written, dark=dark)
    browser.click("[name=mode][value=token]")
    browser.click("#as-text summary")
    browser.settle()
    found = browser.ask(COLOURS)
    assert len(found) >= 4  # text, soft text and links on the ground, text on what is raised
    poor = [each for each in found if contrast(of_rgb(each[0]), of_rgb(each[1])) < LEAST_TEXT]
    assert poor == []


@pytest.mark.parametrize("dark", [False, True])
def test_curves_bars_and_hosts_stand_out_from_their_ground(browser, written, dark):
    browser.open(written, dark=dark)
    charts = [*(f"--curve-{each}" for each in range(8)), *(f"--part-{each}" for each in range(7))]
    globe = ["--gateway", "--expert", "--way", "--satellite", "--kind-0", "--kind-1", "--kind-2", "--kind-3"]
    for names, ground in ((charts, "--ground"), (globe, "--space")):
        back, *colours = (of_hex(each) for each in browser.ask(VARIABLES, [ground, *names]))
        poor = [
            name for name, each in zip(names, colours, strict=True) if contrast(each, back) < LEAST_GRAPHIC
        ]
        assert poor == []


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
def test_nothing_is_wider_than_the_screen(browser, written, size, screenshots):
    browser.open(written, size=size)
    browser.click("[name=mode][value=token]")
    browser.settle()
    assert browser.value("document.documentElement.scrollWidth") <= size[0]
    browser.driver.save_screenshot(str(screenshots / f"{size[0]}.png"))
    script = (
        "const b = document.getElementById(arguments[0]).getBoundingClientRect(); return [b.left, b.right]"
    )
    for name in ("view", "play", "time", "distribution", "bars"):
        left, right = browser.ask(script, name)
        assert 0 <= left < right <= size[0]


def test_paper_has_the_globe_and_the_tables_and_no_controls(browser, written):
    browser.open(written, media="print")
    for selector in (".panel", "nav", "#keys"):
        assert not browser.ask("return document.querySelector(arguments[0]).checkVisibility()", selector)
    for selector in ("#canvas", "#summary table", "#distribution svg"):
        assert browser.ask("return document.querySelector(arguments[0]).checkVisibility()", selector)
    pdf = base64.b64decode(browser.tell("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF")
