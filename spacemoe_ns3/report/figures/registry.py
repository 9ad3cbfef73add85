"""The figures of a run by name, and drawing those that can be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report.figures.choice import EVERYTHING, Choice
from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """A figure of a run; ``draw`` of the module of its name makes it.

    Parameters
    ----------
    name
        What users call it.
    shows
        What it shows, a phrase.
    is_of_one
        Whether it shows one placement, whose name is then in the file's.
    """

    name: str
    shows: str
    is_of_one: bool = False


FIGURES: Mapping[str, FigureKind] = {
    kind.name: kind
    for kind in (
        FigureKind(name="latency", shows="the distribution of token latency, with the bound"),
        FigureKind(name="breakdown", shows="where the time goes, layer by layer"),
        FigureKind(name="ring", shows="the ring on the map, with traffic on links", is_of_one=True),
        FigureKind(name="utilisation", shows="how busy links are through time", is_of_one=True),
        FigureKind(name="scatter", shows="the formula against packets, token by token"),
        FigureKind(name="matching", shows="how often experts are activated against how near they are"),
    )
}
"""All figures, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What was drawn.

    Parameters
    ----------
    figures
        By name of the file, without its suffix.
    not_drawn
        Why not, a sentence each, by name of the file.
    """

    figures: Mapping[str, Figure]
    not_drawn: Mapping[str, str]


def draw_figures(results: Results, names: Sequence[str] = (), choice: Choice = EVERYTHING) -> Drawn:
    """Draw figures of a run.

    Parameters
    ----------
    results
        The run.
    names
        Of :data:`FIGURES`; none: all.
    choice
        What of the run. A figure of one placement is drawn for each that is named here, or else for the run's
        first.

    Returns
    -------
    Those that could be drawn, and why the others could not.

    Raises
    ------
    InputError
        If a figure or a placement is not known, or none could be drawn.
    InstallationError
        If matplotlib is not installed.

    Examples
    --------
    >>> draw_figures(results, ["latancy"])  # doctest: +SKIP
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: --figure: 'latancy' is not known; did you mean latency?
    """
    kinds = [look_up("--figure", name, FIGURES) for name in dict.fromkeys(names or FIGURES)]
    for name in choice.placements:
        look_up("--placement", name, dict.fromkeys(results.placements))
    figures, not_drawn = {}, {}
    for kind in kinds:
        for file, chosen in _files(results, kind, choice).items():
            module = import_module(f"spacemoe_ns3.report.figures.{kind.name}")
            try:
                figures[file] = module.draw(results, chosen)
            except InputError as error:
                not_drawn[file] = str(error)
    if not figures:
        raise InputError("; ".join(not_drawn.values()))
    return Drawn(figures=figures, not_drawn=not_drawn)


def _files(results: Results, kind: FigureKind, choice: Choice) -> dict[str, Choice]:
    """Return what to draw by name of the file."""
    if not kind.is_of_one:
        return {kind.name: choice}
    names = choice.placements or results.placements[:1]
    return {f"{kind.name}-{name}": replace(choice, placements=(name,)) for name in names}
