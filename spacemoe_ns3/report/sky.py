"""What the ``sky`` command prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from spacemoe_ns3.links.explain import PathExplanation, PathSpell
from spacemoe_ns3.links.survey import KindSurvey, PathSurvey, ShellSurvey, SkySurvey
from spacemoe_ns3.links.timeline import DownReason

_KILO, _GIGA, _MILLISECONDS = 1e3, 1e9, 1e3
_SECONDS_A_MINUTE = 60
_NONE = "-"
_MOST_SPELLS = 12


def render_sky(about: SkySurvey, *, console: Console) -> None:
    """Print a survey.

    Parameters
    ----------
    about
        The survey.
    console
        Where to.
    """
    console.print(
        f"{about.satellites} satellites, {about.links} laser links, {about.slots} slots of "
        f"{about.slot_s:.3f} s from {about.epoch} UTC\n"
    )
    shells = _table(
        "shell", "satellites", "planes", "places", "altitude\nkm", "inclination\ndeg", "period\nmin"
    )
    for shell in about.shells:
        shells.add_row(*_shell_row(shell))
    links = _table(
        "links",
        "",
        "shortest\nkm",
        "mean\nkm",
        "longest\nkm",
        "rate\nGb/s",
        "up\n% of time",
        "down, % of time",
        left=1,
    )
    for kind in about.kinds:
        links.add_row(*_kind_row(kind))
    for table in (shells, links):
        console.print(table, "")
    console.print("Lengths and rates are those of the slots in which links are up.\n")
    console.print(_path_words(about.paths, about.satellites), soft_wrap=True)
    for remark in about.remarks:
        console.print(f"Note: {remark}", soft_wrap=True)


def render_path(
    ends: tuple[int, int],
    now: PathExplanation,
    spells: Sequence[PathSpell],
    *,
    names: Sequence[str],
    slot_s: float,
    console: Console,
) -> None:
    """Print the path between two satellites, in a slot and through time, or why there is none.

    Parameters
    ----------
    ends
        The two satellites.
    now
        The path in the slot.
    spells
        The paths through time.
    names
        Of the satellites.
    slot_s
        Duration of a slot.
    console
        Where to.
    """
    source, destination = ends
    title = f"From {source} ({names[source]}) to {destination} ({names[destination]})"
    console.print(f"\n{title} in slot {now.slot}", soft_wrap=True)
    if now.hops:
        table = _table("hop", "to", "name", "link", "length\nkm", "delay\nms", left=4)
        for number, hop in enumerate(now.hops, start=1):
            table.add_row(
                str(number),
                str(hop.to_satellite),
                names[hop.to_satellite],
                hop.kind.words,
                f"{hop.length_m / _KILO:.1f}",
                f"{hop.delay_s * _MILLISECONDS:.6f}",
            )
        console.print(table)
        console.print(f"{len(now.hops)} hops, {(now.delay_s or 0) * _MILLISECONDS:.6f} ms for a full packet")
    else:
        console.print("There is no path:")
        for sentence in now.why_not:
            console.print(sentence, soft_wrap=True)
    console.print(f"\nThrough time: {_through_time(spells)}", soft_wrap=True)
    table = _table("slots", "from\ns", "until\ns", "hops", "delay\nms", "by way of", left=(0, 5))
    for spell in spells[:_MOST_SPELLS]:
        table.add_row(*_spell_row(spell, slot_s))
    console.print(table)
    if len(spells) > _MOST_SPELLS:
        console.print(f"and {len(spells) - _MOST_SPELLS} more; --json has them all")


def sky_summary(about: SkySurvey) -> dict[str, Any]:
    """Return a survey as an object for JSON, in SI units."""
    paths = about.paths
    return {
        "epoch": about.epoch,
        "slots": about.slots,
        "slot_s": about.slot_s,
        "satellites": about.satellites,
        "links": about.links,
        "shells": [
            {
                "name": shell.name,
                "satellites": shell.satellites,
                "planes": shell.planes,
                "places": shell.places,
                "altitude_m": list(shell.altitude_m),
                "inclination_rad": list(shell.inclination_rad),
                "period_s": shell.period_s,
            }
            for shell in about.shells
        ],
        "kinds": [
            {
                "kind": kind.kind.words,
                "links": kind.links,
                "length_m": list(kind.length_m) if kind.length_m else None,
                "rate_bps": list(kind.rate_bps) if kind.rate_bps else None,
                "share": {reason.words: share for reason, share in kind.share.items()},
            }
            for kind in about.kinds
        ],
        "paths": {
            "slots": list(paths.slots),
            "destinations": paths.destinations,
            "reachable": paths.reachable,
            "delay_s": dict(zip(("least", "median", "mean", "p99", "greatest"), paths.delay_s, strict=True))
            if paths.delay_s
            else None,
            "hops": dict(zip(("mean", "greatest"), paths.hops, strict=True)) if paths.hops else None,
            "components": paths.components,
        },
        "remarks": list(about.remarks),
    }


def path_summary(ends: tuple[int, int], now: PathExplanation, spells: Sequence[PathSpell]) -> dict[str, Any]:
    """Return the paths between two satellites as an object for JSON, in SI units."""
    return {
        "from": ends[0],
        "to": ends[1],
        "slot": now.slot,
        "delay_s": now.delay_s,
        "hops": [
            {
                "from": hop.from_satellite,
                "to": hop.to_satellite,
                "kind": hop.kind.words,
                "length_m": hop.length_m,
                "delay_s": hop.delay_s,
            }
            for hop in now.hops
        ],
        "why_not": list(now.why_not),
        "through_time": [
            {
                "first_slot": spell.first_slot,
                "last_slot": spell.last_slot,
                "way": list(spell.way),
                "delay_s": list(spell.delay_s) if spell.delay_s else None,
            }
            for spell in spells
        ],
    }


def _table(*headings: str, left: int | tuple[int, ...] = 0) -> Table:
    """Return a table whose first column, and those named, are flush left."""
    lefts = {0, left} if isinstance(left, int) else {0, *left}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place in lefts else "right", overflow="fold")
    return table


def _range(values: tuple[float, float, float], digits: int) -> str:
    """Write least and greatest, or one number where they are written alike."""
    least, greatest = f"{values[0]:.{digits}f}", f"{values[2]:.{digits}f}"
    return least if least == greatest else f"{least} - {greatest}"


def _scaled(values: tuple[float, float, float], unit: float) -> tuple[float, float, float]:
    return values[0] / unit, values[1] / unit, values[2] / unit


def _shell_row(shell: ShellSurvey) -> list[str]:
    degrees = _scaled(shell.inclination_rad, math.radians(1))
    return [
        shell.name,
        str(shell.satellites),
        str(shell.planes) if shell.planes else _NONE,
        str(shell.places) if shell.places else _NONE,
        _range(_scaled(shell.altitude_m, _KILO), 1),
        _range(degrees, 2),
        f"{shell.period_s / _SECONDS_A_MINUTE:.2f}",
    ]


def _kind_row(kind: KindSurvey) -> list[str]:
    lengths = [f"{length / _KILO:.1f}" for length in kind.length_m] if kind.length_m else [_NONE] * 3
    rates = _range((kind.rate_bps[0] / _GIGA, 0.0, kind.rate_bps[1] / _GIGA), 3) if kind.rate_bps else _NONE
    down = [
        f"{reason.words} {share * 100:.2f}" for reason, share in kind.share.items() if reason != DownReason.UP
    ]
    return [
        kind.kind.words,
        str(kind.links),
        *lengths,
        rates,
        f"{kind.share.get(DownReason.UP, 0.0) * 100:.2f}",
        ", ".join(down) or _NONE,
    ]


def _path_words(paths: PathSurvey, satellites: int) -> str:
    sample = f"{satellites} satellites to {paths.destinations} of them, in {len(paths.slots)} slots"
    parts = "in one part" if paths.components == 1 else f"in up to {paths.components} parts"
    if paths.delay_s is None or paths.hops is None:
        return f"Paths from {sample}: none; the network is {parts}."
    least, median, mean, high, greatest = (f"{value * _MILLISECONDS:.3f}" for value in paths.delay_s)
    return (
        f"Paths from {sample}: {paths.reachable * 100:.2f} % of the pairs have one, and the network is "
        f"{parts}; delay of a full packet {least} to {greatest} ms, median {median}, mean {mean}, "
        f"99 % within {high}; hops {paths.hops[0]:.1f} in the mean, {paths.hops[1]} at most."
    )


def _through_time(spells: Sequence[PathSpell]) -> str:
    slots = sum(spell.last_slot - spell.first_slot + 1 for spell in spells)
    without = sum(spell.last_slot - spell.first_slot + 1 for spell in spells if not spell.way)
    distinct = len({spell.way for spell in spells if spell.way})
    has = f"a path in {slots - without} of {slots} slots"
    return f"{has}, {distinct} different ones" if distinct else has


def _spell_row(spell: PathSpell, slot_s: float) -> list[str]:
    one, last = spell.first_slot, spell.last_slot
    delay = _NONE
    if spell.delay_s:
        delay = _range((spell.delay_s[0] * _MILLISECONDS, 0.0, spell.delay_s[1] * _MILLISECONDS), 3)
    return [
        str(one) if one == last else f"{one}-{last}",
        f"{one * slot_s:.1f}",
        f"{(last + 1) * slot_s:.1f}",
        str(len(spell.way) - 1) if spell.way else _NONE,
        delay,
        " ".join(map(str, spell.way)) or "no path",
    ]
