"""Presets: the figures of the filings, and the criterion by which open phasings are chosen."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest

from spacemoe_ns3.constellation import WalkerShell
from spacemoe_ns3.constellation.formation import CloseFormation
from spacemoe_ns3.constellation.multi_shell import MultiShell
from spacemoe_ns3.constellation.presets import PRESETS, preset
from spacemoe_ns3.errors import ScenarioError

A_MILLIMETRE_M = 1e-3
TEN_METRES_KM = 0.01
A_SAFE_DISTANCE_KM = 10.0  # of satellites that share a shell; operators keep clear by about as much
A_HUNDREDTH_DEG = 0.01

# Bassa, Hainaut & Galadi-Enriquez 2022, A&A 657, A75, table 1, from the filings: satellites.
# FCC 21-48, FCC 20-102, FCC 17-77, SAT-MPL-20200526-00053; Iridium's 66; arXiv 2605.00515; arXiv 2511.19468.
TOTALS = {
    "starlink-gen1": 4408,
    "kuiper": 3236,
    "telesat": 1671,
    "oneweb": 720,
    "iridium-next": 66,
    "spacemoe-paper": 1056,
    "suncatcher": 81,
}
# The same: planes, satellites a plane, altitude in km, inclination in degrees.
SHELLS = {
    "starlink-gen1-550": (72, 22, 550, 53),
    "starlink-gen1-540": (72, 22, 540, 53.2),
    "starlink-gen1-570": (36, 20, 570, 70),
    "starlink-gen1-560-6x58": (6, 58, 560, 97.6),
    "starlink-gen1-560-4x43": (4, 43, 560, 97.6),
    "kuiper-630": (34, 34, 630, 51.9),
    "kuiper-610": (36, 36, 610, 42),
    "kuiper-590": (28, 28, 590, 33),
    "telesat-1015": (27, 13, 1015, 98.98),
    "telesat-1325": (40, 33, 1325, 50.88),
    "oneweb": (18, 40, 1200, 87.9),
    "iridium-next": (6, 11, 780, 86.4),
    "spacemoe-paper": (33, 32, 550, 87),
}


def least_distance_km(shell):
    """The least distance of two satellites of a shell on circular, unperturbed orbits.

    The cosine of the angle between two satellites on circular orbits of one height is a constant and a wave
    of twice the argument of latitude, so three values give its greatest.
    """
    records = shell.build().elements
    inclination, node, latitude = (
        np.array([getattr(each, name) for each in records]) for name in ("inclo", "nodeo", "mo")
    )
    # A pair's distance depends on how many planes and places they are apart, so satellite 0 stands for all.
    cosines = []
    for turn_rad in (0, math.pi / 4, math.pi / 2):
        ahead, up = np.cos(latitude + turn_rad), np.sin(latitude + turn_rad)
        flat, up = up * np.cos(inclination), up * np.sin(inclination)
        towards = np.stack(
            [ahead * np.cos(node) - flat * np.sin(node), ahead * np.sin(node) + flat * np.cos(node), up]
        )
        cosines.append(towards[:, 0] @ towards[:, 1:])
    start, eighth, quarter = cosines
    mean = (start + quarter) / 2
    greatest = (mean + np.hypot(start - mean, eighth - mean)).max()
    return (6378.135 + shell.altitude_km) * math.sqrt(max(0.0, 2 - 2 * greatest))


@pytest.mark.parametrize("name", TOTALS)
def test_a_constellation_has_as_many_satellites_as_its_source(name):
    assert preset(name).build().satellites == TOTALS[name]
    assert preset(name).satellites == TOTALS[name]


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_has_the_planes_places_height_and_inclination_of_its_source(name):
    planes, size, altitude_km, inclination_deg = SHELLS[name]
    constellation = preset(name).build()
    shell = constellation.layout.shells[0]

    assert (shell.name, shell.planes, shell.places) == (name, planes, size)
    assert np.abs(constellation.altitudes_m() - altitude_km * 1e3).max() < A_MILLIMETRE_M
    assert np.degrees(constellation.inclinations_rad()) == pytest.approx(inclination_deg)


@pytest.mark.parametrize(("name", "shells"), [("starlink-gen1", 5), ("kuiper", 3), ("telesat", 2)])
def test_a_constellation_of_shells_is_made_of_the_single_ones(name, shells):
    together = preset(name)

    assert isinstance(together, MultiShell)
    assert len(together.shells) == shells
    assert all(preset(shell.name) == shell for shell in together.shells)
    assert {each for each in PRESETS if each.startswith(f"{name}-")} == {
        each.name for each in together.shells
    }


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_tells_its_source_and_what_is_ours(name):
    assert PRESETS[name].name == name
    assert any(mark in PRESETS[name].source for mark in ("FCC", "SAT-", "arXiv", "SeeSat"))
    assert PRESETS[name].reading.endswith(".")


@pytest.mark.parametrize(
    ("notation", "altitude_km", "published_km"),
    [("53:1584/22/17", 550, 61.83), ("42:1296/36/11", 610, 55.89)],
)
def test_the_criterion_for_phasings_gives_the_published_distances(notation, altitude_km, published_km):
    """Liang, Chaudhry & Yanikomeroglu 2021 (arXiv 2109.13994), abstract."""
    last_digit_km = 0.005
    shell = WalkerShell.delta(notation, altitude_km=altitude_km)

    assert least_distance_km(shell) == pytest.approx(published_km, abs=last_digit_km)


@pytest.mark.parametrize("name", ["starlink-gen1-540", "starlink-gen1-570", "telesat-1325"])
def test_a_phasing_chosen_by_the_criterion_is_the_smallest_of_the_best(name):
    shell = preset(name)
    distances_km = np.array(
        [
            least_distance_km(dataclasses.replace(shell, phasing=phasing, name="other"))
            for phasing in range(shell.planes)
        ]
    )

    assert "Liang" in PRESETS[name].reading
    assert shell.phasing == np.flatnonzero(distances_km > distances_km.max() - TEN_METRES_KM)[0]


@pytest.mark.parametrize("name", SHELLS)
def test_no_two_satellites_of_a_shell_come_too_close(name):
    assert least_distance_km(preset(name)) > A_SAFE_DISTANCE_KM


@pytest.mark.parametrize(
    ("name", "apart_deg", "at_the_seam_deg"), [("iridium-next", 31.58, 22.10), ("oneweb", 10.2, 6.6)]
)
def test_the_planes_of_a_star_are_apart_as_published_and_half_a_place_shifted(
    name, apart_deg, at_the_seam_deg
):
    """Iridium: SeeSat-L, October 1999. OneWeb: 18 planes 10.2 degrees apart leave 180 - 17 * 10.2."""
    constellation = preset(name).build()
    places = constellation.layout.shells[0].places
    first = constellation.elements[::places]
    nodes_deg = np.degrees([record.nodeo for record in first])
    shift_places = np.diff([record.mo for record in first]) * places / (2 * math.pi)

    assert np.diff(nodes_deg) == pytest.approx(apart_deg, abs=A_HUNDREDTH_DEG)
    assert 180 - nodes_deg[-1] == pytest.approx(at_the_seam_deg, abs=A_HUNDREDTH_DEG)
    assert shift_places % 1 == pytest.approx(0.5)
    assert not constellation.layout.shells[0].is_closed


@pytest.mark.parametrize("name", ["kuiper", "oneweb", "suncatcher"])
def test_a_preset_flies_at_another_epoch(name):
    later = preset(name, epoch="2031-02-03T04:05:06").build()

    assert later.epoch == "2031-02-03T04:05:06"
    assert later.layout.names == preset(name).build().layout.names
    first = later.elements[0]
    assert first.jdsatepoch + first.jdsatepochF == pytest.approx(2_462_900.670208, abs=1e-6)  # a tenth of 1 s


def test_suncatchers_cluster_is_the_published_one():
    """arXiv 2511.19468, section 2.2."""
    cluster = preset("suncatcher")

    assert isinstance(cluster, CloseFormation)
    assert cluster.altitude_km == 650
    assert cluster.radius_m == 1000
    assert cluster.spacing_m == 100


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(
        ScenarioError, match="constellation: 'starlink-gen1-55' is not known; did you mean starlink-g"
    ):
        preset("starlink-gen1-55")


def test_an_epoch_that_is_no_date_is_refused():
    with pytest.raises(ScenarioError, match=r"constellation\.epoch: 'soon' given"):
        preset("kuiper", epoch="soon")


def test_listing_the_presets_loads_no_heavy_library():
    script = (
        "import sys, spacemoe_ns3.constellation.presets as p; list(p.PRESETS); "
        "print([name for name in ('scipy', 'astropy', 'networkx', 'matplotlib') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
