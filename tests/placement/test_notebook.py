"""A placement in a notebook: every host is in the table, text is text, and the page's colours stay."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from spacemoe_ns3.placement import Placement


class Page(HTMLParser):
    """The rows of the table, the text outside, and all tags with their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.words = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, words: str) -> None:
        if self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += words
        else:
            self.words += f"{words}\n"


def placement(layers: int, experts: int, **others: object) -> Placement:
    hosts = np.random.default_rng(1).permutation(5000)[: layers * (experts + 1)].astype(np.int32)
    return Placement(
        **{
            "name": "spacemoe",
            "gateways": hosts[:layers],
            "experts": hosts[layers:].reshape(layers, experts),
            **others,
        }
    )


@pytest.mark.parametrize(("layers", "experts"), [(1, 1), (6, 4), (5, 16), (5, 17), (3, 256)])
def test_the_table_has_every_host_in_its_place(layers: int, experts: int) -> None:
    shown = placement(layers, experts)
    head, *rows = Page(shown._repr_html_()).rows
    assert head[:2] == ["layer", "gateway"]
    assert [row[0] for row in rows] == [str(layer) for layer in range(layers)]
    assert [int(row[1]) for row in rows] == shown.gateways.tolist()
    assert [
        [int(word) for cell in row[2:] for word in cell.split()] for row in rows
    ] == shown.experts.tolist()
    assert {len(row) for row in rows} == {len(head)}


def test_what_it_hosts_and_where_is_said() -> None:
    words = Page(placement(6, 4)._repr_html_()).words
    assert "Placement spacemoe" in words
    assert "6 gateways and 6 × 4 experts on 30 satellites; at most 1 a satellite" in words


def test_experts_that_move_are_said_to() -> None:
    at_first = placement(1, 2, hosts_per_satellite=None)
    elsewhere = at_first.experts + 5000  # each expert on two satellites in turn
    moving = placement(1, 2, hosts_per_satellite=None, dispatch=np.stack([at_first.experts, elsewhere]))
    words = Page(moving._repr_html_()).words
    assert "changes from slot to slot, 2.00 satellites an expert" in words
    assert "any number of hosts a satellite" in words


def test_a_name_and_a_remark_are_text_and_no_markup() -> None:
    trick = "<script>alert('1 & 2')</script>"
    page = Page(placement(2, 2, name=trick, remarks=(f"a {trick}",))._repr_html_())
    assert f"Placement {trick}" in page.words.replace("\n", "")
    assert f"a {trick}" in page.words.replace("\n", "")
    assert "script" not in {tag for tag, _ in page.tags}


def test_it_loads_nothing_and_sets_no_colour() -> None:
    source = placement(6, 4)._repr_html_()
    for tag, attributes in Page(source).tags:
        assert tag in {"div", "p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert not attributes.keys() & {"src", "href", "class", "id", "onclick", "bgcolor"}
    assert not re.search(r"color|background|url\(|http", source.replace("collapse", ""))


def test_rows_and_columns_have_heads_that_a_screen_reader_finds() -> None:
    tags = Page(placement(6, 4)._repr_html_()).tags
    scopes = [attributes.get("scope") for tag, attributes in tags if tag == "th"]
    assert scopes == ["col"] * 6 + ["row"] * 6
    (frame,) = [attributes for _, attributes in tags if attributes.get("role") == "region"]
    assert frame["tabindex"] == "0"  # it scrolls, so the keyboard must reach it
    assert frame["aria-label"]
