"""What docstrings and annotations refer to, looked up among all names of the package, as a reader would.

A name that the reference shows becomes a link. One that exists but is not shown, of another project or of an
inner module, stays plain. One that does not exist is an error of the build.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from package_index import PACKAGE, guarded_imports, homes, key, shown_names, value_of
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode


def candidates(node: nodes.Element) -> list[str]:
    """Return the full names that a reference may mean, the likeliest first."""
    target = node["reftarget"].lstrip(".~")
    first, dot, rest = target.partition(".")
    module, owner = node.get("py:module"), node.get("py:class")
    around = [f"{module}.{owner}.{target}", f"{module}.{target}", f"{PACKAGE}.{target}"]
    elsewhere = [f"{home}{dot}{rest}" for home in homes().get(first, [])]
    return [
        target,
        guarded_imports().get(first, first) + dot + rest,
        *around,
        *elsewhere,
        f"builtins.{target}",
    ]


def find(app: Sphinx, env: Any, node: nodes.Element, contnode: nodes.Element) -> nodes.Element | None:
    """Find what a reference that Sphinx does not know means; None makes it an error."""
    if node.get("refdomain") != "py":
        return None
    found = {name: value_of(name) for name in candidates(node) if value_of(name) is not None}
    if not found:
        return None
    shown = shown_names(tuple(app.config.public_modules))
    for name, value in found.items():
        public = shown.get(key(name.rpartition(".")[2], value))
        entry = env.domains["py"].objects.get(public)
        if entry is not None:
            return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, public)
    return contnode


def setup(app: Sphinx) -> dict[str, bool]:
    """Look up what Sphinx does not find."""
    app.connect("missing-reference", find)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
