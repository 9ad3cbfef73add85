"""Figures of a run, a file each: ``draw(results)`` and the numbers that it shows.

Importing this loads no matplotlib; drawing does.
"""

from spacemoe_ns3.report.figures.choice import EVERYTHING, Choice
from spacemoe_ns3.report.figures.registry import FIGURES, Drawn, FigureKind, draw_figures

__all__ = ["EVERYTHING", "FIGURES", "Choice", "Drawn", "FigureKind", "draw_figures"]
