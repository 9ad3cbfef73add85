"""Element files: what CelesTrak and Space-Track serve is read, and what is broken is told where it stands."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest
from constellation.make_catalogue import WRITERS, json_text, messages, tle_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sgp4.api import Satrec, jday
from sgp4.io import fix_checksum

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.constellation.catalogue import read_catalogue
from spacemoe_ns3.errors import ScenarioError

A_CENTIMETRE_KM = 1e-5
PRINTED_KM = 5e-3  # half the last digit of python-sgp4's documentation
A_MICROSECOND_DAYS = 1e-6 / 86_400
CLOCK_DAYS = 1e-10 / 86_400  # a fraction of a day has sixteen digits
A_DAY = 1.0
EARTH_TURNS_RAD_S = 7.292115e-5  # IERS Conventions 2010, Table 1.2
MICROSECONDS_S = 3e-6  # two roundings of an epoch to one, and that of a Julian date

# CelesTrak, CATNR=55123, as python-sgp4's own tests quote it: no field is zero.
MARIO_TLE = """MARIO
1 55123U 98067UQ  23115.44827133  .00787702  29408-3  15680-2 0  9999
2 55123  51.6242 216.2930 0014649 331.8976  28.1241 15.99081912 18396
"""
MARIO_CSV = """\
OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,\
MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,\
MEAN_MOTION_DOT,MEAN_MOTION_DDOT
MARIO,1998-067UQ,2023-04-25T10:45:30.642912,15.99081912,.0014649,51.6242,216.2930,331.8976,28.1241,0,U,\
55123,999,1839,.1568E-2,.787702E-2,.29408E-3
"""
MARIO_XML = """<?xml version="1.0" encoding="UTF-8"?>
<ndm xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<omm id="CCSDS_OMM_VERS" version="2.0">
<header><CREATION_DATE/><ORIGINATOR/></header><body><segment><metadata><OBJECT_NAME>MARIO</OBJECT_NAME>
<OBJECT_ID>1998-067UQ</OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME><REF_FRAME>TEME</REF_FRAME>
<TIME_SYSTEM>UTC</TIME_SYSTEM><MEAN_ELEMENT_THEORY>SGP4</MEAN_ELEMENT_THEORY></metadata><data><meanElements>
<EPOCH>2023-04-25T10:45:30.642912</EPOCH><MEAN_MOTION>15.99081912</MEAN_MOTION>
<ECCENTRICITY>.0014649</ECCENTRICITY><INCLINATION>51.6242</INCLINATION>
<RA_OF_ASC_NODE>216.2930</RA_OF_ASC_NODE><ARG_OF_PERICENTER>331.8976</ARG_OF_PERICENTER>
<MEAN_ANOMALY>28.1241</MEAN_ANOMALY></meanElements><tleParameters><EPHEMERIS_TYPE>0</EPHEMERIS_TYPE>
<CLASSIFICATION_TYPE>U</CLASSIFICATION_TYPE><NORAD_CAT_ID>55123</NORAD_CAT_ID>
<ELEMENT_SET_NO>999</ELEMENT_SET_NO><REV_AT_EPOCH>1839</REV_AT_EPOCH><BSTAR>.1568E-2</BSTAR>
<MEAN_MOTION_DOT>.787702E-2</MEAN_MOTION_DOT><MEAN_MOTION_DDOT>.29408E-3</MEAN_MOTION_DDOT></tleParameters>
</data></segment></body></omm>
</ndm>
"""
# The example of python-sgp4's documentation, and where the satellite is at Julian date 2458827.362605.
ISS = (
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
)
ISS_KM = (-6102.44, -986.33, -2820.31)
# A Molniya orbit, half a day long; satellite 08195 of Vallado et al. 2006, AIAA 2006-6753, SGP4-VER.TLE.
MOLNIYA = (
    "1 08195U 75081A   06176.33215444  .00000099  00000-0  11873-3 0   813",
    "2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656",
)
# An object with a number of six digits, from Space-Track; python-sgp4's issue 77.
ALPHA5 = (
    "1 T0000U          20341.14572529  .00000446  00000-0  15605-2 0  9998",
    "2 T0000  90.2902 300.0888 0031941  22.1325 338.1165 12.95152933 48676",
)


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="some.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def shell(**changes):
    settings = {"planes": 3, "satellites_per_plane": 4, "altitude_km": 570.0, "inclination_deg": 70.0}
    return WalkerShell(**{**settings, **changes}).build()


def position_km(elements, *, days_later=0.0):
    error, place_km, _ = elements.sgp4(elements.jdsatepoch, elements.jdsatepochF + days_later)
    assert error == 0
    return np.array(place_km)


def distance_km(one, other, *, days_later):
    """How far apart two satellites are at one moment, that of the one's epoch and some days."""
    moment = one.jdsatepoch, one.jdsatepochF + days_later
    return np.linalg.norm(np.subtract(one.sgp4(*moment)[1], other.sgp4(*moment)[1]))


def complaint(path, **arguments):
    with pytest.raises(ScenarioError) as raised:
        read_catalogue(path, **arguments)
    return str(raised.value)


def test_a_satellite_is_where_the_documentation_of_python_sgp4_has_it(write):
    (entry,) = read_catalogue(write("\n".join(("ISS (ZARYA)", *ISS)))).entries

    assert (entry.name, entry.number) == ("ISS (ZARYA)", 25544)
    _, place_km, _ = entry.elements.sgp4(2458827, 0.362605)
    assert np.abs(np.subtract(place_km, ISS_KM)).max() < PRINTED_KM


@pytest.mark.parametrize("content", [MARIO_CSV, MARIO_XML], ids=["csv", "xml"])
def test_celestraks_notations_of_one_satellite_fly_alike(write, content):
    (of_tle,) = read_catalogue(write(MARIO_TLE, "tle")).entries
    (of_omm,) = read_catalogue(write(content, "omm")).entries

    assert (of_omm.name, of_omm.number) == (of_tle.name, of_tle.number) == ("MARIO", 55123)
    assert distance_km(of_tle.elements, of_omm.elements, days_later=A_DAY) < A_CENTIMETRE_KM


@pytest.mark.parametrize("notation", WRITERS)
def test_exported_elements_fly_as_the_originals(write, notation):
    built = shell(phasing=1)
    names = built.layout.names
    tles = read_catalogue(write(tle_text(names, built.elements), "tle")).entries
    originals = [each.elements for each in tles]
    omms = read_catalogue(write(WRITERS[notation](messages(names, originals)), "omm")).entries

    assert [each.name for each in omms] == [each.name for each in tles] == list(names)
    for of_tle, of_omm in zip(tles, omms, strict=True):
        assert distance_km(of_tle.elements, of_omm.elements, days_later=A_DAY) < A_CENTIMETRE_KM


@pytest.mark.parametrize("notation", WRITERS)
def test_exported_elements_of_half_a_days_orbit_fly_as_the_originals(write, notation):
    """The Moon, the Sun and resonance come in, and so the sidereal time of the epoch."""
    (of_tle,) = read_catalogue(write("\n".join(MOLNIYA), "tle")).entries
    text = WRITERS[notation](messages(("MOLNIYA",), [of_tle.elements]))
    (of_omm,) = read_catalogue(write(text, "omm")).entries

    assert of_tle.elements.method == "d"
    assert distance_km(of_tle.elements, of_omm.elements, days_later=A_DAY) < A_CENTIMETRE_KM
    assert abs(of_tle.elements.gsto - of_omm.elements.gsto) < EARTH_TURNS_RAD_S * MICROSECONDS_S


@pytest.mark.parametrize("notation", WRITERS)
def test_a_notation_that_is_named_is_not_guessed(write, notation):
    fields = messages(("one",), shell().elements[:1])
    path = write(WRITERS[notation](fields))

    assert read_catalogue(path, notation=notation).entries[0].name == "one"
    assert "neither an element line nor a name" in complaint(path, notation="tle")


def test_an_unknown_notation_is_named(write):
    assert "constellation.notation: 'tles' is not known" in complaint(write(MARIO_TLE), notation="tles")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, ("a", "b", "c")),
        ({"prefix": "0 "}, ("a", "b", "c")),
        ({"has_names": False}, ("7", "8", "9")),
        ({"line_end": "\r\n"}, ("a", "b", "c")),
        ({"line_end": "   \r\n\r\n# a remark\r\n"}, ("a", "b", "c")),
    ],
    ids=["three lines", "names after 0", "two lines", "of Windows", "blanks and comments"],
)
def test_all_ways_to_lay_out_two_line_elements_are_read(write, arguments, names):
    elements = shell().elements[7:10]
    for number, record in enumerate(elements, start=7):
        record.satnum_str = f"{number:05d}"

    found = read_catalogue(write(tle_text("abc", elements, **arguments))).entries

    assert tuple(each.name for each in found) == names
    assert [each.number for each in found] == [7, 8, 9]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_byte_order_are_no_obstacle(write, encoding):
    assert read_catalogue(write(MARIO_TLE.encode(encoding))).entries[0].number == 55123


def test_a_name_may_begin_like_an_element_line(write):
    (entry,) = read_catalogue(write("\n".join(("1 KUNS-PF", *ISS)))).entries

    assert entry.name == "1 KUNS-PF"


def test_a_number_of_six_digits_is_read_from_a_letter(write):
    assert read_catalogue(write("\n".join(ALPHA5))).entries[0].number == 270_000


@pytest.mark.parametrize("notation", WRITERS)
def test_a_number_of_nine_digits_is_kept(write, notation):
    fields = [{**messages(("new",), shell().elements[:1])[0], "NORAD_CAT_ID": 799_501_299}]

    assert read_catalogue(write(WRITERS[notation](fields))).entries[0].number == 799_501_299


def test_an_entry_says_where_it_stands(write):
    path = write("\n".join(("# head", "", "ISS", *ISS, *ALPHA5)))
    omm = write(json_text(messages(("a", "b"), shell().elements[:2])), "omm")

    assert [each.where for each in read_catalogue(path).entries] == [f"{path}:4", f"{path}:6"]
    assert [each.where for each in read_catalogue(omm).entries] == [f"{omm}: record 1", f"{omm}: record 2"]


MOMENTS = st.datetimes(datetime(1957, 1, 1), datetime(2099, 12, 31))


@given(moment=MOMENTS)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_microseconds_of_an_epoch_survive(write, moment):
    fields = [{**messages(("one",), shell().elements[:1])[0], "EPOCH": moment.isoformat()}]

    (entry,) = read_catalogue(write(json_text(fields))).entries

    whole, fraction = entry.epoch_days
    since_midnight = moment - datetime(moment.year, moment.month, moment.day)
    assert whole == jday(moment.year, moment.month, moment.day, 0, 0, 0)[0]
    assert abs(fraction - since_midnight / timedelta(days=1)) < CLOCK_DAYS < A_MICROSECOND_DAYS


@pytest.mark.parametrize(
    "epoch", ["2024-122T12:34:56.123456", "2024-05-01T12:34:56.123456Z", "2024-05-01T12:34:56.1234560"]
)
def test_all_of_ccsds_ways_to_write_an_epoch_are_read(write, epoch):
    """CCSDS 502.0-B, section 7.5.10; day 122 of 2024 is the first of May."""
    fields = [{**messages(("one",), shell().elements[:1])[0], "EPOCH": epoch}]

    whole, fraction = read_catalogue(write(json_text(fields))).entries[0].epoch_days

    assert whole == jday(2024, 5, 1, 0, 0, 0)[0]
    assert abs(fraction - (12 * 3600 + 34 * 60 + 56.123456) / 86_400) < CLOCK_DAYS


def test_of_two_entries_of_a_satellite_the_later_epoch_counts(write):
    later = fix_checksum(ISS[0].replace("19343.6", "19344.6")), ISS[1]
    path = write("\n".join(("LATER", *later, "OTHER", *ALPHA5, "EARLIER", *ISS)))

    catalogue = read_catalogue(path)

    assert [each.name for each in catalogue.entries] == ["LATER", "OTHER"]
    assert catalogue.remarks == (f"listed more than once, the latest epoch counts: 25544 ({path}:2)",)


def changed(line, old, new):
    assert old in line
    return fix_checksum(line.replace(old, new))


FIRST, SECOND = ISS
BROKEN_TLES = {
    "checksum": ((FIRST[:-1] + "2", SECOND), ":1: line 1 states the checksum 2, its digits give 1"),
    "second checksum": ((FIRST, SECOND[:-1] + "7"), ":2: line 2 states the checksum 7, its digits give 2"),
    "short": ((FIRST[:-3], SECOND), ":1: line 1 has 66 columns, must have 69"),
    "long": ((FIRST, SECOND + "0"), ":2: line 2 has 70 columns, must have 69"),
    "other satellite": ((FIRST, changed(SECOND, "25544", "25545")), ":2: line 2 of satellite 25545 follows"),
    "lone line 1": ((FIRST, *ISS), ":1: a line 1 without a line 2 after it"),
    "last line 1": ((*ALPHA5, FIRST), ":3: a line 1 without a line 2 after it"),
    "lone line 2": ((SECOND, *ISS), ":1: a line 2 without a line 1 before it"),
    "lone name": (("SOME", "ISS", *ISS), ":1: 'SOME' is neither an element line nor a name"),
    "last name": ((*ISS, "SOME"), ":3: 'SOME' is neither an element line nor a name"),
    "letter": (
        (FIRST, changed(SECOND, "51.6439", "5a.6439")),
        ":2: inclination ' 5a.6439' in columns 9 to 16",
    ),
    "letter in drag": (
        (changed(FIRST, "38792-4", "38792-X"), SECOND),
        ":1: drag term ' 38792-X' in columns 54",
    ),
    "shifted": (
        (changed(FIRST, " 19343.", "1 9343."), SECOND),
        ":1: line 1 has '1' in column 18, must be blank",
    ),
    "day 0": ((changed(FIRST, "19343.", "19000."), SECOND), ":1: epoch's day 000.69339541 given, must be 1"),
    "day 366": ((changed(FIRST, "19343.", "19366."), SECOND), "must be 1 to below 366 in 2019"),
    "not ASCII": (("é".join(FIRST.split("U", 1)), SECOND), ":1: line 1 holds characters that are not ASCII"),
    "steep": (
        (FIRST, changed(SECOND, " 51.6439", "181.6439")),
        ":1: inclination 181.644 given, must be 0 to 180",
    ),
    "still": (
        (FIRST, changed(SECOND, "15.50103472", "00.00000000")),
        ":1: mean motion 0 given, must be above 0",
    ),
    "round and round": (
        (FIRST, changed(SECOND, "211.2001", "411.2001")),
        ":1: node 411.2 given, must be at most",
    ),
    "SGP4-XP": (
        (changed(FIRST, "38792-4 0", "38792-4 4"), SECOND),
        ":1: ephemeris type 4 given, must be SGP4's",
    ),
}


@pytest.mark.parametrize(("lines", "words"), BROKEN_TLES.values(), ids=BROKEN_TLES)
def test_broken_two_line_elements_are_told_with_file_and_line(write, lines, words):
    path = write("\n".join(lines))

    told = complaint(path)

    assert f"{path}:" in told
    assert words in told
    assert "skips_unusable=True" in told


@pytest.mark.parametrize(("lines", "words"), BROKEN_TLES.values(), ids=BROKEN_TLES)
def test_broken_two_line_elements_are_left_out_with_a_remark(write, lines, words):
    path = write("\n".join((*lines, "MARIO", *MARIO_TLE.splitlines()[1:])))
    if words.startswith(":3: 'SOME'"):
        path = write("\n".join((*lines, *MARIO_TLE.splitlines())))

    catalogue = read_catalogue(path, skips_unusable=True)

    assert "MARIO" in [each.name for each in catalogue.entries]
    assert words.lstrip(":0123456789 ") in catalogue.remarks[0]
    assert catalogue.remarks[0].startswith("left out as unusable, 1 of the entries: ")


BROKEN_OMMS = {
    "no epoch": ({"EPOCH": None}, "EPOCH is missing"),
    "empty": ({"BSTAR": ""}, "BSTAR is missing"),
    "no number": ({"NORAD_CAT_ID": None}, "NORAD_CAT_ID is missing"),
    "words": ({"INCLINATION": "steep"}, "INCLINATION 'steep' given, must be a number"),
    "not a number": ({"MEAN_MOTION": "nan"}, "MEAN_MOTION 'nan' given, must be a number"),
    "underscored": ({"MEAN_MOTION": "1_5.1"}, "MEAN_MOTION '1_5.1' given, must be a number"),
    "endless": ({"BSTAR": "1e999"}, "BSTAR '1e999' given, must be a number"),
    "date": ({"EPOCH": "2024-13-01T00:00:00.0"}, "EPOCH '2024-13-01T00:00:00.0' given, must be a date"),
    "catalogue number": ({"NORAD_CAT_ID": "T0000"}, "NORAD_CAT_ID 'T0000' given, must be one to nine digits"),
    "eccentric": ({"ECCENTRICITY": "1.0"}, "eccentricity 1 given, must be 0 to below 1"),
    "theory": ({"MEAN_ELEMENT_THEORY": "SGP4-XP"}, "MEAN_ELEMENT_THEORY 'SGP4-XP' given, must be SGP4"),
    "frame": ({"REF_FRAME": "EME2000"}, "REF_FRAME 'EME2000' given, must be TEME"),
    "clock": ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM 'TAI' given, must be UTC"),
    "centre": ({"CENTER_NAME": "MARS"}, "CENTER_NAME 'MARS' given, must be EARTH"),
    "type": ({"EPHEMERIS_TYPE": "4"}, "EPHEMERIS_TYPE '4' given, must be SGP4's, 0"),
}


@pytest.mark.parametrize("notation", WRITERS)
@pytest.mark.parametrize(("changes", "words"), BROKEN_OMMS.values(), ids=BROKEN_OMMS)
def test_a_broken_message_is_told_with_its_place(write, notation, changes, words):
    good, bad = messages(("good", "bad"), shell().elements[:2])
    bad.update(changes)
    if notation == "xml":
        bad = {key: value for key, value in bad.items() if value is not None}
    path = write(WRITERS[notation]([good, bad]))

    place = f"{path}:3: " if notation == "csv" else f"{path}: record 2: "
    assert f"{place}{words}" in complaint(path)
    assert [each.name for each in read_catalogue(path, skips_unusable=True).entries] == ["good"]


def test_what_celestrak_leaves_out_need_not_be_stated(write):
    fields = messages(("one",), shell().elements[:1])[0]
    for key in (
        "CENTER_NAME",
        "REF_FRAME",
        "TIME_SYSTEM",
        "MEAN_ELEMENT_THEORY",
        "OBJECT_ID",
        "REV_AT_EPOCH",
    ):
        del fields[key]

    assert read_catalogue(write(json_text(fields))).entries[0].name == "one"


def test_space_tracks_numbers_in_quotes_are_read(write):
    fields = messages(("one",), shell().elements[:1])[0]
    quoted = {key: str(value) for key, value in fields.items()}

    (bare,) = read_catalogue(write(json.dumps(fields), "bare")).entries
    (entry,) = read_catalogue(write(json.dumps([quoted]), "quoted")).entries
    assert entry.epoch_days == bare.epoch_days
    assert np.array_equal(position_km(entry.elements), position_km(bare.elements))


def test_a_message_without_a_section_lacks_its_fields(write):
    text = MARIO_XML.replace("<tleParameters>", "<other>").replace("</tleParameters>", "</other>")

    assert "record 1: NORAD_CAT_ID is missing" in complaint(write(text))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty; give an element file"),
        (" \n\n", "is empty; give an element file"),
        ("# only a remark\n", "holds no usable satellite"),
        ("[]", "holds no usable satellite"),
        ("<ndm></ndm>", "holds no usable satellite"),
        ("No GP data found", "'No GP data found' is neither an element line nor a name"),
        (b"\x80\x81", "is not text: byte 0 is not utf-8"),
        (b"\xff\xfeA", "is not text: byte 2 is not utf-16"),
        ("[{", ":1: not JSON"),
        ("[" * 100_000, "JSON"),
        ('[{"A": ' + "9" * 5000 + "}]", "unreadable JSON"),
        ("[3]", "record 1: '3' is not an object of OMM's keys"),
        ("<html>\n<p>busy</html>", ":2: not XML"),
        ("<html></html>", "holds no usable satellite"),
        ("CCSDS_OMM_VERS = 2.0", "holds OMMs as KVN, which is not read; fetch them as JSON, XML or CSV"),
        (MARIO_CSV.strip() + ",7\n", ":2: the row has more columns than the header"),
        (MARIO_TLE.replace("MARIO", "MA\x1bRIO"), "holds characters that do not print"),
    ],
)
def test_a_file_without_satellites_is_told_to_be_one(write, content, words):
    path = write(content)

    told = complaint(path)

    assert str(path) in told
    assert words in told


def test_the_number_of_broken_entries_is_told(write):
    path = write("\n".join((FIRST, *ISS, SECOND, SECOND)))

    assert "; and 2 more entries are unusable;" in complaint(path)


@pytest.mark.parametrize("path", ["nowhere.tle", ".", "a\0b", "x" * 5000])
def test_a_path_that_leads_to_no_file_is_told(path):
    assert "constellation.path: " in complaint(path)


GOOD_FILES = (
    MARIO_TLE.encode(),
    MARIO_CSV.encode(),
    MARIO_XML.encode(),
    json_text(messages(("one", "two"), shell().elements[:2])).encode(),
)


@given(
    original=st.sampled_from(GOOD_FILES),
    edits=st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=3)), max_size=6),
    cut=st.integers(0, 3000),
    skips=st.booleans(),
)
@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_refused_with_a_sentence(write, original, edits, cut, skips):
    content = bytearray(original[: max(cut, 1)])
    for at, piece in edits:
        content[at : at + len(piece)] = piece

    try:
        entries = read_catalogue(write(bytes(content)), skips_unusable=skips).entries
    except ScenarioError as refusal:
        told = str(refusal)
    else:
        told = "constellation"
        assert entries
        assert all(isinstance(each.elements, Satrec) and each.name for each in entries)
    assert told.startswith("constellation")


@given(
    content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))
)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_refused_with_a_sentence(write, content):
    assert complaint(write(content)).startswith("constellation")
