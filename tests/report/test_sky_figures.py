"""Figures of a sky: every link where it belongs, everything legible."""

import dataclasses
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.skies import (
    CATALOGUE,
    CROSS,
    INTRA,
    LINKS,
    PLACES,
    SEAM,
    SHELLS,
    UP,
    history,
    sky,
)

from spacemoe_ns3.links import DownReason, LinkKind
from spacemoe_ns3.links.picture import (
    LengthHistory,
)
from spacemoe_ns3.report.projection import ACROSS, ALONG, RADIAL, picture_axes
from spacemoe_ns3.report.sky_figures import draw_lengths, draw_map
from spacemoe_ns3.report.style import in_metres, short_names

A_MILLIMETRE_ON_THE_GROUND_DEG = 1e-8
A_TWENTIETH_OF_A_MILLIMETRE_IN_PRINT_DEG = 0.1  # a map of 360 degrees, 17 cm wide
A_PIECE_OF_THE_LONGEST_PATH = 1 / 64
HALF_A_PIXEL = 0.5
A_LINE_OF_THE_LEGEND = 20  # characters


def constellation(*, planes, places, shells=1):
    """A made-up grid of satellites all over the Earth, each linked to the next in its row and column."""
    random = np.random.default_rng(1)
    count = planes * places
    where = np.stack([random.uniform(-89, 89, count), random.uniform(-180, 180, count)], axis=-1)
    grid = np.arange(count).reshape(planes, places)
    along = np.stack([grid, np.roll(grid, -1, axis=1)], axis=-1).reshape(-1, 2)
    across = np.stack([grid, np.roll(grid, -1, axis=0)], axis=-1).reshape(-1, 2)
    ends = np.concatenate([along, across])
    kinds = random.integers(0, len(LinkKind), len(ends))
    reasons = random.integers(0, len(DownReason), len(ends))
    links = np.column_stack([ends, kinds, reasons])
    return sky(where, links=links, shell=np.arange(count) % shells, names=CATALOGUE)


def collections(figure):
    return {each.get_gid(): each for each in figure.axes[0].collections}


def paths_of(figure, name):
    """The paths of a collection of links; not get_segments(), which drops the NaN that part a path."""
    return [path.vertices for path in collections(figure)[name].get_paths()]


def path_of_one(*places):
    """What is drawn for one link."""
    (path,) = paths_of(draw_map(sky(places, links=[(0, 1, INTRA, UP)]), title="a link"), "links-intra-plane")
    return path


def unit_vectors(longitude_deg, latitude_deg):
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)],
        axis=-1,
    )


def legends(figure):
    return {
        legend.get_title().get_text(): [text.get_text() for text in legend.get_texts()]
        for legend in figure.legends
    }


def test_every_link_that_is_up_is_drawn_once_between_its_satellites_in_the_colour_of_its_kind(some_sky):
    figure = draw_map(some_sky, title="a sky")

    for kind in LinkKind:
        due = Counter(tuple(PLACES[a] + PLACES[b]) for a, b, its, why in LINKS if its == kind and why == UP)
        drawn = Counter(
            tuple(np.round([*path[0][::-1], *path[-1][::-1]]).astype(int).tolist())
            for path in paths_of(figure, f"links-{kind.words}")
        )
        assert drawn == due
    colours = {
        tuple(collections(figure)[f"links-{kind.words}"].get_colors()[0].tolist()) for kind in LinkKind
    }
    assert len(colours) == len(LinkKind)


def test_a_thousand_links_are_drawn_once_each():
    crowd = constellation(planes=25, places=20)

    figure = draw_map(crowd, title="many")

    for kind in LinkKind:
        due = np.count_nonzero((crowd.kind == kind) & (crowd.reason == UP))
        assert len(paths_of(figure, f"links-{kind.words}")) == due > 0


def test_links_that_are_down_are_dotted_and_those_that_nothing_points_along_are_not_drawn(some_sky):
    figure = draw_map(some_sky, title="a sky")

    drawn = {
        tuple(np.round([*path[0][::-1], *path[-1][::-1]]).astype(int).tolist())
        for path in paths_of(figure, "links-down")
    }
    assert drawn == {PLACES[0] + PLACES[7], PLACES[2] + PLACES[3], PLACES[0] + PLACES[3]}
    ((_, dashes),) = collections(figure)["links-down"].get_linestyle()
    assert dashes is not None
    ((_, solid),) = collections(figure)["links-seam"].get_linestyle()
    assert solid is None


def test_the_legend_counts_satellites_and_links_by_shell_kind_and_reason(some_sky):
    assert legends(draw_map(some_sky, title="a sky")) == {
        "satellites": ["in no plane: 1", "low: 3", "middle: 2", "a-constel…-name-1200: 2"],
        "links up": ["intra-plane: 1 of 2", "cross-plane: 2 of 4", "seam: 1 of 1", "inter-shell: 1 of 2"],
        "links down": ["unassigned: 1, not drawn", "horizon: 2", "outage: 1"],
    }


def test_of_many_shells_the_legend_has_the_largest_and_counts_the_others():
    """Twelve shells of 1 to 12 satellites: the nine largest have 4 and more; 1 + 2 + 3 are in the others."""
    shell = np.repeat(np.arange(12), np.arange(1, 13))
    told = legends(draw_map(sky([(0, 0), (0, 90)] * 39, shell=shell, names=CATALOGUE), title="many"))

    counts = [words.rpartition(": ")[2] for words in told["satellites"]]
    assert counts == [*map(str, range(4, 13)), "6"]
    assert told["satellites"][-1] == "3 more: 6"


def test_a_name_that_fits_is_told_whole_and_of_others_the_words_that_all_begin_with_are_left_out():
    names = ["starlink-gen1-550", "starlink-gen1-560-6x58", "starlink-gen1-560-4x43"]

    assert short_names(names) == ["starlink-gen1-550", "…560-6x58", "…560-4x43"]
    assert short_names(["550 km, 53.0 deg, 2", "1200 km, 87.9 deg"]) == [
        "550 km, 53.0 deg, 2",
        "1200 km, 87.9 deg",
    ]


def test_a_name_of_which_all_others_are_longer_keeps_its_words():
    names = ["a-constellation-of-two-", "a-constellation-of-two-shells"]

    assert short_names(names) == ["a-constel…on-of-two-", "…shells"]


WORDS = st.lists(st.text(alphabet="ab- ", min_size=1, max_size=30), min_size=1, max_size=4)


@given(names=WORDS, shared=st.sampled_from(["", "a-constellation-of-two-", "a"]))
def test_short_names_fit_and_keep_the_end(names, shared):
    names = [shared + name for name in names]
    for name, short in zip(names, short_names(names), strict=True):
        assert 0 < len(short) <= A_LINE_OF_THE_LEGEND
        assert short != "…"
        assert short == name or ("…" in short and name.endswith(short.rpartition("…")[2]))
        assert len(name) > A_LINE_OF_THE_LEGEND or short == name


def test_a_sky_without_links_says_so():
    assert legends(draw_map(sky([(0, 0), (0, 90)]), title="no links")) == {
        "satellites": ["low: 2"],
        "links up": ["none"],
        "links down": ["none"],
    }


def test_the_line_above_the_map_tells_the_moment_and_the_counts(some_sky):
    words = [text.get_text() for text in draw_map(some_sky, title="a sky").texts]

    assert words == [
        "a sky",
        "Middle of slot 3, 87.500 s after the epoch: 8 satellites, 5 of 9 laser links up",
    ]


def test_satellites_are_dots_where_they_are_in_the_colour_of_their_shell(some_sky):
    found = collections(draw_map(some_sky, title="a sky"))

    for shell in {*SHELLS}:
        due = [[*place[::-1]] for place, its in zip(PLACES, SHELLS, strict=True) if its == shell]
        assert found[f"shell-{shell}"].get_offsets().tolist() == due
    looks = {tuple(found[f"shell-{shell}"].get_facecolors()[0].tolist()) for shell in {*SHELLS}}
    assert len(looks) == len({*SHELLS})


def test_a_link_follows_the_great_circle_through_its_ends():
    # Through 60 N 0 E and 60 N 90 E: tan(latitude) = tan 60 cos(longitude - 45) / cos 45.
    longitude_deg, latitude_deg = path_of_one((60, 0), (60, 90)).T

    def great_circle(longitude_deg):
        tangent = np.tan(np.radians(60)) * np.cos(np.radians(longitude_deg - 45)) / np.cos(np.radians(45))
        return np.degrees(np.arctan(tangent))

    assert latitude_deg == pytest.approx(great_circle(longitude_deg), abs=A_MILLIMETRE_ON_THE_GROUND_DEG)
    assert latitude_deg.max() == pytest.approx(
        np.degrees(np.arctan(np.sqrt(6))), abs=A_TWENTIETH_OF_A_MILLIMETRE_IN_PRINT_DEG
    )
    everywhere = np.linspace(0, 90, 1000)
    drawn = np.interp(everywhere, longitude_deg, latitude_deg)
    assert np.abs(drawn - great_circle(everywhere)).max() < A_TWENTIETH_OF_A_MILLIMETRE_IN_PRINT_DEG


def test_a_link_that_bends_both_ways_is_not_taken_for_a_straight_one():
    # Symmetric about the equator, its middle is on the straight line; a quarter of the way it is off it.
    longitude_deg, latitude_deg = path_of_one((-60, 0), (60, 60)).T
    normal = np.cross(unit_vectors(0, -60), unit_vectors(60, 60))

    everywhere = np.linspace(0, 60, 1000)
    great_circle = np.degrees(
        np.arctan2(-(unit_vectors(everywhere, 0 * everywhere) @ normal), np.full(1000, normal[2]))
    )
    drawn = np.interp(everywhere, longitude_deg, latitude_deg)
    assert np.abs(great_circle - (2 * everywhere - 60)).max() > 1
    assert np.abs(drawn - great_circle).max() < A_TWENTIETH_OF_A_MILLIMETRE_IN_PRINT_DEG


def test_a_link_along_a_meridian_or_the_equator_is_a_straight_line():
    assert path_of_one((-10, 30), (50, 30)) == pytest.approx(np.array([[30, -10], [30, 50]]))
    assert path_of_one((0, 30), (0, 90)) == pytest.approx(np.array([[30, 0], [90, 0]]))


def test_a_link_across_the_antimeridian_is_cut_at_both_edges_of_the_map():
    path = path_of_one((0, 170), (0, -170))

    assert path[[0, 1, 3, 4]] == pytest.approx(np.array([[170, 0], [180, 0], [-180, 0], [-170, 0]]))
    assert np.isnan(path[2]).all()


def test_a_link_across_the_pole_reaches_it():
    longitude_deg, latitude_deg = path_of_one((80, 10), (80, -169.999)).T

    assert latitude_deg.max() == pytest.approx(
        90, abs=A_PIECE_OF_THE_LONGEST_PATH * 20
    )  # 80 degrees to 80 degrees
    assert latitude_deg.min() == pytest.approx(80)
    assert longitude_deg[[0, -1]] == pytest.approx(
        [10, -169.999]
    )  # westward: half a turn and a little is more


def test_opposite_ends_are_joined_over_the_north_pole_although_every_great_circle_joins_them():
    path = path_of_one((0, 0), (0, 180))

    assert np.nanmax(path[:, 1]) == pytest.approx(90, abs=A_PIECE_OF_THE_LONGEST_PATH * 180)
    assert path[0] == pytest.approx([0, 0])
    assert np.abs(path[-1]) == pytest.approx([180, 0])


ANYWHERE = st.tuples(st.floats(min_value=-90, max_value=90), st.floats(min_value=-180, max_value=180))


@settings(deadline=None, max_examples=60)
@given(start=ANYWHERE, end=ANYWHERE)
def test_no_line_runs_across_the_map_and_all_points_are_on_the_great_circle(start, end):
    # A third satellite far away, so that two close ones are not drawn on a local map.
    figure = draw_map(
        sky([start, end, (-start[0], start[1] - 180)], links=[(0, 1, SEAM, UP)]), title="a link"
    )
    (path,) = paths_of(figure, "links-seam")

    for before, after in pairwise(path):
        assert np.isnan([*before, *after]).any() or abs(after[0] - before[0]) <= 180 + 1e-9
    points = path[np.isfinite(path).all(axis=1)]
    assert (np.abs(points) <= [180 + 1e-9, 90 + 1e-9]).all()
    ends = unit_vectors(*np.array([start, end]).T[::-1])
    drawn = unit_vectors(*points.T)
    assert drawn[0] == pytest.approx(ends[0], abs=np.radians(A_MILLIMETRE_ON_THE_GROUND_DEG))
    assert drawn[-1] == pytest.approx(ends[1], abs=np.radians(A_MILLIMETRE_ON_THE_GROUND_DEG))
    # Points at the edge are on the line drawn between two of the circle, which is flat to the tolerance.
    on_circle = drawn[np.abs(points[:, 0]) < 180 - 1e-9]
    normal = np.cross(*ends)
    assert np.abs(on_circle @ normal).max(initial=0) < np.radians(A_MILLIMETRE_ON_THE_GROUND_DEG)


def test_a_formation_is_seen_in_its_orbital_plane():
    """A cross with arms of 300 m up and 700 m along the track, 20 m deep."""
    local_m = np.array([[300.0, 0, 20], [-300, 0, 0], [0, 700, -20], [0, -700, 0], [0, 0, 0]])
    links = [(0, 4, INTRA, UP), (2, 4, CROSS, UP)]
    figure = draw_map(sky([(0, 20)] * 5, links=links, local_m=local_m), title="a formation")

    axes = figure.axes[0]
    assert axes.get_xlabel() == "along the track from the middle, m"
    assert axes.get_ylabel() == "up from the middle, m"
    assert axes.get_xlim() == axes.get_ylim()  # the same scale both ways
    assert axes.get_window_extent().width == pytest.approx(axes.get_window_extent().height)
    offsets = np.asarray(collections(figure)["shell-0"].get_offsets())
    assert offsets.tolist() == [[0, 300], [0, -300], [700, 0], [-700, 0], [0, 0]]
    assert paths_of(figure, "links-intra-plane")[0].tolist() == [[0, 300], [0, 0]]
    locator = figure.axes[1].lines[0]
    assert (locator.get_xdata()[0], locator.get_ydata()[0]) == pytest.approx((20, 0))
    words = figure.axes[1].texts[0].get_text()
    assert words == (
        "Middle: 0.000°N, 20.000°E,\n550.0 km high\n\n"
        "Seen from across the track. Out of\nthe plane of the picture satellites\nare 20 m at most."
    )


@pytest.mark.parametrize(
    ("extents_m", "words", "labels", "point"),
    [
        ((300, 700, 20), "across the track", ("along the track", "up"), (700, 300)),
        ((20, 700, 300), "above", ("along the track", "across the track"), (700, 300)),
        ((700, 20, 300), "ahead", ("across the track", "up"), (300, 700)),
        ((0, 0, 300), "above", ("along the track", "across the track"), (0, 300)),
        ((0, 700, 0), "across the track", ("along the track", "up"), (700, 0)),
    ],
)
def test_a_formation_is_seen_from_where_it_is_the_least_deep(extents_m, words, labels, point):
    local_m = np.array([extents_m, np.negative(extents_m)], float)
    figure = draw_map(sky([(0, 0)] * 2, local_m=local_m), title="two")

    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == tuple(f"{label} from the middle, m" for label in labels)
    assert np.asarray(collections(figure)["shell-0"].get_offsets())[0] == pytest.approx(point)
    told = figure.axes[1].texts[0].get_text()
    assert f"Seen from {words}." in told
    assert f"are {min(extents_m)} m at most" in told


@pytest.mark.parametrize(("sight", "side"), [(RADIAL, 1), (ALONG, 1), (ACROSS, -1)])
def test_the_eye_is_above_ahead_or_to_the_right_of_the_track(sight, side):
    """What points to the right, turned to what points up, turns about what points at the eye."""
    local_m = np.where(np.arange(3) == sight, 1.0, 100.0)[np.newaxis]
    right, up, out = picture_axes(local_m)

    assert out == sight
    assert np.cross(np.eye(3)[right], np.eye(3)[up]).tolist() == (side * np.eye(3)[sight]).tolist()


@pytest.mark.parametrize(
    ("length_m", "words"),
    [(0.0, "0 m"), (0.1836, "0.184 m"), (20, "20 m"), (40e3, "40 km"), (3_675_400, "3,680 km")],
)
def test_lengths_are_told_to_three_digits_without_powers_of_ten(length_m, words):
    assert in_metres(length_m) == words


@pytest.mark.parametrize(("half_m", "unit"), [(1_000.0, "m"), (100_000.0, "km")])
def test_the_unit_follows_the_extent_of_the_formation(half_m, unit):
    local_m = np.array([[half_m, 0, 0], [-half_m, 0, 0]])
    figure = draw_map(sky([(0, 0)] * 2, local_m=local_m), title="two")

    assert figure.axes[0].get_ylabel() == f"up from the middle, {unit}"


@pytest.mark.parametrize("place", [(10, 20), (0, 0), (-33.3, 151.2), (90, 0), (71.7, -180)])
@pytest.mark.parametrize("satellites", [1, 2])
def test_satellites_over_one_place_are_drawn_on_the_map_of_the_earth(place, satellites):
    axes = draw_map(sky([place] * satellites), title="one place").axes[0]

    assert axes.get_xlim() == (-180, 180)
    assert axes.get_ylim() == (-90, 90)


def test_lengths_are_in_kilometres_over_minutes_and_shares_in_per_cent():
    figure = draw_lengths((history(INTRA), history(SEAM, shortest_m=5e6, longest_m=5e6)), title="lengths")

    lengths, shares = figure.axes
    assert (lengths.get_ylabel(), shares.get_xlabel(), shares.get_ylabel()) == (
        "length, km",
        "time after the epoch, minutes",
        "links up, %",
    )
    mean, one, of_seam, one_of_seam = lengths.lines
    assert mean.get_xdata().tolist() == [0, 1, 2, 3]
    assert mean.get_ydata().tolist() == [2000] * 4
    assert one.get_ydata() == pytest.approx(np.linspace(1000, 3000, 4))
    assert one.get_color() == mean.get_color()
    assert one.get_linewidth() < mean.get_linewidth()
    assert of_seam.get_ydata().tolist() == [5000] * 4
    band = lengths.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (1000, 3000)
    assert shares.lines[0].get_ydata().tolist() == [75] * 4
    assert shares.lines[0].get_drawstyle() == "steps-mid"
    assert shares.get_ylim() == (0, 100)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "intra-plane",
        "seam",
        "one of them, 3-7",
        "one of them, 3-7",
    ]
    examples = legend.legend_handles[2:]
    assert [line.get_color() for line in examples] == [one.get_color(), one_of_seam.get_color()]


def test_while_no_terminal_points_along_the_example_its_line_has_a_gap_and_no_other_has():
    whole = history(CROSS)
    one_m = np.array([1e6, np.nan, 2e6, 3e6])
    figure = draw_lengths((dataclasses.replace(whole, one_m=one_m),), title="a gap")

    mean, one = figure.axes[0].lines
    assert one.get_ydata() == pytest.approx(one_m / 1e3, nan_ok=True)
    assert np.isfinite(mean.get_ydata()).all()


def test_while_no_link_of_a_kind_is_assigned_its_lines_have_a_gap():
    whole = history(CROSS)
    gone = np.array([False, True, False, False])
    figure = draw_lengths(
        (
            LengthHistory(
                kind=CROSS,
                time_s=whole.time_s,
                shortest_m=np.where(gone, np.inf, whole.shortest_m),
                mean_m=np.where(gone, 0, whole.mean_m),
                longest_m=np.where(gone, -np.inf, whole.longest_m),
                share_up=np.where(gone, 0, whole.share_up),
                one=whole.one,
                one_m=whole.one_m,
            ),
        ),
        title="a gap",
    )

    for axes in figure.axes:
        assert np.isnan(axes.lines[0].get_ydata()).tolist() == gone.tolist()
    assert figure.axes[0].get_ylim()[0] > 0  # no mean of 0 km is drawn


def test_the_history_of_a_single_slot_shows_as_points():
    for axes in draw_lengths((history(INTRA, slots=1),), title="a moment").axes:
        assert "None" not in [line.get_marker() for line in axes.lines]


def test_a_history_without_links_says_so():
    lengths, _ = draw_lengths((), title="nothing").axes

    assert [text.get_text() for text in lengths.texts] == ["no laser links"]


def boxes_of(figure):
    """Where titles, legends and axes with all their words are, in pixels."""
    parts = [*figure.texts, *figure.legends]
    return [part.get_window_extent() for part in parts] + [axes.get_tightbbox() for axes in figure.axes]


def every_figure():
    minute = 1 / 60
    long_title = "a-scenario-with-a-long-name: " + 12 * "satellites and laser links "
    return {
        "world": draw_map(constellation(planes=20, places=20, shells=12), title=long_title),
        "local": draw_map(
            sky(
                [(70, -179), (70 + minute, -179)],
                links=[(0, 1, INTRA, UP)],
                local_m=np.array([[900.0, 0, 0], [-900, 0, 0]]),
            ),
            title="a pair",
        ),
        "deep": draw_map(
            sky([(-70, -179)] * 2, local_m=np.array([[-99e3, -567_890.0, 98_765], [99e3, 567_890, 0]])),
            title="a deep pair",
        ),
        "lengths": draw_lengths(
            tuple(history(kind, shortest_m=1e7, longest_m=9e7) for kind in LinkKind),
            title="a $ and another $",
        ),
    }


@pytest.mark.parametrize("name", ["world", "local", "deep", "lengths"])
def test_no_words_are_cut_at_the_edge_of_the_figure(name):
    figure = every_figure()[name]
    figure.draw_without_rendering()

    whole = figure.bbox
    for box in boxes_of(figure):
        assert box.x0 >= whole.x0 - HALF_A_PIXEL, box
        assert box.x1 <= whole.x1 + HALF_A_PIXEL, box
        assert box.y0 >= whole.y0 - HALF_A_PIXEL, box
        assert box.y1 <= whole.y1 + HALF_A_PIXEL, box


@pytest.mark.parametrize("name", ["world", "local", "deep", "lengths"])
def test_legends_axes_and_titles_do_not_overlap(name):
    figure = every_figure()[name]
    figure.draw_without_rendering()

    boxes = boxes_of(figure)
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            along = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(across, along) <= HALF_A_PIXEL, (box, other)
