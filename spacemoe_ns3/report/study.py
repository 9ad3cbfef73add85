"""What a study prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from spacemoe_ns3.results import PlacementResult
from spacemoe_ns3.study_results import CHOSEN, Spread, StudyResults, Trend, Variant

_PERCENT = 100.0
_NONE = "-"
_MOST_REMARKS = 10


def render_study(results: StudyResults, *, run: list[PlacementResult], console: Console) -> None:
    """Print what a study found out.

    Parameters
    ----------
    results
        What was found out.
    run
        The run of the scenario as it is chosen, for its packets.
    console
        Where to.
    """
    many = f"mean of {len(results.seeds)} seeds ± standard deviation"
    seeds = many if len(results.seeds) > 1 else f"seed {results.seeds[0]}"
    console.print(f"Study {results.name}: expected seconds a token, {seeds}\n")
    if results.published is not None:
        console.print(_published(results, {each.placement.name: each for each in run}), "")
        console.print(f"published: {results.published.source}\n", soft_wrap=True)
        console.print(_gains(results), "")
    elif not results.points:
        console.print(_columns([results.variants[0]], results, heading="reading"), "")
    if results.alternatives:
        _render_alternatives(results, console=console)
    if results.points:
        _render_sweep(results, console=console)
    _render_remarks(results, console=console)


def _render_alternatives(results: StudyResults, *, console: Console) -> None:
    off = " (and off the middle of what is published)" if results.published else ""
    console.print(f"What is left open, with the reading chosen, and each read otherwise, alone{off}\n")
    variants = [results.variants[0], *results.alternatives]
    console.print(_columns(variants, results, heading="reading"), "")


def _render_remarks(results: StudyResults, *, console: Console) -> None:
    """Print each remark once, with the evaluations that it is of."""
    places: dict[str, list[str]] = {}
    for each in results.remarks:
        places.setdefault(each.remark, []).append(f"{each.variant}, seed {each.seed}")
    for remark, (first, *others) in list(places.items())[:_MOST_REMARKS]:
        more = f" and {len(others)} more" if others else ""
        console.print(f"Note ({first}{more}): {remark}", soft_wrap=True)
    if len(places) > _MOST_REMARKS:
        left = len(places) - _MOST_REMARKS
        console.print(f"Note: {left} more remarks in summary.json", soft_wrap=True)


def _render_sweep(results: StudyResults, *, console: Console) -> None:
    console.print(_columns(results.points, results, heading=results.axis), "")
    trends = [
        (name, results.trend(name), results.trend(name, part="propagation")) for name in results.placements
    ]
    if not any(total for _, total, _ in trends):
        return
    table = _table(
        "last over first", "reported", "total", "", "every step", "light time", "", "every step", left=2
    )
    for name, total, light in trends:
        table.add_row(name, results.reported.get(name, _NONE), *_trend(total), *_trend(light))
    console.print(table, "")


def _trend(trend: Trend | None) -> tuple[str, str, str]:
    """Return a change with its standard error, the verdict on what is reported, and which way it goes."""
    if trend is None:
        return _NONE, _NONE, _NONE
    error = "" if trend.standard_error is None else f" ±{trend.standard_error * _PERCENT:.1f}"
    verdict = trend.verdict.value if trend.verdict else _NONE
    way = "up" if trend.change > 0 else "down"
    return f"{trend.change * _PERCENT:+.1f} %{error}", verdict, way if trend.is_steady else "up and down"


def _published(results: StudyResults, run: Mapping[str, PlacementResult]) -> Table:
    """Return the table of what is published and of ours."""
    tokens = next((len(each.packet.tokens["latency_ns"]) for each in run.values() if each.packet), None)
    packets = () if tokens is None else (f"packets, s\n{tokens} tokens",)
    headings = ("published\ns", "ours\ns", "off its middle\n%", "propagation\ns", *packets)
    table = _table("placement", *headings, left=1)
    assert results.published is not None
    for name in results.placements:
        ends = results.published.s_per_token.get(name)
        difference = results.difference(CHOSEN, name)
        sent = run[name].packet if name in run else None
        table.add_row(
            name,
            f"{ends[0]:.2f} - {ends[1]:.2f}" if ends else _NONE,
            _spread(results.spread(CHOSEN, name)),
            _NONE if difference is None else f"{difference * _PERCENT:+.1f}",
            _spread(results.spread(CHOSEN, name, part="propagation")),
            *((f"{sent.s_per_token:.3f}" if sent else _NONE,) if packets else ()),
        )
    return table


def _gains(results: StudyResults) -> Table:
    """Return the table of how many times faster the first placement is."""
    first, *others = results.placements
    headings = (f"{first} against", "published\ntotal", "ours\ntotal", "ours\npropagation")
    table = _table(*headings, left=1)
    for name in others:
        gains = (
            results.published_gain(name),
            results.gain(CHOSEN, name),
            results.gain(CHOSEN, name, part="propagation"),
        )
        table.add_row(name, *(_NONE if gain is None else f"{gain:.2f} ×" for gain in gains))
    return table


def _columns(variants: Iterable[Variant], results: StudyResults, *, heading: str) -> Table:
    """Return a table of variants: a column a placement, and the worst difference of all.

    An assumption, with the reading chosen, stands above the first of its other readings.
    """
    has_worst = results.published is not None
    table = _table(heading, *results.placements, *(("worst\n%",) if has_worst else ()), left=1)
    assumption = ""
    for variant in variants:
        if variant.assumption != assumption:
            assumption = variant.assumption
            table.add_row(f"{assumption}: {variant.chosen}")
        cells = [_cell(results, variant.name, name) for name in results.placements]
        worst = results.worst_difference(variant.name)
        if has_worst:
            cells.append(_NONE if worst is None else f"{worst * _PERCENT:.1f}")
        table.add_row(_row_name(variant), *cells)
    return table


def _row_name(variant: Variant) -> str:
    if variant.assumption:
        return f"  {variant.reading}"
    return variant.name if variant.point is None else f"{variant.point:g}"


def _cell(results: StudyResults, variant: str, placement: str) -> str:
    """Return a mean with its difference from what is published, or with its deviation."""
    spread, difference = results.spread(variant, placement), results.difference(variant, placement)
    if spread is None or difference is None:
        return _spread(spread)
    return f"{spread.mean:.3f} {difference * _PERCENT:+.0f} %"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return _NONE
    return f"{spread.mean:.3f}" + ("" if spread.deviation is None else f" ±{spread.deviation:.3f}")


def _table(*headings: str, left: int) -> Table:
    """Return a table whose first columns are flush left."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < left else "right", overflow="fold")
    return table
