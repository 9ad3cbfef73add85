"""Links by a list: names, numbers, files, and a sentence for each that makes no sense."""

import re

import pytest

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LinkList

LAYOUT = WalkerShell(planes=3, satellites_per_plane=4, altitude_km=550, inclination_deg=60).build().layout


def wired(**settings):
    return LinkList(**settings).wire(layout=LAYOUT, ephemeris=None, slots=None)


@pytest.fixture
def file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "links.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def sentence_for(**settings):
    with pytest.raises(ScenarioError) as caught:
        wired(**settings)
    return str(caught.value)


def test_pairs_may_be_numbers_or_names_in_any_order():
    wiring = wired(pairs=((5, 0), ("shell-0-1", "shell-2-3"), (2, "shell-0-3")))

    assert wiring.ends.tolist() == [[0, 5], [1, 11], [2, 3]]
    assert wiring.assigned is None


def test_a_list_without_pairs_is_a_sky_without_links():
    assert wired(pairs=()).ends.shape == (0, 2)


def test_a_file_gives_what_its_rows_say(file):
    path = file("satellite_a,satellite_b\nshell-1-0,0\n 3 , shell-0-2\n")

    assert wired(path=path).ends.tolist() == [[0, 4], [2, 3]]
    assert wired(path=str(path)).ends.tolist() == [[0, 4], [2, 3]]


def test_a_file_may_have_further_columns(file):
    path = file("note,satellite_a,satellite_b\nmine,0,4\n")

    assert wired(path=path).ends.tolist() == [[0, 4]]


@pytest.mark.parametrize("settings", [{}, {"pairs": ((0, 1),), "path": "links.csv"}])
def test_neither_and_both_of_pairs_and_path_are_refused(settings):
    with pytest.raises(ScenarioError, match=r"^links\.topology: LinkList needs either pairs or a path"):
        LinkList(**settings)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (((0, 1), (2, 2)), "links.topology.pairs[1]: 2 is linked to itself; name two satellites"),
        (
            ((0, 1), (3, 2), (1, 0)),
            "links.topology.pairs[2]: 1 and 0 are linked at links.topology.pairs[0] already",
        ),
        (
            (("shell-0-0", 1), (0, "shell-0-1")),
            "links.topology.pairs[1]: 0 and shell-0-1 are linked at links.topology.pairs[0] already",
        ),
        (((0, 12),), "links.topology.pairs[0]: 12 given, satellites are numbered 0 to 11; name one"),
        (((-1, 0),), "links.topology.pairs[0]: '-1' is not known; did you mean shell-0-0 or "),
        (((0, 1), ("ISS", 0)), "links.topology.pairs[1]: 'ISS' is not known; did you mean shell-0-0 or "),
        ((("shell-3-0", 0),), "links.topology.pairs[0]: 'shell-3-0' is not known; did you mean shell-"),
        (((0, 1.0),), "links.topology.pairs[0]: '1.0' is not known; "),
        (((True, 0),), "links.topology.pairs[0]: 'True' is not known; "),
        (((None, 0),), "links.topology.pairs[0]: 'None' is not known; "),
        (((0, 1, 2),), "links.topology.pairs[0]: (0, 1, 2) given, must be a pair of satellites"),
        ((0, 1), "links.topology.pairs[0]: 0 given, must be a pair of satellites"),
    ],
)
def test_a_pair_that_makes_no_sense_is_refused_with_its_place(pairs, message):
    assert sentence_for(pairs=pairs).startswith(message)


def test_pairs_that_are_no_list_are_refused():
    assert sentence_for(pairs="0-1").startswith("links.topology.pairs: '0-1' given, must be pairs such as")


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "nowhere.csv"

    message = sentence_for(path=path)
    assert message.startswith(f"links.topology.path: {path} cannot be read (No such file or directory)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("satellite_a,satellite_b\n0,1\n5,5\n", "PATH:3: 5 is linked to itself; name two satellites"),
        ("satellite_a,satellite_b\n0,1\n1,0\n", "PATH:3: 1 and 0 are linked at PATH:2 already"),
        ("satellite_a,satellite_b\n0,99\n", "PATH:2: 99 given, satellites are numbered 0 to 11; name one"),
        ("satellite_a,satellite_b\n0,\n", "PATH:2: '' is not known; did you mean shell-0-0 or "),
        ("satellite_a,satellite_b\n0\n", "PATH:2: 1 columns given, must be 2; add or remove some"),
        ("from,to\n0,1\n", "PATH:1: 'from,to' given, must be the columns satellite_a,satellite_b; write"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_with_its_line(file, text, message):
    path = file(text)

    assert sentence_for(path=path).startswith(message.replace("PATH", str(path)))


def test_a_file_that_is_not_text_is_refused(file):
    path = file("satellite_a,satellite_b\nä,0\n", encoding="latin-1")

    assert re.match(
        rf"links\.topology\.path: {re.escape(str(path))} cannot be read \(", sentence_for(path=path)
    )


def test_a_file_from_a_spreadsheet_may_begin_with_a_byte_order_mark(file):
    path = file("satellite_a,satellite_b\n0,4\n", encoding="utf-8-sig")

    assert wired(path=path).ends.tolist() == [[0, 4]]


@pytest.mark.parametrize("text", ["from,to\n", ""])
def test_a_file_of_wrong_columns_and_no_rows_is_refused(file, text):
    """It would else be a sky without links, in silence."""
    path = file(text)

    columns = "must be the columns satellite_a,satellite_b; write them as they are"
    assert sentence_for(path=path) == f"{path}:1: {text.strip()!r} given, {columns}"
