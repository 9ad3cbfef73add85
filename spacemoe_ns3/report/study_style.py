"""How figures of studies and of runs tell placements apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from spacemoe_ns3.report import style
from spacemoe_ns3.study_results import StudyResults

if TYPE_CHECKING:
    from matplotlib.artist import Artist

# Colour, marker and dashes by placement: told apart without colour, and where lines lie on each other.
_LOOKS: Mapping[str, tuple[str, str, Any]] = {
    "spacemoe": (style.BLUE, "o", "-"),
    "rand-place": (style.VERMILLION, "s", "-"),
    "rand-intra": (style.ORANGE, "^", "-"),
    "rand-intra-cg": (style.GREEN, "D", "-"),
    "exact": (style.BLACK, "x", (0, (4, 3))),
    "near-random": (style.PURPLE, "v", (0, (1, 1.5))),
}
_FURTHER: tuple[tuple[str, str, Any], ...] = (
    (style.SKY_BLUE, "P", "-."),
    (style.LIGHT_GREY, "*", "-."),
    (style.PURPLE, "<", "-."),
    (style.BLACK, ">", "-."),
)


class HasPlacements(Protocol):
    """A study's results, or a run's."""

    @property
    def placements(self) -> tuple[str, ...]:
        """Names of the placements, in order."""
        ...


def look_of(results: HasPlacements, name: str) -> tuple[str, str, Any]:
    """Return colour, marker and dashes of a placement."""
    if name in _LOOKS:
        return _LOOKS[name]
    others = [each for each in results.placements if each not in _LOOKS]
    return _FURTHER[others.index(name) % len(_FURTHER)]


def legend_mark(colour: str, marker: str) -> Artist:
    """Return a placement as a legend shows it where there are no lines."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, marker=marker, ls="", ms=4.5)


def about_bars(results: StudyResults, bars: str) -> str:
    """Say what the marks and bars of a figure are.

    Parameters
    ----------
    results
        What was found out.
    bars
        What bars are, in words.
    """
    if len(results.seeds) == 1:
        return f"Expected latency of a token; one seed ({results.seeds[0]})"
    return f"Expected latency of a token; mean of {len(results.seeds)} seeds; bars: {bars}"
