"""The page: one HTML file that needs nothing else, and is allowed nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from spacemoe_ns3.report.page import overview
from spacemoe_ns3.report.page.figures import figures_html
from spacemoe_ns3.report.page.run_data import run_data
from spacemoe_ns3.run_results import Results

_HERE = files("spacemoe_ns3.report.page")
# In this order they become one script.
_SCRIPTS = (
    *("decode.js", "words.js", "sky.js", "way.js", "earth.js", "dots.js", "globe.js", "svg.js"),
    *("distribution.js", "breakdown.js", "player.js", "text.js", "section.js", "main.js"),
)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(results: Results, *, with_figures: bool = True) -> str:
    """Return the page of a run.

    Parameters
    ----------
    results
        The run.
    with_figures
        Whether it has the figures of ``spacemoe-ns3 plot``.

    Returns
    -------
    HTML. Everything that is a name or a text of the run is escaped; besides, the page's content policy
    forbids every script and style but its own, and every request.
    """
    data = run_data(results)
    style, program = _asset("page.css"), _program()
    library = (_HERE / "vendor" / "three.min.js").read_text(encoding="utf-8")
    land = (_HERE / "vendor" / "land.json").read_text(encoding="utf-8")
    return fill(
        _asset("template.html"),
        {
            "policy": _policy(scripts=(library, program), style=style),
            "title": escape(results.name),
            "seed": escape(str(results.summary["seed"])),
            "facts": overview.facts(results),
            "placements": overview.placements_table(results),
            "notes": overview.notes(results),
            "quantiles": overview.quantiles_table(results),
            "breakdown": overview.breakdown_table(results),
            "figures": figures_html(results) if with_figures else "",
            "reproduction": overview.reproduction(results),
            "style": style,
            "land": _in_script(json.loads(land)),
            "data": _in_script(data),
            "library": library,
            "program": program,
        },
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its places filled in, once: what is filled in is not looked at again.

    Examples
    --------
    >>> fill("<p>{{a}} {{b}}</p>", {"a": "{{b}}", "b": "2"})
    '<p>{{b}} 2</p>'
    """
    return _PLACE.sub(lambda place: values[place[1]], template)


def _program() -> str:
    scripts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{scripts}}})();\n'


def _asset(name: str) -> str:
    return (_HERE / "assets" / name).read_text(encoding="utf-8")


def _in_script(content: Any) -> str:
    """Return an object as JSON that cannot end the script it is in."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(*, scripts: tuple[str, ...], style: str) -> str:
    """Return the content policy: these scripts, this style, pictures that are in the page, nothing else."""
    allowed = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
