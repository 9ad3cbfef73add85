"""Whether everything that is written in a figure can be read."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

A_PIXEL = 1.0


def written(figure: Figure) -> list[Text]:
    """All texts of a figure that are drawn, without those of ticks outside the axes."""
    figure.draw_without_rendering()
    texts = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            texts += [label for tick in ticks for label in (tick.label1, tick.label2)]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def illegible(figure: Figure) -> list[str]:
    """What leaves the figure, and what covers what; nothing if all is well."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in written(figure)]
    whole = figure.bbox
    outside = [
        f"{words!r} leaves the figure"
        for words, box in boxes
        if box.x0 < whole.x0 or box.x1 > whole.x1 or box.y0 < whole.y0 or box.y1 > whole.y1
    ]
    return outside + [
        f"{one!r} and {other!r} overlap"
        for (one, box), (other, its) in combinations(boxes, 2)
        if _overlap(box, its)
    ]


def _overlap(one: Bbox, other: Bbox) -> bool:
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > A_PIXEL
        and min(one.y1, other.y1) - max(one.y0, other.y0) > A_PIXEL
    )
