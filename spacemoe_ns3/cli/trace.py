"""``spacemoe-ns3 trace``: a run for the programs that show traces."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

_EPILOG = """\b
Examples:
  spacemoe-ns3 trace results/first-ring
  spacemoe-ns3 trace results/ring32 --placement spacemoe --tokens 0:8
  spacemoe-ns3 trace results/ring32 --placement spacemoe --format czml

\b
Formats, and what opens them:
  perfetto  https://ui.perfetto.dev, and its trace processor for SQL
  json      Trace Event Format: Perfetto, chrome://tracing, Speedscope
  netanim   ns-3's NetAnim: packets on the critical path over a map
  czml      Cesium: satellites, links and the ring around the Earth

\b
Exit codes:
  0    done
  2    the folder or an option cannot be used; nothing was written
  4    the trace could not be written (disk full, for example)
  5    a package that the format needs is missing
  130  interrupted; nothing was written
"""


class _Range(click.ParamType):
    """Tokens from one to another, the last exclusive: ``A:B``, ``A:`` or ``:B``."""

    name = "A:B"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int | None]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d*):(\d*)", str(value))
        if match:
            first, last = match.groups()
            begin, end = int(first or 0), int(last) if last else None
            if end is None or begin < end:
                return begin, end
        return self.fail(
            f"{value!r} given, must be A:B with A less than B, as 0:8 for the first eight tokens.",
            param,
            ctx,
        )


@click.command(epilog=_EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["perfetto", "json", "netanim", "czml"]),
    default="perfetto",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--placement",
    metavar="NAME",
    help="Only this placement.  [default: all; netanim and czml show one]",
)
@click.option(
    "--engine",
    type=click.Choice(["packet", "analytic"]),
    help="The packets or the formula.  [default: the packets, if any were sent]",
)
@click.option(
    "--tokens",
    metavar="A:B",
    type=_Range(),
    default=":",
    help="Only these tokens, B exclusive, counted from 0 by sequence.  [default: all]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file.  [default: trace.pftrace, .json, .xml or .czml in RUN, replaced if there]",
)
@click.option("--force", is_flag=True, help="Replace a file that --out names.")
@click.option("--quiet", is_flag=True, help="Say nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON what was written, and nothing else.")
def trace(
    *,
    run: Path,
    form: str,
    placement: str | None,
    engine: str | None,
    tokens: tuple[int, int | None],
    out: Path | None,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a run as a trace.

    RUN is the folder of a run. The trace has a track for each satellite that hosts something, with what it
    computes, what waits there and the messages that it sends; arrows lead from each computation to those
    that needed it. Requests have tracks of their own, token by token and layer by layer with the critical
    path, and links how much they are used. Times are exact to the nanosecond.
    """
    from spacemoe_ns3.run_results import load
    from spacemoe_ns3.trace.write import write_trace

    place = write_trace(
        load(run), form=form, placement=placement, engine=engine, tokens=tokens, out=out, force=force
    )
    size = place.stat().st_size
    if as_json:
        click.echo(json.dumps({"trace": str(place), "format": form, "bytes": size}))
    elif not quiet:
        click.echo(f"Trace: {place} ({size / 10**6:.1f} MB)")
