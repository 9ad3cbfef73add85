"""The menus of Wireshark's window, whose functions are replaced by ones that tell what is asked of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from captured_packets import DISPATCH, RESULT, Header, datagram, write_pcap

from spacemoe_ns3.wireshark import dissector_path

WINDOW = """
local menus = {}
function _G.gui_enabled() return true end
function _G.register_menu(name, action) menus[name] = action end
function _G.register_packet_menu(name, action, field) menus[name] = action; print(name, field) end
function _G.set_filter(text) print("filter " .. text) end
function _G.apply_filter() print("applied") end
function _G.new_dialog(title, action, ...)
    print(title .. ": " .. table.concat({...}, ", "))
    action("12", "3")
    action("12; 3", "")
end
_G.TextWindow = { new = function(title)
    print(title)
    return { set = function(_, text) print(text) end }
end }
dofile("DISSECTOR")
menus["SpaceMoE/Follow a token"]()
menus["SpaceMoE/Follow this token"]({ name = "frame" }, { name = "spacemoe.token_id", value = "7.2" })
local tap = Listener.new("frame")
function tap.draw() menus["SpaceMoE/Late results"]() end
"""


@pytest.fixture
def said(tmp_path: Path, tshark: Any) -> list[str]:
    """Return what the menus ask of the window, of a capture with two exchanges."""
    script = tmp_path / "window.lua"
    script.write_text(WINDOW.replace("DISSECTOR", str(dissector_path())))
    exchange = [Header(kind=kind, request=7, token=token) for kind, token in ((DISPATCH, 2), (RESULT, 2))]
    other = [Header(kind=DISPATCH, request=8), Header(kind=DISPATCH, token=9), Header(kind=RESULT, request=8)]
    capture = write_pcap(tmp_path / "a.pcap", [datagram(each.pack()) for each in [*exchange, *other]])
    return [line for (line,) in tshark(capture, options=("-q",), script=script)]


def test_a_token_is_followed_by_its_name_or_from_a_packet(said: list[str]) -> None:
    assert said[:6] == [
        "SpaceMoE/Follow this token\tspacemoe.token_id",
        "Follow a token: Request, Token",
        'filter spacemoe.token_id == "12.3"',
        "applied",
        'filter spacemoe.token_id == "7.2"',
        "applied",
    ]


def test_late_results_are_listed_by_what_they_took_over_the_fastest(said: list[str]) -> None:
    """Packets are a microsecond apart: one result comes one behind its dispatch, the other two."""
    assert said[6] == "SpaceMoE: late results"
    rows = [line.split() for line in said[9:] if line]
    assert rows == [
        ["0.001000", "0.002000", "8", "0", "0", "0", "3", "5"],
        ["0.000000", "0.001000", "7", "2", "0", "0", "1", "2"],
    ]
