"""What docs/wireshark.md shows is what tshark prints."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from spacemoe_ns3.wireshark import dissector_path

ROOT = Path(__file__).parents[2]


def page_maker() -> ModuleType:
    """Return the module that runs the page's commands."""
    spec = importlib.util.spec_from_file_location("wireshark_page", ROOT / "docs" / "wireshark_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.packet
def test_each_filter_of_the_page_shows_what_the_page_shows(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("tshark")
    maker = page_maker()
    page = maker.PAGE.read_text()
    assert len(maker.filters(page)) >= 6
    assert maker.rerun(page, tmp_path) == page


def test_the_page_says_what_its_numbers_say() -> None:
    """The wait on the hop is what the packets in front took at 100 Mb/s, but for the rest of the first."""
    came_s, left_s = 2.926589545, 2.953532568
    page = page_maker().PAGE.read_text()
    assert f"{came_s:.9f}" in page
    assert f"{left_s:.9f}" in page
    in_front_bytes = 221 * 1502 + 2180 + 1502
    assert f"{in_front_bytes:,}" in page
    a_packet_s = 1502 * 8 / 100e6
    assert 0 <= left_s - came_s - in_front_bytes * 8 / 100e6 < a_packet_s


def test_every_field_of_the_dissector_is_on_the_page() -> None:
    page = page_maker().PAGE.read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `spacemoe.")]
    listed = {
        name.removeprefix("spacemoe.")
        for row in rows
        for name in re.findall(r"`([a-z_.]+)`", row.split("|")[1])
    }
    assert listed == set(re.findall(r'"spacemoe\.(\w+)"', dissector_path().read_text()))
