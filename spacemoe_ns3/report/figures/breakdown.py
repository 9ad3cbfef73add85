"""Where the time of a token goes, layer by layer: parts that sum to the whole."""

from __future__ import annotations

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
_LARGE_PANEL_IN = 2.2
_MOST_TICKS = 9
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
    means_ms = {}
    for name in names:
        tables = [
            results.columns(table, placement=name, engine=engines[name]) for table in ("tokens", "layers")
        ]
        means_ms[name] = mean_parts_ns(*tables) * _MILLISECONDS_PER_NANOSECOND
    highest_ms = [float(mean.sum(axis=1).max()) for mean in means_ms.values()]
    is_shared = max(highest_ms) <= DECADES * min(highest_ms)
    shown = [
        part for part in PARTS if part in _USUAL or any(_total(mean, part) for mean in means_ms.values())
    ]
    words = [_LOOKS[part][0] for part in shown]
    if len(shown) <= _FEW:
        words = [each.replace("-\n", "") for each in words]
    heads = ["placement", *(f"{each}, ms" for each in words), "sum, ms"]
    columns = 1 if len(names) == 1 else 2
    panel_in = _LARGE_PANEL_IN if columns == 1 else _PANEL_IN
    lines = -(-len(names) // columns)
    with style.figure_style():
        height_in = lines * (_TITLE_IN + panel_in + LABELS_IN)
        figure, top_in = page(
            height_in + table_height_in(heads, len(names)),
            title=f"{results.name}: where the time of a token goes",
            about=_about(set(engines.values()), is_shared=is_shared, is_alone=len(names) == 1),
        )
        width_in = (WIDTH_IN - (columns - 1) * _COLUMN_GAP_IN) / columns
        for number, (name, mean_ms) in enumerate(means_ms.items()):
            line, column = divmod(number, columns)
            axes = style.add_axes(
                figure,
                left_in=LEFT_IN + column * (width_in + _COLUMN_GAP_IN),
                top_in=top_in + line * (_TITLE_IN + panel_in + LABELS_IN) + _TITLE_IN,
                width_in=width_in,
                height_in=panel_in,
            )
            _draw_bars(axes, mean_ms, shown)
            axes.set_ylim(0, 1.05 * (max(highest_ms) if is_shared else float(mean_ms.sum(axis=1).max())))
            axes.set_title(f"{name}: {mean_ms.sum():,.3f} ms", fontsize=style.TEXT_PT, loc="left", pad=3)
            axes.set_xlabel("layer", labelpad=2)
            if column == 0:
                axes.set_ylabel("mean time, ms")
                style.align_ylabel(axes, from_axes_in=0.46, width_in=width_in)
        add_table(
            figure,
            heads,
            _rows(means_ms, shown),
            top_in=top_in + height_in,
            head_marks=[None, *(box_mark(*_LOOKS[part][1:]) for part in shown), None],
        )
    return figure


def _total(mean: np.ndarray, part: str) -> float:
    return float(mean[:, PARTS.index(part)].sum())


def _about(engines: set[str], *, is_shared: bool, is_alone: bool) -> str:
    of = " or ".join(f"the {ENGINE_WORDS[engine]}" for engine in sorted(engines))
    words = (
        f"Mean over all tokens, by {of}: what is on the critical path, layer by layer, and the head. The "
        "bars sum to the latency of a token, which is above each panel."
    )
    if is_alone or is_shared:
        return words
    return f"{words} Panels have scales of their own."


def _draw_bars(axes: Axes, mean_ms: np.ndarray, shown: list[str]) -> None:
    layers = len(mean_ms) - 1
    x = np.arange(layers + 1)
    bottom = np.zeros(layers + 1)
    for part in shown:
        _, colour, hatch = _LOOKS[part]
        height = mean_ms[:, PARTS.index(part)]
        look: dict[str, Any] = {
            "color": colour,
            "edgecolor": style.GREY,
            "linewidth": 0.0 if hatch is None else 0.3,
        }
        there = height > 0  # or the edges of nothing show
        axes.bar(x[there], height[there], _BAR, bottom=bottom[there], hatch=hatch, gid=f"part-{part}", **look)
        bottom = bottom + height
    step = next(each for each in (1, 2, 4, 5, 8, 10, 16, 20, 25, 50, 100) if layers <= each * _MOST_TICKS)
    ticks = [tick for tick in range(0, layers, step) if tick == 0 or layers - tick >= step / 2]
    axes.set_xticks([*ticks, layers], [*map(str, ticks), "head"])
    axes.tick_params(axis="x", length=2)
    axes.set_xlim(-0.6, layers + 0.9)
    tidy(axes)
    axes.grid(False, axis="x")


def _rows(means_ms: dict[str, np.ndarray], shown: list[str]) -> list[Row]:
    return [
        Row(cells=[short, *(f"{_total(mean, part):,.3f}" for part in shown), f"{mean.sum():,.3f}"])
        for short, mean in zip(style.short_names(list(means_ms)), means_ms.values(), strict=True)
    ]
