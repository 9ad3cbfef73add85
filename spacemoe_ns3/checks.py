"""Rules for values of a scenario, each failure a sentence with the field's path, the value and the rule."""

from __future__ import annotations

import math
import numbers

from spacemoe_ns3.errors import ScenarioError


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
    if not is_whole or value < least or (most is not None and value > most):  # type: ignore[operator]
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
    rules = []
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        number = float(value)
        is_right = not math.isnan(number) and (may_be_infinite or not math.isinf(number))
    else:
        number, is_right = math.nan, False
    for bound, words, holds in (
        (above, "above", above is None or number > above),
        (least, "at least", least is None or number >= least),
        (most, "at most", most is None or number <= most),
    ):
        is_right = is_right and holds
        if bound is not None:
            rules.append(f"{words} {bound:g}")
    if not is_right:
        raise ScenarioError(f"{path}: {value!r} given, must be {' and '.join(rules) or 'a finite number'}")
