"""Several shells flown as one constellation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.constellation.base import NOWHERE, Constellation, Layout
from spacemoe_ns3.constellation.walker import MOST_SATELLITES, WalkerShell
from spacemoe_ns3.errors import ScenarioError, require


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiShell:
    """Several Walker shells, flown at once.

    The satellites are numbered in the order of the shells.

    Parameters
    ----------
    shells
        At least one; each with a name of its own, all of one epoch.

    Raises
    ------
    ScenarioError
        If there are no shells, two have the same name or different epochs, or the satellites are more than
        100,000.

    Examples
    --------
    >>> low = WalkerShell.delta("53: 12/3/1", altitude_km=550, name="low")
    >>> high = WalkerShell.star("87: 12/3/1", altitude_km=1200, name="high")
    >>> MultiShell(shells=(low, high)).build().layout.names[11:13]
    ('low-2-3', 'high-0-0')
    """

    shells: tuple[WalkerShell, ...]

    def __post_init__(self) -> None:
        check_kind("constellation.shells", self.shells, tuple, "a tuple of WalkerShell")
        require(len(self.shells) > 0, "constellation.shells: () given, must be one WalkerShell or more")
        first: dict[str, int] = {}
        for index, shell in enumerate(self.shells):
            path = f"constellation.shells[{index}]"
            check_kind(path, shell, WalkerShell, "a WalkerShell")
            require(
                shell.name not in first,
                f"{path}.name: {shell.name!r} given, which is the name of shells[{first.get(shell.name)}] "
                "too, must be another; name each shell",
            )
            first[shell.name] = index
            require(
                datetime.fromisoformat(shell.epoch) == datetime.fromisoformat(self.shells[0].epoch),
                f"{path}.epoch: {shell.epoch!r} given, must be {self.shells[0].epoch!r}, that of shells[0]; "
                "give all shells one epoch",
            )
        check_whole("constellation: satellites", self.satellites, least=1, most=MOST_SATELLITES)

    @property
    def satellites(self) -> int:
        """Number of satellites."""
        return sum(shell.satellites for shell in self.shells)

    @property
    def epoch(self) -> str:
        """ISO date and time, UTC, of simulation time zero."""
        return self.shells[0].epoch

    def build(self) -> Constellation:
        """Return the satellites, shell by shell."""
        return join([shell.build() for shell in self.shells])


def join(parts: Sequence[Constellation]) -> Constellation:
    """Make one constellation of several: their satellites, shells and remarks, one part after the other.

    Parameters
    ----------
    parts
        At least one, all of one epoch.

    Raises
    ------
    ScenarioError
        If there are no parts, their epochs differ, or two satellites or two shells have the same name.
    """
    require(len(parts) > 0, "constellation: no parts to join; name at least one")
    for part in parts[1:]:
        require(
            part.start == parts[0].start,
            f"constellation: parts of the epochs {parts[0].epoch} and {part.epoch} cannot fly at once; give "
            "them one epoch",
        )
    names = tuple(name for part in parts for name in part.layout.names)
    shells = tuple(shell for part in parts for shell in part.layout.shells)
    _check_distinct("satellites", names)
    _check_distinct("shells", [shell.name for shell in shells])
    before = np.cumsum([0] + [len(part.layout.shells) for part in parts])
    shell_of = [
        np.where(part.layout.shell == NOWHERE, NOWHERE, part.layout.shell + before[index])
        for index, part in enumerate(parts)
    ]
    layout = Layout(
        names=names,
        shells=shells,
        shell=np.concatenate(shell_of).astype(np.int32),
        plane=np.concatenate([part.layout.plane for part in parts]),
        place=np.concatenate([part.layout.place for part in parts]),
    )
    return Constellation(
        layout=layout,
        epoch=parts[0].epoch,
        elements=tuple(record for part in parts for record in part.elements),
        remarks=tuple(remark for part in parts for remark in part.remarks),
    )


def _check_distinct(words: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ScenarioError(f"constellation: two {words} called {name!r}, each needs a name of its own")
        seen.add(name)
