"""The directive ``public-names``: what a module of ``public_modules`` offers, a table and then name by name.

The names come from ``__all__``: the reference has what the package exports, and nothing is listed twice.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from package_index import constant_docs, contents, homes, is_code, value_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def about_constant(full_name: str, value: Any) -> str:
    """Return what is known of a constant: the docstring where it is defined, and what it holds."""
    module_name, _, name = full_name.rpartition(".")
    modules = [home.rpartition(".")[0] for home in homes().get(name, []) if value_of(home) is value]
    docs = [constant_docs(each).get(name, "") for each in dict.fromkeys([module_name, *modules])]
    holds = ""
    if isinstance(value, Mapping | tuple) and all(isinstance(each, str) for each in value):
        holds = "Holds " + ", ".join(f"``{each}``" for each in value) + "."
    elif isinstance(value, int | float | str):
        holds = f"The value is ``{value!r}``."
    return "\n\n".join(part for part in (next(filter(None, docs), ""), holds) if part)


def first_sentence(docs: str) -> str:
    """Return the first sentence of a docstring on one line; ``et al. 2023`` ends none."""
    paragraph = " ".join(docs.partition("\n\n")[0].split())
    return re.split(r"(?<=[.:])\s+(?=[^a-z0-9\s])", paragraph)[0]


def row(name: str) -> list[str]:
    """Return the lines of a name's row in the table."""
    value = value_of(name)
    docs = (inspect.getdoc(value) or "") if is_code(value) else about_constant(name, value)
    return [f"   * - :py:obj:`~{name}`", f"     - {first_sentence(docs)}"]


def entry(name: str) -> list[str]:
    """Return the lines of a name's entry."""
    value = value_of(name)
    if inspect.isclass(value):
        kind = "autoexception" if issubclass(value, Exception) else "autoclass"
        return [f".. {kind}:: {name}", "   :members:"]
    if inspect.isfunction(value):
        return [f".. autofunction:: {name}"]
    module_name, _, own_name = name.rpartition(".")
    body = [f"   {line}" for line in about_constant(name, value).splitlines()]
    return [f".. py:data:: {own_name}", f"   :module: {module_name}", "", *body]


class PublicNames(SphinxDirective):
    """Show the public names of a module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table of names and the entries."""
        names = contents(tuple(self.config.public_modules))[self.arguments[0]]
        lines = [".. list-table::", "   :widths: auto", ""]
        for name in names:
            lines += row(name)
        for name in names:
            lines += ["", *entry(name)]
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.arguments[0]), self.content_offset, holder)
        return holder.children


def simplify(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: str
) -> tuple[str, str] | None:
    """Leave out the arguments of protocols, which nobody calls; defaults made anew each become ``...``."""
    if signature is None:
        return None
    return "" if getattr(thing, "_is_protocol", False) else signature.replace("<factory>", "..."), returns


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_config_value("public_modules", [], "env", types=(list,))
    app.add_directive("public-names", PublicNames)
    app.connect("autodoc-process-signature", simplify)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
