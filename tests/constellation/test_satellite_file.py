"""A file of satellites as a constellation: the shell it holds, the epoch, and what is left out."""

import importlib.util
import math
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from constellation.make_catalogue import tle_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sgp4.io import fix_checksum

from spacemoe_ns3.constellation import NOWHERE, WalkerShell
from spacemoe_ns3.constellation.recover import mean_elements_at
from spacemoe_ns3.constellation.satellite_file import SatelliteFile
from spacemoe_ns3.errors import ScenarioError

SYNTHETIC = Path("scenarios/data/starlink-570-synthetic.tle")
MOST_BYTES = 150_000
FOUR_DEVIATIONS = 4.0
FIVE_DEVIATIONS = 5.0
# A Molniya orbit, half a day long; satellite 08195 of Vallado et al. 2006, AIAA 2006-6753, SGP4-VER.TLE.
MOLNIYA = (
    "1 08195U 75081A   06176.33215444  .00000099  00000-0  11873-3 0   813",
    "2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656",
)


@pytest.fixture
def generate_tles(root):
    """The command that makes the synthetic file, as a module."""
    spec = importlib.util.spec_from_file_location("generate_tles", root / "benchmarks" / "generate_tles.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def synthetic(root):
    return SatelliteFile(root / SYNTHETIC).build()


def shell(**changes):
    settings = {"planes": 4, "satellites_per_plane": 6, "altitude_km": 570.0, "inclination_deg": 70.0}
    return WalkerShell(**{**settings, **changes}).build()


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="some.tle"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_file


@pytest.fixture
def shell_file(write):
    built = shell()
    return write(tle_text(built.layout.names, built.elements))


def complaint(source):
    with pytest.raises(ScenarioError) as raised:
        source.build()
    return str(raised.value)


def later(lines, day):
    """The same elements at another day of the epoch's year."""
    first, second = lines
    return fix_checksum(first[:20] + f"{day:012.8f}" + first[32:]), second


def test_the_synthetic_file_is_what_its_command_makes(root, generate_tles):
    content = (root / SYNTHETIC).read_bytes()

    assert generate_tles.generate().encode("ascii") == content
    assert len(content) < MOST_BYTES


def test_another_seed_makes_another_file(generate_tles):
    assert generate_tles.generate(2) != generate_tles.generate(1)


def test_every_synthetic_satellite_is_found_at_the_place_its_name_says(synthetic):
    layout = synthetic.layout

    (about,) = layout.shells
    assert (about.planes, about.places, about.is_closed, about.seam_shift) == (36, 20, True, 11)
    found = [
        f"SYN P{plane:02d} S{place:02d}" if plane != NOWHERE else name
        for name, plane, place in zip(layout.names, layout.plane, layout.place, strict=True)
    ]
    assert found == list(layout.names)
    nowhere = [name for name, shell in zip(layout.names, layout.shell, strict=True) if shell == NOWHERE]
    assert sorted(nowhere) == ["SYN P07 S03 SPARE", "SYN P28 S16 SPARE", "SYN RAISING 1", "SYN RAISING 2"]
    assert synthetic.remarks == (
        "720 satellites: 716 in 36 planes of 20 places, 2 spares, 2 outside any plane",
        "spares, without a place: SYN P07 S03 SPARE beside SYN P07 S03, SYN P28 S16 SPARE beside SYN P28 S16",
        "outside any plane: SYN RAISING 1, SYN RAISING 2",
        "570 km, 70.0 deg: 4 places vacant",
    )


def test_the_synthetic_satellites_stray_as_the_command_says(synthetic, generate_tles):
    placed = np.flatnonzero(synthetic.layout.shell != NOWHERE)
    mean = mean_elements_at(synthetic.elements, generate_tles.EPOCH)
    plane, place = synthetic.layout.plane[placed], synthetic.layout.place[placed]
    nominal_deg = {
        "node": (mean.raan_rad, 10.0 * plane, generate_tles.NODE_NOISE_DEG),
        "latitude": (
            mean.latitude_rad,
            18.0 * place + 11 / 720 * 360 * plane,
            generate_tles.LATITUDE_NOISE_DEG,
        ),
        "inclination": (mean.inclination_rad, 70.0, generate_tles.INCLINATION_NOISE_DEG),
    }
    strays = {
        key: ((np.degrees(angles[placed]) - due + 180) % 360 - 180, deviation)
        for key, (angles, due, deviation) in nominal_deg.items()
    }
    strays["altitude"] = mean.altitude_km[placed] - 570.0, generate_tles.ALTITUDE_NOISE_KM
    for stray, deviation in strays.values():
        spread_error = deviation / math.sqrt(2 * len(placed))  # of a sample's standard deviation
        assert abs(stray.std() - deviation) < FOUR_DEVIATIONS * spread_error
        assert np.abs(stray).max() < FIVE_DEVIATIONS * deviation


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (177.5, "2006-06-26T12:00:00"),
        (177.50000001, "2006-06-26T12:00:01"),
        (177.0175, "2006-06-26T00:25:12"),  # as a product with 86,400 it is a hair's breadth above
        (365.99999999, "2007-01-01T00:00:00"),
    ],
)
def test_the_epoch_is_the_latest_of_the_file_rounded_up_to_a_second(write, day, due):
    other = (fix_checksum(line.replace("08195", "08196")) for line in later(MOLNIYA, day))

    assert SatelliteFile(write("\n".join((*other, *MOLNIYA)))).build().epoch == due


def test_an_epoch_that_is_given_is_kept(shell_file):
    built = SatelliteFile(shell_file, epoch="2026-01-02T03:04:05").build()

    assert built.start == datetime(2026, 1, 2, 3, 4, 5)


def test_satellites_keep_the_order_of_the_file(shell_file):
    assert SatelliteFile(shell_file).build().layout.names == shell().layout.names


@given(order=st.permutations(range(24)))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_permuting_the_file_permutes_the_constellation(write, order):
    built = shell()
    names = [built.layout.names[each] for each in order]
    plain = SatelliteFile(write(tle_text(built.layout.names, built.elements), "plain")).build().layout

    turned = SatelliteFile(write(tle_text(names, [built.elements[each] for each in order]))).build().layout

    assert turned.names == tuple(names)
    assert turned.shells == plain.shells
    assert (turned.plane == plain.plane[order]).all()
    assert (turned.place == plain.place[order]).all()


@pytest.mark.parametrize("only", ["shell-1", "shell-[1]", "shell-1-.*"])
def test_only_some_satellites_may_be_taken(write, only):
    built = shell()
    names = [f"shell-{plane}-{place}" for plane in range(4) for place in range(6)]

    found = SatelliteFile(write(tle_text(names, built.elements)), only=only).build()

    assert found.layout.names == tuple(names[6:12])


def test_satellites_of_one_name_are_told_apart_by_their_numbers(write):
    built = shell()
    numbers = [each.satnum for each in built.elements]

    found = SatelliteFile(write(tle_text(["TBA"] * 24, built.elements))).build()

    assert found.layout.names == tuple(f"TBA ({number})" for number in numbers)


def test_names_that_select_nothing_are_told(shell_file):
    told = complaint(SatelliteFile(shell_file, only="GALILEO"))

    assert told.startswith("constellation.only: 'GALILEO' given, no name of ")
    assert shell().layout.names[0] in told


def test_a_decayed_satellite_is_told_or_left_out(write):
    built = shell()
    first = MOLNIYA[0]
    falling = (
        fix_checksum("1 88888" + first[7:53] + " 99999-1" + first[61:]),
        fix_checksum("2 88888  70.0000 100.0000 0001000 100.0000 100.0000 16.20000000    1"),
    )
    path = write(tle_text(built.layout.names, built.elements) + "\n".join(("FALLING", *later(falling, 176))))
    source = {"epoch": "2026-01-01T00:00:00"}

    told = complaint(SatelliteFile(path, **source))
    found = SatelliteFile(path, skips_unusable=True, **source).build()

    assert f"{path}:74: SGP4 cannot propagate FALLING to 2026-01-01T00:00:00: " in told
    assert "skips_unusable=True" in told
    assert found.layout.names == built.layout.names
    assert any(remark.startswith("left out, 1 of the satellites: ") for remark in found.remarks)


def test_a_broken_entry_is_refused_or_left_out(shell_file):
    lines = shell_file.read_text().splitlines()
    lines[4] = lines[4][:-1] + str((int(lines[4][-1]) + 1) % 10)
    shell_file.write_text("\n".join(lines))

    assert f"{shell_file}:5: line 1 states the checksum" in complaint(SatelliteFile(shell_file))
    found = SatelliteFile(shell_file, skips_unusable=True).build()
    assert found.layout.names == (shell().layout.names[0], *shell().layout.names[2:])
    assert any(remark.startswith("left out as unusable, 1 of the entries: ") for remark in found.remarks)


def test_if_none_can_be_propagated_the_file_is_refused(write):
    first = MOLNIYA[0]
    falling = (
        fix_checksum(first[:53] + " 99999-1" + first[61:]),
        fix_checksum("2 08195  70.0000 100.0000 0001000 100.0000 100.0000 16.20000000    1"),
    )
    path = write("\n".join(falling))

    told = complaint(SatelliteFile(path, epoch="2026-01-01T00:00:00", skips_unusable=True))

    assert "SGP4 can propagate no satellite of" in told


@pytest.mark.parametrize(("epoch", "is_old"), [("2026-01-14T00:00:00", False), ("2026-01-16T00:00:00", True)])
def test_elements_older_than_a_fortnight_are_told(shell_file, epoch, is_old):
    remarks = SatelliteFile(shell_file, epoch=epoch).build().remarks

    old = [remark for remark in remarks if remark.startswith("elements more than 14 days from the epoch")]
    assert len(old) == is_old
    assert not is_old or "24 of 24, up to 15 days" in old[0]


def test_orbits_of_half_a_day_are_propagated(write):
    built = SatelliteFile(write("\n".join(MOLNIYA))).build()

    assert built.satellites == 1
    assert built.elements[0].method == "d"
    assert built.remarks == ("1 satellite: 1 outside any plane", "outside any plane: 8195")


def test_a_relative_path_is_seen_from_the_current_folder(shell_file, monkeypatch):
    monkeypatch.chdir(shell_file.parent)

    assert SatelliteFile(shell_file.name).build().satellites == 24
    assert SatelliteFile(path=shell_file.name).build().satellites == 24


def test_a_missing_file_is_told_when_built(tmp_path):
    told = complaint(SatelliteFile(tmp_path / "none.tle"))

    assert "none.tle" in told
    assert "Path(__file__).parent" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"path": 3}, "constellation.path: 3 given"),
        ({"epoch": "soon"}, "constellation.epoch: 'soon' given"),
        ({"epoch": "2026-01-01T00:00:00+01:00"}, "constellation.epoch: "),
        ({"epoch": 2026}, "constellation.epoch: 2026 given"),
        ({"only": "("}, "constellation.only: '\\(' given, which is no regular expression"),
        ({"only": 3}, "constellation.only: 3 given"),
        ({"places": 0}, "constellation.places: 0 given"),
        ({"plane_gap_deg": "1"}, "constellation.plane_gap_deg: '1' given"),
        ({"shell_gap_km": 0}, "constellation.shell_gap_km: 0 given"),
        ({"skips_unusable": 1}, "constellation.skips_unusable: 1 given"),
        ({"notation": 1}, "constellation.notation: 1 given"),
    ],
)
def test_a_declaration_is_checked_when_made(changes, words):
    with pytest.raises(ScenarioError, match=words):
        SatelliteFile(**{"path": "some.tle", **changes})


@given(
    edits=st.lists(st.tuples(st.integers(0, 1200), st.sampled_from("0123456789.- \nAZ")), max_size=8),
    skips=st.booleans(),
)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_elements_are_flown_or_refused_with_a_sentence(write, edits, skips):
    """With checksums mended, so that the damage reaches SGP4."""
    built = shell()
    text = list(tle_text(built.layout.names[:8], built.elements[:8]))
    for at, letter in edits:
        text[at % len(text)] = letter
    lines = "".join(text).splitlines()
    mended = [fix_checksum(line) if line[:2] in ("1 ", "2 ") else line for line in lines]

    try:
        found = SatelliteFile(write("\n".join(mended)), skips_unusable=skips).build()
    except ScenarioError as refusal:
        told = str(refusal)
    else:
        told = "constellation"
        assert found.satellites <= 8
    assert told.startswith("constellation")
