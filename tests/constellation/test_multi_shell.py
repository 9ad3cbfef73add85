"""Several shells at once: numbering, layout, and what cannot be joined."""

import dataclasses

import numpy as np
import pytest

from spacemoe_ns3.constellation import NOWHERE, Layout, WalkerShell
from spacemoe_ns3.constellation.multi_shell import MultiShell, join
from spacemoe_ns3.constellation.propagate import teme_positions
from spacemoe_ns3.errors import ScenarioError

LOW = WalkerShell.delta("53: 12/3/1", altitude_km=550, name="low")
HIGH = WalkerShell.star("87: 20/4/2", altitude_km=1200, name="high")
HALF_AN_HOUR_NS = 1800 * 10**9


def test_satellites_are_numbered_in_the_order_of_the_shells():
    layout = MultiShell(shells=(LOW, HIGH)).build().layout

    assert layout.names == LOW.build().layout.names + HIGH.build().layout.names
    assert layout.shell.tolist() == [0] * 12 + [1] * 20
    assert layout.members(1).tolist() == list(range(12, 32))
    assert [each.name for each in layout.shells] == ["low", "high"]
    assert np.array_equal(layout.grid(1), HIGH.build().layout.grid(0) + 12)


def test_every_satellite_flies_as_in_its_own_shell():
    times_ns = np.array([0, HALF_AN_HOUR_NS])

    together_m = teme_positions(MultiShell(shells=(LOW, HIGH)).build(), times_ns)

    apart_m = [teme_positions(shell.build(), times_ns) for shell in (LOW, HIGH)]
    assert np.array_equal(together_m, np.concatenate(apart_m, axis=1))


def test_the_size_and_the_epoch_are_those_of_the_shells():
    later = tuple(dataclasses.replace(shell, epoch="2030-06-01T00:00:00") for shell in (LOW, HIGH))
    both = MultiShell(shells=later)

    assert both.satellites == both.build().satellites == 32
    assert both.epoch == both.build().epoch == "2030-06-01T00:00:00"


@pytest.mark.parametrize(
    ("shells", "rule"),
    [
        ((), r"shells: \(\) given, must be one WalkerShell or more"),
        ([LOW, HIGH], r"shells: .* must be a tuple of WalkerShell"),
        ((LOW, "high"), r"shells\[1\]: 'high' given, must be a WalkerShell"),
        ((LOW, HIGH, LOW), r"shells\[2\].name: 'low' given, .* of shells\[0\]"),
        ((LOW, dataclasses.replace(HIGH, epoch="2030-01-01")), r"shells\[1\].epoch: .* must be '2026-01-01T"),
    ],
)
def test_shells_that_cannot_fly_together_are_refused(shells, rule):
    with pytest.raises(ScenarioError, match=rule) as caught:
        MultiShell(shells=shells)

    assert str(caught.value).startswith("constellation.")


def test_more_satellites_than_catalogue_numbers_are_refused():
    big = WalkerShell(planes=600, satellites_per_plane=100, altitude_km=550, inclination_deg=53, name="a")

    with pytest.raises(ScenarioError, match=r"satellites: 120000 given, .* at most 100000"):
        MultiShell(shells=(big, dataclasses.replace(big, name="b")))


def test_joining_keeps_satellites_that_are_in_no_shell_and_every_remark():
    plain = LOW.build()
    layout = Layout(
        names=tuple(f"stray-{number}" for number in range(12)),
        shells=(),
        shell=np.full(12, NOWHERE, np.int32),
        plane=np.full(12, NOWHERE, np.int32),
        place=np.full(12, NOWHERE, np.int32),
    )
    strays = dataclasses.replace(plain, layout=layout, remarks=("12 satellites fit nowhere",))

    joined = join([strays, HIGH.build()])

    assert joined.layout.shell.tolist() == [NOWHERE] * 12 + [0] * 20
    assert joined.layout.shell.dtype == np.int32
    assert joined.remarks == ("12 satellites fit nowhere",)


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ([], "no parts to join"),
        ([LOW, LOW], "two satellites called 'low-0-0'"),
        ([LOW, dataclasses.replace(HIGH, epoch="2030-01-01")], "epochs 2026-01-01T00:00:00 and 2030-01-01"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, rule):
    with pytest.raises(ScenarioError, match=rule):
        join([part.build() for part in parts])


def test_epochs_may_be_written_differently():
    shells = (LOW, dataclasses.replace(HIGH, epoch="2026-01-01"))

    assert join([shell.build() for shell in shells]).satellites == 32
    assert MultiShell(shells=shells).build().satellites == 32
