"""Which rows of a run a figure shows, and the sentence where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.run_results import ENGINES, Results

ENGINE_WORDS = {"packet": "packets", "analytic": "formula"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a run to draw.

    Parameters
    ----------
    placements
        Their names; none: all of the run, or its first where a figure shows one only.
    engine
        ``packet`` or ``analytic``; None: what there is, packets first.
    time_s
        Of pictures of a moment, seconds after the epoch; None: the start of the placement's first token.
    """

    placements: tuple[str, ...] = ()
    engine: str | None = None
    time_s: float | None = None


EVERYTHING = Choice()
"""All placements, all engines."""


def placements_of(results: Results, choice: Choice) -> tuple[str, ...]:
    """Return the placements to draw that have tokens, in the run's order.

    Raises
    ------
    InputError
        If there are none.
    """
    asked = choice.placements or results.placements
    found = tuple(name for name in results.placements if name in asked and engines_of(results, name, choice))
    if not found:
        of = f"by engine {choice.engine}" if choice.engine else "by any engine"
        raise InputError(
            f"run {results.folder}: no placement of {', '.join(asked) or 'none'} was evaluated {of}; "
            "run the scenario again with --engine both"
        )
    return found


def engines_of(results: Results, placement: str, choice: Choice) -> tuple[str, ...]:
    """Return the engines of a placement to draw, packets first."""
    there = results.engines(placement)
    return tuple(
        engine for engine in reversed(ENGINES) if engine in there and choice.engine in (None, engine)
    )


def need(results: Results, figure: str, tables: Sequence[str]) -> None:
    """Raise unless a run has the tables that a figure shows.

    Parameters
    ----------
    results
        The run.
    figure
        The figure's name.
    tables
        Their names.

    Raises
    ------
    InputError
        If one is not there; says which, and why that may be.
    """
    for name in tables:
        if name in results.table_names:
            continue
        only_packets = name in ("links", "link_intervals", "traffic", "satellites")
        raise InputError(
            f"figure {figure}: run {results.folder} has no table {name!r}"
            + (
                "; only packets make it: run the scenario again with --engine both"
                if only_packets
                else "; run the scenario again"
            )
        )


def counted(count: int, noun: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "token"), counted(4000, "token")
    ('1 token', '4,000 tokens')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def one_placement(results: Results, choice: Choice) -> str:
    """Return the placement of a figure that shows one: the first that was chosen, or the run's first.

    Raises
    ------
    InputError
        If none was evaluated.
    """
    asked = [name for name in choice.placements if name in results.placements]
    return asked[0] if asked else placements_of(results, Choice())[0]
