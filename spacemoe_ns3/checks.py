"""Rules for values of a scenario, each failure a sentence with the field's path, the value and the rule."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import TypeVar

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.nearest import did_you_mean

_Entry = TypeVar("_Entry")


def look_up(path: str, name: str, table: Mapping[str, _Entry]) -> _Entry:
    """Return what a name stands for.

    Parameters
    ----------
    path
        Path of the field.
    name
        What the user gave.
    table
        What there is, by name.

    Raises
    ------
    ScenarioError
        If there is no such name; gives the nearest.

    Examples
    --------
    >>> look_up("placement", "spacemo", {"spacemoe": 1, "rand-intra": 2})
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: placement: 'spacemo' is not known; did you mean spacemoe?
    """
    if name not in table:
        raise ScenarioError(f"{path}: {name!r} is not known; {did_you_mean(name, table)}")
    return table[name]


def check_whole(path: str, value: object, *, least: int, most: int | None = None) -> None:
    """Raise unless a value is a whole number within its bounds.

    Parameters
    ----------
    path
        Path of the field.
    value
        What the user gave.
    least, most
        Bounds, included.

    Raises
    ------
    ScenarioError
        If it is not.

    Examples
    --------
    >>> check_whole("constellation.planes", 0, least=1)
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: constellation.planes: 0 given, must be a whole number, at least 1
    """
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    number = int(value) if isinstance(value, numbers.Integral) else least
    if not is_whole or number < least or (most is not None and number > most):
        upper = "" if most is None else f" and at most {most}"
        raise ScenarioError(f"{path}: {value!r} given, must be a whole number, at least {least}{upper}")


def check_number(
    path: str,
    value: object,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    may_be_infinite: bool = False,
) -> None:
    """Raise unless a value is a number within its bounds.

    Parameters
    ----------
    path
        Path of the field.
    value
        What the user gave.
    least, most
        Bounds, included.
    above
        Lower bound, excluded.
    may_be_infinite
        Whether infinity is allowed.

    Raises
    ------
    ScenarioError
        If it is not.

    Examples
    --------
    >>> check_number("links.survival_probability", 1.5, above=0, most=1)
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: links.survival_probability: 1.5 given, must be above 0 and at most 1
    """
    bounds = ((above, "above"), (least, "at least"), (most, "at most"))
    rules = [f"{words} {bound:g}" for bound, words in bounds if bound is not None]
    try:
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        number = float(value) if isinstance(value, numbers.Real) and is_number else math.nan
    except OverflowError:
        number = math.inf
    is_inside = (
        (above is None or number > above)
        and (least is None or number >= least)
        and (most is None or number <= most)
    )
    if math.isinf(number) and is_inside and not may_be_infinite:
        rules.append("finite" if rules else "a finite number")
        is_inside = False
    if math.isnan(number) or not is_inside:
        raise ScenarioError(f"{path}: {value!r} given, must be {' and '.join(rules) or 'a finite number'}")


def check_kind(path: str, value: object, kind: type | tuple[type, ...], words: str) -> None:
    """Raise unless a value is of a kind.

    Parameters
    ----------
    path
        Path of the field.
    value
        What the user gave.
    kind
        Type or types allowed.
    words
        What they are called in the sentence.

    Raises
    ------
    ScenarioError
        If it is of another.

    Examples
    --------
    >>> check_kind("links.seam", "no", bool, "True or False")
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: links.seam: 'no' given, must be True or False
    """
    if not isinstance(value, kind):
        raise ScenarioError(f"{path}: {value!r} given, must be {words}")
