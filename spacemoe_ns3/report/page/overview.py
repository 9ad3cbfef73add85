"""The parts of the page that need no script: the summary, its tables, and how to repeat the run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.report.page.latency_data import distribution
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.run_results import Results

NONE = "–"
_MICROSECONDS, _MILLISECONDS = 1e6, 1e3
_SHARES = {"5% within": 0.05, "median": 0.5, "95% within": 0.95, "99% within": 0.99}
_PLACEMENT_HEADINGS = (
    "placement",
    "expected, s",
    "bound, s",
    "over the bound",
    "formula, s",
    "packets, s",
    "difference, µs",
    "tokens",
)


def facts(results: Results) -> str:
    """Return what was run, as a list of terms."""
    summary, manifest = results.summary, results.manifest
    model = summary.get("model") or {}
    end_s = summary.get("end_ns", 0) / NANOSECONDS_PER_SECOND
    terms = [
        ("Status", str(manifest.get("status", NONE))),
        ("Seed", str(summary["seed"])),
        ("Model", _model(model)),
        ("Sky", f"{summary['satellites']:,} satellites, {summary['links']:,} laser links"),
        ("Time", f"{end_s / 60:,.1f} min from {summary.get('epoch', NONE)} UTC, {_slots(summary)}"),
        ("Placements", ", ".join(results.placements) or NONE),
    ]
    return "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(words)}</dd></div>" for term, words in terms)


def _model(model: dict[str, Any]) -> str:
    if not model:
        return NONE
    return (
        f"{model['name']}: {model['layers']} layers of {model['experts']} experts, "
        f"{model['top_k']} activated for a token"
    )


def _slots(summary: dict[str, Any]) -> str:
    if not summary.get("slots"):
        return "slots unknown"
    return f"{summary['slots']} slots of {summary['slot_ns'] / NANOSECONDS_PER_SECOND:.2f} s"


def placements_table(results: Results) -> str:
    """Return the table of the placements: a row each, its mean seconds a token from ``summary.json``."""
    rows = [_placement_row(placement) for placement in results.summary["placements"]]
    return _table("Mean latency of a token", _PLACEMENT_HEADINGS, rows)


def _placement_row(about: dict[str, Any]) -> list[str]:
    expected_s, bound_s = about["expected_s_per_token"], about["bound_s"]
    formula_s, packets_s = about["analytic_s_per_token"], about["packet_s_per_token"]
    over = expected_s / bound_s - 1 if expected_s is not None and bound_s else None
    apart_s = None if formula_s is None or packets_s is None else packets_s - formula_s
    return [
        about["name"],
        _number(expected_s, ".4f"),
        _number(bound_s, ".4f"),
        _number(over, ".0%"),
        _number(formula_s, ".4f"),
        _number(packets_s, ".4f"),
        _number(None if apart_s is None else apart_s * _MICROSECONDS, "+.2f"),
        f"{about['tokens']:,}",
    ]


def breakdown_table(results: Results) -> str:
    """Return the table of the parts of a mean token: a row a placement and engine."""
    keys = {"formula": "analytic_breakdown_s", "packets": "breakdown_s"}
    rows = [
        [
            about["name"],
            engine,
            *(_number(about[key][part] * _MILLISECONDS, ",.3f") for part in PARTS),
            _number(sum(about[key].values()) * _MILLISECONDS, ",.3f"),
        ]
        for about in results.summary["placements"]
        for engine, key in keys.items()
        if about.get(key)
    ]
    return _table("Where the time of a mean token goes, ms", ("placement", "by", *PARTS, "total"), rows)


def quantiles_table(results: Results) -> str:
    """Return the table of the latencies of the tokens: a row a placement and engine."""
    rows = []
    for name in results.placements:
        for engine in results.engines(name):
            latency_ns = results.columns("tokens", placement=name, engine=engine)["latency_ns"]
            sorted_ns, share = distribution(latency_ns, most_steps=len(latency_ns))
            quantiles_ns = [float(sorted_ns[(share >= wanted).argmax()]) for wanted in _SHARES.values()]
            numbers = [sorted_ns[0], *quantiles_ns, sorted_ns[-1], latency_ns.mean()]
            words = "formula" if engine == "analytic" else "packets"
            rows.append([name, words, *(f"{value / NANOSECONDS_PER_SECOND:.4f}" for value in numbers)])
    headings = ("placement", "by", "least", *_SHARES, "most", "mean")
    return _table("Latency of the tokens, s", headings, rows)


def notes(results: Results) -> str:
    """Return failures and remarks; empty if there are none."""
    failures = [f"{failure['name']}: {failure['error']}" for failure in results.summary["failures"]]
    return _list("Failures", failures, "failures") + _list("Remarks", results.summary["remarks"], "remarks")


def reproduction(results: Results) -> str:
    """Return how to repeat the run: command, scenario, versions."""
    manifest = results.manifest
    scenario = manifest.get("scenario", {})
    terms = [
        ("Command", _code(shlex.join(_command(manifest.get("command", []))))),
        ("Scenario file", _code(str(scenario.get("path", NONE)))),
        ("SHA-256 of it", _code(str(scenario.get("sha256", NONE)))),
        ("Options", _code(_options(manifest.get("options", {})))),
        ("Started", escape(f"{manifest.get('started', NONE)}, took {manifest.get('duration_s', NONE)} s")),
    ]
    inputs = [f"{each['path']} {each['sha256']}" for each in scenario.get("inputs", [])]
    terms += [("File that it names", _code(each)) for each in inputs]
    terms += [(name, _code(str(value))) for name, value in manifest.get("versions", {}).items()]
    listed = "".join(f"<div><dt>{escape(term)}</dt><dd>{words}</dd></div>" for term, words in terms)
    return f"<dl class='facts'>{listed}</dl>{_source(str(scenario.get('source', '')))}"


def _command(command: Sequence[str]) -> list[str]:
    """Return the command as one types it: the program without its folder."""
    words = [str(word) for word in command]
    return [words[0].rpartition("/")[2], *words[1:]] if words else []


def _options(options: dict[str, Any]) -> str:
    return "; ".join(
        f"{name}: {', '.join(map(str, value)) or 'none' if isinstance(value, list) else value}"
        for name, value in options.items()
    )


def _source(source: str) -> str:
    if not source:
        return ""
    return (
        "<details><summary>The scenario file</summary>"
        "<pre tabindex='0' role='region' aria-label='The scenario file'>"
        f"{escape(source)}</pre></details>"
    )


def _list(heading: str, lines: Iterable[str], kind: str) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<div class='notes {kind}'><h3>{heading}</h3><ul>{items}</ul></div>" if items else ""


def _table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls where it is too wide; the first column names the rows."""
    head = "".join(f"<th scope='col'>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f"<div class='wide' tabindex='0' role='region' aria-label='{escape(caption)}'><table>"
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _number(value: float | None, form: str) -> str:
    return NONE if value is None else format(value, form)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
