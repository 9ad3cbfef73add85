"""Where satellites are, by Python's ephemeris and by ns-3's mobility model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3 import WalkerShell
from spacemoe_ns3.constellation import Ephemeris, propagate

pytestmark = pytest.mark.packet

A_MILLIMETRE_M = 1e-3
A_MICROMETRE_A_SECOND = 1e-6
KNOT_NS = 10 * 10**9
SLOT_NS = 10**9

ASK_NS3 = """
import sys
import numpy as np
from spacemoe_ns3.packet._ns import load_bridge

folder = sys.argv[1]
asked = np.load(f"{folder}/asked.npz")
simulation = load_bridge()()
simulation.ChooseEngine("auto", True, 1500, 100, 0)
knots, satellites, _ = asked["positions_m"].shape
simulation.CreateSatellites(
    asked["positions_m"], asked["velocities_m_s"], knots, satellites, *map(int, asked["step_and_slot_ns"])
)
positions_m, velocities_m_s = np.empty((2, len(asked["times_ns"]), 3))
for row, (satellite, time_ns) in enumerate(zip(asked["satellites"].tolist(), asked["times_ns"].tolist())):
    simulation.CopyPosition(satellite, time_ns, positions_m[row])
    simulation.CopyVelocity(satellite, time_ns, velocities_m_s[row])
np.savez(f"{folder}/answered.npz", positions_m=positions_m, velocities_m_s=velocities_m_s)
"""


def drawn(sky: Ephemeris) -> tuple[np.ndarray, np.ndarray]:
    """Return satellites and times: at random, at knots, and a nanosecond before and after."""
    random = np.random.default_rng(1)
    knots_ns = np.arange(0, sky.end_ns + 1, sky.step_ns)
    times_ns = np.concatenate(
        [random.integers(0, sky.end_ns, 2000), knots_ns, knots_ns[1:] - 1, knots_ns[:-1] + 1]
    )
    return random.integers(0, sky.satellites, len(times_ns)), times_ns


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Ephemeris, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return the ephemeris, satellites and times, and what ns-3 says of them."""
    folder = tmp_path_factory.mktemp("mobility")
    shell = WalkerShell(
        planes=5, satellites_per_plane=4, altitude_km=550, inclination_deg=53, eccentricity=0.01
    )
    sky = propagate(shell.build(), end_ns=6000 * 10**9, step_ns=KNOT_NS)
    satellites, times_ns = drawn(sky)
    np.savez(
        folder / "asked.npz",
        positions_m=sky.positions_m,
        velocities_m_s=sky.velocities_m_s,
        step_and_slot_ns=np.array([sky.step_ns, SLOT_NS]),
        satellites=satellites,
        times_ns=times_ns,
    )
    done = subprocess.run(
        [sys.executable, "-c", ASK_NS3, str(folder)], cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with np.load(Path(folder) / "answered.npz") as answered:
        return sky, satellites, times_ns, dict(answered)


Both = tuple[Ephemeris, np.ndarray, np.ndarray, dict[str, np.ndarray]]


def test_ns3_has_satellites_where_the_ephemeris_has_them(both: Both) -> None:
    sky, satellites, times_ns, ns3 = both
    off_m = np.linalg.norm(ns3["positions_m"] - sky.positions_at(satellites, times_ns), axis=1)

    assert off_m.max() < A_MILLIMETRE_M


def test_ns3_has_them_fly_as_the_ephemeris_has_them(both: Both) -> None:
    sky, satellites, times_ns, ns3 = both
    off_m_s = np.linalg.norm(ns3["velocities_m_s"] - sky.velocities_at(satellites, times_ns), axis=1)

    assert off_m_s.max() < A_MICROMETRE_A_SECOND


def test_ns3_repeats_the_very_operations_so_that_light_times_are_rounded_alike(both: Both) -> None:
    """To the last bit: half a nanosecond is decided the same way in both engines."""
    sky, satellites, times_ns, ns3 = both

    assert np.array_equal(ns3["positions_m"], sky.positions_at(satellites, times_ns))
    assert np.array_equal(ns3["velocities_m_s"], sky.velocities_at(satellites, times_ns))


def test_the_times_are_spread_over_all_intervals_between_knots(both: Both) -> None:
    """A guard of the tests above."""
    sky, satellites, times_ns, _ = both

    assert set(times_ns // KNOT_NS) == set(range(sky.end_ns // KNOT_NS + 1))
    assert set(satellites.tolist()) == set(range(20))
