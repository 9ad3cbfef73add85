"""What the package exports, and under which names: what the reference and the links into it share."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.pycode import ModuleAnalyzer

PACKAGE = "spacemoe_ns3"


def is_code(value: Any) -> bool:
    """Tell classes and functions from constants."""
    return inspect.isclass(value) or inspect.isfunction(value)


def key(name: str, value: Any) -> Any:
    """Return what tells one public thing from another: the object, and for a constant its name too."""
    return id(value) if is_code(value) else (name, id(value))


def constant_docs(module_name: str) -> dict[str, str]:
    """Return the docstrings that follow public constants of a module, by name."""
    analyzer = ModuleAnalyzer.for_module(module_name)
    analyzer.analyze()
    return {
        name: "\n".join(lines).strip()
        for (owner, name), lines in analyzer.attr_docs.items()
        if not owner and not name.startswith("_")
    }


def exported(module: ModuleType) -> Iterable[str]:
    """Return the public names of a module: its ``__all__``, or what it defines itself."""
    if hasattr(module, "__all__"):
        return module.__all__
    defined = (
        name
        for name, value in vars(module).items()
        if is_code(value) and value.__module__ == module.__name__ and not name.startswith("_")
    )
    return dict.fromkeys([*defined, *constant_docs(module.__name__)])


@cache
def contents(modules: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the full names that each module's part of the reference shows, everything once."""
    root, seen, found = import_module(PACKAGE), set(), {}
    for module_name in modules:
        module, names = import_module(module_name), []
        for name in exported(module):
            value = getattr(module, name)
            if key(name, value) not in seen:
                seen.add(key(name, value))
                is_at_the_root = name in root.__all__ and getattr(root, name) is value
                names.append(f"{PACKAGE if is_at_the_root else module_name}.{name}")
        found[module_name] = names
    return found


@cache
def shown_names(modules: tuple[str, ...]) -> dict[Any, str]:
    """Return under which full name the reference shows a thing, members of classes included, by its key."""
    found = {}
    for full_name in (name for names in contents(modules).values() for name in names):
        value = value_of(full_name)
        found[key(full_name.rpartition(".")[2], value)] = full_name
        for member in vars(value) if inspect.isclass(value) else ():
            found.setdefault(key(member, getattr(value, member)), f"{full_name}.{member}")
    return found


@cache
def value_of(full_name: str) -> Any:
    """Return what has a full name, or None; what a package exports goes before its module of that name."""
    parent_name, _, name = full_name.rpartition(".")
    parent = value_of(parent_name) if parent_name else None
    if hasattr(parent, name):
        return getattr(parent, name)
    try:
        return import_module(full_name)
    except (ImportError, ValueError):
        return None


@cache
def homes() -> dict[str, list[str]]:
    """Return the full names of everything in the package, by the last part."""
    found: dict[str, list[str]] = {}
    for info in pkgutil.walk_packages(import_module(PACKAGE).__path__, f"{PACKAGE}."):
        if "._" not in info.name:  # those need ns-3, or run
            for name in vars(import_module(info.name)):
                found.setdefault(name, []).append(f"{info.name}.{name}")
    return found


@cache
def guarded_imports() -> dict[str, str]:
    """Return what annotations name that is imported for type checkers alone, by its name in the code."""
    found = {}
    for folder in import_module(PACKAGE).__path__:
        for file in Path(folder).rglob("*.py"):
            for statement in ast.walk(ast.parse(file.read_text())):
                if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
                    found |= {name: full for each in statement.body for name, full in imported(each)}
    return found


def imported(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the names that an import statement binds, with their full names."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        parent = f"{statement.module}." if isinstance(statement, ast.ImportFrom) else ""
        for alias in statement.names:
            yield alias.asname or alias.name, parent + alias.name
