"""Where the time of a token goes, layer by layer: parts that sum to the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.report import style
from spacemoe_ns3.report.figures.choice import (
    ENGINE_WORDS,
    EVERYTHING,
    Choice,
    engines_of,
    need,
    placements_of,
)
from spacemoe_ns3.report.figures.layout import (
    DECADES,
    LABELS_IN,
    LEFT_IN,
    WIDTH_IN,
    Row,
    add_table,
    box_mark,
    page,
    table_height_in,
    tidy,
)
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.run_results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Words, colour and hatch of parts: told apart without colour.
_LOOKS: dict[str, tuple[str, str, str | None]] = {
    "compute": ("compute", style.BLUE, None),
    "propagation": ("light", style.ORANGE, None),
    "serialisation": ("serial-\nisation", style.GREEN, None),
    "queueing": ("queueing", style.BLACK, None),
    "waiting": ("waiting", style.PALE_GREY, "/////"),
    "retransmission": ("retrans-\nmission", style.PURPLE, "....."),
    "transport": ("transport", style.SKY_BLUE, "\\\\\\\\\\"),
}
_USUAL = PARTS[:4]
_MILLISECONDS_PER_NANOSECOND = 1e-6
_PANEL_IN, _TITLE_IN, _COLUMN_GAP_IN = 1.25, 0.2, 0.55
_LARGE_PANEL_IN, _YLABEL_IN, _COLUMNS = 2.2, 0.46, 2
_MOST_TICKS = 9
_LONG_MS, _MILLISECONDS_PER_SECOND = 1e5, 1e3
_FEW = 5  # parts whose names fit side by side without a hyphen
_BAR = 0.85


def mean_parts_ns(tokens: dict[str, np.ndarray], layers: dict[str, np.ndarray]) -> np.ndarray:
    """Return where the time of a token goes in the mean.

    Parameters
    ----------
    tokens, layers
        Columns of the tables of one placement and engine.

    Returns
    -------
    Nanoseconds, shape (L + 1, P): each layer, and last the head; parts in the order of
    :data:`spacemoe_ns3.results.PARTS`. All of them sum to the mean latency.

    Raises
    ------
    InputError
        If they do not: the tables are not of one run.
    """
    count = len(tokens["latency_ns"])
    total = np.array([int(tokens[f"{part}_ns"].sum()) for part in PARTS], np.int64)
    by_layer = np.zeros((int(layers["layer"].max()) + 1, len(PARTS)), np.int64)
    for place, part in enumerate(PARTS):
        np.add.at(by_layer[:, place], layers["layer"], layers[f"{part}_ns"])
    head = total - by_layer.sum(axis=0)
    if total.sum() != tokens["latency_ns"].sum() or (head < 0).any():
        raise InputError(
            f"figure breakdown: the parts of tokens sum to {total.sum()} ns and those of layers to "
            f"{by_layer.sum()} ns, their latencies to {tokens['latency_ns'].sum()} ns; the tables are not of "
            "one run: run the scenario again"
        )
    mean_ns: np.ndarray = np.vstack([by_layer, head]) / count
    return mean_ns


def draw(results: Results, choice: Choice = EVERYTHING) -> Figure:
    """Draw where the time of a token goes, a panel a placement, and a table with the totals.

    Parameters
    ----------
    results
        The run.
    choice
        What of it.

    Returns
    -------
    The figure: a bar a layer, and one of the head, of parts that are stacked; means over tokens, by packets
    if there are any. All panels have one scale, unless a placement is more than 20 times as slow as another.

    Raises
    ------
    InputError
        If the run has no tokens, or the parts do not sum to their latency.
    InstallationError
        If matplotlib is not installed.
    """
    need(results, "breakdown", ("tokens", "layers"))
    names = placements_of(results, choice)
    engines = {name: engines_of(results, name, choice)[0] for name in names}
    unit, means = _in_unit({name: _mean_ms(results, name, engines[name]) for name in names})
    shown = [part for part in PARTS if part in _USUAL or any(_total(mean, part) for mean in means.values())]
    words = [_LOOKS[part][0] for part in shown]
    if len(shown) <= _FEW:
        words = [each.replace("-\n", "") for each in words]
    heads = ["placement", *(f"{each}, {unit}" for each in words), f"sum, {unit}"]
    highest = [float(mean.sum(axis=1).max()) for mean in means.values()]
    shared = max(highest) if max(highest) <= DECADES * min(highest) else None
    columns, panel_in = _grid(len(names))
    height_in = -(-len(names) // columns) * (_TITLE_IN + panel_in + LABELS_IN)
    with style.figure_style():
        figure, top_in = page(
            height_in + table_height_in(heads, len(names)),
            title=f"{results.name}: where the time of a token goes",
            about=_about(set(engines.values()), is_shared=shared is not None),
        )
        for number, axes in enumerate(_panels(figure, len(names), top_in=top_in)):
            name, mean = names[number], means[names[number]]
            _draw_bars(axes, mean, shown)
            axes.set_ylim(0, 1.05 * (shared or highest[number]))
            words_above = f"{style.short_names([name])[0]}: {mean.sum():,.3f} {unit}"
            axes.set_title(words_above, fontsize=style.TEXT_PT, loc="left", pad=3)
            if number % columns == 0:
                axes.set_ylabel(f"mean time, {unit}")
                width_in = axes.get_position().width * style.WIDTH_IN
                style.align_ylabel(axes, from_axes_in=_YLABEL_IN, width_in=width_in)
        head_marks = [None, *(box_mark(*_LOOKS[part][1:]) for part in shown), None]
        add_table(figure, heads, _rows(means, shown), top_in=top_in + height_in, head_marks=head_marks)
    return figure


def _grid(count: int) -> tuple[int, float]:
    """Return how many panels are side by side, and how high they are."""
    return (1, _LARGE_PANEL_IN) if count == 1 else (_COLUMNS, _PANEL_IN)


def _panels(figure: Figure, count: int, *, top_in: float) -> Iterator[Axes]:
    """Add the axes of panels, line by line."""
    columns, panel_in = _grid(count)
    width_in = (WIDTH_IN - (columns - 1) * _COLUMN_GAP_IN) / columns
    for number in range(count):
        line, column = divmod(number, columns)
        yield style.add_axes(
            figure,
            left_in=LEFT_IN + column * (width_in + _COLUMN_GAP_IN),
            top_in=top_in + line * (_TITLE_IN + panel_in + LABELS_IN) + _TITLE_IN,
            width_in=width_in,
            height_in=panel_in,
        )


def _mean_ms(results: Results, placement: str, engine: str) -> np.ndarray:
    tables = (results.columns(name, placement=placement, engine=engine) for name in ("tokens", "layers"))
    return mean_parts_ns(*tables) * _MILLISECONDS_PER_NANOSECOND


def _in_unit(means_ms: dict[str, np.ndarray]) -> tuple[str, dict[str, np.ndarray]]:
    """Return milliseconds or, of long tokens, seconds, and times in them."""
    longest_ms = max(float(mean.sum()) for mean in means_ms.values())
    unit, unit_ms = ("ms", 1.0) if longest_ms < _LONG_MS else ("s", _MILLISECONDS_PER_SECOND)
    return unit, {name: mean / unit_ms for name, mean in means_ms.items()}


def _total(mean: np.ndarray, part: str) -> float:
    return float(mean[:, PARTS.index(part)].sum())


def _about(engines: set[str], *, is_shared: bool) -> str:
    of = " or ".join(f"the {ENGINE_WORDS[engine]}" for engine in sorted(engines))
    words = (
        f"Mean over all tokens, by {of}: what is on the critical path, layer by layer, and the head. The "
        "bars sum to the latency of a token, which is above each panel."
    )
    return words if is_shared else f"{words} Panels have scales of their own."


def _draw_bars(axes: Axes, mean: np.ndarray, shown: list[str]) -> None:
    layers = len(mean) - 1
    x = np.arange(layers + 1)
    bottom = np.zeros(layers + 1)
    for part in shown:
        _, colour, hatch = _LOOKS[part]
        height = mean[:, PARTS.index(part)]
        look: dict[str, Any] = {
            "color": colour,
            "edgecolor": style.GREY,
            "linewidth": 0.0 if hatch is None else 0.3,
        }
        there = height != 0  # or the edges of nothing show
        axes.bar(x[there], height[there], _BAR, bottom=bottom[there], hatch=hatch, gid=f"part-{part}", **look)
        bottom = bottom + height
    step = next(each for each in (1, 2, 4, 5, 8, 10, 16, 20, 25, 50, 100) if layers <= each * _MOST_TICKS)
    ticks = [tick for tick in range(0, layers, step) if tick == 0 or layers - tick >= step / 2]
    axes.set_xticks([*ticks, layers], [*map(str, ticks), "head"])
    axes.tick_params(axis="x", length=2)
    axes.set_xlabel("layer", labelpad=2)
    axes.set_xlim(-0.6, layers + 0.9)
    tidy(axes)
    axes.grid(False, axis="x")


def _rows(means: dict[str, np.ndarray], shown: list[str]) -> list[Row]:
    return [
        Row(cells=[short, *(f"{_total(mean, part):,.3f}" for part in shown), f"{mean.sum():,.3f}"])
        for short, mean in zip(style.short_names(list(means)), means.values(), strict=True)
    ]
