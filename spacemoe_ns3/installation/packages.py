"""The Python packages that this one needs, by its own metadata."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from importlib import metadata

from spacemoe_ns3.installation.finding import Finding

_DISTRIBUTION = "spacemoe-ns3"
_REQUIREMENT = re.compile(r"^([\w.-]+)\s*(?:\[.*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")


def python_packages() -> Finding:
    """Look whether every package that this one requires is there, and new enough."""
    try:
        needed = dict(requirements(metadata.requires(_DISTRIBUTION) or ()))
    except metadata.PackageNotFoundError:
        return Finding(
            what="Python packages",
            found=f"{_DISTRIBUTION} is not installed, only on the path",
            verdict="absent",
            remedy="`pip install .` in the project's folder, or `make clean run`",
        )
    troubles = [trouble for name, versions in needed.items() if (trouble := _trouble(name, versions))]
    if not troubles:
        return Finding(what="Python packages", found=f"all {len(needed)}: {', '.join(sorted(needed))}")
    return Finding(
        what="Python packages",
        found="; ".join(troubles),
        verdict="failed",
        remedy="`pip install .` in the project's folder, or `make clean run`",
    )


def requirements(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield the name of each requirement and the versions that will do, those of extras left out.

    Parameters
    ----------
    lines
        As a package's metadata has them.

    Examples
    --------
    >>> list(requirements(["click>=8.1", 'pytest>=8; extra == "dev"', "ns3==3.44.post0"]))
    [('click', '>=8.1'), ('ns3', '==3.44.post0')]
    """
    for line in lines:
        found = _REQUIREMENT.match(line)
        if found is not None and "extra" not in (found[3] or ""):
            yield found[1], found[2].strip()


def _trouble(name: str, versions: str) -> str:
    """Return what is wrong with a package; empty if nothing is."""
    module = name.replace("-", "_")
    try:
        version = metadata.version(name)
        is_there = importlib.util.find_spec(module) is not None
    except (metadata.PackageNotFoundError, ImportError, ValueError):
        is_there = False
    if not is_there:
        return f"{name} is missing"
    try:
        from packaging.specifiers import SpecifierSet
    except ImportError:
        return ""
    return (
        ""
        if SpecifierSet(versions).contains(version, prereleases=True)
        else f"{name} is {version}, not {versions}"
    )
