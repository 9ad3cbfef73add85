"""The critical path of one step, read from a run's folder and printed piece by piece."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.nearest import near_runs, nearest, question
from spacemoe_ns3.results import PARTS

ENGINES = ("packet", "analytic")
_ENGINE_WORDS = {"packet": "packets", "analytic": "the formula"}
_HEAD = -1  # layer of the head's pieces
_NONE = "-"
_NANOSECONDS_PER_MILLISECOND = 10**6
_GAP = "  "
_WORDS = ("layer", "piece", "kind", "satellite", "link", "expert")
_TIMES = ("start", "duration")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPath:
    """The critical path of one step, or of one of its layers.

    Parameters
    ----------
    placement, engine, sequence, token
        Which step, and who saw it.
    step_start_ns, latency_ns
        Of the whole step, from ``tokens.parquet``.
    layer
        The layer that the pieces are of; None for all, and the head.
    pieces
        Rows of ``critical_path.parquet`` in order of time, columns by name.
    """

    placement: str
    engine: str
    sequence: int
    token: int
    step_start_ns: int
    latency_ns: int
    layer: int | None
    pieces: Sequence[Mapping[str, Any]]

    def layers(self) -> list[list[Mapping[str, Any]]]:
        """Return the pieces of each layer, in order; the head's are last."""
        groups: dict[int, list[Mapping[str, Any]]] = {}
        for piece in self.pieces:
            groups.setdefault(piece["layer"], []).append(piece)
        return list(groups.values())


def read_path(
    run: Path,
    *,
    placement: str | None = None,
    engine: str | None = None,
    sequence: int = 0,
    token: int = 0,
    layer: int | None = None,
) -> StepPath:
    """Read the critical path of a step from the folder of a run.

    Parameters
    ----------
    run
        The folder.
    placement
        Its name; None: the only one of the run.
    engine
        ``packet`` or ``analytic``; None: the packets, or the formula if none were sent.
    sequence, token
        The sequence, and the step in it, from 0.
    layer
        Only this layer; None: all, and the head.

    Raises
    ------
    InputError
        If there is no such run, placement, engine, step or layer.
    """
    steps = _read(run, "tokens").to_pylist()
    name = _chosen("placement", placement, [step["placement"] for step in steps], run)
    steps = [step for step in steps if step["placement"] == name]
    there = [step["engine"] for step in steps]
    if engine is None:
        engine = ENGINES[0] if ENGINES[0] in there else ENGINES[1]
    engine = _chosen("engine", engine, there, run)
    steps = [step for step in steps if step["engine"] == engine]
    for what, number in (("sequence", sequence), ("token", token)):
        found = [step for step in steps if step[what] == number]
        if not found:
            numbers = sorted({step[what] for step in steps})
            raise InputError(
                f"--{what}: {number} given, run {run} has {numbers[0]} to {numbers[-1]}"
                f"{f' in sequence {sequence}' if what == 'token' else ''}; name one of them"
            )
        steps = found
    (step,) = steps
    keys = {"placement": name, "engine": engine, "sequence": sequence, "token": token}
    table = _read(run, "critical_path", filters=[(key, "=", value) for key, value in keys.items()])
    pieces = table.to_pylist()
    total_ns = sum(piece["end_ns"] - piece["start_ns"] for piece in pieces)
    if total_ns != step["latency_ns"]:
        raise InputError(
            f"{run}: the pieces of the step sum to {total_ns} ns, its latency is {step['latency_ns']} ns; "
            "the files are not of one run; run it again"
        )
    if layer is not None:
        layers = max(piece["layer"] for piece in pieces) + 1
        if layer >= layers:
            raise InputError(f"--layer: {layer} given, the model has 0 to {layers - 1}; name one of them")
        pieces = [piece for piece in pieces if piece["layer"] == layer]
    return StepPath(
        placement=name,
        engine=engine,
        sequence=sequence,
        token=token,
        step_start_ns=step["start_ns"],
        latency_ns=step["latency_ns"],
        layer=layer,
        pieces=pieces,
    )


def path_object(path: StepPath) -> dict[str, Any]:
    """Return a critical path as an object for JSON; times in whole nanoseconds.

    Parameters
    ----------
    path
        The path.
    """
    keys = ("placement", "engine", "sequence", "token")
    return {
        **{key: getattr(path, key) for key in keys},
        "start_ns": path.step_start_ns,
        "latency_ns": path.latency_ns,
        "layers": [
            {"layer": group[0]["layer"], "start_ns": group[0]["start_ns"], **_sums(group)}
            for group in path.layers()
        ],
        "pieces": [{key: value for key, value in piece.items() if key not in keys} for piece in path.pieces],
        "total": _sums(path.pieces),
    }


def render_path_pieces(path: StepPath, *, console: Console) -> None:
    """Print a critical path: a line a piece, a sum of each layer, and the total.

    Parameters
    ----------
    path
        The path.
    console
        Where to.
    """
    parts = [part for part in PARTS if any(piece[f"{part}_ns"] for piece in path.pieces)]
    lines = [[*_WORDS, *_TIMES, *parts]]
    for group in path.layers():
        lines += [_piece_line(piece, parts, path.step_start_ns) for piece in group]
        label = "head" if group[0]["layer"] == _HEAD else str(group[0]["layer"])
        lines.append(_sum_line(label, "sum", group, parts))
    if path.layer is None:
        lines.append(_sum_line("", "total", path.pieces, parts))
    whole = "" if path.layer is None else f", of which layer {path.layer}"
    console.print(
        f"Critical path of token {path.token} of sequence {path.sequence}, placement {path.placement}, "
        f"{_ENGINE_WORDS[path.engine]}: {_ms(path.latency_ns)} ms{whole}\n",
        soft_wrap=True,
    )
    _print_lines(lines, console=console)
    if path.layer is None:
        console.print()
    console.print(
        "Milliseconds; start: since the token's. A piece begins when the one before it ends. Parts of a "
        "piece sum to its duration, pieces to the latency.",
        soft_wrap=True,
    )


def _print_lines(lines: Sequence[Sequence[str]], *, console: Console) -> None:
    """Print a table of which the first line has the headings; on a narrow console the parts stand below."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    is_narrow = sum(widths) + len(_GAP) * (len(widths) - 1) > console.width
    shown = len(_WORDS) + len(_TIMES) if is_narrow else len(widths)
    for line in lines:
        cells = [
            cell.ljust(width) if place < len(_WORDS) - 1 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line[:shown], widths[:shown], strict=True))
        ]
        console.print(_GAP.join(cells).rstrip(), soft_wrap=True, markup=False)
        parts = [
            f"{name} {value}"
            for name, value in zip(lines[0][shown:], line[shown:], strict=True)
            if value not in {name, _NONE}
        ]
        if len(parts) > 1:  # or it is the duration
            indent = " " * (widths[0] + len(_GAP))
            words = textwrap.fill(
                ", ".join(parts), console.width, initial_indent=indent, subsequent_indent=indent
            )
            console.print(words, soft_wrap=True, markup=False)
        if line[1] == "sum":
            console.print()


def _read(run: Path, name: str, **options: Any) -> pa.Table:
    """Read a table of a run."""
    path = run / f"{name}.parquet"
    if not path.is_file():
        remedy = question(map(str, near_runs(run))) or "name that of a run"
        if not run.is_dir():
            raise InputError(f"{run}: is not a folder, which `spacemoe-ns3 run` writes; {remedy}")
        raise InputError(f"{run}: holds no {path.name}, so it is not a run with tokens; {remedy}")
    try:
        return pq.read_table(path, **options)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read ({error}); run the scenario again") from error


def _chosen(what: str, given: str | None, there: Sequence[str], run: Path) -> str:
    """Return what was given, or the only one that is there."""
    names = list(dict.fromkeys(there))
    if given is None and len(names) == 1:
        return names[0]
    if given not in names:
        said = "not given" if given is None else f"{given!r} given"
        remedy = question(nearest(given or "", names)) or "name one of them"
        raise InputError(f"--{what}: {said}, run {run} has {', '.join(names) or 'none'}; {remedy}")
    return given


def _sums(pieces: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the duration of some pieces, and its parts."""
    return {
        "duration_ns": sum(piece["end_ns"] - piece["start_ns"] for piece in pieces),
        **{f"{part}_ns": sum(piece[f"{part}_ns"] for piece in pieces) for part in PARTS},
    }


def _piece_line(piece: Mapping[str, Any], parts: Sequence[str], begin_ns: int) -> list[str]:
    where = str(piece["satellite"])
    if piece["to_satellite"] >= 0:
        where += f" to {piece['to_satellite']}"
    return [
        "head" if piece["layer"] == _HEAD else str(piece["layer"]),
        piece["piece"],
        piece["kind"],
        where,
        str(piece["link"]) if piece["link"] >= 0 else _NONE,
        str(piece["expert"]) if piece["expert"] >= 0 else _NONE,
        _ms(piece["start_ns"] - begin_ns),
        _ms(piece["end_ns"] - piece["start_ns"]),
        *(_ms(piece[f"{part}_ns"]) if piece[f"{part}_ns"] else _NONE for part in parts),
    ]


def _sum_line(label: str, word: str, pieces: Sequence[Mapping[str, Any]], parts: Sequence[str]) -> list[str]:
    sums = _sums(pieces)
    values = [sums["duration_ns"], *(sums[f"{part}_ns"] for part in parts)]
    return [label, word, "", "", "", "", "", *map(_ms, values)]


def _ms(nanoseconds: int) -> str:
    """Write nanoseconds as milliseconds, every digit."""
    whole, rest = divmod(abs(nanoseconds), _NANOSECONDS_PER_MILLISECOND)
    return f"{'-' if nanoseconds < 0 else ''}{whole}.{rest:06d}"
