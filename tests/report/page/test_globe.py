"""The globe in a browser: it draws, it is where astronomy says, it obeys, and a token runs."""

from __future__ import annotations

import runpy
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from report.page.browser import Browser
from report.page.hand_made_run import CircularSky, write_run

from spacemoe_ns3 import load
from spacemoe_ns3.constellation.frames import earth_fixed, geodetic, sun_direction
from spacemoe_ns3.constellation.propagate import teme_positions
from spacemoe_ns3.report.page import write_page

ROOT = Path(__file__).parents[3]
START = datetime(2026, 1, 1)
KNOT_ERROR_KM = 0.02  # of 16-bit velocities, 0.1 m/s off, and of the cubic, over a minute
SKY_DEGREES = 0.02  # a pixel of the globe is 0.2
FRAME_MS = 1000 / 60
SPACE, ARROW_LEFT, ARROW_RIGHT, HOME, END = " ", "\ue012", "\ue014", "\ue011", "\ue010"
pytestmark = pytest.mark.packet


def share_of_background(pixels):
    return max(pixels.count(colour) for colour in set(pixels)) / len(pixels)


def share_that_differs(before, after):
    return sum(a != b for a, b in zip(before, after, strict=True)) / len(before)


def test_the_page_opens_without_a_word_to_the_console_and_without_a_request(shown, written):
    shown.settle()
    assert shown.said() == []
    asked = {url for url in shown.requests() if not url.startswith("data:")}
    assert asked == {written.as_uri()}
    assert shown.value("performance.getEntriesByType('resource').length") == 0


def test_the_globe_draws(shown):
    pixels = shown.pixels()
    assert len(set(pixels)) > 100
    assert share_of_background(pixels) < 0.75


def test_satellites_are_where_sgp4_puts_them(shown):
    scenario = runpy.run_path(str(ROOT / "scenarios/first_ring.py"))["scenario"]
    for seconds in (0.0, 1234.5, 6000.25):
        shown.ask("spacemoe.moveTo(arguments[0])", seconds)
        shown.settle()
        position_km = np.reshape(shown.value("spacemoe.position"), (-1, 3))
        exact_m = teme_positions(scenario.source.build(), np.array([int(seconds * 1e9)]))[0]
        assert np.abs(position_km - exact_m / 1000).max() < KNOT_ERROR_KM


def test_the_sun_and_the_earth_stand_as_astropy_says(shown):
    for days in (0.0, 100.3, 200.9):
        told = shown.ask("return spacemoe.earth(arguments[0])", days * 86_400)
        exact = sun_direction(START, np.array([int(days * 86_400e9)]))[0]
        assert np.degrees(np.arccos(min(1.0, exact @ told["sun"]))) < SKY_DEGREES
        # What is above Greenwich in TEME is at longitude zero on the Earth.
        above = 7e6 * np.array([np.cos(told["siderealTime"]), np.sin(told["siderealTime"]), 0.0])
        fixed = earth_fixed(above[np.newaxis], start=START, times_ns=np.array([int(days * 86_400e9)]))
        assert abs(geodetic(fixed)[1][0]) < SKY_DEGREES


def test_latitude_and_longitude_below_a_satellite_are_the_geodetic_ones(shown, results):
    shown.ask("spacemoe.moveTo(600)")
    shown.settle()
    told = np.array([shown.ask("return spacemoe.belowSatellite(arguments[0])", each) for each in range(12)])
    table = results.columns("ephemeris")
    rows = (table["time_ns"] == 600 * 10**9) & (table["satellite"] < 12)
    position_m = np.stack([table[name][rows] for name in ("x_m", "y_m", "z_m")], axis=-1)
    fixed = earth_fixed(position_m[np.newaxis], start=START, times_ns=np.array([600 * 10**9]))[0]
    latitude, longitude, _ = geodetic(fixed)
    np.testing.assert_allclose(told[:, 0], latitude, rtol=0, atol=SKY_DEGREES)
    assert np.abs((told[:, 1] - longitude + 180) % 360 - 180).max() < SKY_DEGREES / np.cos(np.radians(60))


def test_as_many_links_are_up_as_the_contact_plan_says(shown, results):
    contacts = results.columns("contacts")
    for seconds in (3000.0, 17.0, 5500.0, 0.0):
        shown.ask("spacemoe.moveTo(arguments[0])", seconds)
        shown.settle()
        now_ns = seconds * 1e9
        up = (contacts["start_ns"] <= now_ns) & (now_ns < contacts["end_ns"])
        assert shown.value("spacemoe.linksUp") == np.count_nonzero(up)


def test_space_plays_and_pauses_and_the_picture_moves(shown):
    before, position = shown.pixels(), shown.value("spacemoe.position")
    shown.focus("#view")
    shown.press(SPACE)
    assert shown.text("#play") in ("Play", "Pause")
    shown.wait("spacemoe.seconds > 30")
    assert shown.text("#play") == "Pause"
    shown.press(SPACE)
    assert not shown.value("spacemoe.isPlaying")
    stopped = shown.value("spacemoe.seconds")
    shown.settle()
    assert shown.value("spacemoe.seconds") == stopped
    assert shown.value("spacemoe.position") != position
    assert share_that_differs(before, shown.pixels()) > 0.005
    assert shown.text("#play") == "Play"


def test_arrows_step_by_slots_and_home_and_end_go_to_the_ends(shown, results):
    slot_s, end_s = results.summary["slot_ns"] / 1e9, results.summary["end_ns"] / 1e9
    shown.focus("#view")
    shown.press(ARROW_RIGHT, ARROW_RIGHT, ARROW_RIGHT)
    assert shown.value("spacemoe.seconds") == pytest.approx(3 * slot_s, abs=1e-6)
    shown.press(ARROW_LEFT)
    assert shown.value("spacemoe.seconds") == pytest.approx(2 * slot_s, abs=1e-6)
    shown.press(END)
    assert shown.value("spacemoe.seconds") == pytest.approx(end_s, abs=1e-6)
    shown.press(HOME)
    assert shown.value("spacemoe.seconds") == 0


def test_buttons_and_slider_do_as_the_keys_do(shown, results):
    slot_s, end_s = results.summary["slot_ns"] / 1e9, results.summary["end_ns"] / 1e9
    shown.click("#on")
    assert shown.value("spacemoe.seconds") == pytest.approx(slot_s, abs=1e-6)
    shown.click("#last")
    assert shown.value("spacemoe.seconds") == pytest.approx(end_s, abs=1e-6)
    shown.focus("#time")
    shown.press(HOME, ARROW_RIGHT)
    assert shown.value("spacemoe.seconds") == pytest.approx(end_s / 10_000, abs=1e-6)
    end = START + timedelta(seconds=end_s)
    shown.click("#last")
    shown.settle()
    assert shown.text("#clock") == f"{end:%Y-%m-%d %H:%M:%S} UTC"


def test_a_token_runs_with_its_clock_and_steps_piece_by_piece(shown, results, screenshots):
    shown.click("[name=mode][value=token]")
    path = results.columns("critical_path", placement="spacemoe", engine="packet")
    is_first = (path["sequence"] == 0) & (path["token"] == 0)
    begin_ns = path["start_ns"][is_first] - path["start_ns"][is_first][0]
    shown.focus("#view")
    for begins in begin_ns[1:5]:
        shown.press(ARROW_RIGHT)
        assert shown.value("spacemoe.seconds") * 1e9 == pytest.approx(begins, abs=0.5)
    shown.settle()
    digits = f"{begin_ns[4]:,}".replace(",", "")
    assert shown.text("#clock").translate({0x202F: None, 0x2E: None}) == f"{digits} ms"
    assert "Layer 0 (0 to 5); " in shown.text("#piece")
    assert shown.text("#piece").split("; ")[1].split()[0].rstrip(":") in ("hop", "compute", "queue")
    shown.driver.save_screenshot(str(screenshots / "token.png"))
    before = shown.pixels()
    shown.press(SPACE)
    shown.wait(f"spacemoe.seconds * 1e9 > {begin_ns[8]}")
    shown.press(SPACE)
    assert share_that_differs(before, shown.pixels()) > 0.005
    shown.press(END)
    assert shown.value("spacemoe.seconds") * 1e9 == pytest.approx(
        results.columns("tokens", placement="spacemoe", engine="packet")["latency_ns"][0], abs=0.5
    )


def test_the_way_as_a_table_has_the_pieces_of_the_layer_and_marks_the_current_one(shown, results):
    shown.click("[name=mode][value=token]")
    shown.choose("#placement", "1")
    shown.settle()
    path = results.columns("critical_path", placement="rand-place", engine="packet")
    rows = (path["sequence"] == 0) & (path["token"] == 0) & (path["layer"] == 0)
    table = shown.table("#way")
    assert len(table) == 1 + np.count_nonzero(rows)
    names = results.columns("constellation")["name"]
    for cells, start, end in zip(table[1:], path["satellite"][rows], path["to_satellite"][rows], strict=True):
        assert cells[1] == (f"at {names[start]}" if end < 0 else f"{names[start]} → {names[end]}")
    assert shown.value("document.querySelectorAll('#way [aria-current]').length") == 1


def test_what_the_token_does_is_said_to_screen_readers(shown):
    shown.click("[name=mode][value=token]")
    shown.focus("#view")
    shown.press(ARROW_RIGHT)
    shown.wait("document.getElementById('live').textContent.includes('hop 1 of')")
    shown.press(END)
    shown.wait("document.getElementById('live').textContent.includes('Head')")


def test_the_globe_as_text_has_every_host_and_the_links_that_are_up(shown, results):
    shown.click("#as-text summary")
    shown.settle()
    rows = shown.table("#text-body table")
    gateways = results.placement("spacemoe")["hosts"]["gateways"]
    names = results.columns("constellation")["name"]
    assert [row[1] for row in rows[1:]] == [names[gateway] for gateway in gateways]
    for row, experts in zip(rows[1:], results.placement("spacemoe")["hosts"]["experts"], strict=True):
        assert row[3] == ", ".join(f"{expert}: {names[host]}" for expert, host in enumerate(experts))
    words = shown.text("#text-body dl")
    terms = shown.ask("return [...document.querySelectorAll('#text-body dd')].map(each => each.textContent)")
    up = sum(int(each.split(" of ")[0]) for each in terms if each.endswith(" up"))
    assert up == shown.value("spacemoe.linksUp")
    assert "Satellites72, of these" in words


def test_choices_change_what_is_drawn(shown):
    plain = shown.pixels()
    for act in (
        lambda: shown.click("#show-ring"),
        lambda: shown.click("#show-down"),
        lambda: shown.choose("#links-by", "use"),
        lambda: shown.choose("#placement", "1"),
        lambda: shown.click("#nearer"),
    ):
        act()
        changed = shown.pixels()
        assert changed != plain
        plain = changed


def test_holding_the_earth_at_rest_turns_the_sky(shown):
    shown.click("#hold-earth")
    before = shown.pixels()
    shown.click("#hold-earth")
    assert share_that_differs(before, shown.pixels()) > 0.05


def test_colours_follow_the_system_and_the_choice(browser, written, screenshots):
    grounds = {}
    for dark in (False, True):
        browser.open(written, dark=dark)
        grounds[dark] = browser.pixels()[0], browser.value("getComputedStyle(document.body).backgroundColor")
        browser.driver.save_screenshot(str(screenshots / f"{'dark' if dark else 'light'}.png"))
    assert sum(grounds[False][0]) > 600 > 100 > sum(grounds[True][0])
    assert grounds[False][1] != grounds[True][1]
    browser.choose("#theme", "light")
    assert (browser.pixels()[0], browser.value("getComputedStyle(document.body).backgroundColor")) == grounds[
        False
    ]
    browser.choose("#theme", "auto")
    assert browser.pixels()[0] == grounds[True][0]


def test_printing_is_light_and_dark_again_afterwards(browser, written):
    browser.open(written, dark=True)
    browser.ask("window.dispatchEvent(new Event('beforeprint'))")
    assert sum(browser.pixels()[0]) > 600
    browser.ask("window.dispatchEvent(new Event('afterprint'))")
    assert sum(browser.pixels()[0]) < 100


def test_little_motion_leaves_the_camera_to_the_user(browser, written):
    browser.open(written, still=True)
    assert not browser.value("document.getElementById('follow').checked")
    assert not browser.value("spacemoe.isPlaying")


def test_without_webgl_a_sentence_and_the_text_take_the_place_of_the_globe(tool, written):
    tool("chromium"), tool("chromedriver")
    with Browser("--disable-3d-apis") as browser:
        browser.open(written)
        assert "draws no WebGL" in browser.text("#no-globe")
        assert browser.value("document.getElementById('as-text').open")
        browser.click("[name=mode][value=token]")
        browser.click("#on")
        browser.settle()
        assert "hop 1 of" in browser.text("#piece")
        assert browser.said() == []


def test_a_frame_of_1056_satellites_takes_less_than_a_sixtieth_of_a_second(browser, tmp_path, capsys):
    sky = CircularSky(planes=33, satellites_per_plane=32)
    run = write_run(tmp_path / "run", summary={"satellites": 1056, "links": 2112}, tables=sky.tables())
    place = tmp_path / "page.html"
    size_bytes = write_page(load(run), place)
    browser.open(place)
    browser.ask("spacemoe.moveTo(90)")  # between two knots
    browser.settle()
    position_km = np.reshape(browser.value("spacemoe.position"), (-1, 3))
    assert np.abs(position_km - sky.positions_m(90.0) / 1000).max() < KNOT_ERROR_KM
    times_ms = {
        drawing: browser.ask("return spacemoe.measure(300, arguments[0])", drawing)
        for drawing in (False, True)
    }
    with capsys.disabled():
        print(f"\n1056 satellites, {size_bytes / 1e6:.1f} MB; JavaScript of a frame, of 300:")
        for drawing, each in times_ms.items():
            mean, tail = np.mean(each), np.quantile(each, 0.95)
            print(
                f"  {'with' if drawing else 'without'} drawing: mean {mean:.2f} ms, 95 % within {tail:.2f} ms"
            )
    assert np.median(times_ms[True]) < FRAME_MS
