"""``spacemoe-ns3 plot``: the figures of a run."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from spacemoe_ns3.cli.common import console_of, examples, print_json
from spacemoe_ns3.cli.complete import PlacementName
from spacemoe_ns3.cli.options import json_option, run_argument

_EXAMPLES = examples(
    "plot results/ring32",
    "plot results/ring32 --figure latency --figure ring --format pdf",
    "plot results/ring32 --figure ring --time 1800 --json",
)
_ABOUT = """\
\b
Figures:
  latency      the distribution of token latency, with the bound
  breakdown    where the time goes, layer by layer
  ring         the ring on the map, with traffic on links
  utilisation  how busy links are through time
  scatter      the formula against packets, token by token
  matching     how often experts are activated against how near they are

\b
Exit codes:
  0    done; a figure that the run has no data for is told
  2    the folder or an option cannot be used, or nothing could be drawn
  4    a figure could not be written (disk full, for example)
  5    the library that draws is missing
"""


def _figure_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from spacemoe_ns3.report.figures import FIGURES

    return [
        CompletionItem(name, help=kind.shows) for name, kind in FIGURES.items() if name.startswith(incomplete)
    ]


@click.command(epilog=_EXAMPLES + _ABOUT)
@run_argument
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="NAME",
    shell_complete=_figure_names,
    help="Only this figure; repeatable.  [default: all]",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the files.  [default: RUN/figures]")
@click.option(
    "--format",
    "formats",
    metavar="NAME,...",
    default="svg,png",
    show_default=True,
    help="What to write them as: svg, png, pdf.",
)
@click.option(
    "--placement",
    "placements",
    multiple=True,
    metavar="NAME",
    type=PlacementName(),
    help="Only this placement; repeatable. Ring and utilisation show one: each of these, or the run's first.",
)
@click.option("--engine", type=click.Choice(["packet", "analytic"]), help="Only the packets or the formula.")
@click.option(
    "--time",
    "time_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    help="The moment of the ring, after the epoch.  [default: the first token's start]",
)
@json_option
def plot(
    *,
    run: Path,
    figures: tuple[str, ...],
    out: Path | None,
    formats: str,
    placements: tuple[str, ...],
    engine: str | None,
    time_s: float | None,
    as_json: bool,
) -> None:
    """Draw the figures of a run.

    RUN is the folder of a run. Draws the latency of tokens, where their time goes, the ring on the map, how
    busy links are, the formula against packets, and what the placement matched; as vectors and as PNG with
    200 dots an inch, 17 cm wide. The same run makes the same files.
    """
    from spacemoe_ns3.report.figure_files import save_figures
    from spacemoe_ns3.report.figures import Choice, draw_figures
    from spacemoe_ns3.run_results import load

    suffixes = _suffixes(formats)
    choice = Choice(placements=placements, engine=engine, time_s=time_s)
    drawn = draw_figures(load(run), figures, choice)
    files = save_figures(drawn.figures, out or run / "figures", formats=suffixes, option="--out")
    if as_json:
        told = {
            "figures": {name: [str(file) for file in files if file.stem == name] for name in drawn.figures},
            "not_drawn": dict(drawn.not_drawn),
        }
        print_json(told)
        return
    console = console_of()
    for file in files:
        console.print(f"Figure: {file}", soft_wrap=True, markup=False)
    for sentence in drawn.not_drawn.values():
        console.print(f"Not drawn: {sentence}", soft_wrap=True, markup=False)


def _suffixes(given: str) -> list[str]:
    """Return the formats that were asked for, each once."""
    from spacemoe_ns3.checks import look_up
    from spacemoe_ns3.report.figure_files import FORMATS

    names = [name.strip().lower() for name in given.split(",")]
    return [look_up("--format", name, {each: each for each in FORMATS}) for name in dict.fromkeys(names)]
