"""Tables on narrow terminals: in more pieces, with every number whole."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from spacemoe_ns3.report.pieces import print_in_pieces

ROWS = ["spacemoe", "rand-intra-cg"]
GROUPS = [
    {f"latency {number}\ns": [f"{number}.111111", f"{number}.222222"] for number in range(3)},
    {f"part {number}\nms": [f"1{number}.333333", f"1{number}.444444"] for number in range(4)},
]
CELLS = [cell for group in GROUPS for cells in group.values() for cell in cells]


def printed(width: int) -> str:
    to = io.StringIO()
    print_in_pieces(ROWS, GROUPS, console=Console(file=to, width=width))
    return to.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_every_number_is_whole_and_no_line_too_long(width: int) -> None:
    shown = printed(width)
    assert max(map(len, shown.splitlines())) <= width
    assert sorted(word for word in shown.split() if word in CELLS) == sorted(CELLS)
    assert "…" not in shown
    assert shown.count("rand-intra-cg") == shown.count("placement")  # each piece names its rows


def test_what_fits_is_one_table_and_what_does_not_is_cut_between_groups() -> None:
    assert printed(200).count("placement") == 1
    first, second = printed(70).split("placement")[1:]
    assert "latency 2" in printed(70).split("placement")[0] + first
    assert "latency" not in second.split("\n", 1)[1]
