"""Links from pages to files of the repository lead to a page that shows the file, or that is made of it."""

from __future__ import annotations

import inspect
import posixpath
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from package_index import PACKAGE, contents, is_code, value_of
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

ROOT = Path(__file__).resolve().parents[2]
_navigation: dict[int, str] = {}  # of a build, by depth of the folder
_SHOWN = {".py", ".cc", ".h", ".json", ".lua", ".toml"}


class SourceLinks(SphinxTransform):
    """Turn links to files of the repository into links to pages; MyST would have the files downloaded."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        """Replace the links of a page."""
        for node in list(self.document.findall(addnodes.pending_xref)):
            path = self._outside(node)
            if path in self.config.pages_elsewhere:
                node["reftarget"] = self.config.pages_elsewhere[path]
            elif path and (ROOT / path).exists():
                self._replace(node, self._to_source(path))
        for node in list(self.document.findall(addnodes.download_reference)):
            path = self._path(node["reftarget"])
            document = self.config.pages_elsewhere.get(path)
            if document is not None:
                self._replace(node, self._to_document(document))
            elif Path(path).suffix in _SHOWN:
                self._replace(node, self._to_source(path))

    def _outside(self, node: addnodes.pending_xref) -> str:
        """Return the path within the repository of a page that MyST takes for one of the site."""
        target = Path(node["reftarget"])
        if node.get("refdomain") != "doc" or not target.is_absolute():
            return ""
        endings = (end for end in (".md", ".rst") if target.with_name(target.name + end).exists())
        return target.relative_to(ROOT).as_posix() + next(endings, "")

    def _path(self, target: str) -> str:
        """Return the path within the repository that a link leads to."""
        folder = "" if target.startswith("/") else posixpath.dirname(self.env.docname)
        return posixpath.normpath(posixpath.join("docs", folder, target.lstrip("/")))

    def _to_source(self, path: str) -> nodes.reference:
        self.env.shown_sources.setdefault(self.env.docname, set()).add(path)
        up = "../" * self.env.docname.count("/")
        return nodes.reference(refuri=f"{up}source/{path}.html", internal=True)

    def _to_document(self, document: str) -> addnodes.pending_xref:
        return addnodes.pending_xref(
            refdomain="std",
            reftype="doc",
            reftarget="/" + document,
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )

    @staticmethod
    def _replace(node: nodes.Element, by: nodes.Element) -> None:
        by += node.children
        node.replace_self(by)


def place_of(value: Any) -> tuple[str, int] | None:
    """Return the file of the repository, and the line, where a class, function or property is defined."""
    function = inspect.unwrap(getattr(value, "fget", None) or getattr(value, "func", None) or value)
    if inspect.isclass(function) and function.__module__.startswith(PACKAGE):
        file, line = inspect.getsourcefile(function), class_line(function)
    elif inspect.isfunction(function):
        file, line = function.__code__.co_filename, function.__code__.co_firstlineno
    else:
        return None
    path = Path(file or "")
    if not path.is_absolute():  # code that a dataclass wrote
        return None
    path = path.resolve()
    return (path.relative_to(ROOT).as_posix(), line) if path.is_relative_to(ROOT) else None


@cache
def class_line(value: type) -> int:
    """Return the line where a class begins; to find it the whole file is parsed."""
    return inspect.getsourcelines(value)[1]


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Return where the reference's link to the source of a name leads, from the folder of the reference."""
    place = place_of(value_of(f"{info['module']}.{info['fullname']}")) if domain == "py" else None
    return place and f"../source/{place[0]}.html#line-{place[1]}"


def sources_of_reference(app: Sphinx) -> set[str]:
    """Return the files that define what the reference shows, inherited members included."""
    names = (name for names in contents(tuple(app.config.public_modules)).values() for name in names)
    values = [value for value in map(value_of, names) if is_code(value)]
    values += [getattr(each, name) for each in values if inspect.isclass(each) for name in dir(each)]
    return {place[0] for value in values if (place := place_of(value))}


def show_sources(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each file that a page links to."""
    for path in sorted(sources_of_reference(app).union(*app.env.shown_sources.values())):
        text = (ROOT / path).read_text()
        try:
            language = get_lexer_for_filename(path).aliases[0]
        except ClassNotFound:
            language = "none"
        code = app.builder.highlighter.highlight_block(text, language, linenos="inline", lineanchors="line")
        body = f"<h1><code>{escape(path)}</code></h1>\n{code}"
        yield f"source/{path}", {"title": path, "body": body, "parents": []}, "page.html"


def share_navigation(app: Sphinx, pagename: str, name: str, context: dict[str, Any], doctree: Any) -> None:
    """Have pages of sources share the navigation with those in folders as deep: none of them is in it."""
    if not pagename.startswith("source/"):
        return
    depth, build = pagename.count("/"), context["toctree"]

    def toctree(**options: Any) -> str:
        if depth not in _navigation:
            _navigation[depth] = build(**options)
        return _navigation[depth]

    context["toctree"] = toctree


def start(app: Sphinx) -> None:
    """Make the record of which page links to which files, kept between builds."""
    _navigation.clear()
    if not hasattr(app.env, "shown_sources"):
        app.env.shown_sources = {}


def forget(app: Sphinx, env: Any, docname: str) -> None:
    """Forget what a page linked to before it is read anew."""
    env.shown_sources.pop(docname, None)


def merge(app: Sphinx, env: Any, docnames: set[str], other: Any) -> None:
    """Take over what another process has read."""
    env.shown_sources |= {name: other.shown_sources[name] for name in docnames & set(other.shown_sources)}


def setup(app: Sphinx) -> dict[str, bool | int]:
    """Follow links out of the folder of pages."""
    app.add_config_value("pages_elsewhere", {}, "env", types=(dict,))
    app.add_transform(SourceLinks)
    app.connect("builder-inited", start)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("html-collect-pages", show_sources)
    app.connect("html-page-context", share_navigation, priority=100)  # before the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
