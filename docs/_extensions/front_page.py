"""The site's navigation, read from the tables of the front page: a heading and the pages linked below it.

So the forge, which knows no ``toctree``, and the site show the same order, and it is written once.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from sphinx.application import Sphinx

_PAGE = re.compile(r"\]\(([^)#]+)\)")


def groups(text: str) -> list[tuple[str, list[str]]]:
    """Return the headings of the second level, each with the targets linked in the tables below it."""
    _, *parts = re.split(r"^## +", text, flags=re.MULTILINE)
    found = []
    for part in parts:
        heading, _, body = part.partition("\n")
        rows = [line for line in body.splitlines() if line.startswith("|")]
        found.append((heading.strip(), [target for row in rows for target in _PAGE.findall(row)]))
    return [(heading, targets) for heading, targets in found if targets]


def document_of(target: str, *, folder: str, elsewhere: dict[str, str]) -> str:
    """Return the page of the site that a link of a page in a folder of the repository leads to."""
    path = posixpath.normpath(posixpath.join(folder, target))
    return "/" + elsewhere.get(path, posixpath.splitext(path)[0].removeprefix("docs/"))


def add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """Append hidden tables of contents to the front page and to those of folders (``README``, ``index``)."""
    folder, _, name = docname.rpartition("/")
    if name not in {"README", "index"}:
        return
    elsewhere = app.config.pages_elsewhere
    directives = []
    for heading, targets in groups(source[0]):
        pages = [document_of(each, folder=f"docs/{folder}", elsewhere=elsewhere) for each in targets]
        caption = [f":caption: {heading}"] if docname == app.config.root_doc else []
        directives.append("\n".join(["```{toctree}", ":hidden:", *caption, "", *pages, "```"]))
    source[0] += "\n\n" + "\n\n".join(directives) + "\n"


def widen(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out the right-hand contents of the front page."""
    if pagename == app.config.root_doc:
        context["furo_hide_toc"] = True


def setup(app: Sphinx) -> dict[str, bool]:
    """Read the front page before the parser does."""
    app.connect("source-read", add_navigation)
    app.connect("html-page-context", widen, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}
