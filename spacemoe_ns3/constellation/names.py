"""Names of shells and of the satellites in them."""

from __future__ import annotations

import re

from spacemoe_ns3.checks import check_kind
from spacemoe_ns3.errors import require

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def check_name(path: str, name: object) -> None:
    """Raise unless a name is fit for a shell: letters, digits, dots, dashes and underscores, at most 40.

    Parameters
    ----------
    path
        Path of the field.
    name
        What the user gave.

    Raises
    ------
    ScenarioError
        If it is not.
    """
    rule = "at most 40 letters, digits, dots, dashes and underscores, a letter or a digit first"
    check_kind(path, name, str, rule)
    require(_NAME.fullmatch(str(name)) is not None, f"{path}: {name!r} given, must be {rule}")


def grid_names(name: str, *, planes: int, places: int) -> tuple[str, ...]:
    """Return names of satellites that sort as they fly: a shell's name, plane and place, by plane.

    Parameters
    ----------
    name
        Of the shell.
    planes, places
        Of the shell; the numbers have as many digits as the greatest needs.

    Examples
    --------
    >>> grid_names("polar", planes=2, places=11)[-1]
    'polar-1-10'
    """
    plane_digits, place_digits = len(str(planes - 1)), len(str(places - 1))
    return tuple(
        f"{name}-{plane:0{plane_digits}}-{place:0{place_digits}}"
        for plane in range(planes)
        for place in range(places)
    )
