"""``spacemoe-ns3 sky``: the satellites and laser links of a scenario, explained."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacemoe_ns3.cli.common import READING_EXIT_CODES, console_of, examples, print_json
from spacemoe_ns3.cli.options import json_option, scenario_argument, seed_option

if TYPE_CHECKING:
    from spacemoe_ns3.pipeline import Sky

_EXAMPLES = examples(
    "sky scenarios/ring32.py",
    "sky scenarios/ring32.py --why 0 528",
    "sky scenarios/real_shell.py --plot figures",
)


@click.command(epilog=_EXAMPLES + READING_EXIT_CODES)
@scenario_argument
@seed_option
@click.option(
    "--slot",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The time slot that --why and --plot look at.",
)
@click.option(
    "--why",
    nargs=2,
    metavar="A B",
    help="The path from satellite A to satellite B, in that slot and through time, or why there is none; "
    "numbers or names.",
)
@click.option(
    "--plot",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Draw the map of satellites and links and the history of link lengths, as SVG and PNG.",
)
@json_option
def sky(
    *,
    scenario: Path,
    seed: int | None,
    slot: int,
    why: tuple[str, str] | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Explain a scenario's sky: satellites, laser links, paths.

    Shells with their planes, altitude and period; links by kind with their lengths, how much of the time they
    are up, and by which reason down; what paths look like; and whatever did not fit.
    """
    from spacemoe_ns3 import pipeline, report
    from spacemoe_ns3.links.survey import survey
    from spacemoe_ns3.progress import progress_bar
    from spacemoe_ns3.scenario import load_scenario

    declared, _ = load_scenario(scenario)
    chosen = declared if seed is None else dataclasses.replace(declared, seed=seed)
    with progress_bar(is_shown=not as_json) as progress:
        built = pipeline.build_sky(chosen, progress=progress)
        _check_slot(slot, built)
        progress.stage("looking at links and paths")
        about = survey(built.constellation, built.timeline, built.router)
        answer = _explain(built, why, slot) if why else None
        progress.stage("drawing")
        drawn = _plot(built, plot, slot, chosen.name) if plot else []
    if as_json:
        found: dict[str, Any] = report.sky_summary(about)
        if answer:
            found["why"] = report.path_summary(*answer)
        found["figures"] = [str(path) for path in drawn]
        print_json(found)
        return
    console = console_of()
    report.render_sky(about, console=console)
    if answer:
        report.render_path(*answer, names=built.timeline.layout.names, slot_s=about.slot_s, console=console)
    for path in drawn:
        console.print(f"Figure: {path}", soft_wrap=True)


def _check_slot(slot: int, built: Sky) -> None:
    if slot >= built.timeline.slots.count:
        raise click.BadParameter(
            f"{slot} given, there are {built.timeline.slots.count} slots, numbered from 0.",
            param_hint="--slot",
        )


def _explain(built: Sky, why: tuple[str, str], slot: int) -> tuple[Any, Any, Any]:
    """Return the two satellites, their path in the slot, and their paths through time."""
    from spacemoe_ns3.links.explain import explain_path, path_through_time

    source, destination = built.timeline.layout.find(*why, field="--why")
    if source == destination:
        raise click.BadParameter("names one satellite twice; name two.", param_hint="--why")
    ends = {"source": source, "destination": destination}
    return (
        (source, destination),
        explain_path(built.timeline, built.router, slot=slot, **ends),
        path_through_time(built.timeline, built.router, **ends),
    )


def _plot(built: Sky, folder: Path, slot: int, name: str) -> list[Path]:
    """Draw the figures and return where they are."""
    from spacemoe_ns3.links.picture import length_history, sky_map
    from spacemoe_ns3.report.figure_files import save_figures
    from spacemoe_ns3.report.sky_figures import draw_lengths, draw_map

    picture = sky_map(built.constellation, built.timeline, slot=slot)
    figures = {
        f"{name}-map": draw_map(picture, title=f"{name}: satellites and laser links in slot {slot}"),
        f"{name}-lengths": draw_lengths(
            length_history(built.timeline), title=f"{name}: length of the laser links"
        ),
    }
    return save_figures(figures, folder)
