"""A constellation of real satellites, from a file of their elements."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from spacemoe_ns3.checks import check_kind
from spacemoe_ns3.constants import SECONDS_PER_DAY
from spacemoe_ns3.constellation.base import Constellation
from spacemoe_ns3.constellation.catalogue import read_catalogue
from spacemoe_ns3.constellation.catalogue_entry import CatalogueEntry
from spacemoe_ns3.constellation.elements import check_epoch
from spacemoe_ns3.constellation.recover import RecoveryRules, mean_elements_at, recover_layout
from spacemoe_ns3.errors import ScenarioError, require

_JULIAN_DAY_2000 = 2_451_544.5  # midnight, 2000-01-01
_YEAR_2000 = datetime(2000, 1, 1)
_CLOCK_S = 1e-6  # Julian dates are good to this; an epoch this little after a whole second is on it
_OLD_DAYS = 14.0  # SGP4 is good to a kilometre within a few days of its epoch; Kelso 2007, AAS 07-127
_MOST_TOLD = 5  # satellites in one remark


@dataclass(frozen=True, slots=True, kw_only=True)
class SatelliteFile:
    """Real satellites, as a file of TLEs or OMMs lists them.

    Planes and places are recovered from the elements, see :func:`~.recover.recover_layout`. Satellites keep
    the order of the file.

    Parameters
    ----------
    path
        The file; a relative path is seen from the current folder. A scenario gives one beside itself as
        ``Path(__file__).parent / NAME``.
    epoch
        ISO date and time, UTC, of simulation time zero; None for the latest epoch in the file, rounded up to
        a whole second.
    only
        Takes the satellites whose names begin with this, or match it as a regular expression from their
        beginning; None takes all.
    places
        Places in a plane, of every shell; None to recover their number.
    plane_gap_deg, shell_gap_km, shell_gap_deg
        What parts planes and shells, see :class:`~.recover.RecoveryRules`.
    skips_unusable
        Whether to leave out, with a remark, entries that are malformed and satellites that SGP4 cannot
        propagate to the epoch, rather than to refuse the file.
    notation
        ``"tle"``, ``"json"``, ``"xml"`` or ``"csv"``; None for what the content looks like.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    path: str | Path = field(kw_only=False)
    epoch: str | None = None
    only: str | None = None
    places: int | None = None
    plane_gap_deg: float = 1.0
    shell_gap_km: float = 5.0
    shell_gap_deg: float = 0.5
    skips_unusable: bool = False
    notation: str | None = None

    def __post_init__(self) -> None:
        check_kind("constellation.path", self.path, (str, Path), "a path")
        check_kind("constellation.epoch", self.epoch, (str, type(None)), "an ISO date and time or None")
        check_kind("constellation.only", self.only, (str, type(None)), "the beginning of names or None")
        check_kind("constellation.skips_unusable", self.skips_unusable, bool, "True or False")
        check_kind("constellation.notation", self.notation, (str, type(None)), "a notation's name or None")
        if self.epoch is not None:
            check_epoch("constellation.epoch", self.epoch)
        if self.only is not None:
            _pattern(self.only)
        self._rules()

    def build(self) -> Constellation:
        """Read the file, and recover planes and places.

        Returns
        -------
        The constellation; what its remarks say comes first of the layout, then of the file.

        Raises
        ------
        ScenarioError
            If the file cannot be read or has a malformed entry, no satellite is selected, or SGP4 cannot
            propagate one to the epoch.
        """
        catalogue = read_catalogue(self.path, notation=self.notation, skips_unusable=self.skips_unusable)
        remarks = list(catalogue.remarks)
        entries = self._selected(catalogue.entries)
        epoch = _latest_epoch(entries) if self.epoch is None else datetime.fromisoformat(self.epoch)
        entries = self._propagable(entries, epoch, remarks)
        remarks += _old(entries, epoch)
        elements = tuple(entry.elements for entry in entries)
        layout, found = recover_layout(_distinct_names(entries), elements, epoch=epoch, rules=self._rules())
        return Constellation(
            layout=layout, epoch=epoch.isoformat(), elements=elements, remarks=(*found, *remarks)
        )

    def _rules(self) -> RecoveryRules:
        return RecoveryRules(
            shell_gap_deg=self.shell_gap_deg,
            shell_gap_km=self.shell_gap_km,
            plane_gap_deg=self.plane_gap_deg,
            places=self.places,
        )

    def _selected(self, entries: Sequence[CatalogueEntry]) -> Sequence[CatalogueEntry]:
        if self.only is None:
            return entries
        pattern = _pattern(self.only)
        found = [each for each in entries if each.name.startswith(self.only) or pattern.match(each.name)]
        require(
            bool(found),
            f"constellation.only: {self.only!r} given, no name of {self.path} begins like it; there are "
            f"{_told([each.name for each in entries])}",
        )
        return found

    def _propagable(
        self, entries: Sequence[CatalogueEntry], epoch: datetime, remarks: list[str]
    ) -> Sequence[CatalogueEntry]:
        """Return the satellites that SGP4 can propagate to the epoch."""
        faults = mean_elements_at([entry.elements for entry in entries], epoch).faults
        unusable = [
            f"{entry.where}: SGP4 cannot propagate {entry.name} to {epoch.isoformat()}: {fault}"
            for entry, fault in zip(entries, faults, strict=True)
            if fault
        ]
        if unusable and not self.skips_unusable:
            more = f"; and {len(unusable) - 1} more satellites likewise" if len(unusable) > 1 else ""
            raise ScenarioError(
                f"constellation: {unusable[0]}{more}; choose an epoch nearer to the elements', or set "
                "skips_unusable=True to leave such satellites out"
            )
        if unusable:
            remarks.append(f"left out, {len(unusable)} of the satellites: {_told(unusable)}")
        usable = [entry for entry, fault in zip(entries, faults, strict=True) if not fault]
        require(
            bool(usable),
            f"constellation.epoch: SGP4 can propagate no satellite of {self.path} to {epoch.isoformat()}; "
            "choose an epoch nearer to the elements'",
        )
        return usable


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        raise ScenarioError(
            f"constellation.only: {text!r} given, which is no regular expression: {problem}; write a "
            "backslash before each character that stands for itself"
        ) from None


def _latest_epoch(entries: Sequence[CatalogueEntry]) -> datetime:
    """Return the latest epoch, rounded up to a whole second."""
    day, fraction = max(entry.epoch_days for entry in entries)
    seconds = (day - _JULIAN_DAY_2000) * SECONDS_PER_DAY + math.ceil(fraction * SECONDS_PER_DAY - _CLOCK_S)
    try:
        return _YEAR_2000 + timedelta(seconds=seconds)
    except OverflowError:
        raise ScenarioError(
            f"constellation.epoch: the latest epoch of the elements, Julian date {day}, is after the year "
            "9999; state an epoch"
        ) from None


def _old(entries: Sequence[CatalogueEntry], epoch: datetime) -> list[str]:
    """Return a remark if elements are older, or newer, than SGP4 is good for."""
    days = (epoch - _YEAR_2000) / timedelta(days=1) + _JULIAN_DAY_2000
    ages = [(abs(days - sum(entry.epoch_days)), entry) for entry in entries]
    old = [age for age, _ in ages if age > _OLD_DAYS]
    if not old:
        return []
    age, oldest = max(ages, key=lambda each: each[0])
    return [
        f"elements more than {_OLD_DAYS:g} days from the epoch {epoch.isoformat()}: {len(old)} of "
        f"{len(entries)}, up to {age:.0f} days ({oldest.name}); expect errors of many kilometres"
    ]


def _distinct_names(entries: Sequence[CatalogueEntry]) -> list[str]:
    """Return the names, with the catalogue number after those that several satellites bear."""
    uses = Counter(entry.name for entry in entries)
    return [each.name if uses[each.name] == 1 else f"{each.name} ({each.number})" for each in entries]


def _told(texts: Sequence[str]) -> str:
    rest = len(texts) - _MOST_TOLD
    return ", ".join(texts[:_MOST_TOLD]) + (f" and {rest} more" if rest > 0 else "")
