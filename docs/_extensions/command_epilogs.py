"""Examples and exit codes at the end of a command's help, as blocks of code; the group's are not repeated."""

from __future__ import annotations

import textwrap

import click
from sphinx.application import Sphinx


def blocks(epilog: str | None) -> dict[str, str]:
    """Return the paragraphs of an epilog by heading, without the marks that keep click from filling them."""
    paragraphs = (epilog or "").replace("\b\n", "").strip().split("\n\n")
    parts = [paragraph.strip().partition("\n") for paragraph in paragraphs]
    return {heading.rstrip(":"): textwrap.dedent(body) for heading, _, body in parts if body}


def show(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Replace the lines of an epilog by a heading and a block of code for each paragraph."""
    said = blocks(context.parent.command.epilog) if context.parent else {}
    lines.clear()
    for heading, body in blocks(context.command.epilog).items():
        if said.get(heading) != body:
            language = "sh" if heading == "Examples" else "none"
            code = textwrap.indent(body, "   ").splitlines()
            lines += [f".. rubric:: {heading}", "", f".. code-block:: {language}", "", *code, ""]


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite epilogs as sphinx-click reads them."""
    app.setup_extension("sphinx_click")
    app.connect("sphinx-click-process-epilog", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
